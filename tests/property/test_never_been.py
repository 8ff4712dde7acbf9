"""A purchase that comes back whole leaves the member as if it had never been."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coalition.domain.programme import SpentPoints
from coalition.services.tiers import member_standing
from coalition.store.database import connect, disconnect, from_column
from gamification.engine import run_to_end
from gamification.fold.state import MemberState
from gamification.publishing import publish
from tests.integration.books import assert_books_balance
from tests.integration.gamification.helpers import rule, rule_text
from tests.property.machine import (
    BACK,
    HOURS,
    HOURS_AGO,
    JOBS,
    LINES,
    PARTNERS,
    PEOPLE,
    START,
    TTL_S,
    Coalition,
    founded,
    rows,
)
from tests.property.model import MEMBERS, AtMost, Goods

Step = tuple[Any, ...]

ACHIEVEMENTS = [
    rule("shopper", tiers=[1, 2, 4], experience=[1, 2, 3]),
    rule("spender", tiers=[500, 1500], measure={"sum": "payable_minor"}, window="month", experience=7),
    rule("saver", tiers=[10], measure={"sum": "points_redeemed"}),
    rule("earner", tiers=[30], measure={"sum": "points_accrued"}, window="day"),
    rule("round", tiers=[2, 3], measure={"distinct": "partner"}),
    rule("curious", tiers=[2, 3], measure={"distinct": "categories"}, window="month", requires=["round"]),
]
LEVELS = {
    "highest": 6,
    "formula": {"first_step": 5, "add": 2},
    "experience": [{"on": "purchase.recorded", "of": "payable_minor", "per": 100, "each": 1}],
}

WISHES = st.just(0) | st.integers(2, 20).map(lambda half: 2 * half) | st.builds(AtMost, st.just(0), st.just(10_000))
STEPS = st.one_of(
    st.tuples(st.just("buy"), PARTNERS, PEOPLE, LINES, WISHES, HOURS_AGO),
    st.tuples(st.just("bring_back"), BACK, st.integers(0, 3), st.integers(1, 2)),
    st.tuples(st.just("redeem"), PARTNERS, PEOPLE, st.integers(2, 20).map(lambda half: 2 * half)),
    st.tuples(st.just("reverse"), BACK),
    st.tuples(st.just("adjust"), PARTNERS, PEOPLE, st.integers(1, 60) | st.integers(-30, -1)),
    st.tuples(st.just("hold"), PARTNERS, PEOPLE, st.integers(1, 20), TTL_S),
    st.tuples(st.just("end_a_hold"), BACK, st.sampled_from(["capture", "void"]), st.none() | st.integers(1, 20)),
    st.tuples(st.just("wait"), HOURS, st.sampled_from([(), JOBS])),
)
GIVEN = st.tuples(st.just("adjust"), PARTNERS, PEOPLE, st.integers(20, 90))
GOODS = st.lists(
    st.builds(Goods, st.sampled_from(["food", "books"]), st.integers(1, 3), st.integers(1, 1500)),
    min_size=1,
    max_size=4,
)
# In which order the pieces come back, how many at a time, and for how long they are waited for.
PARTS = st.lists(st.tuples(st.integers(1, 4), st.sampled_from([0, 0, 0, 1, 20, 49, 26 * 24])), min_size=1, max_size=8)


class History:
    """What happens, by places instead of names: so that it is the same whether or not something else happened."""

    def __init__(self, template: Any) -> None:
        self.coalition = Coalition(template)
        self.bought: list[tuple[int, str]] = []
        self.redeemed: list[tuple[int, str]] = []
        self.held: list[tuple[int, str]] = []
        self.told: list[Any] = []

    def take(self, number: int, step: Step) -> None:
        action, *arguments = step
        self.told.append(getattr(self, action)(f"step {number}", *arguments))

    def buy(self, name: str, partner: int, member: int, lines: Sequence[Goods], wish: Any, hours_ago: int) -> Any:
        at = self.coalition.now - timedelta(hours=hours_ago)
        told = self.coalition.do(
            "buy", partner=partner, member=member, receipt=name, at=at, lines=lines, wish=wish, hold=None
        )
        if not isinstance(told, str):
            self.bought.append((partner, name))
        return told

    def bring_back(self, name: str, back: int, place: int, pieces: int) -> Any:
        if self.bought:
            partner, receipt = self.bought[-1 - back % len(self.bought)]
            return self.coalition.do(
                "bring_back", partner=partner, receipt=receipt, name=name, pieces=[(place, pieces)]
            )
        return None

    def redeem(self, name: str, partner: int, member: int, points: int) -> Any:
        told = self.coalition.do("redeem", partner=partner, member=member, points=points, name=name)
        if not isinstance(told, str):
            self.redeemed.append((partner, name))
        return told

    def reverse(self, name: str, back: int) -> Any:
        if self.redeemed:
            partner, redemption = self.redeemed[-1 - back % len(self.redeemed)]
            return self.coalition.do("reverse", partner=partner, name=redemption)
        return None

    def adjust(self, name: str, issuer: int, member: int, points: int) -> Any:
        return self.coalition.do("adjust", issuer=issuer, member=member, points=points)

    def hold(self, name: str, partner: int, member: int, points: int, ttl_s: int | None) -> Any:
        told = self.coalition.do("hold", partner=partner, member=member, points=points, ttl_s=ttl_s, name=name)
        if not isinstance(told, str):
            self.held.append((partner, name))
        return told

    def end_a_hold(self, name: str, back: int, by: str, points: int | None) -> Any:
        if not self.held:
            return None
        partner, hold = self.held[-1 - back % len(self.held)]
        if by == "void":
            return self.coalition.do("void", partner=partner, hold=hold)
        told = self.coalition.do("capture", partner=partner, hold=hold, points=points, name=name)
        if not isinstance(told, str):
            self.redeemed.append((partner, name))
        return told

    def wait(self, name: str, hours: int, jobs: Sequence[str]) -> None:
        self.coalition.now += timedelta(hours=hours)
        for job in jobs:
            self.coalition.work(job)

    def work_off(self) -> None:
        """What time has brought is true for everybody, whoever was asked last."""
        for job in ("expire_holds", "expire_points", "release_pending", "judge_ended"):
            self.coalition.work(job)

    def judge(self) -> None:
        run_to_end(now=self.coalition.now, rewards=False)

    def lapses_within(self, hours: int) -> bool:
        """Whether time alone would change what the purchase touched: points that lapse, holds that end."""
        now, then = self.coalition.now, self.coalition.now + timedelta(hours=hours)
        moments = rows("SELECT expires_at FROM lot UNION SELECT expires_at FROM hold")
        return any(now < from_column(moment) <= then for (moment,) in moments)

    def owes(self) -> bool:
        return bool(rows("SELECT 1 FROM debt WHERE remaining > 0"))

    def state(self, owed: bool) -> dict[str, Any]:
        """Everything a member has and every counter; with debts, not whose points repaid whom."""
        found: dict[str, Any] = {
            "members": rows(
                "SELECT id, balance - pending - held, pending, held, debt, COALESCE(tier, 'bronze') FROM member"
                " ORDER BY id"
            ),
            "lots": rows(
                "SELECT member_id, issuer_id, remaining, held, expires_at, pending_until FROM lot WHERE remaining > 0"
                " ORDER BY entry_id"
            ),
            "caps": sorted(rows("SELECT * FROM cap_use WHERE points <> 0")),
            "tiers": [member_standing(self.coalition.members[each], now=self.coalition.now) for each in MEMBERS],
        }
        kept = rows("SELECT member_id, state FROM member_progress ORDER BY member_id")
        # But for how far back it reaches, and that nothing is kept of those to whom nothing has happened.
        progress = [(member, replace(MemberState.from_json(state), horizon=1, latest=0)) for member, state in kept]
        found["progress"] = [each for each in progress if each[1] != MemberState()]
        if not owed:
            found["outstanding"] = rows("SELECT id, outstanding FROM partner ORDER BY id")
            found["owed"] = sorted(
                rows(
                    "SELECT issuer_id, redeemer_id, SUM(points) FROM posting WHERE account = 'redeemed'"
                    " GROUP BY issuer_id, redeemer_id HAVING SUM(points) <> 0"
                )
            )
        return found


@pytest.fixture(scope="module")
def templates(empty_schema: Path) -> Iterator[dict[SpentPoints, Path]]:
    with founded(empty_schema) as found:
        for path in found.values():
            connect(f"sqlite:///{path}")
            publish(rule_text(*ACHIEVEMENTS, levels=LEVELS), now=START)
            disconnect()
        yield found


@settings(max_examples=8 * settings.default.max_examples)
@given(
    policy=st.sampled_from(SpentPoints),
    start=st.lists(GIVEN, min_size=1, max_size=3),
    before=st.lists(STEPS, max_size=8),
    extra=st.tuples(PARTNERS, PEOPLE, GOODS, WISHES, HOURS_AGO),
    parts=PARTS,
    order=st.randoms(use_true_random=False),
    after=st.lists(STEPS, max_size=6),
    judged_meanwhile=st.booleans(),
)
def test_purchase__returned_whole__has_never_been(
    templates, policy, start, before, extra, parts, order, after, judged_meanwhile
):
    before = [*start, *before]
    history = History(templates[policy])
    try:
        for number, step in enumerate(before):
            history.take(number, step)
        history.work_off()
        owed = history.owes()
        # Points that repaid a debt are spent: the issuer bears them, or the refund does, and the debt is less for it.
        assume(policy is SpentPoints.DEBT or not owed)
        waits = buy_and_bring_back(history, extra, parts, order, judged_meanwhile)
        with_it = carry_on(history, after, owed)
        assert_books_balance()
    finally:
        history.coalition.close()

    history = History(templates[policy])
    try:
        for number, step in enumerate(before):
            history.take(number, step)
        history.work_off()
        for hours in waits:
            history.wait("", hours, JOBS)
        without = carry_on(history, after, owed)
        assert {key: (without[key], seen) for key, seen in with_it.items() if seen != without[key]} == {}
    finally:
        history.coalition.close()


def buy_and_bring_back(
    history: History,
    extra: tuple[int, int, Sequence[Goods], Any, int],
    parts: Sequence[tuple[int, int]],
    order: Random,
    judged_meanwhile: bool,
) -> list[int]:
    """Piece by piece, and nothing else happens to the points meanwhile; returns the hours that passed."""
    partner, member, lines, wish, hours_ago = extra
    at = history.coalition.now - timedelta(hours=hours_ago)
    told = history.coalition.do(
        "buy", partner=partner, member=member, receipt="extra", at=at, lines=lines, wish=wish, hold=None
    )
    assume(not isinstance(told, str))
    pieces = [place for place, line in enumerate(lines) for _ in range(line.quantity)]
    order.shuffle(pieces)
    waits = []
    for number, (many, hours) in enumerate(cycle(parts)):
        if not pieces:
            break
        if hours and not history.lapses_within(hours):
            history.wait("", hours, JOBS)
            waits.append(hours)
        if judged_meanwhile:
            history.judge()
        back = sorted(Counter(pieces[:many]).items())
        told = history.coalition.do("bring_back", partner=partner, receipt="extra", name=f"extra {number}", pieces=back)
        assert not isinstance(told, str), told
        del pieces[:many]
    return waits


def carry_on(history: History, after: Sequence[Step], owed: bool) -> dict[str, Any]:
    """What members are told from now on, and what they have in the end."""
    history.told.clear()
    for number, step in enumerate(after, start=1000):
        history.take(number, step)
    history.work_off()
    history.judge()
    return history.state(owed) | {"told": history.told}
