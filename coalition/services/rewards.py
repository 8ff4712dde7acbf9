"""Rewards: points that sponsors give a member for a grant, as journal entries keyed by it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from coalition.domain.documents import document_hash
from coalition.domain.entries import EntryKind
from coalition.domain.programme import SpentPoints
from coalition.domain.source_documents import revocation_document
from coalition.errors import CoalitionError
from coalition.services.journal import JournalSession, Source
from coalition.services.partners import check_active, check_limit, list_partners
from coalition.services.programmes import rulebook
from coalition.services.reversals import NOTHING_BEFORE, take_back
from coalition.store import journal as store
from coalition.store.database import transaction


class Reward(NamedTuple):
    """What a grant gives. ``shares`` are the points that each sponsor pays, by its number, all above zero."""

    grant: str
    member: str
    shares: Mapping[int, int]
    document_hash: str
    occurred_at: datetime


class TakenReward(NamedTuple):
    """A grant that was revoked, and the member who had it."""

    grant: str
    member: str


def reward_points(rewards: Sequence[Reward], *, now: datetime) -> dict[str, CoalitionError]:
    """Give the rewards, in this order, and return by grant why the others were not given.

    A reward is given whole or not at all: one sponsor that is suspended, or would have more outstanding than it may,
    leaves it undone, and the rewards after it are given as if it had never come.
    """
    refusals: dict[str, CoalitionError] = {}
    with transaction():
        partners = {partner.number: partner for partner in list_partners()}
        programmes = rulebook()
        journal = JournalSession((reward.member for reward in rewards), now=now)
        for reward in rewards:
            try:
                for sponsor, points in reward.shares.items():
                    partner = partners[sponsor]
                    check_active(partner)
                    check_limit(partner, points, journal.room_taken(sponsor, prepaid=partner.prepaid))
            except CoalitionError as refusal:
                refusals[reward.grant] = refusal
                continue
            source = Source(reward.grant, reward.document_hash, reward.occurred_at)
            expires_at = programmes.at(reward.occurred_at).expires_at(reward.occurred_at)
            account = journal.accounts[reward.member]
            for sponsor, points in reward.shares.items():
                journal.issue(EntryKind.REWARD, sponsor, account, points, source, expires_at)
        journal.write()
    return refusals


def take_back_rewards(grants: Sequence[TakenReward], *, now: datetime) -> int:
    """Take back what the grants gave, from the same lots; returns how many points were no longer there.

    Those the member owes, unless the programme writes such points off. A grant that gave nothing is left alone.
    """
    spent_points = 0
    with transaction():
        programme = rulebook().at(now)
        members = [grant.member for grant in grants]
        journal = JournalSession(members, spenders=members, now=now)
        # One after the other, and debts only at the end: points of the next grant must not repay those of the last.
        for grant, member in grants:
            account = journal.accounts[member]
            source = Source(grant, document_hash(revocation_document(grant, member)), now)
            gone = take_back(journal, account, grant, store.given_by(grant), NOTHING_BEFORE, None, source)
            spent_points += sum(gone.spent.values()) + sum(gone.held.values())
            owed = list(gone.held.items())
            if programme.returns.spent_points is not SpentPoints.WRITE_OFF:
                owed += gone.spent.items()
            for sponsor, points in owed:
                journal.owe(account, sponsor, points, source)
        for account in journal.accounts.values():
            journal.repay(account, now)
        journal.write()
    return spent_points
