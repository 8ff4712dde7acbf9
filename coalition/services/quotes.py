"""Quotes: what a receipt would earn and could be paid with, reckoned as if it were recorded now. Nothing is written."""

from dataclasses import dataclass
from datetime import datetime

from coalition.domain.caps import cap_keys
from coalition.domain.purchase import Line, check_receipt
from coalition.domain.reckoning import Reckoning, reckon
from coalition.domain.redemption import NOTHING, Wish, max_points
from coalition.services.balances import balance
from coalition.services.circumstances import CircumstanceBook
from coalition.services.funding import Funders
from coalition.services.members import member_number
from coalition.services.partners import check_active, check_store, get_partner
from coalition.services.programmes import rulebook
from coalition.services.purchases import LinePoints, breakdown
from coalition.services.tiers import TierBook
from coalition.store.caps import read_uses


@dataclass(frozen=True, slots=True)
class AskQuote:
    """A receipt that is not yet one. ``partner`` and ``member`` are public ids."""

    partner: str
    member: str
    currency: str
    lines: tuple[Line, ...]
    store_id: str | None = None
    redeem: Wish = NOTHING


@dataclass(frozen=True, slots=True)
class Quote:
    """``max_points`` is the most that may pay for this receipt; ``breakdown`` tells where its points come from."""

    reckoning: Reckoning
    breakdown: tuple[LinePoints, ...]
    max_points: int


def quote(command: AskQuote, *, now: datetime) -> Quote:
    """What recording this receipt now would come to.

    :raises CoalitionError: recording it would be refused.
    """
    rules = rulebook()
    programme = rules.at(now)
    partner = get_partner(command.partner)
    check_active(partner)
    check_store(partner, command.store_id)
    programme.check_currency(command.currency)
    check_receipt(command.lines, now, now)
    available = balance(command.member, now=now).available
    member = member_number(command.member)
    circumstances = CircumstanceBook([member], rules, TierBook([member], rules)).of(
        member, partner, command.store_id, now
    )
    used = read_uses(cap_keys(programme, circumstances))
    funders = Funders([partner])
    reckoning = funders.fund(
        lambda terms: reckon(command.lines, command.redeem, available, terms, circumstances, used), programme, partner
    )
    return Quote(
        reckoning,
        breakdown(command.lines, reckoning.accrual, funders),
        max_points(command.lines, available, programme),
    )
