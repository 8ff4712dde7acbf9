"""What partners owe each other for a period, and the fewest payments that clear it."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from coalition.domain.netting import Transfer, net_positions, plan_transfers
from coalition.domain.programme import Programme
from coalition.errors import InvalidPeriod
from coalition.services.programmes import rulebook
from coalition.store import settlement as store


@dataclass(frozen=True, slots=True)
class Settlement:
    """``obligations`` maps (issuer, redeemer) to points, a partner's own redemptions left out; ``positions`` maps a
    partner to the points it is owed (above zero) or owes; ``transfers`` clear them, in minor units of ``currency``.
    """

    currency: str
    point_price_minor: int
    obligations: dict[tuple[int, int], int]
    positions: dict[int, int]
    transfers: list[Transfer]


def settle(from_: date | None, to: date | None, *, now: datetime) -> Settlement:
    """Net the redemptions from the beginning of the day ``from_`` to the beginning of ``to``, in the programme's zone.

    Every point is worth its present price at the till, the same for all: rate cards may say otherwise one day.

    :raises InvalidPeriod: no day lies between the two.
    """
    if from_ is not None and to is not None and from_ >= to:
        raise InvalidPeriod(from_=str(from_), to=str(to))
    programme = rulebook().at(now)
    owed = store.obligations(_midnight(from_, programme), _midnight(to, programme))
    obligations = {pair: points for pair, points in owed.items() if points and pair[0] != pair[1]}
    positions = net_positions(obligations)
    priced = {partner: points * programme.point_price_minor for partner, points in positions.items()}
    return Settlement(
        currency=programme.currency,
        point_price_minor=programme.point_price_minor,
        obligations=obligations,
        positions=positions,
        transfers=plan_transfers(priced),
    )


def _midnight(day: date | None, programme: Programme) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, ZoneInfo(programme.time_zone))
