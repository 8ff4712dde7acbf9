"""Trying a draft over history: who would have won, what it would have cost, and when its budget would have run out."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from coalition import events
from coalition.domain.documents import canonical_json
from coalition.domain.rounding import allot
from gamification.backfilling import play_everybody
from gamification.fold.catalogue import Eras, Version
from gamification.fold.player import Win
from gamification.publishing import read_file
from gamification.rulebook import last_event_read, newest_versions, zones
from gamification.rules.document import Achievement
from gamification.store.progress import chunks

_TENTH = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have come to.

    ``tiers`` has the grants of each tier. ``points`` is the cost without regard to the budget, ``by_sponsor`` what each
    would have paid, ``by_month`` when; ``over_budget_on`` is the day on which the budget would have run out, None if
    never. ``top_tenth_bps`` is the share of the points, in hundredths of a per cent, of the tenth of the winners that
    won most: 1,000 where all win alike. Surprises are reckoned at their dearest.
    """

    rule: str
    winners: int
    members: int
    grants: int
    tiers: list[int]
    points: int
    by_sponsor: dict[str, int]
    by_month: dict[str, int]
    over_budget_on: date | None
    top_tenth_bps: int


@dataclass(slots=True)
class _Tally:
    rule: Achievement
    wins: list[tuple[datetime, int, int]] = field(default_factory=list)
    tiers: Counter[int] = field(default_factory=Counter)
    by_sponsor: Counter[str] = field(default_factory=Counter)

    def add(self, win: Win) -> None:
        reward = self.rule.reward
        surprises = [choice.get("points", 0) for choice in reward.surprise["choices"]] if reward.surprise else [0]
        points = reward.points[win.tier] + max(surprises)
        self.wins.append((win.event.occurred_at, win.event.member, points))
        self.tiers[win.tier] += 1
        if points:
            shares = allot(points, list(reward.funded_by.values()))
            self.by_sponsor.update(dict(zip(reward.funded_by, shares, strict=True)))


def try_rules(path_or_text: Path | str, *, progress: Callable[[int], None] | None = None) -> list[Trial]:
    """Judge all that happened by the achievements and challenges of the file; nothing is changed.

    What they require is judged as it runs now, unless the file has it, too. Members count as having joined what they
    joined. ``progress`` is told how many members were looked at.

    :raises RuleMistakes: the file has mistakes.
    """
    drafts = read_file(path_or_text).achievements
    tallies = {rule.id: _Tally(rule) for rule in drafts}
    rules = _as_if_published(drafts)
    up_to = last_event_read()
    everybody = events.all_members(up_to)
    for members in chunks(everybody):
        for _, outcome, _ in play_everybody(members, up_to, rules, zones()):
            for win in outcome.wins:
                if tally := tallies.get(win.goal.rule.id):
                    tally.add(win)
        if progress:
            progress(len(members))
    return [_trial(tally, len(everybody)) for tally in tallies.values()]


def _as_if_published(drafts: Sequence[Achievement]) -> Eras:
    """The drafts and what runs beside them, from the beginning of time."""
    drafted = {("achievement", rule.id) for rule in drafts}
    versions = [
        version._replace(since=0, judges_after=0)
        for version in newest_versions()
        if (version.kind, version.rule) not in drafted
    ]
    last = max((version.id for version in versions), default=0)
    for number, rule in enumerate(drafts, start=last + 1):
        document = canonical_json(rule.document()).decode()
        versions.append(Version(number, "achievement", rule.id, 1, -number, document, 0, 0))
    return Eras(versions)


def _trial(tally: _Tally, members: int) -> Trial:
    wins = sorted(tally.wins)
    by_member: Counter[int] = Counter()
    by_month: Counter[str] = Counter()
    spent = 0
    over_budget_on = None
    limit = tally.rule.budget.points
    for occurred_at, member, points in wins:
        by_member[member] += points
        by_month[f"{occurred_at:%Y-%m}"] += points
        spent += points
        if limit is not None and spent > limit and over_budget_on is None:
            over_budget_on = occurred_at.date()
    most = sorted(by_member.values(), reverse=True)
    tenth = sum(most[: -(-len(most) // _TENTH)])
    return Trial(
        rule=tally.rule.id,
        winners=len(by_member),
        members=members,
        grants=len(wins),
        tiers=[tally.tiers[tier] for tier in range(len(tally.rule.tiers))],
        points=spent,
        by_sponsor=dict(tally.by_sponsor),
        by_month=dict(sorted(by_month.items())),
        over_budget_on=over_budget_on,
        top_tenth_bps=tenth * 10_000 // spent if spent else 0,
    )
