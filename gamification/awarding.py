"""Awarding: turns what the fold of a batch came to into grants won and lost, in the order of the events."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from coalition.events import Event
from coalition.services.members import member_number
from gamification.fold.goals import Goal
from gamification.fold.player import REFERRAL, GrantKey, LevelChange, Win
from gamification.folding import Happening, Reversal
from gamification.grants import (
    FINAL,
    Grant,
    GrantState,
    Held,
    Revoked,
    companions,
    count_standing,
    is_barred,
    new_grant_id,
    next_repeat,
    paid_keys,
    standing_grants,
    standing_keys,
)
from gamification.rules.document import Achievement


class Won(NamedTuple):
    grant: Grant
    event: Event


class Lost(NamedTuple):
    """The event undid what the grant was won with."""

    grant: Grant
    event: Event


class Referred(NamedTuple):
    """A friend's grant and the referrer's that came with it; ``stands`` is False where both are lost again."""

    friend: Grant
    referrer: Grant
    stands: bool


class Awarding:
    """``won`` and ``lost`` are in the order of their events; a grant may be in both. ``referred`` tells of referrals in
    the order in which they came and went."""

    def __init__(self, happenings: Iterable[Happening], *, now: datetime, rewards: bool) -> None:
        self.won: list[Won] = []
        self.lost: list[Lost] = []
        self.levels: list[LevelChange] = []
        self.referred: list[Referred] = []
        self._now = now
        self._rewards = rewards
        found = sorted(happenings, key=_place)
        undone = {each.event.member for each in found if isinstance(each, Reversal)}
        known = standing_grants(undone)
        wins = [each for each in found if isinstance(each, Win)]
        keys = standing_keys({win.event.member for win in wins} - undone, {win.goal.rule.id for win in wins})
        # By member, what they have or can never win again; the grants themselves where some may be lost.
        self._standing: dict[int, dict[GrantKey, Grant | None]] = {
            **{member: dict.fromkeys(found) for member, found in keys.items()},
            **{member: {grant.key: grant for grant in known.get(member, ()) if grant.folded} for member in undone},
        }
        # What was lost and left its points pays no second time.
        leaving = {win.goal.rule.id for win in wins if win.goal.rule.on_reversal == "revoke"}
        self._paid = paid_keys({win.event.member for win in wins}, leaving)
        self._places: Counter[str] = Counter()
        self._repeats: Counter[tuple[int, str]] = Counter()
        for each in found:
            self._take(each)

    def grant_to(self, member: int, goal: Goal, tier: int, period: str, event: Event) -> Grant:
        """A new grant of the goal's tier (from 0), which waits where its rule says so."""
        grant = new_grant(goal.rule, goal, member, tier, period, event, rewards=self._rewards)
        if grant.held_until and grant.held_until > self._now:
            grant.state, grant.held_because = GrantState.HELD, Held.RETURN_WINDOW
        return grant

    def add(self, won: Iterable[Won], lost: Iterable[Lost]) -> None:
        """Take in what was won and lost otherwise, as by teams; each list is in the order of the events again."""
        self.won = sorted([*self.won, *won], key=_place)
        self.lost = sorted([*self.lost, *lost], key=_place)

    def _take(self, happening: Happening) -> None:
        if isinstance(happening, Win):
            self._win(happening, happening.event)
        elif isinstance(happening, LevelChange):
            self.levels.append(happening)
        else:
            self._reverse(happening)

    def _reverse(self, reversal: Reversal) -> None:
        """The member has what the wins that are left come to, and nothing else."""
        event = reversal.event
        standing = self._standing[event.member]
        left = {win.key: win for win in reversal.wins}
        gone = [grant for key, grant in standing.items() if key not in left]
        lost = [grant for grant in gone if grant and grant.revoked_because not in FINAL]
        for grant in lost:
            del standing[grant.key]
            self._free_place(grant)
            self.lost.append(Lost(grant, event))
            for each in self._companions(grant):
                self.lost.append(Lost(each, event))
                self.referred.append(Referred(grant, each, False))
        for win in left.values():
            self._win(win, event)
        if reversal.level:
            self.levels.append(reversal.level)

    def _companions(self, grant: Grant) -> list[Grant]:
        """The grants of others that came with this one."""
        if grant.kind != REFERRAL:
            return []
        new = [each for each, _ in self.won if each.cause == grant.id]
        return new or companions([grant.id])

    def _win(self, win: Win, at: Event) -> None:
        standing = self._standing.setdefault(win.event.member, {})
        if win.key in standing:
            return
        grant = standing[win.key] = self._grant(win)
        if (win.event.member, win.key) in self._paid:
            grant.points = 0
        self.won.append(Won(grant, at))
        if win.goal.companion:
            self._reward_referrer(win, grant, at)

    def _grant(self, win: Win) -> Grant:
        goal, event = win.goal, win.event
        grant = self.grant_to(event.member, goal, win.tier, win.period, event)
        grant.repeat = win.repeat
        challenge = goal.rule.challenge
        if challenge and challenge.first is not None and not self._take_place(goal.rule.id, challenge.first):
            grant.state, grant.held_because = GrantState.REVOKED, None
            grant.revoked_because, grant.points = Revoked.PLACES_GONE, 0
        return grant

    def _reward_referrer(self, win: Win, friend: Grant, at: Event) -> None:
        """Whoever invited the friend is granted for it, each time anew."""
        goal = win.goal
        assert goal.companion and win.referrer, "a referral is won by who was referred"
        referrer = member_number(win.referrer)
        if is_barred(referrer, goal.companion.id, friend.member):
            return
        grant = new_grant(goal.companion, goal, referrer, win.tier, win.period, win.event, rewards=self._rewards)
        grant.cause = friend.id
        grant.state, grant.held_because = friend.state, friend.held_because
        counter = (referrer, grant.rule.id)
        if counter not in self._repeats:
            self._repeats[counter] = next_repeat(*counter)
        grant.repeat = self._repeats[counter]
        self._repeats[counter] += 1
        self.won.append(Won(grant, at))
        self.referred.append(Referred(friend, grant, True))

    def _take_place(self, achievement: str, places: int) -> bool:
        """Whether one of so many places was still there."""
        if self._taken(achievement) >= places:
            return False
        self._places[achievement] += 1
        return True

    def _free_place(self, grant: Grant) -> None:
        challenge = grant.rule.challenge
        if challenge and challenge.first is not None:
            self._places[grant.rule.id] = self._taken(grant.rule.id) - 1

    def _taken(self, achievement: str) -> int:
        if achievement not in self._places:
            self._places[achievement] = count_standing(achievement)
        return self._places[achievement]


def new_grant(
    rule: Achievement, goal: Goal, member: int, tier: int, period: str, event: Event, *, rewards: bool = True
) -> Grant:
    """The grant of a tier (from 0), won by this event."""
    return Grant(
        id=new_grant_id(),
        member=member,
        rule=rule,
        kind=goal.kind,
        version_id=goal.version_id,
        version=goal.version,
        tier=tier + 1,
        threshold=rule.tiers[tier],
        period=period,
        points=rule.reward.points[tier] if rewards else 0,
        event=event.id,
        partner=event.partner,
        earned_at=event.occurred_at,
        held_until=event.occurred_at + timedelta(seconds=rule.hold_s) if rule.hold_s else None,
        back_filled=goal.back_filled,
    )


def _place(happening: Happening | Won | Lost) -> int:
    return happening.event.id
