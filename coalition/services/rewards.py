"""Rewards: points that sponsors give a member for a grant, as journal entries keyed by it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from coalition.domain.entries import EntryKind
from coalition.errors import CoalitionError
from coalition.services.journal import JournalSession, Source
from coalition.services.partners import check_active, check_limit, list_partners
from coalition.services.programmes import rulebook
from coalition.store.database import transaction


class Reward(NamedTuple):
    """What a grant gives. ``shares`` are the points that each sponsor pays, by its number, all above zero."""

    grant: str
    member: str
    shares: Mapping[int, int]
    document_hash: str
    occurred_at: datetime


def reward_points(rewards: Sequence[Reward], *, now: datetime) -> dict[str, CoalitionError]:
    """Give the rewards, in this order, and return by grant why the others were not given.

    A reward is given whole or not at all: one sponsor that is suspended, or would have more outstanding than it may,
    leaves it undone, and the rewards after it are given as if it had never come.
    """
    refusals: dict[str, CoalitionError] = {}
    with transaction():
        partners = {partner.number: partner for partner in list_partners()}
        programmes = rulebook()
        journal = JournalSession(reward.member for reward in rewards)
        for reward in rewards:
            try:
                for sponsor, points in reward.shares.items():
                    check_active(partners[sponsor])
                    check_limit(partners[sponsor], points, journal.outstanding_change(sponsor))
            except CoalitionError as refusal:
                refusals[reward.grant] = refusal
                continue
            source = Source(reward.grant, reward.document_hash, reward.occurred_at)
            expires_at = programmes.at(reward.occurred_at).expires_at(reward.occurred_at)
            account = journal.accounts[reward.member]
            for sponsor, points in reward.shares.items():
                journal.issue(EntryKind.REWARD, sponsor, account, points, source, expires_at, now)
        journal.write()
    return refusals
