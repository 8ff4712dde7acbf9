"""Tiers: which one a member has, what it takes to the next, and the change that a purchase or a return makes at once.

A tier follows from what was spent, so nothing has to be undone when goods come back. What is kept with the member is
only what was last announced.
"""

from bisect import insort
from collections.abc import Iterable
from datetime import datetime

from coalition import events
from coalition.domain.tiers import PaidTier, Spend, Standing, standing
from coalition.errors import UnknownMember
from coalition.ids import new_id
from coalition.services.partners import Partner, operator_number
from coalition.services.programmes import Rulebook, rulebook
from coalition.store import tiers as store
from coalition.store.database import transaction

TIER_CHANGED = "tier.changed"
_SOURCE = "coalition"


class TierBook:
    """What decides the tiers of these members, as it changes in the current transaction."""

    def __init__(self, members: Iterable[int], rules: Rulebook) -> None:
        self._rules = rules
        self._spends: dict[int, list[Spend]] = {}
        self._paid: dict[int, list[PaidTier]] = {}
        self._changed: dict[int, int] = {}
        self._latest: dict[int, datetime] = {}
        if rules.has_tiers:
            wanted = sorted(set(members))
            for member, partner, spend in store.spends(wanted):
                self._add(member, partner, spend)
            self._paid = store.paid_tiers(wanted)

    def standing(self, member: int, moment: datetime) -> Standing | None:
        """Where the member stands at that moment; None where the programme has no tiers."""
        if not self._rules.has_tiers:
            return None
        return standing(self._spends.get(member, ()), self._paid.get(member, ()), self._rules.at, moment)

    def spent(self, member: int, partner: Partner, spend: Spend) -> None:
        """The member spent that at the partner, or, below zero, got it back."""
        if self._rules.has_tiers:
            self._add(member, partner.name, spend)
            self._changed[member] = partner.number
            self._latest[member] = max(spend.at, self._latest.get(member, spend.at))

    def bought(self, member: int, partner: Partner) -> None:
        """The member has bought a tier at the partner, before this book was opened."""
        self._changed[member] = partner.number

    def write(self, now: datetime) -> int:
        """Announce the tiers that have changed; returns how many.

        What a till whose clock is ahead has sold counts already: nobody would come back to it.
        """
        moments = {member: max(now, self._latest.get(member, now)) for member in self._changed}
        return announce({member: self.standing(member, at) for member, at in moments.items()}, self._changed, now)

    def _add(self, member: int, partner: str, spend: Spend) -> None:
        terms = self._rules.at(spend.at).tiers
        if terms and terms.partner in (None, partner):
            insort(self._spends.setdefault(member, []), spend)


def member_standing(member_id: str, *, now: datetime) -> Standing | None:
    """Where the member stands now; None where the programme has no tiers.

    :raises UnknownMember: no member has this id.
    """
    member = store.member_number(member_id)
    if member is None:
        raise UnknownMember(member=member_id)
    return TierBook([member], rulebook()).standing(member, now)


def judge_ended(*, now: datetime, limit: int = 1000) -> int:
    """Judge anew the members whose tier has come to its end, at most ``limit``; returns how many tiers changed."""
    if not store.any_ended(now):
        return 0
    with transaction():
        members = store.lock_ended(now, limit)
        book = TierBook(members, rulebook())
        operator = operator_number()
        standings = {member: book.standing(member, now) for member in members}
        return announce(standings, dict.fromkeys(members, operator), now)


def announce(standings: dict[int, Standing | None], partners: dict[int, int], now: datetime) -> int:
    """Keep where members stand, and tell of every tier that is another than the one last announced."""
    if not standings:
        return 0
    announced = store.announced(sorted(standings))
    news = []
    for member, now_at in standings.items():
        before = announced[member]
        after = now_at.tier if now_at else None
        # Who was never judged is at the lowest rung: to be found there is no news.
        if after != before and not (before is None and now_at and now_at.since is None):
            news.append(
                events.NewEvent(
                    type=TIER_CHANGED,
                    source=_SOURCE,
                    source_event_id=new_id("evt"),
                    member=member,
                    partner=partners[member],
                    attributes={"tier": after, "previous_tier": before, "perks": list(now_at.perks) if now_at else []},
                    occurred_at=now,
                )
            )
    store.keep(
        (now_at.tier if now_at else None, now_at.until if now_at else None, member)
        for member, now_at in standings.items()
    )
    if news:
        events.append(news, now)
    return len(news)
