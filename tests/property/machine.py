"""The coalition and the model of it, driven side by side through whatever may happen."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from coalition.domain.programme import SpentPoints
from coalition.domain.purchase import Line
from coalition.domain.redemption import AsMuchAsPossible, Exactly
from coalition.errors import CoalitionError
from coalition.services import adjustments, expiry, holds, redemptions, returns, tiers
from coalition.services.members import EnrolMember, enrol_member
from coalition.services.partners import register_partner, set_limit, set_status
from coalition.services.programmes import create_programme
from coalition.services.purchases import RecordedPurchase, RecordPurchase, record_purchase, record_purchases
from coalition.store.database import connect, database, disconnect, execute, from_column
from tests.integration.books import assert_books_balance, contents
from tests.property.model import MEMBERS, PRICE, RATES_BPS, SHARE_BPS, STEP, AtMost, Goods, Model, programme, shop

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
STRANGER = "mem_01ARZ3NDEKTSV4RRFFQ69G5FAV"

PARTNERS = st.sampled_from(sorted(RATES_BPS))
PEOPLE = st.sampled_from(MEMBERS)
# Many small prices, so that rounding matters; some rebates and free lines.
PRICES = st.integers(1, 400) | st.sampled_from([-30, -1, 0, 1, 2, 3, 150, 999, 1500])
LINES = st.lists(
    st.builds(Goods, st.sampled_from(["food", "food", "books", "tobacco"]), st.integers(1, 3), PRICES),
    min_size=1,
    max_size=4,
)
# Per cent of what there is: whole points by the step, unless it is an odd share; a little too much is refused.
SHARES = st.integers(2, 104)
WISHES = st.just(0) | st.integers(1, 20) | st.builds(AtMost, st.integers(0, 30), st.integers(0, 10_000))
# When the receipt came late, it is for points that are available at once, or expired already.
HOURS_AGO = st.sampled_from([0, 0, 1, 100, 100, 100, 30 * 24, 34 * 24])
# Which one, counted from the latest; and how, if at all, a request goes astray.
BACK = st.sampled_from([0, 0, 1, 2, 5])
PIECES = st.lists(st.integers(0, 2), min_size=1, max_size=4)
STRAY = st.sampled_from([0] * 12 + [1, 2, 3])
HOURS = st.sampled_from([1, 5, 24, 49, 73, 7 * 24, 26 * 24, 30 * 24, 32 * 24, 100 * 24, 370 * 24])
TTL_S = st.sampled_from([None, 60, 10 * 24 * 3600, 10 * 24 * 3600, 40 * 24 * 3600])
JOBS = ("release_pending", "expire_holds", "expire_points", "judge_ended")


def action(name: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.tuples(st.just(name), st.fixed_dictionaries(arguments))


# As often as they stand here: of rules Hypothesis would leave out most in most examples, and these need each other.
ACTIONS = st.one_of(
    *[action("buy", partner=PARTNERS, member=PEOPLE, lines=LINES, hours_ago=HOURS_AGO) for _ in range(2)],
    *[
        action(
            "spend",
            by=st.sampled_from(["buy", "buy", "redeem"]),
            partner=PARTNERS,
            member=PEOPLE,
            share=SHARES,
            lines=LINES,
        )
        for _ in range(3)
    ],
    *[action("bring_back", back=BACK, shares=st.none() | PIECES, stray=STRAY) for _ in range(4)],
    *[action("hold", partner=PARTNERS, member=PEOPLE, share=SHARES, ttl_s=TTL_S) for _ in range(2)],
    *[
        action(
            "end_a_hold",
            by=st.sampled_from(["capture", "buy", "void"]),
            back=BACK,
            share=st.none() | SHARES,
            lines=LINES,
            stray=STRAY,
        )
        for _ in range(3)
    ],
    *[
        action("wait_and_work", hours=st.just(0) | HOURS, jobs=st.sampled_from([JOBS, JOBS, *((job,) for job in JOBS)]))
        for _ in range(2)
    ],
    *[
        action(
            "regret",
            partner=PARTNERS,
            member=PEOPLE,
            lines=LINES,
            held=st.none() | SHARES,
            share=SHARES,
            shares=st.none() | PIECES,
            end=st.sampled_from([None, "capture", "buy", "void"]),
        )
        for _ in range(3)
    ],
    action("wait", hours=HOURS),
    action(
        "buy_in_a_batch",
        batch=st.lists(st.tuples(PARTNERS, PEOPLE, LINES, WISHES, HOURS_AGO), min_size=2, max_size=3),
        back=st.none() | BACK,
        with_hold=st.booleans(),
    ),
    action("reverse", back=BACK, stray=STRAY),
    action("adjust", issuer=PARTNERS, member=PEOPLE, points=st.integers(1, 60) | st.integers(-40, -1)),
    action("suspend_or_limit", partner=PARTNERS, room=st.none() | st.none() | st.just(10**6) | st.integers(0, 60)),
    action(
        "send_again_or_what_cannot_be",
        back=BACK,
        spoilt=st.sampled_from([None, None, None, "currency", "line", "member", "future"]),
    ),
)


@contextmanager
def founded(schema: Path) -> Iterator[dict[SpentPoints, Path]]:
    """For each policy a database with partners, members and nothing that happened, to be copied for each example."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as directory:
        found = {policy: Path(directory) / f"{policy}.db" for policy in SpentPoints}
        for policy, path in found.items():
            shutil.copy(schema, path)
            connect(f"sqlite:///{path}")
            create_programme(programme(policy), now=START)
            for number, rate_bps in RATES_BPS.items():
                kind = "operator" if number == 1 else "merchant"
                register_partner(shop(number), rate_bps, now=START, kind=kind)
            for number in MEMBERS:
                enrol_member(EnrolMember(phone=f"+7916000000{number}"), 1, now=START)
            disconnect()
        yield found


class Coalition:
    """The coalition itself, by the model's names. An action returns what is told, or why it is refused."""

    def __init__(self, template: Path) -> None:
        self.directory = TemporaryDirectory(dir=template.parent)
        path = Path(self.directory.name) / "coalition.db"
        shutil.copy(template, path)
        connect(f"sqlite:///{path}")
        execute("PRAGMA synchronous = OFF")
        self.now = START
        self.partners = dict(execute("SELECT id, public_id FROM partner").fetchall())
        self.members = dict(execute("SELECT id, public_id FROM member").fetchall())
        self.ids: dict[str, str] = {}

    def close(self) -> None:
        disconnect()
        self.directory.cleanup()

    def do(self, action: str, **arguments: Any) -> Any:
        try:
            return getattr(self, action)(**arguments)
        except CoalitionError as refusal:
            return type(refusal).__name__

    def buy(self, **receipt: Any) -> tuple[int, int, int]:
        return self.bought(receipt, record_purchase(self.receipt(**receipt), now=self.now))

    def buy_all(self, receipts: Sequence[dict[str, Any]]) -> list[tuple[int, int, int] | str]:
        outcomes = record_purchases([self.receipt(**each) for each in receipts], now=self.now)
        return [
            type(outcome).__name__ if isinstance(outcome, CoalitionError) else self.bought(each, outcome)
            for each, outcome in zip(receipts, outcomes, strict=True)
        ]

    def bought(self, receipt: dict[str, Any], outcome: RecordedPurchase) -> tuple[int, int, int]:
        self.ids[receipt["receipt"]] = outcome.id
        return outcome.points_accrued, outcome.points_redeemed, outcome.balance

    def receipt(
        self,
        partner: int,
        member: int,
        receipt: str,
        at: datetime,
        lines: Sequence[Goods],
        wish: int | AtMost,
        hold: str | None,
        spoilt: str | None = None,
    ) -> RecordPurchase:
        goods = tuple(
            Line(str(place), "sku", line.category, line.quantity, line.minor) for place, line in enumerate(lines)
        )
        command = RecordPurchase(
            partner,
            self.members.get(member, STRANGER),
            receipt,
            at,
            "RUB",
            goods,
            redeem=AsMuchAsPossible(wish.once_available, wish.share_bps) if isinstance(wish, AtMost) else Exactly(wish),
            hold=self.ids[hold] if hold else None,
        )
        if spoilt == "currency":
            return replace(command, currency="USD")
        if spoilt == "line":
            return replace(command, lines=(*goods, Line("twice", "s", "c", 1, 5), Line("twice", "s", "c", 1, 5)))
        return command

    def bring_back(
        self, partner: int, receipt: str, name: str, pieces: Sequence[tuple[int, int]]
    ) -> tuple[int, int, int, int, int, int, int]:
        lines = [(str(place), quantity) for place, quantity in pieces]
        told = returns.return_goods(returns.ReturnGoods(partner, self.ids[receipt], name, lines), now=self.now)
        spent = told.spent
        return (
            told.points_reversed,
            told.points_given_back,
            told.refund_minor,
            told.balance,
            spent.points_owed,
            spent.points_written_off,
            spent.points_deducted,
        )

    def hold(self, partner: int, member: int, points: int, ttl_s: int | None, name: str) -> int:
        placed = holds.place_hold(holds.PlaceHold(partner, self.members[member], points, ttl_s), now=self.now)
        self.ids[name] = placed.id
        return placed.points

    def capture(self, partner: int, hold: str, points: int | None, name: str) -> int:
        ended = holds.capture_hold(holds.CaptureHold(partner, self.ids[hold], name, points), now=self.now)
        assert ended.redemption
        self.ids[name] = ended.redemption.id
        return ended.balance

    def void(self, partner: int, hold: str) -> int:
        return holds.void_hold(self.ids[hold], partner, now=self.now).balance

    def redeem(self, partner: int, member: int, points: int, name: str) -> int:
        command = redemptions.RedeemPoints(partner, self.members[member], points, name)
        changed = redemptions.redeem_points(command, now=self.now)
        self.ids[name] = changed.redemption.id
        return changed.balance

    def reverse(self, partner: int, name: str) -> int:
        return redemptions.reverse_redemption(self.ids[name], partner, now=self.now).balance

    def adjust(self, issuer: int, member: int, points: int) -> int:
        command = adjustments.AdjustPoints(self.members[member], self.partners[issuer], points, "because", "key")
        return adjustments.adjust_points(command, now=self.now).points

    def work(self, job: str) -> int:
        return getattr(tiers if job == "judge_ended" else expiry if job != "expire_holds" else holds, job)(now=self.now)

    def suspend(self, partner: int, suspended: bool) -> None:
        set_status(self.partners[partner], "suspended" if suspended else "active")

    def limit(self, partner: int, room: int) -> None:
        set_limit(self.partners[partner], room)


def rows(statement: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in execute(statement).fetchall()]


def books() -> dict[str, list[tuple[Any, ...]]]:
    """Everything there is, but counters of caps that count nothing."""
    return contents() | {"cap_use": sorted(rows("SELECT * FROM cap_use WHERE points <> 0"))}


def some(share: int, of: int) -> int:
    """That many per cent: whole steps, unless the share ends in 1."""
    points = of * share // 100
    return max(points if share % 10 == 1 else points // STEP * STEP, 1)


class CoalitionMachine(RuleBasedStateMachine):
    def __init__(self, templates: dict[SpentPoints, Path]) -> None:
        super().__init__()
        self.templates = templates
        self.real: Coalition | None = None
        self.serial = count(1)
        self.once: list[tuple[str, dict[str, Any]]] = []
        """What has been done and can be done but once."""
        self.changes = -1

    def teardown(self) -> None:
        try:
            if self.once:
                self.replay(self.once)
        finally:
            if self.real:
                self.real.close()

    def do(self, action: str, **arguments: Any) -> Any:
        """In the coalition and in the model, which agree."""
        expected = self.model.do(action, **arguments)
        told = self.real.do(action, **arguments)
        assert told == expected, f"{action} told {told}, expected {expected}"
        return expected

    def do_once(self, action: str, **arguments: Any) -> None:
        if not isinstance(self.do(action, **arguments), str):
            self.once.append((action, arguments))

    def replay(self, actions: Sequence[tuple[str, dict[str, Any]]]) -> None:
        before = books()
        for action, arguments in actions:
            assert isinstance(self.do(action, **arguments), str)
        assert books() == before

    def receipt(self, partner, member, lines, wish=0, hours_ago=0, hold=None) -> dict[str, Any]:
        at = self.real.now - timedelta(hours=hours_ago)
        name = f"receipt {next(self.serial)}"
        receipt = {"partner": partner, "member": member, "receipt": name, "at": at, "lines": lines}
        return receipt | {"wish": wish, "hold": hold}

    def name(self) -> str:
        return f"reference {next(self.serial)}"

    def latest(self, names: Iterable[str], back: int) -> str:
        found = list(names)
        return found[-1 - back % len(found)]

    @initialize(
        policy=st.sampled_from([SpentPoints.DEBT, *SpentPoints]),
        lots=st.lists(
            st.tuples(PARTNERS, PEOPLE, st.integers(4, 60), st.sampled_from([0, 0, 24, 5 * 24])), min_size=2, max_size=4
        ),
    )
    def begin(self, policy, lots) -> None:
        """With points of several issuers, that lapse on several days."""
        self.real = Coalition(self.templates[policy])
        self.model = Model(policy.value, START)
        for issuer, member, points, hours in lots:
            self.do("adjust", issuer=issuer, member=member, points=points)
            self.wait(hours)

    @rule(action=ACTIONS)
    def act(self, action) -> None:
        name, arguments = action
        getattr(self, name)(**arguments)

    def buy(self, partner, member, lines, hours_ago) -> None:
        self.do_once("buy", **self.receipt(partner, member, lines, hours_ago=hours_ago))

    def spend(self, by, partner, member, share, lines) -> None:
        available = self.model.available(member)
        if by == "buy":
            # Seldom more than may pay for them, or than there is.
            payable = max(sum(line.minor for line in lines), 0) * SHARE_BPS // 10_000 // PRICE
            wish = some(share, min(payable, available) + 2)
            self.do_once("buy", **self.receipt(partner, member, lines, wish))
        else:
            self.do_once("redeem", partner=partner, member=member, points=some(share, available), name=self.name())

    def regret(self, partner, member, lines, held, share, shares, end) -> None:
        """Goods come back whose points are held, or spent; and the hold may end while there are debts."""
        self.buy(partner, member, lines, 100)
        if held:
            self.hold(partner, member, held, 10 * 24 * 3600)
        self.do_once(
            "redeem", partner=partner, member=member, points=some(share, self.model.available(member)), name=self.name()
        )
        if self.left():
            self.bring_back(0, shares, 0)
        if held and end:
            self.end_a_hold(end, 0, 55, lines, 0)

    def hold(self, partner, member, share, ttl_s) -> None:
        points = some(share, self.model.available(member))
        self.do("hold", partner=partner, member=member, points=points, ttl_s=ttl_s, name=self.name())

    def end_a_hold(self, by, back, share, lines, stray) -> None:
        """Sometimes that of another partner or member, or one that has ended."""
        if not self.model.holds:
            return
        still_open = [name for name, each in self.model.holds.items() if each.status == "open"]
        hold = self.latest((not stray and still_open) or self.model.holds, back)
        holding = self.model.holds[hold]
        partner = (holding.partner + stray) % 3 + 1 if stray else holding.partner
        if by == "buy":
            member = 3 - holding.member if stray else holding.member
            self.do_once("buy", **self.receipt(holding.partner, member, lines, hold=hold))
        elif by == "capture":
            points = share and some(share, holding.points)
            self.do_once("capture", partner=partner, hold=hold, points=points, name=self.name())
        else:
            self.do_once("void", partner=partner, hold=hold)

    def buy_in_a_batch(self, batch, back, with_hold) -> None:
        receipts = [self.receipt(*each) for each in batch]
        if with_hold and self.model.holds:
            hold = self.latest(self.model.holds, 0)
            holding = self.model.holds[hold]
            receipts[0] |= {"partner": holding.partner, "member": holding.member, "hold": hold}
        receipts.append(receipts[0])
        bought = [arguments for action, arguments in self.once if action == "buy"]
        if bought and back is not None:
            receipts.append(bought[-1 - back % len(bought)])
        outcomes = self.do("buy_all", receipts=receipts)
        done = zip(receipts, outcomes, strict=True)
        self.once += [("buy", each) for each, outcome in done if not isinstance(outcome, str)]

    def bring_back(self, back, shares, stray) -> None:
        """All that is left of a purchase, or that many pieces of each line."""
        if not self.left():
            return
        receipt = self.latest(self.left(), back)
        bought = self.model.purchases[receipt]
        left = [line.quantity - back for line, back in zip(bought.lines, bought.back, strict=True)]
        if shares:
            left = [min(there, share) for there, share in zip(left, [*shares, 1, 1, 1], strict=False)]
        pieces = [(place, pieces) for place, pieces in enumerate(left) if pieces]
        partner = bought.partner
        if stray == 1:
            partner = partner % 3 + 1
        elif stray == 2:
            pieces.append((7, 1))
        elif stray == 3:
            pieces = [(place, 4) for place, _ in pieces]
        self.do_once("bring_back", partner=partner, receipt=receipt, name=self.name(), pieces=pieces)

    def left(self) -> list[str]:
        """The purchases of which something is left."""
        return [
            receipt
            for receipt, bought in self.model.purchases.items()
            if any(line.quantity > back for line, back in zip(bought.lines, bought.back, strict=True))
        ]

    def reverse(self, back, stray) -> None:
        if not self.unreversed():
            return
        name = self.latest(self.unreversed(), back)
        self.do_once("reverse", partner=(self.model.redemptions[name].partner + stray - 1) % 3 + 1, name=name)

    def unreversed(self) -> list[str]:
        return [name for name, redemption in self.model.redemptions.items() if not redemption.reversed]

    def adjust(self, issuer, member, points) -> None:
        self.do("adjust", issuer=issuer, member=member, points=points)

    def wait(self, hours) -> None:
        self.real.now = self.model.now = self.real.now + timedelta(hours=hours)

    def wait_and_work(self, hours, jobs) -> None:
        self.wait(hours)
        for job in jobs:
            self.do("work", job=job)
            assert self.real.do("work", job=job) == 0, "the work is never done"

    def suspend_or_limit(self, partner, room) -> None:
        """Suspended partners are reinstated, so that there are never many."""
        if self.model.suspended:
            self.do("suspend", partner=min(self.model.suspended), suspended=False)
        elif room is None:
            self.do("suspend", partner=partner, suspended=True)
        else:
            self.model.limit(partner, room)
            self.real.limit(partner, self.model.limits[partner])

    def send_again_or_what_cannot_be(self, back, spoilt) -> None:
        if self.once and not spoilt:
            self.replay([self.once[-1 - back % len(self.once)]])
        elif spoilt:
            receipt = self.receipt(1, 9 if spoilt == "member" else 1, [], hours_ago=-1 if spoilt == "future" else 0)
            assert isinstance(self.do("buy", **receipt, spoilt=spoilt), str)

    @invariant()
    def the_books_are_the_models(self) -> None:
        changes = database.connection().total_changes
        if changes == self.changes:
            return
        self.changes = changes
        assert_books_balance()
        agree(self.model)


def agree(model: Model) -> None:
    """Every number of the model's stands in the books, and no other."""
    assert rows("SELECT id, balance, pending, held, debt, tier FROM member ORDER BY id") == [
        (member, *model.purse(member), model.tiers.get(member)) for member in MEMBERS
    ]
    lots = rows(
        "SELECT member_id, issuer_id, remaining, held, expires_at, pending_until FROM lot WHERE remaining > 0"
        " ORDER BY entry_id"
    )
    assert [(*lot[:4], from_column(lot[4]), lot[5] and from_column(lot[5])) for lot in lots] == [
        (lot.member, lot.issuer, lot.points, lot.held, lot.expires, lot.pending) for lot in model.lots if lot.points
    ]
    assert rows("SELECT member_id, creditor_id, remaining FROM debt WHERE remaining > 0 ORDER BY id") == [
        (debt.member, debt.creditor, debt.points) for debt in model.debts if debt.points
    ]
    owed = rows("SELECT issuer_id, redeemer_id, SUM(points) FROM posting WHERE account = 'redeemed' GROUP BY 1, 2")
    assert {row[:2]: row[2] for row in owed if row[2]} == {
        pair: points for pair, points in model.owed.items() if points
    }
    outstanding = rows("SELECT id, outstanding FROM partner")
    assert outstanding == [(partner, model.outstanding[partner]) for partner in RATES_BPS]
    assert sorted(rows("SELECT cap, period, subject, points FROM cap_use WHERE points <> 0")) == sorted(
        (*key, points) for key, points in model.capped.items() if points
    )
    assert rows("SELECT status, captured_points FROM hold ORDER BY id") == [
        (hold.status, hold.captured) for hold in model.holds.values()
    ]
    recorded = rows("SELECT receipt_id, total_minor - discount_minor - refunded_minor FROM purchase ORDER BY id")
    assert recorded == [(receipt, bought.paid_minor) for receipt, bought in model.purchases.items()]


def run(factory: Callable[[], CoalitionMachine]) -> None:
    """Half of the examples: 250 in CI, 10,000 by ``make fuzz``. Another factory tries other examples."""
    half = settings(
        settings.default,
        max_examples=5 * settings.default.max_examples,
        stateful_step_count=30,
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(factory, settings=half)
