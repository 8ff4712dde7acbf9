"""A chart of points issued and redeemed by week: a small SVG of whole numbers, the same for the same weeks."""

from collections.abc import Sequence
from typing import NamedTuple

from coalition.domain.statements import WeekTotal
from coalition.papers.formats import Formats
from coalition.papers.messages import Words
from coalition.papers.templating import fill_in

_LEFT, _TOP, _WIDTH, _HEIGHT = 90, 34, 620, 180
_FEWEST_TICKS = 3
_MOST_LABELS = 14


class _Bar(NamedTuple):
    series: str
    x: int
    y: int
    width: int
    height: int


class _Label(NamedTuple):
    at: int
    text: str


def weeks_chart(weeks: Sequence[WeekTotal], words: Words, formats: Formats, description: str) -> str:
    """An SVG element with a title and a description, without scripts and outside references."""
    values = [value for week in weeks for value in (week.issued, week.redeemed)]
    step = _step(max([0, *values]) - min([0, *values]))
    low = min([0, *values]) // step * step
    high = max(-(-max([0, *values]) // step) * step, low + step)

    def y(value: int) -> int:
        return _TOP + _HEIGHT - (value - low) * _HEIGHT // (high - low)

    slot = _WIDTH // max(len(weeks), 1)
    width = min(max(slot * 2 // 5, 1), 40)
    middles = [_LEFT + slot * i + slot // 2 for i in range(len(weeks))]
    bars = []
    for middle, week in zip(middles, weeks, strict=True):
        for series, x, value in (("issued", middle - width, week.issued), ("redeemed", middle, week.redeemed)):
            bars.append(_Bar(series, x, min(y(value), y(0)), width, abs(y(value) - y(0))))
    every = -(-len(weeks) // _MOST_LABELS) or 1
    return fill_in(
        "chart.svg",
        title=words("weeks"),
        description=description,
        issued=words("week_issued"),
        redeemed=words("week_redeemed"),
        left=_LEFT,
        right=_LEFT + _WIDTH,
        bottom=_TOP + _HEIGHT,
        zero=y(0),
        bars=bars,
        ticks=[_Label(y(value), formats.points(value)) for value in range(low, high + 1, step)],
        labels=[_Label(middles[i], formats.short_day(weeks[i].monday)) for i in range(0, len(weeks), every)],
    )


def _step(span: int) -> int:
    """The largest of 1, 2, 5, 10, 20, 50 … that fits so many times into the span."""
    power = 10 ** (len(str(span)) - 1)
    return next((n for n in (5 * power, 2 * power, power, power // 2, power // 5) if 0 < n * _FEWEST_TICKS <= span), 1)
