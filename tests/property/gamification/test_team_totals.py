"""Whatever members of teams buy and bring back, teams win what a plain model says, however the stream is cut."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from coalition import events
from coalition.domain.programme import Programme
from coalition.domain.rounding import allot
from coalition.services import balances, members, partners, programmes
from coalition.store.database import connect, disconnect, execute, to_column, transaction
from gamification import engine, publishing, team_members
from tests.integration.gamification.helpers import rule_text
from tests.integration.gamification.taking_part import team_challenge

JOINED = datetime(2026, 3, 2, tzinfo=UTC)
NOW = datetime(2026, 5, 1, tzinfo=UTC)
LAST_MOMENT = datetime(2026, 3, 31, 23, tzinfo=UTC)
TIERS, POINTS = (20, 50, 90), (10, 25, 7)
PEOPLE = range(1, 5)


class Join(NamedTuple):
    """The member founds this team (1 or 2), or joins it if it is there."""

    member: int
    team: int


class Sale(NamedTuple):
    member: int
    payable_minor: int
    at: datetime


class Return(NamedTuple):
    """Of the sale of this place in the stream; ``left`` is what it is worth then, None if nothing is left of it."""

    sale: int
    before: Sale
    left: int | None


Happening = Join | Sale | Return
sales = st.builds(
    Sale,
    member=st.sampled_from(PEOPLE),
    payable_minor=st.integers(0, 30),
    at=st.integers(-48, 3).map(lambda hours: LAST_MOMENT + timedelta(hours=hours)),
)


@st.composite
def streams(draw: st.DrawFn) -> list[Happening]:
    stream: list[Happening] = []
    left: dict[int, Sale] = {}
    outside = set(PEOPLE)
    for kind in draw(st.lists(st.sampled_from("jjsssssrr"), max_size=30)):
        if kind == "j" and outside:
            member = draw(st.sampled_from(sorted(outside)))
            outside.remove(member)
            stream.append(Join(member, draw(st.integers(1, 2))))
        elif kind == "r" and left:
            place = draw(st.sampled_from(sorted(left)))
            sale = left.pop(place)
            remaining = draw(st.none() | st.integers(0, sale.payable_minor))
            if remaining is not None:
                left[place] = sale._replace(payable_minor=remaining)
            stream.append(Return(place, sale, remaining))
        else:
            left[len(stream)] = sale = draw(sales)
            stream.append(sale)
    return stream


class Granted(NamedTuple):
    """``event`` is its place in the stream, from 1."""

    event: int
    member: int
    tier: int
    points: int
    state: str


class Outcome(NamedTuple):
    """``teams`` has of each its value, the tiers that it has, and what each member has contributed."""

    grants: list[Granted]
    teams: dict[int, tuple[int, list[int], list[int]]]
    balances: list[int]


@dataclass
class Plain:
    """Counts anew at each event."""

    split: str
    keeps: bool
    joined: dict[int, tuple[int, int]] = field(default_factory=dict)
    left: dict[int, Sale | None] = field(default_factory=dict)
    held: dict[int, set[int]] = field(default_factory=lambda: {1: set(), 2: set()})
    grants: list[Granted] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)

    def play(self, stream: Sequence[Happening]) -> Outcome:
        for place, each in enumerate(stream):
            if isinstance(each, Join):
                self.joined[each.member] = (each.team, place)
                continue
            before = [self.total(team) for team in self.held]
            if isinstance(each, Sale):
                self.left[place] = each
            elif not self.keeps:
                self.left[each.sale] = None if each.left is None else each.before._replace(payable_minor=each.left)
            for team, was in zip(self.held, before, strict=True):
                self.judge(team, place + 1, was)
        teams = {
            team: (self.total(team), sorted(held), [self.contributed(member) for member in self.mates(team)])
            for team, held in self.held.items()
            if self.mates(team)
        }
        standing = [sum(g.points for g in self.grants if g.member == m and g.state == "granted") for m in PEOPLE]
        return Outcome(sorted(self.grants), teams, standing)

    def judge(self, team: int, event: int, before: int) -> None:
        total = self.total(team)
        for tier, threshold in enumerate(TIERS, start=1):
            if tier not in self.held[team] and total >= threshold:
                self.held[team].add(tier)
                mates = self.mates(team)
                weights = [self.contributed(m) for m in mates] if self.split == "proportional" else [1] * len(mates)
                for member, points in zip(mates, allot(POINTS[tier - 1], weights), strict=True):
                    self.grants.append(Granted(event, member, tier, points, "granted"))
                    self.owners.append(team)
            elif tier in self.held[team] and total < min(threshold, before):
                self.held[team].remove(tier)
                for place, grant in enumerate(self.grants):
                    if (self.owners[place], grant.tier) == (team, tier):
                        self.grants[place] = grant._replace(state="revoked")

    def mates(self, team: int) -> list[int]:
        return [member for member, (its, _) in self.joined.items() if its == team]

    def total(self, team: int) -> int:
        return sum(map(self.contributed, self.mates(team)))

    def contributed(self, member: int) -> int:
        _, since = self.joined[member]
        return sum(
            sale.payable_minor
            for place, sale in self.left.items()
            if sale and sale.member == member and place > since and sale.at.month == 3
        )


@given(
    stream=streams(),
    split=st.sampled_from(["equal", "proportional"]),
    on_reversal=st.sampled_from(["claw_back", "keep"]),
)
def test_teams__any_history_and_any_batch_size__are_what_the_model_says(
    empty_schema: Path, stream: list[Happening], split: str, on_reversal: str
) -> None:
    expected = Plain(split, on_reversal == "keep").play(stream)
    for limit in (1, 4, 5000):
        assert run(empty_schema, stream, split, on_reversal, limit) == expected
    for tier, points in enumerate(POINTS, start=1):
        given_ = sum(grant.points for grant in expected.grants if (grant.tier, grant.state) == (tier, "granted"))
        assert given_ == points * sum(tier in held for _, held, _ in expected.teams.values())


def run(empty_schema: Path, stream: Sequence[Happening], split: str, on_reversal: str, limit: int) -> Outcome:
    with TemporaryDirectory() as directory:
        shutil.copy(empty_schema, Path(directory) / "coalition.db")
        connect(f"sqlite:///{directory}/coalition.db").pragma("synchronous", "off", permanent=True)
        try:
            return _run(stream, split, on_reversal, limit)
        finally:
            disconnect()


def _run(stream: Sequence[Happening], split: str, on_reversal: str, limit: int) -> Outcome:
    programmes.create_programme(Programme(), now=JOINED)
    partners.ensure_operator(now=JOINED)
    ids = [members.enrol_member(members.EnrolMember(phone=f"+7916000000{m}"), 1, now=JOINED).id for m in PEOPLE]
    reward = {"points": list(POINTS), "funded_by": {"operator": 100}}
    relay = team_challenge(split, most=4, tiers=list(TIERS), reward=reward, on_reversal=on_reversal)
    publishing.publish(rule_text(challenges=[relay]), now=JOINED)
    founded: dict[int, team_members.TeamView] = {}
    captains: dict[int, int] = {}
    for place, each in enumerate(stream):
        if not isinstance(each, Join):
            with transaction():
                events.append([_event(place, each)], NOW)
        elif each.team in founded:
            team_members.join_team(each.member, str(founded[each.team].code), now=JOINED + timedelta(seconds=place))
        else:
            moment = JOINED + timedelta(seconds=place)
            founded[each.team] = team_members.found_team(each.member, "relay", "Larks", now=moment)
            captains[each.team] = each.member
    while engine.run_batch(now=NOW, limit=limit).events:
        pass
    rows = execute("SELECT event_id, member_id, tier, points, state FROM achievement_grant").fetchall()
    shown = {number: team_members.show_team(captains[number], team.id) for number, team in founded.items()}
    return Outcome(
        grants=sorted(Granted(*row) for row in rows),
        teams={
            number: (team.value, team.won, [mate.contributed for mate in team.members])
            for number, team in shown.items()
        },
        balances=[balances.balance(id_, now=NOW).available for id_ in ids],
    )


def _event(place: int, each: Sale | Return) -> events.NewEvent:
    sale = each.before if isinstance(each, Return) else each
    attributes: dict[str, Any] = {"purchase": f"purchase {place}", "payable_minor": sale.payable_minor}
    if isinstance(each, Return):
        before = attributes | {"purchase": f"purchase {each.sale}"}
        attributes = {
            "purchase": f"purchase {each.sale}",
            "return": f"return {place}",
            "purchased_at": to_column(sale.at),
            "before": before,
            "after": None if each.left is None else before | {"payable_minor": each.left},
        }
    return events.NewEvent(
        type="purchase.returned" if isinstance(each, Return) else "purchase.recorded",
        source="test",
        source_event_id=str(place),
        member=sale.member,
        partner=1,
        attributes=attributes,
        occurred_at=NOW if isinstance(each, Return) else sale.at,
    )
