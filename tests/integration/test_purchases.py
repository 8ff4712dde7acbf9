"""A receipt becomes points, and points pay for receipts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from coalition.domain.documents import document_hash
from coalition.domain.purchase import Line
from coalition.domain.redemption import AsMuchAsPossible
from coalition.errors import (
    CoalitionError,
    DuplicateLine,
    DuplicateReceipt,
    InsufficientPoints,
    IssuerLimitExceeded,
    NegativeReceipt,
    PartnerSuspended,
    ReceiptFromFuture,
    RedemptionAboveMaximum,
    TooManyLines,
    UnknownMember,
    WrongCurrency,
)
from coalition.services.members import EnrolMember, enrol_members
from coalition.services.partners import get_partner, register_partner, set_limit, set_status
from coalition.services.purchases import LinePoints, purchase_document, record_purchase, record_purchases
from coalition.store import tables
from coalition.store.database import execute
from tests.integration.books import balance_of, contents, count, entries_of, lots_of


def test_accrual__a_thousand_at_ten_per_cent__a_hundred_points_in_one_lot(coalition, till):
    bought = till.sell(coalition.cinema, 1000)
    assert (bought.points_accrued, bought.points_redeemed, bought.payable_minor, bought.balance) == (100, 0, 1000, 100)
    assert balance_of(coalition.anna.id) == 100
    assert entries_of(bought.id) == [("accrual", coalition.cinema.number, coalition.cinema.number, 100)]
    assert lots_of(coalition.anna.id) == [
        (coalition.cinema.number, 100, 100, datetime(2028, 3, 3, tzinfo=UTC)),
    ]
    assert get_partner(coalition.cinema.id).outstanding == 100


def test_accrual__too_little_for_a_point__is_a_purchase_without_an_entry(coalition, till):
    bought = till.sell(coalition.grocer, 99)
    assert (bought.points_accrued, entries_of(bought.id), lots_of(coalition.anna.id)) == (0, [], [])
    assert (count("purchase"), count("event")) == (1, 1)


@pytest.mark.parametrize(
    "rules", ["currency: USD", "accrual: {rules: [{id: big, bonus_points: 50, when: {minimum_receipt_minor: 100}}]}"]
)
def test_accrual__a_rebate_of_everything__earns_nothing_and_is_no_big_receipt(coalition, till, rules):
    till.rules(rules)
    bought = till.sell(coalition.cinema, 600, -1000, 400)
    assert (bought.points_accrued, bought.payable_minor, entries_of(bought.id)) == (0, 0, [])
    assert till.sell(coalition.cinema, 600, -901, 400).points_accrued == 9
    bonus = 50 if "bonus" in rules else 0
    assert till.sell(coalition.cinema, 600, -900, 400).points_accrued == 10 + bonus


def test_purchase__everything_the_till_sent__is_kept_with_the_reason_for_every_point(coalition, till, clock):
    at = datetime(2026, 3, 1, 18, 30, 15, 250_000, tzinfo=UTC)
    lines = (
        Line("a", "T-1", "ticket", 2, 600, name="Билет", discounted=True),
        Line("b", "P-7", "popcorn", 1, 400),
        Line("c", "R-0", "rebate", 1, -100),
    )
    bought = till.sell(coalition.cinema, at=at, lines=lines, store_id="hall 7")
    row = tables.Purchase.get()
    assert (row.public_id, row.partner_id, row.receipt_id, row.store_id) == (bought.id, 2, "r-1", "hall 7")
    assert (row.currency, row.total_minor, row.discount_minor, row.points_accrued) == ("USD", 900, 0, 90)
    assert (row.occurred_at, row.recorded_at, row.expires_at) == (at, clock.now(), datetime(2028, 3, 2, tzinfo=UTC))
    kept = tables.PurchaseLine.select().order_by(tables.PurchaseLine.position)
    assert [(line.line_id, line.sku, line.category, line.name, line.quantity, line.amount_minor) for line in kept] == [
        ("a", "T-1", "ticket", "Билет", 2, 600),
        ("b", "P-7", "popcorn", None, 1, 400),
        ("c", "R-0", "rebate", None, 1, -100),
    ]
    assert [(line.discounted, line.discount_minor, line.excluded_by) for line in kept] == [
        (True, 0, None),
        (False, 0, None),
        (False, 0, None),
    ]
    awards = tables.Award.select().order_by(tables.Award.position)
    assert [(each.position, each.rule, each.issuer_id, each.points) for each in awards] == [
        (0, "base", 2, 54),
        (1, "base", 2, 36),
    ]
    assert bought.breakdown == (
        LinePoints("a", "base", 54, coalition.cinema.id),
        LinePoints("b", "base", 36, coalition.cinema.id),
        LinePoints("c", "base", 0, None),
    )


def test_entry__carries_the_hash_that_the_partner_can_compute_from_its_receipt(coalition, till):
    till.sell(coalition.cinema, 1000)
    receipt = till.receipt(coalition.cafe, 1000, redeem=40)
    bought = record_purchase(receipt, now=till.clock.now())
    expected = document_hash(purchase_document(receipt, coalition.cafe.id, 40))
    hashes = execute("SELECT document_hash FROM entry WHERE source = ?", (bought.id,)).fetchall()
    assert {hash_ for (hash_,) in hashes} == {expected}
    assert tables.Purchase.get(tables.Purchase.public_id == bought.id).document_hash == expected


def test_redemption__points_of_one_issuer__paid_by_it_to_the_redeemer(coalition, till):
    till.sell(coalition.cinema, 1000)
    bought = till.sell(coalition.cafe, 500, redeem=60)
    assert (bought.points_redeemed, bought.discount_minor, bought.payable_minor) == (60, 60, 440)
    # The café gives 5 % on the 440 that were paid in money.
    assert (bought.points_accrued, bought.balance) == (22, 100 - 60 + 22)
    assert entries_of(bought.id) == [
        ("redemption", coalition.cinema.number, coalition.cafe.number, 60),
        ("accrual", coalition.cafe.number, coalition.cafe.number, 22),
    ]
    assert get_partner(coalition.cinema.id).outstanding == 40


def test_redemption__points_of_several_issuers__one_entry_for_each_and_earliest_expiry_first(coalition, till, clock):
    cinema, cafe, grocer = coalition.cinema.number, coalition.cafe.number, coalition.grocer.number
    till.sell(coalition.cinema, 1000, at=datetime(2026, 2, 3, tzinfo=UTC))
    till.sell(coalition.cafe, 1000, at=datetime(2026, 2, 1, tzinfo=UTC))
    till.sell(coalition.cinema, 300, at=datetime(2026, 2, 2, tzinfo=UTC))
    till.sell(coalition.grocer, 9900, at=datetime(2026, 2, 4, tzinfo=UTC))

    # The café's 50 lapse first, then 30 and 100 of the cinema's, then the grocer's 99.
    bought = till.sell(coalition.grocer, 99, redeem=99)
    assert entries_of(bought.id) == [("redemption", cinema, grocer, 49), ("redemption", cafe, grocer, 50)]
    assert [(issuer, left) for issuer, _, left, _ in lots_of(coalition.anna.id)] == [
        (cinema, 81),
        (cafe, 0),
        (cinema, 0),
        (grocer, 99),
    ]
    uses = execute(
        "SELECT e.issuer_id, u.points FROM lot_use u JOIN entry e ON e.id = u.entry_id ORDER BY u.lot_id"
    ).fetchall()
    assert [tuple(use) for use in uses] == [(cinema, 19), (cafe, 50), (cinema, 30)]


def test_redemption__equal_expiries__the_older_lot_goes_first(coalition, till):
    till.sell(coalition.cinema, 100)
    till.sell(coalition.cafe, 200)
    till.sell(coalition.grocer, 15, redeem=15)
    assert [left for _, _, left, _ in lots_of(coalition.anna.id)] == [0, 5]


def test_redemption__all_the_points__leaves_nothing_and_the_purse_can_be_filled_again(coalition, till):
    till.sell(coalition.cinema, 1000)
    assert till.sell(coalition.grocer, 100, redeem=100).balance == 0
    assert till.sell(coalition.cinema, 500).balance == 50


def test_redemption__as_much_as_possible__takes_what_there_is_up_to_the_share(coalition, till):
    till.sell(coalition.cinema, 10_000)
    half = AsMuchAsPossible(once_available=1000, max_share_bps=5000)
    assert till.sell(coalition.grocer, 600, redeem=half).points_redeemed == 300
    assert till.sell(coalition.grocer, 600, redeem=half).points_redeemed == 0


def test_redemption__a_partners_own_points__reduce_what_it_has_outstanding(coalition, till):
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cinema, 100, redeem=100)
    assert get_partner(coalition.cinema.id).outstanding == 0


@pytest.fixture
def refused(coalition, till):
    """One receipt for every reason to refuse, by that reason. Anna has 105 points."""
    now = till.clock.now()
    kiosk = register_partner("kiosk", 1000, limit=10, now=now)
    bazaar = set_status(register_partner("bazaar", 1000, now=now).id, "suspended")
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cafe, 100, receipt_id="once")
    line = Line("1", "sku", "category", 1, 1)
    return {
        UnknownMember: till.receipt(coalition.cafe, 100, member="mem_01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        DuplicateReceipt: till.receipt(coalition.cafe, 100, receipt_id="once"),
        WrongCurrency: till.receipt(coalition.cafe, 100, currency="RUB"),
        TooManyLines: till.receipt(coalition.cafe, lines=tuple(replace(line, line_id=str(n)) for n in range(10_001))),
        DuplicateLine: till.receipt(coalition.cafe, lines=(line, line)),
        NegativeReceipt: till.receipt(coalition.cafe, 100, -101),
        ReceiptFromFuture: till.receipt(coalition.cafe, 100, at=now + timedelta(minutes=6)),
        InsufficientPoints: till.receipt(coalition.cafe, 10_000, redeem=1000),
        RedemptionAboveMaximum: till.receipt(coalition.cafe, 50, redeem=51),
        PartnerSuspended: till.receipt(bazaar, 100),
        IssuerLimitExceeded: till.receipt(kiosk, 110),
    }


def test_refusal__for_any_reason__leaves_every_table_as_it_was(refused, till):
    before = contents()
    for reason, receipt in refused.items():
        with pytest.raises(CoalitionError) as refusal:
            record_purchase(receipt, now=till.clock.now())
        assert type(refusal.value) is reason
        assert contents() == before, reason


def test_refusal__then_the_same_receipt_put_right__recorded(coalition, till):
    till.sell(coalition.cinema, 1000)
    with pytest.raises(RedemptionAboveMaximum):
        till.sell(coalition.cafe, 50, redeem=51, receipt_id="again")
    assert till.sell(coalition.cafe, 50, redeem=50, receipt_id="again").points_redeemed == 50


def test_suspended_partner__neither_issues_nor_redeems_but_its_points_are_spent_elsewhere(coalition, till):
    till.sell(coalition.cinema, 1000)
    set_status(coalition.cinema.id, "suspended")
    with pytest.raises(PartnerSuspended):
        till.sell(coalition.cinema, 1000)
    with pytest.raises(PartnerSuspended):
        till.sell(coalition.cinema, 10, redeem=10)
    assert till.sell(coalition.cafe, 60, redeem=60).points_redeemed == 60
    set_status(coalition.cinema.id, "active")
    assert till.sell(coalition.cinema, 1000).points_accrued == 100


def test_limit__reached_exactly__accepted_and_one_more_refused(coalition, till):
    set_limit(coalition.cinema.id, 100)
    till.sell(coalition.cinema, 1000)
    with pytest.raises(IssuerLimitExceeded) as refusal:
        till.sell(coalition.cinema, 10)
    assert refusal.value.values == {"partner": "cinema", "limit": 100, "outstanding": 101}
    assert till.sell(coalition.cinema, 9).points_accrued == 0


def test_limit__points_redeemed_elsewhere__make_room_again(coalition, till):
    set_limit(coalition.cinema.id, 100)
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.grocer, 40, redeem=40)
    till.sell(coalition.cinema, 400)
    assert get_partner(coalition.cinema.id).outstanding == 100


def test_receipt__sent_again__refused_with_the_purchase_it_became(coalition, till):
    first = till.sell(coalition.cinema, 1000, receipt_id="same")
    with pytest.raises(DuplicateReceipt) as refusal:
        till.sell(coalition.cinema, 1000, receipt_id="same")
    assert refusal.value.values == {"receipt_id": "same", "purchase": first.id}


def test_receipt__of_another_partner_with_the_same_number__is_another(coalition, till):
    till.sell(coalition.cinema, 1000, receipt_id="same")
    assert till.sell(coalition.cafe, 1000, receipt_id="same").points_accrued == 50


def test_receipt__sent_again_for_another_member__refused(coalition, till):
    till.sell(coalition.cinema, 1000, receipt_id="same")
    with pytest.raises(DuplicateReceipt):
        till.sell(coalition.cinema, 1000, receipt_id="same", to=till.enrol(1))


def test_receipt__from_long_ago__earns_points_that_lapse_by_its_own_date(coalition, till):
    assert till.sell(coalition.cinema, 1000, at=datetime(2025, 1, 31, tzinfo=UTC)).expires_at == datetime(
        2027, 2, 1, tzinfo=UTC
    )


def test_receipt__of_ten_thousand_lines__recorded_line_by_line(coalition, till):
    till.sell(coalition.cinema, *[10] * 10_000)
    assert (count("award", "points = 1"), balance_of(coalition.anna.id)) == (10_000, 10_000)


# Batches


def told(outcome):
    """What came of a receipt, without what is different for every purchase."""
    return type(outcome) if isinstance(outcome, CoalitionError) else replace(outcome, id="")


def a_days_receipts(coalition, till, to):
    """Earning and spending at three partners, in an order in which each needs the one before."""
    yesterday = till.clock.now() - timedelta(days=1)
    return [
        till.receipt(coalition.cinema, 1000, 55, to=to),
        till.receipt(coalition.cafe, 300, to=to, at=yesterday),
        till.receipt(coalition.grocer, 5000, to=to, redeem=100),
        till.receipt(coalition.cinema, 300, to=to, redeem=AsMuchAsPossible(1, 5000)),
        till.receipt(coalition.cafe, 70, 30, to=to, redeem=20),
    ]


def test_batch__of_earning_and_spending__comes_to_the_same_as_one_receipt_at_a_time(coalition, till):
    anna, boris = coalition.anna, till.enrol(1)
    singly = [record_purchase(each, now=till.clock.now()) for each in a_days_receipts(coalition, till, anna)]
    together = record_purchases(a_days_receipts(coalition, till, boris), now=till.clock.now())
    assert [told(each) for each in together] == [told(each) for each in singly]
    assert [entries_of(each.id) for each in together] == [entries_of(each.id) for each in singly]
    assert lots_of(boris.id) == lots_of(anna.id)
    assert balance_of(boris.id) == balance_of(anna.id) == together[-1].balance


def test_batch__with_receipts_that_must_be_refused__the_others_come_out_as_if_those_had_never_come(
    coalition, till, refused
):
    boris, vera = till.enrol(1), till.enrol(2)
    unspoilt = record_purchases(a_days_receipts(coalition, till, vera), now=till.clock.now())

    anna, bad = coalition.anna.id, list(refused.values())
    bad += [replace(receipt, member=boris.id) for receipt in bad if receipt.member == anna]
    batch = [(receipt, True) for receipt in bad]
    for good in a_days_receipts(coalition, till, boris):
        batch += [(good, False), *((receipt, True) for receipt in bad)]
    outcomes = record_purchases([receipt for receipt, _ in batch], now=till.clock.now())

    assert [isinstance(outcome, CoalitionError) for outcome in outcomes] == [is_bad for _, is_bad in batch]
    recorded = [outcome for outcome in outcomes if not isinstance(outcome, CoalitionError)]
    assert [told(each) for each in recorded] == [told(each) for each in unspoilt]
    assert [entries_of(each.id) for each in recorded] == [entries_of(each.id) for each in unspoilt]
    assert lots_of(boris.id) == lots_of(vera.id)
    assert {type(outcome) for outcome in outcomes if isinstance(outcome, CoalitionError)} == set(refused)


def test_batch__the_same_receipt_twice_inside__recorded_once(coalition, till):
    receipt = till.receipt(coalition.cinema, 1000)
    first, second = record_purchases([receipt, receipt], now=till.clock.now())
    assert first.points_accrued == 100
    assert second == DuplicateReceipt(receipt_id=receipt.receipt_id, purchase=first.id)


def test_batch__a_refused_receipt_put_right_later_in_it__recorded(coalition, till):
    refused, recorded = record_purchases(
        [
            till.receipt(coalition.cinema, 10, redeem=1, receipt_id="again"),
            till.receipt(coalition.cinema, 10, receipt_id="again"),
        ],
        now=till.clock.now(),
    )
    assert isinstance(refused, InsufficientPoints)
    assert recorded.points_accrued == 1


def test_batch__sent_again__changes_nothing(coalition, till):
    batch = a_days_receipts(coalition, till, coalition.anna)
    recorded = record_purchases(batch, now=till.clock.now())
    before = contents()
    again = record_purchases(batch, now=till.clock.now() + timedelta(days=1))
    assert [refusal.purchase for refusal in again] == [purchase.id for purchase in recorded]
    assert contents() == before


def test_batch__points_earned_in_it__can_be_spent_in_it(coalition, till):
    _, spent = record_purchases(
        [till.receipt(coalition.cinema, 1000), till.receipt(coalition.grocer, 99, redeem=99)], now=till.clock.now()
    )
    assert spent.balance == 1
    assert [(points, left) for _, points, left, _ in lots_of(coalition.anna.id)] == [(100, 1)]


def test_batch__lots_born_in_it__queue_with_the_older_ones_by_expiry(coalition, till):
    till.sell(coalition.cinema, 1000)
    earlier = till.clock.now() - timedelta(days=40)
    record_purchases(
        [
            till.receipt(coalition.cafe, 1000, at=earlier),
            till.receipt(coalition.grocer, 1000),
            till.receipt(coalition.grocer, 60, redeem=60),
        ],
        now=till.clock.now(),
    )
    # The café's 50 lapse first though they came last; then the cinema's, of the same day as the grocer's and older.
    assert [(issuer, left) for issuer, _, left, _ in lots_of(coalition.anna.id)] == [
        (coalition.cinema.number, 90),
        (coalition.cafe.number, 0),
        (coalition.grocer.number, 10),
    ]


def test_batch__a_limit_reached_halfway__refuses_the_rest_and_spending_makes_room(coalition, till):
    set_limit(coalition.cinema.id, 100)
    outcomes = record_purchases(
        [
            till.receipt(coalition.cinema, 800),
            till.receipt(coalition.cinema, 300),
            till.receipt(coalition.grocer, 50, redeem=50),
            till.receipt(coalition.cinema, 300),
        ],
        now=till.clock.now(),
    )
    assert [told(each) is IssuerLimitExceeded for each in outcomes] == [False, True, False, False]
    assert get_partner(coalition.cinema.id).outstanding == 80 - 50 + 30


def test_batch__of_many_members__each_gets_their_own(coalition, till):
    people = [till.enrol(number) for number in range(30)]
    batch = [till.receipt(coalition.cinema, 10 * (number + 1), to=member) for number, member in enumerate(people)]
    record_purchases(batch * 2, now=till.clock.now())
    assert [balance_of(member.id) for member in people] == list(range(1, 31))


def test_batch__of_more_receipts_and_members_than_one_statement_takes__recorded(coalition, till):
    phones = [EnrolMember(phone=f"+7917{number:07d}") for number in range(1201)]
    ids = list(enrol_members(phones, coalition.cinema.number, now=till.clock.now()).values())
    batch = [replace(till.receipt(coalition.cinema, 100), member=member) for member in ids]
    spend = [replace(till.receipt(coalition.cafe, 10, redeem=10), member=member) for member in ids]
    outcomes = record_purchases(batch + spend, now=till.clock.now())
    assert not [outcome for outcome in outcomes if isinstance(outcome, CoalitionError)]
    assert all(isinstance(each, DuplicateReceipt) for each in record_purchases(batch, now=till.clock.now()))


def test_batch__of_nothing__writes_nothing(coalition, till):
    before = contents()
    assert record_purchases([], now=till.clock.now()) == []
    assert contents() == before


def test_batch__interrupted_halfway__leaves_nothing(coalition, till):
    till.sell(coalition.cinema, 1000)
    before = contents()
    overflowing = till.receipt(coalition.cafe, lines=(Line("1", "sku", "category", 2**63, 10),))
    with pytest.raises(Exception, match=r"(?i)out of range|too large|exceeds"):
        record_purchases([till.receipt(coalition.cafe, 100, redeem=10), overflowing], now=till.clock.now())
    assert contents() == before
