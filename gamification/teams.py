"""Teams as the engine sees them: what their members have counted is summed up, and wins or loses the tiers.

Event after event, in the order of the stream, so it does not depend on how the stream was cut. Who is in the team when
a tier is won has a part of it, and who comes later has none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from peewee import Expression

from coalition.domain.rounding import allot
from coalition.events import Event
from coalition.store.database import chunks, execute, execute_many, insert_rows, placeholders
from gamification.awarding import Awarding, Lost, Won
from gamification.fold.catalogue import Catalogue
from gamification.fold.goals import Goal
from gamification.fold.player import Move
from gamification.grants import FINAL, Grant, GrantState, select_grants
from gamification.store.challenge_tables import TeamTier
from gamification.store.tables import AchievementGrant

_TIER_COLUMNS = ("team_id", "tier", "threshold", "goal_id", "event_id")


@dataclass(slots=True)
class Teammate:
    """``since`` is the stream's event of joining, None until the engine has read it."""

    member: int
    since: int | None
    contributed: int
    goal: int


@dataclass(slots=True)
class HeldTier:
    """A tier that the team has, what it took then, and by which goal's counters."""

    threshold: int
    goal: int
    event: int


@dataclass(slots=True)
class Team:
    """``tiers`` are those that the team has, counted from 0."""

    number: int
    id: str
    challenge: str
    mates: dict[int, Teammate] = field(default_factory=dict)
    tiers: dict[int, HeldTier] = field(default_factory=dict)

    def total(self, goal: int) -> int:
        """What all have contributed, as this goal counts; what an older version has counted otherwise is not in it."""
        return sum(mate.contributed for mate in self.mates.values() if mate.goal == goal)

    def at(self, event: int) -> list[Teammate]:
        """Who is in the team when the event of this id happens, in the order in which they joined."""
        mates = self.mates.values()
        found = [(mate.since, mate.member) for mate in mates if mate.since is not None and mate.since < event]
        return [self.mates[member] for _, member in sorted(found)]


def keep_teams(moves: Sequence[Move], joins: Sequence[Event], awarding: Awarding, catalogue: Catalogue) -> None:
    """The teams stand as the batch has left them, and ``awarding`` has what that has won and lost.

    For the engine, in its transaction.
    """
    if moves or joins:
        _Summing(moves, joins, awarding, catalogue).run()


def load_teams(where: str, parameters: Sequence[object]) -> dict[int, Team]:
    """The teams of this condition on ``t``, by number, with all who are in them."""
    rows = execute(
        "SELECT t.id, t.public_id, t.challenge, m.member_id, m.since, m.contributed, m.goal_id FROM team t"
        f" JOIN challenge_member m ON m.team_id = t.id WHERE {where} ORDER BY t.id, m.joined_at, m.member_id",
        parameters,
    ).fetchall()
    found: dict[int, Team] = {}
    for number, id_, challenge, member, since, contributed, goal in rows:
        team = found.setdefault(number, Team(number, id_, challenge))
        team.mates[member] = Teammate(member, since, contributed, goal)
    for some in chunks(found):
        tiers = execute(
            f"SELECT team_id, tier, threshold, goal_id, event_id FROM team_tier WHERE team_id IN"
            f" ({placeholders(len(some))})",
            some,
        ).fetchall()
        for number, tier, threshold, goal, event in tiers:
            found[number].tiers[tier] = HeldTier(threshold, goal, event)
    return found


def team_standing(member: int, goal: Goal) -> tuple[int | None, int]:
    """Of the member's team, the next tier (from 0), None if it has all of them, and how far it is."""
    own = "t.challenge = ? AND t.id IN (SELECT team_id FROM challenge_member WHERE member_id = ?)"
    teams = load_teams(own, (goal.rule.id, member)).values()
    total = sum(team.total(int(goal.key)) for team in teams)
    has = {tier for team in teams for tier in team.tiers}
    return next((tier for tier in range(len(goal.rule.tiers)) if tier not in has), None), total


class _Summing:
    def __init__(self, moves: Sequence[Move], joins: Sequence[Event], awarding: Awarding, catalogue: Catalogue) -> None:
        self._steps: list[Move | Event] = sorted([*moves, *joins], key=_place)
        self._awarding = awarding
        self._catalogue = catalogue
        self._teams = _teams_of({_member(step) for step in self._steps})
        self._won: list[Won] = []
        self._lost: list[Lost] = []

    def run(self) -> None:
        changed: dict[int, Team] = {}
        for step in self._steps:
            if team := self._take(step):
                changed[team.number] = team
        _write(changed)
        if self._won or self._lost:
            self._awarding.add(self._won, self._lost)

    def _take(self, step: Move | Event) -> Team | None:
        """The team that the step has changed."""
        if isinstance(step, Event):
            team = self._teams.get((step.attributes["challenge"], step.member))
            if team is None or team.mates[step.member].since is not None:
                return None
            team.mates[step.member].since = step.id
            return team
        goal = self._catalogue.by_key.get(step.goal)
        team = self._teams.get((goal.rule.id, step.event.member)) if goal else None
        if goal is None or team is None:
            return None
        mate, key = team.mates[step.event.member], int(goal.key)
        if (mate.contributed, mate.goal) == (step.score, key):
            return None
        mate.contributed, mate.goal = step.score, key
        self._judge(team, goal, step.event)
        return team

    def _judge(self, team: Team, goal: Goal, event: Event) -> None:
        key = int(goal.key)
        total = team.total(key)
        for tier, threshold in enumerate(goal.rule.tiers):
            held = team.tiers.get(tier)
            if held is None and total >= threshold:
                team.tiers[tier] = HeldTier(threshold, key, event.id)
                self._won += self._win(team, goal, tier, event)
            elif held and held.goal == key and total < held.threshold:
                del team.tiers[tier]
                self._lost += [Lost(grant, event) for grant in self._standing(team, tier)]

    def _win(self, team: Team, goal: Goal, tier: int, event: Event) -> list[Won]:
        """The points of the tier are divided among all who are in the team, to the last one."""
        mates = team.at(event.id)
        grants = [self._awarding.grant_to(mate.member, goal, tier, team.id, event) for mate in mates]
        points = grants[0].points if grants else 0
        parts = allot(points, self._weights(goal, mates)) if grants else []
        assert sum(parts) == points, "no point of the team's is lost or made up"
        barred = self._barred(team, tier)
        for grant, part in zip(grants, parts, strict=True):
            grant.points = part
        return [Won(grant, event) for grant in grants if grant.member not in barred]

    @staticmethod
    def _weights(goal: Goal, mates: Sequence[Teammate]) -> list[int]:
        challenge = goal.rule.challenge
        assert challenge and challenge.team, "only a team's goal is summed up"
        contributed = [max(mate.contributed, 0) if mate.goal == int(goal.key) else 0 for mate in mates]
        return contributed if challenge.team.reward == "proportional" and any(contributed) else [1] * len(mates)

    def _standing(self, team: Team, tier: int) -> list[Grant]:
        """The team's grants of the tier, from before and of this batch, that have not been lost yet."""
        gone = {grant.id for grant, _ in self._lost}
        new = [grant for grant, _ in self._won if (grant.period, grant.tier) == (team.id, tier + 1)]
        known = select_grants(_of_tier(team, tier) & (AchievementGrant.state != GrantState.REVOKED))
        return [grant for grant in (*known, *new) if grant.id not in gone]

    def _barred(self, team: Team, tier: int) -> set[int]:
        """From whom an operator has taken the tier for good; their part is nobody else's."""
        final = AchievementGrant.revoked_because.in_(sorted(FINAL))
        return {grant.member for grant in select_grants(_of_tier(team, tier) & final)}


def _of_tier(team: Team, tier: int) -> Expression:
    of_team = (AchievementGrant.achievement == team.challenge) & (AchievementGrant.period == team.id)
    return of_team & (AchievementGrant.tier == tier + 1)


def _teams_of(members: Iterable[int]) -> dict[tuple[str, int], Team]:
    """The teams of these members, by challenge and member."""
    numbers: set[int] = set()
    for some in chunks(sorted(members)):
        statement = "SELECT team_id FROM challenge_member WHERE team_id IS NOT NULL AND member_id IN"
        numbers.update(row[0] for row in execute(f"{statement} ({placeholders(len(some))})", some).fetchall())
    found: dict[tuple[str, int], Team] = {}
    for some in chunks(sorted(numbers)):
        for team in load_teams(f"t.id IN ({placeholders(len(some))})", some).values():
            found |= {(team.challenge, member): team for member in team.mates}
    return found


def _write(teams: Mapping[int, Team]) -> None:
    execute_many(
        "UPDATE challenge_member SET since = ?, contributed = ?, goal_id = ? WHERE challenge = ? AND member_id = ?",
        (
            (mate.since, mate.contributed, mate.goal, team.challenge, mate.member)
            for team in teams.values()
            for mate in team.mates.values()
        ),
    )
    execute_many("DELETE FROM team_tier WHERE team_id = ?", ((number,) for number in teams))
    insert_rows(
        TeamTier,
        _TIER_COLUMNS,
        (
            (team.number, tier, held.threshold, held.goal, held.event)
            for team in teams.values()
            for tier, held in team.tiers.items()
        ),
    )


def _place(step: Move | Event) -> int:
    return step.id if isinstance(step, Event) else step.event.id


def _member(step: Move | Event) -> int:
    return step.member if isinstance(step, Event) else step.event.member
