"""Whatever happens in whatever order, the coalition agrees with a model of it that fits on one page.

The model knows nothing of the domain's functions: it has a dictionary for each thing there is, and does sums.
"""

import shutil
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from coalition.domain.programme import Programme
from coalition.domain.purchase import Line
from coalition.domain.redemption import AsMuchAsPossible, Exactly
from coalition.errors import CoalitionError
from coalition.services.members import EnrolMember, enrol_member
from coalition.services.partners import register_partner, set_limit, set_status
from coalition.services.programmes import create_programme
from coalition.services.purchases import RecordPurchase, record_purchase, record_purchases
from coalition.store.database import connect, disconnect, execute
from tests.integration.books import assert_books_balance, contents, sums

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CURRENCY, PRICE_MINOR, SHARE_BPS = "RUB", 3, 7000
RATES_BPS = {1: 1000, 2: 500, 3: 10_000}

# Many small prices, so that rounding matters; some rebates and free lines.
PRICES = st.lists(st.integers(-30, 300) | st.sampled_from([0, 1, 2, 3, 999, 10_000]), max_size=6)
WISHES = (
    st.just(Exactly(0))
    | st.integers(0, 400).map(Exactly)
    | st.builds(AsMuchAsPossible, st.integers(0, 200), st.integers(0, 10_000))
)
# Days of one February, so that a year later is easily said; most of them the same, so that expiries are equal.
DAYS_AGO = st.integers(2, 28) | st.just(2)
PARTNERS = st.sampled_from(sorted(RATES_BPS))
STRANGER = "mem_01ARZ3NDEKTSV4RRFFQ69G5FAV"


class Refused(Exception):
    """The model refuses, too; named like the error that is expected."""


@dataclass
class Model:
    balances: dict[str, int] = field(default_factory=dict)
    # Per member, [expiry, age, issuer, points left]: as a list, it sorts in the order of spending.
    lots: dict[str, list[list]] = field(default_factory=dict)
    owed: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    outstanding: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    limits: dict[int, int] = field(default_factory=dict)
    suspended: set[int] = field(default_factory=set)
    receipts: set[tuple[int, str]] = field(default_factory=set)
    ages: count = field(default_factory=count)

    def redeemed(self, receipt: RecordPurchase, total: int) -> int:
        balance, wish = self.balances[receipt.member], receipt.redeem
        payable = total * SHARE_BPS // 10_000 // PRICE_MINOR
        if isinstance(wish, AsMuchAsPossible):
            theirs = total * wish.max_share_bps // 10_000 // PRICE_MINOR
            return min(balance, payable, theirs) if balance >= wish.once_available else 0
        if wish.points > balance:
            raise Refused("InsufficientPoints")
        if wish.points > payable:
            raise Refused("RedemptionAboveMaximum")
        return wish.points

    def judge(self, receipt: RecordPurchase) -> None:
        prices = [line.amount_minor for line in receipt.lines]
        reasons = {
            "DuplicateReceipt": (receipt.partner, receipt.receipt_id) in self.receipts,
            "PartnerSuspended": receipt.partner in self.suspended,
            "WrongCurrency": receipt.currency != CURRENCY,
            "DuplicateLine": len({line.line_id for line in receipt.lines}) < len(prices),
            "NegativeReceipt": sum(prices) < 0,
            "ReceiptFromFuture": receipt.occurred_at > NOW + timedelta(minutes=5),
            "UnknownMember": receipt.member not in self.balances,
        }
        for reason, holds in reasons.items():
            if holds:
                raise Refused(reason)

    def buy(self, receipt: RecordPurchase) -> tuple[int, int, int]:
        """(earned, redeemed, balance), with all that follows for others."""
        self.judge(receipt)
        member, partner = receipt.member, receipt.partner
        prices = [line.amount_minor for line in receipt.lines]
        redeemed = self.redeemed(receipt, sum(prices))
        money = sum(price for price in prices if price > 0) - redeemed * PRICE_MINOR
        earned = money * RATES_BPS[partner] // 10_000 // PRICE_MINOR
        if earned and self.outstanding[partner] + earned > self.limits.get(partner, 2**56 - 1):
            raise Refused("IssuerLimitExceeded")

        self.receipts.add((partner, receipt.receipt_id))
        left = redeemed
        for lot in sorted(self.lots[member]):
            taken = min(lot[3], left)
            lot[3] -= taken
            left -= taken
            self.owed[lot[2], partner] += taken
            self.outstanding[lot[2]] -= taken
        if earned:
            born = receipt.occurred_at.date()
            expiry = born.replace(year=born.year + 1) + timedelta(days=1)
            self.lots[member].append([expiry, next(self.ages), partner, earned])
            self.outstanding[partner] += earned
        self.balances[member] += earned - redeemed
        return earned, redeemed, self.balances[member]


class CoalitionMachine(RuleBasedStateMachine):
    members = Bundle("members")
    receipts = Bundle("receipts")

    def __init__(self, schema: Path) -> None:
        super().__init__()
        self.directory = TemporaryDirectory()
        path = Path(self.directory.name) / "coalition.db"
        shutil.copy(schema, path)
        connect(f"sqlite:///{path}")
        execute("PRAGMA synchronous = OFF")
        self.model = Model()
        self.serial = count(1)
        self.sent: list[RecordPurchase] = []

    def teardown(self) -> None:
        try:
            if self.sent:
                self.replay_all()
        finally:
            disconnect()
            self.directory.cleanup()

    @initialize(target=members)
    def found(self) -> str:
        create_programme(Programme(CURRENCY, PRICE_MINOR, SHARE_BPS, lifetime_months=12), now=NOW)
        self.partners = {
            number: register_partner(f"shop {number}", rate, now=NOW) for number, rate in RATES_BPS.items()
        }
        return self.enrolled()

    @rule(target=members)
    @precondition(lambda self: len(self.model.balances) < 4)
    def enrol(self) -> str:
        return self.enrolled()

    def enrolled(self) -> str:
        member = enrol_member(EnrolMember(phone=f"+7916{next(self.serial):07d}"), 1, now=NOW).id
        self.model.balances[member] = 0
        self.model.lots[member] = []
        return member

    def receipt(self, partner, member, prices, wish, days_ago) -> RecordPurchase:
        lines = tuple(Line(str(place), "sku", "category", 1, price) for place, price in enumerate(prices))
        occurred_at = NOW - timedelta(days=days_ago)
        receipt = RecordPurchase(partner, member, f"r-{next(self.serial)}", occurred_at, CURRENCY, lines, redeem=wish)
        self.sent.append(receipt)
        return receipt

    def expected(self, receipt: RecordPurchase) -> tuple[int, int, int] | str:
        try:
            return self.model.buy(receipt)
        except Refused as refused:
            return str(refused)

    def told(self, outcome) -> tuple[int, int, int] | str:
        if isinstance(outcome, CoalitionError):
            return type(outcome).__name__
        return outcome.accrual.points, outcome.points_redeemed, outcome.balance

    def check(self, receipt: RecordPurchase) -> None:
        try:
            outcome = record_purchase(receipt, now=NOW)
        except CoalitionError as refusal:
            outcome = refusal
        assert self.told(outcome) == self.expected(receipt)

    @rule(target=receipts, partner=PARTNERS, member=members, prices=PRICES, wish=WISHES, days_ago=DAYS_AGO)
    def buy(self, partner, member, prices, wish, days_ago) -> RecordPurchase:
        receipt = self.receipt(partner, member, prices, wish, days_ago)
        self.check(receipt)
        return receipt

    @rule(
        target=receipts,
        batch=st.lists(st.tuples(PARTNERS, members, PRICES, WISHES, DAYS_AGO), min_size=2, max_size=6),
        again=st.none() | receipts,
    )
    def buy_in_a_batch(self, batch, again) -> RecordPurchase:
        receipts = [self.receipt(*each) for each in batch]
        mixed = [*receipts, receipts[0], *([again] if again else [])]
        outcomes = record_purchases(mixed, now=NOW)
        assert [self.told(outcome) for outcome in outcomes] == [self.expected(receipt) for receipt in mixed]
        return receipts[-1]

    @rule(receipt=receipts)
    def send_again(self, receipt) -> None:
        self.check(receipt)

    @rule(
        receipt=receipts,
        spoil=st.sampled_from(
            [
                lambda receipt: {"currency": "USD"},
                lambda receipt: {"member": STRANGER},
                lambda receipt: {
                    "lines": (*receipt.lines, Line("twice", "s", "c", 1, 5), Line("twice", "s", "c", 1, 5))
                },
                lambda receipt: {"lines": (*receipt.lines, Line("back", "s", "c", 1, -(10**6)))},
                lambda receipt: {"occurred_at": NOW + timedelta(hours=1)},
                lambda receipt: {"redeem": Exactly(10**6)},
            ]
        ),
    )
    def send_a_bad_one(self, receipt, spoil) -> None:
        bad = replace(receipt, receipt_id=f"bad-{next(self.serial)}", **spoil(receipt))
        assert isinstance(self.expected(bad), str)
        self.check(bad)

    @rule(partner=PARTNERS)
    def suspend_or_reinstate(self, partner) -> None:
        suspended = partner in self.model.suspended
        set_status(self.partners[partner].id, "active" if suspended else "suspended")
        self.model.suspended ^= {partner}

    @rule(partner=PARTNERS, room=st.integers(0, 100) | st.just(10**6))
    def limit(self, partner, room) -> None:
        self.model.limits[partner] = self.model.outstanding[partner] + room
        set_limit(self.partners[partner].id, self.model.limits[partner])

    def replay_all(self) -> None:
        """Everything ever sent, in one batch: what was recorded is found, what was refused may be accepted by now."""
        recorded = [each for each in self.sent if (each.partner, each.receipt_id) in self.model.receipts]
        before = contents()
        outcomes = record_purchases(recorded, now=NOW)
        assert {type(outcome).__name__ for outcome in outcomes} <= {"DuplicateReceipt"}
        assert contents() == before

    @invariant()
    def members_have_what_the_model_says(self) -> None:
        balances = dict(execute("SELECT public_id, balance FROM member").fetchall())
        assert balances == self.model.balances

    @invariant()
    def lots_are_the_models_in_their_order(self) -> None:
        rows = execute(
            "SELECT m.public_id, substr(l.expires_at, 1, 10), l.issuer_id, l.remaining"
            " FROM lot l JOIN member m ON m.id = l.member_id"
            " WHERE l.remaining > 0 ORDER BY m.public_id, l.expires_at, l.entry_id"
        ).fetchall()
        assert [tuple(row) for row in rows] == [
            (member, expiry.isoformat(), issuer, left)
            for member in sorted(self.model.lots)
            for expiry, _, issuer, left in sorted(self.model.lots[member])
            if left
        ]

    @invariant()
    def issuers_owe_redeemers_what_the_model_says(self) -> None:
        owed = sums("SELECT issuer_id, redeemer_id, points FROM posting WHERE account = 'redeemed'")
        assert owed == {pair: points for pair, points in self.model.owed.items() if points}
        outstanding = sums("SELECT id, outstanding FROM partner")
        assert outstanding == {(issuer,): points for issuer, points in self.model.outstanding.items() if points}

    @invariant()
    def purchases_are_the_models(self) -> None:
        recorded = {tuple(row) for row in execute("SELECT partner_id, receipt_id FROM purchase").fetchall()}
        assert recorded == self.model.receipts

    @invariant()
    def books_balance(self) -> None:
        assert_books_balance()


def test_coalition__whatever_happens__agrees_with_the_model(empty_schema):
    run_state_machine_as_test(
        lambda: CoalitionMachine(empty_schema), settings=settings(settings.default, stateful_step_count=30)
    )
