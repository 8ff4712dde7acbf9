"""What issuers owe in points: how much, how old, what lapsed and what will; equal to the journal to the point."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from coalition.domain.programme import Programme
from coalition.errors import InvalidPeriod
from coalition.services.partners import list_partners
from coalition.services.programmes import Rulebook, rulebook
from coalition.store import reports as store

_AGES_MONTHS = (3, 6, 12, 24)
_MOMENT = timedelta(milliseconds=1)
"""Times are kept to the millisecond."""


@dataclass(frozen=True, slots=True)
class Liability:
    """The points of an issuer outstanding at a moment, by how many months before it they were issued.

    ``amount_minor`` is what ``points``, their sum, then paid at the till, in minor units of ``currency``.
    """

    issuer: str
    months_0_3: int
    months_3_6: int
    months_6_12: int
    months_12_24: int
    months_over_24: int
    points: int
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Lapse:
    """Points of an issuer whose last day is in a month (``2026-03``), and their price, minor units of ``currency``."""

    issuer: str
    month: str
    points: int
    amount_minor: int
    currency: str


def liability(at: datetime) -> list[Liability]:
    """What the journal had recorded by that moment as outstanding, by issuer; those who never issued are left out.

    Points are as old as the entry that issued them: a transfer to another member issues them anew.
    """
    programme = rulebook().at(at)
    local = programme.local(at)
    found = store.outstanding(at, [local - relativedelta(months=months) for months in _AGES_MONTHS])
    rows = []
    for partner in list_partners():
        if ages := found.get(partner.number):
            rows.append(
                Liability(
                    issuer=partner.name,
                    months_0_3=ages[0],
                    months_3_6=ages[1],
                    months_6_12=ages[2],
                    months_12_24=ages[3],
                    months_over_24=ages[4],
                    points=sum(ages),
                    amount_minor=sum(ages) * programme.point_price_minor,
                    currency=programme.currency,
                )
            )
    return rows


def liability_on(day: date, *, now: datetime) -> list[Liability]:
    """The liability at the end of that day, in the programme's zone; now, if the day is not over.

    The rules in force are those of the day's last moment.
    """
    return liability(min(rulebook().at(now).start_of_day(day + timedelta(days=1)) - _MOMENT, now))


def breakage(from_: date | None, to: date | None, *, now: datetime) -> list[Lapse]:
    """What lapsed with the days from ``from_`` until before ``to``, in the programme's zone, at the price it had then.

    The month is that of the points' last day: those that lapse at the midnight after 31 March are of March.

    :raises InvalidPeriod: no day lies between the two.
    """
    if from_ is not None and to is not None and from_ >= to:
        raise InvalidPeriod(from_=str(from_), to=str(to))
    rules = rulebook()
    programme = rules.at(now)
    rows = store.lapsed(_midnight(from_, programme), _midnight(to, programme))
    return _by_month(((*row, rules.at(row[1] - _MOMENT).point_price_minor) for row in rows), rules, now)


def expiring(until: date | None, *, now: datetime) -> list[Lapse]:
    """What there is now, held and pending points included, and will lapse before the day ``until``, at today's price.

    Points that have lapsed already, which the worker has yet to write down, are among it.
    """
    rules = rulebook()
    programme = rules.at(now)
    rows = store.lapsing(_midnight(until, programme))
    return _by_month(((*row, programme.point_price_minor) for row in rows), rules, now)


def _midnight(day: date | None, programme: Programme) -> datetime | None:
    return None if day is None else programme.start_of_day(day)


def _by_month(rows: Iterable[tuple[int, datetime, int, int]], rules: Rulebook, now: datetime) -> list[Lapse]:
    """Of ``(issuer, moment, points, price)``; by issuer, then by month."""
    programme = rules.at(now)
    found: dict[tuple[int, str], list[int]] = {}
    for issuer, moment, points, price in rows:
        sums = found.setdefault((issuer, f"{programme.local(moment - _MOMENT):%Y-%m}"), [0, 0])
        sums[0] += points
        sums[1] += points * price
    names = {partner.number: partner.name for partner in list_partners()}
    return [
        Lapse(names[issuer], month, points, amount, programme.currency)
        for (issuer, month), (points, amount) in sorted(found.items())
    ]
