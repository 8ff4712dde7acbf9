"""Challenges: members join them, alone or in teams, until the last day."""

from dataclasses import dataclass
from datetime import date, datetime

from coalition import events
from coalition.store.database import lock_name, transaction
from gamification.errors import ChallengeOver, TeamNeeded, UnknownChallenge
from gamification.fold.goals import Goal
from gamification.fold.player import CHALLENGE_JOINED
from gamification.progress import state_of, today_of
from gamification.rulebook import running_rules
from gamification.store.challenge_tables import ChallengeMember

SOURCE = "challenges"


@dataclass(frozen=True, slots=True)
class Participation:
    """Since when a member takes part in a challenge."""

    challenge: str
    joined_at: datetime


def join(member: int, challenge: str, partner: int, *, now: datetime) -> Participation:
    """The member takes part: what happens from now on counts. Whoever did so already is answered the same.

    ``partner`` is whose till it was, or the operator's number for the member's own session.

    :raises UnknownChallenge: there is none of this id.
    :raises TeamNeeded: it is for teams.
    :raises ChallengeOver: its last day has passed, where the member lives.
    """
    goal = find_challenge(challenge)
    if goal.in_team:
        raise TeamNeeded(challenge=challenge)
    with transaction():
        lock_participation(member, challenge)
        of_member = (ChallengeMember.challenge == challenge) & (ChallengeMember.member_id == member)
        if there := ChallengeMember.get_or_none(of_member):
            return Participation(challenge, there.joined_at)
        check_not_over(goal, member, now)
        ChallengeMember.create(challenge=challenge, member_id=member, joined_at=now, force_insert=True)
        event = events.NewEvent(
            type=CHALLENGE_JOINED,
            source=SOURCE,
            source_event_id=f"{challenge}:{member}",
            member=member,
            partner=partner,
            attributes={"challenge": challenge},
            occurred_at=now,
        )
        events.append([event], now)
    return Participation(challenge, now)


def find_challenge(challenge: str) -> Goal:
    """:raises UnknownChallenge: there is none of this id."""
    goal = running_rules().by_achievement.get(challenge)
    if goal is None or goal.rule.challenge is None:
        raise UnknownChallenge(challenge=challenge)
    return goal


def check_not_over(goal: Goal, member: int, now: datetime) -> None:
    """:raises ChallengeOver: the last day of the challenge has passed, where the member lives."""
    _, last = days(goal)
    if last and last < date.fromordinal(today_of(state_of(member), now).number):
        raise ChallengeOver(challenge=goal.rule.id, last_day=last)


def lock_participation(member: int, challenge: str) -> None:
    """Until the transaction ends, nobody else changes how the member takes part in the challenge."""
    lock_name(f"challenge:{challenge}:{member}")


def days(goal: Goal) -> tuple[date | None, date | None]:
    """The first and the last day of a challenge."""
    window = goal.rule.window
    return window.dates if window.kind == "dates" else (None, None)
