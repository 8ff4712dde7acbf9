"""Who is in which team: members found one and hand on its code, and others join it by that."""

from dataclasses import dataclass
from datetime import datetime

from coalition import events
from coalition.ids import new_id
from coalition.services.partners import list_partners, operator_number
from coalition.store.database import lock_name, transaction
from gamification.challenges import SOURCE, check_not_over, find_challenge, lock_participation
from gamification.errors import AlreadyInTeam, InvalidNickname, NotForTeams, TeamFull, UnknownTeam
from gamification.fold.goals import Goal
from gamification.fold.player import TEAM_JOINED
from gamification.rulebook import running_rules
from gamification.rules.coupon_codes import new_code, read_code
from gamification.rules.nicknames import check_not_reserved, read_nickname
from gamification.store.challenge_tables import ChallengeMember, Team
from gamification.teams import load_teams


@dataclass(frozen=True, slots=True)
class Mate:
    """Somebody in the team; who it is, only they themselves are told (``me``)."""

    me: bool
    captain: bool
    contributed: int


@dataclass(frozen=True, slots=True)
class TeamView:
    """A team as its members see it. ``code`` is for the captain alone, and ``won`` says which tiers, from 1, it has."""

    id: str
    challenge: str
    name: str
    code: str | None
    most: int
    value: int
    tiers: list[int]
    won: list[int]
    members: list[Mate]


def found_team(member: int, challenge: str, name: str, *, now: datetime) -> TeamView:
    """The member is the captain of a new team, and takes part in the challenge with it.

    :raises UnknownChallenge: there is none of this id.
    :raises NotForTeams: in it each member counts alone.
    :raises ChallengeOver: its last day has passed, where the member lives.
    :raises InvalidNickname: the name is none that others may see, or could be taken for the coalition's or a partner's.
    :raises AlreadyInTeam: the member is in a team of this challenge.
    """
    goal = _for_teams(challenge)
    shown = _read_name(name)
    with transaction():
        lock_participation(member, challenge)
        if there := _team_of(member, challenge):
            raise AlreadyInTeam(challenge=challenge, team=there.public_id)
        check_not_over(goal, member, now)
        team = Team.create(
            public_id=new_id("tea"), challenge=challenge, name=shown, code=new_code(), captain=member, created_at=now
        )
        _enter(member, team, now)
        return _view(member, team)


def join_team(member: int, code: str, *, now: datetime) -> TeamView:
    """The member is in the team that has this code, and takes part in its challenge; whoever is so already is answered
    the same.

    :raises UnknownTeam: no team has this code.
    :raises AlreadyInTeam: the member is in another team of this challenge.
    :raises ChallengeOver: its last day has passed, where the member lives.
    :raises TeamFull: it has as many members as it may.
    """
    known = read_code(code)
    team = Team.get_or_none(Team.code == known) if known else None
    if team is None:
        raise UnknownTeam(team=code)
    goal = _for_teams(team.challenge)
    with transaction():
        lock_participation(member, team.challenge)
        lock_name(f"team:{team.public_id}")
        there = _team_of(member, team.challenge)
        if there and there.id != team.id:
            raise AlreadyInTeam(challenge=team.challenge, team=there.public_id)
        if there is None:
            check_not_over(goal, member, now)
            most = _most(goal)
            if ChallengeMember.select().where(ChallengeMember.team == team.id).count() >= most:
                raise TeamFull(team=team.public_id, most=most)
            _enter(member, team, now)
        return _view(member, team)


def show_team(member: int, team_id: str) -> TeamView:
    """:raises UnknownTeam: the member is in no team of this id."""
    team = Team.get_or_none(Team.public_id == team_id)
    if team is None or _team_of(member, team.challenge) != team:
        raise UnknownTeam(team=team_id)
    return _view(member, team)


def _read_name(text: str) -> str:
    try:
        name = read_nickname(text)
        check_not_reserved(name, (each.name for each in list_partners()))
    except InvalidNickname as refusal:
        raise refusal.at("/name") from refusal
    return name


def _for_teams(challenge: str) -> Goal:
    goal = find_challenge(challenge)
    if not goal.in_team:
        raise NotForTeams(challenge=challenge)
    return goal


def _most(goal: Goal) -> int:
    challenge = goal.rule.challenge
    assert challenge and challenge.team, "it is for teams"
    return challenge.team.most


def _team_of(member: int, challenge: str) -> Team | None:
    of_member = (ChallengeMember.challenge == challenge) & (ChallengeMember.member_id == member)
    row = ChallengeMember.get_or_none(of_member)
    return row.team if row else None


def _enter(member: int, team: Team, now: datetime) -> None:
    # Who joined when it was not yet for teams has a row without one.
    ChallengeMember.insert(challenge=team.challenge, member_id=member, joined_at=now, team=team).on_conflict(
        conflict_target=(ChallengeMember.challenge, ChallengeMember.member_id), update={ChallengeMember.team: team}
    ).execute()
    event = events.NewEvent(
        type=TEAM_JOINED,
        source=SOURCE,
        source_event_id=f"team:{team.challenge}:{member}",
        member=member,
        partner=operator_number(),
        attributes={"challenge": team.challenge, "team": team.public_id},
        occurred_at=now,
    )
    events.append([event], now)


def _view(member: int, row: Team) -> TeamView:
    (team,) = load_teams("t.id = ?", (row.id,)).values()
    goal = running_rules().by_achievement[row.challenge]
    key = int(goal.key)
    mates = [
        Mate(mate.member == member, mate.member == row.captain, mate.contributed if mate.goal == key else 0)
        for mate in team.mates.values()
    ]
    return TeamView(
        id=row.public_id,
        challenge=row.challenge,
        name=row.name,
        code=row.code if member == row.captain else None,
        most=_most(goal) if goal.in_team else len(mates),
        value=team.total(key),
        tiers=list(goal.rule.tiers),
        won=sorted(tier + 1 for tier in team.tiers),
        members=mates,
    )
