"""What is seen of challenges: those that there are for a member, and how far the member is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, get_args

from coalition.services.members import member_number
from gamification.challenges import days
from gamification.fold.catalogue import Catalogue
from gamification.fold.goals import Goal
from gamification.fold.state import MemberState
from gamification.grants import GrantState, select_grants
from gamification.places import came_too_late, missed, places_left
from gamification.progress import state_of, today_of
from gamification.rulebook import running_rules
from gamification.rules.document import Split, localised
from gamification.rules.windows import Day
from gamification.sharing import Viewer, viewer
from gamification.store.challenge_tables import ChallengeMember
from gamification.store.challenge_tables import Team as TeamRow
from gamification.store.tables import AchievementGrant
from gamification.teams import Team, load_teams

State = Literal["open", "joined", "completed", "places_gone", "over"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True)
class TeamTerms:
    """Of a challenge for teams: how many members one has at most, and how its points are divided."""

    most: int
    reward: Split


@dataclass(frozen=True, slots=True)
class OwnTeam:
    """The member's team: how many are in it, and what the member has contributed to its value."""

    id: str
    name: str
    members: int
    contributed: int | None


@dataclass(frozen=True, slots=True)
class MemberChallenge:
    """A challenge as it is for a member.

    ``open`` is what they may join, ``joined`` what counts for them now; they have ``completed`` it with its last tier,
    and it is ``over`` after its last day. ``places_gone`` stays: they did what it takes when the last place was taken.
    ``tier``, counted from 1, is the next one, or the last if all are won. ``value`` is the team's in a challenge for
    teams. ``owner`` is the merchant whose challenge it is, None if it is the coalition's. ``places_left`` is how many
    can still win it, None where all can. ``value``, ``remaining`` and what the member has contributed to a team are
    None for a partner whose business it is not, and ``places_gone`` is ``joined`` or ``open`` to it.
    """

    id: str
    title: str
    description: str
    icon: str
    owner: str | None
    state: State
    starts_on: date | None
    ends_on: date | None
    tier: int
    tiers: int
    value: int | None
    threshold: int
    remaining: int | None
    points: int
    badge: bool
    places_left: int | None
    requires: list[str]
    for_teams: TeamTerms | None
    team: OwnTeam | None


@dataclass(frozen=True, slots=True)
class MemberChallenges:
    member: str
    data: list[MemberChallenge]


def list_challenges(member_id: str, *, locale: str, now: datetime, partner: int | None = None) -> MemberChallenges:
    """All challenges, in the order of their publication; a hidden one once the member has joined it or won of it.

    A ``partner`` (its number) is shown of them what ``sharing`` says.

    :raises UnknownMember: no member has this id.
    """
    member = member_number(member_id)
    looking = viewer(partner)
    listing = _Listing(member, looking, locale, now)
    catalogue = running_rules()
    goals = [goal for goal in catalogue.goals if goal.rule.challenge and looking.may_know(goal.rule)]
    shown = [_for(looking, goal, listing.view(goal), catalogue) for goal in goals if listing.shows(goal)]
    return MemberChallenges(member_id, shown)


def _for(looking: Viewer, goal: Goal, challenge: MemberChallenge, catalogue: Catalogue) -> MemberChallenge:
    """What of it the viewer is shown."""
    shown = replace(challenge, requires=looking.known(challenge.requires, catalogue))
    if looking.may_follow(goal.rule):
        return shown
    return replace(shown, value=None, remaining=None, team=shown.team and replace(shown.team, contributed=None))


class _Listing:
    """What a member's challenges are made of, read once for all of them."""

    def __init__(self, member: int, looking: Viewer, locale: str, now: datetime) -> None:
        self._member = member
        self._looking = looking
        self._locale = locale
        self._state = state_of(member)
        self._today = today_of(self._state, now)
        rows = ChallengeMember.select().where(ChallengeMember.member_id == member)
        self._joined = {row.challenge for row in rows} | self._state.joined.keys()
        self._teams = _teams_of(member)
        self._won = _tiers_won(member)
        self._missed = missed(member)

    def shows(self, goal: Goal) -> bool:
        return not goal.rule.hidden or goal.rule.id in self._joined or goal.rule.id in self._won

    def view(self, goal: Goal) -> MemberChallenge:
        rule = goal.rule
        challenge = rule.challenge
        assert challenge, "only challenges are listed"
        team = self._teams.get(rule.id)
        won = self._won.get(rule.id, set())
        tier = next((tier for tier in range(len(rule.tiers)) if tier not in won), len(rule.tiers) - 1)
        value = team.team.total(int(goal.key)) if team else _value(goal, self._state, self._today)
        first, last = days(goal)
        return MemberChallenge(
            id=rule.id,
            title=localised(rule.title, self._locale),
            description=localised(rule.description, self._locale),
            icon=rule.icon,
            owner=challenge.owner,
            state=self._state_of(goal, won, last),
            starts_on=first,
            ends_on=last,
            tier=tier + 1,
            tiers=len(rule.tiers),
            value=value,
            threshold=rule.tiers[tier],
            remaining=max(rule.tiers[tier] - value, 0),
            points=rule.reward.points[tier],
            badge=rule.reward.badge,
            places_left=places_left(rule),
            requires=[each for each in rule.requires if not self._state.times_won(each)],
            for_teams=TeamTerms(challenge.team.most, challenge.team.reward) if challenge.team else None,
            team=team.view(self._member, int(goal.key)) if team else None,
        )

    def _state_of(self, goal: Goal, won: set[int], last: date | None) -> State:
        if len(won) == len(goal.rule.tiers):
            return "completed"
        if not won and self._looking.may_follow(goal.rule) and self._missed_its_places(goal):
            return "places_gone"
        if last and last.toordinal() < self._today.number:
            return "over"
        return "joined" if goal.joined is None or goal.rule.id in self._joined else "open"

    def _missed_its_places(self, goal: Goal) -> bool:
        return came_too_late(goal, self._state, self._missed.get(goal.rule.id, ()))


@dataclass(frozen=True, slots=True)
class _NamedTeam:
    name: str
    team: Team

    def view(self, member: int, goal: int) -> OwnTeam:
        mate = self.team.mates[member]
        contributed = mate.contributed if mate.goal == goal else 0
        return OwnTeam(self.team.id, self.name, len(self.team.mates), contributed)


def _teams_of(member: int) -> Mapping[str, _NamedTeam]:
    """By challenge, the teams that the member is in."""
    own = "t.id IN (SELECT team_id FROM challenge_member WHERE member_id = ?)"
    teams = load_teams(own, (member,))
    names = {row.id: row.name for row in TeamRow.select().where(TeamRow.id.in_(list(teams)))} if teams else {}
    return {team.challenge: _NamedTeam(names[number], team) for number, team in teams.items()}


def _tiers_won(member: int) -> Mapping[str, set[int]]:
    """By challenge, the tiers (from 0) that the member has."""
    won: dict[str, set[int]] = {}
    of_member = AchievementGrant.member_id == member
    for grant in select_grants(of_member & (AchievementGrant.state != GrantState.REVOKED)):
        if grant.rule.challenge:
            won.setdefault(grant.rule.id, set()).add(grant.tier - 1)
    return won


def _value(goal: Goal, state: MemberState, today: Day) -> int:
    """How far the member is; a challenge has only one period."""
    return max((goal.reach(counter, today) for counter in state.counters_of(goal).values()), default=0)
