"""Referrals: a member's code brings others, and the stream hears of it when it does."""

from dataclasses import dataclass
from datetime import datetime

from coalition import events
from coalition.domain.referrals import Neighbourhood
from coalition.errors import UnknownMember, UnknownReferralCode
from coalition.store import referrals as store
from coalition.store import tables

REFERRAL_ACCEPTED = "referral.accepted"
_SOURCE = "referrals"


@dataclass(frozen=True, slots=True)
class Invitation:
    """How a member invites others; ``invited`` is how many have become members by the code."""

    member: int
    code: str
    invited: int


def own_code(code: str) -> str:
    """The code as its owner has it, however its letters are written here.

    :raises UnknownReferralCode: nobody has it.
    """
    row = tables.Member.get_or_none(tables.Member.referral_code == code.upper())
    if row is None:
        raise UnknownReferralCode(referral_code=code)
    own: str = row.referral_code
    return own


def announce_accepted(friend: str, referrer: int, partner: int, now: datetime) -> None:
    """Tell the stream, in the transaction that enrolled the friend, who brought them."""
    members = tables.Member
    number = members.get(members.public_id == friend).id
    brought_by = members.get_by_id(referrer).public_id
    event = events.NewEvent(REFERRAL_ACCEPTED, _SOURCE, friend, number, partner, {"referrer": brought_by}, now)
    events.append([event], now)


def invitation(member_id: str) -> Invitation:
    """:raises UnknownMember: no member has this id."""
    row = tables.Member.get_or_none(tables.Member.public_id == member_id)
    if row is None:
        raise UnknownMember(member=member_id)
    return Invitation(row.id, row.referral_code, store.count_referred(row.id))


def neighbourhood(friend: int, referrer: int) -> Neighbourhood:
    """Everybody near this referral, so far as may matter: see there how far that is."""
    return store.neighbourhood(friend, referrer)
