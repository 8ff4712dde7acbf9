"""Quotes: what a receipt would earn and could be paid with, reckoned as if it were recorded now. Nothing is written."""

from dataclasses import dataclass
from datetime import datetime

from coalition.domain.purchase import Line, check_receipt, total_minor
from coalition.domain.reckoning import Reckoning, reckon
from coalition.domain.redemption import NOTHING, Wish, max_points
from coalition.services.members import get_member
from coalition.services.partners import check_active, check_limit, get_partner
from coalition.services.programmes import rulebook


@dataclass(frozen=True, slots=True)
class AskQuote:
    """A receipt that is not yet one. ``partner`` and ``member`` are public ids."""

    partner: str
    member: str
    currency: str
    lines: tuple[Line, ...]
    redeem: Wish = NOTHING


@dataclass(frozen=True, slots=True)
class Quote:
    """``max_points`` is the most that may pay for this receipt."""

    reckoning: Reckoning
    max_points: int


def quote(command: AskQuote, *, now: datetime) -> Quote:
    """What recording this receipt now would come to.

    :raises CoalitionError: recording it would be refused.
    """
    programme = rulebook().at(now)
    partner = get_partner(command.partner)
    check_active(partner)
    programme.check_currency(command.currency)
    check_receipt(command.lines, now, now)
    available = get_member(command.member).balance
    reckoning = reckon(command.lines, command.redeem, available, partner.rate_bps, programme)
    check_limit(partner, reckoning.accrual.points)
    return Quote(reckoning, max_points(total_minor(command.lines), available, programme))
