"""Packs of points: what a prepaid partner may issue, what uses that up, and who hears of it."""

from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest

from coalition.domain.entries import EntryKind
from coalition.domain.packing import MOST_POINTS
from coalition.errors import (
    CoalitionError,
    DuplicateReference,
    InvalidPack,
    InvalidPartner,
    IssuerLimitExceeded,
    PackTooSmall,
    UnknownPartner,
)
from coalition.services.adjustments import AdjustPoints, adjust_points
from coalition.services.expiry import expire_points
from coalition.services.journal import JournalSession, Source
from coalition.services.pack_watch import tell_limits, watch_packs
from coalition.services.packs import BuyPack, alert_of, buy_pack, funding, list_packs, switch_to_prepaid
from coalition.services.partners import UNLIMITED, get_partner, set_limit
from coalition.services.purchases import record_purchases
from coalition.services.redemptions import reverse_redemption
from coalition.store import tables
from coalition.store.database import execute, transaction
from tests.integration.books import refused

MINUTE = timedelta(minutes=1)


def buy(partner, points: int, reference: str = "p-1", clock=None, **terms):
    known = {"amount_minor": points * 2, "currency": "USD", "by": "cli:olga"}
    return buy_pack(BuyPack(partner.id, points, reference=reference, **(known | terms)), now=clock.now())


@pytest.fixture
def prepaid(coalition, clock):
    """The cinema has bought 1,000 points and issues no more than that."""
    buy(coalition.cinema, 1000, "first", clock)
    switch_to_prepaid(coalition.cinema.id, now=clock.now())
    return coalition.cinema


def stands(partner) -> tuple[int, int, int | None]:
    """(used, outstanding, left)"""
    found = funding(partner.id)
    return found.used, found.outstanding, found.left


def told(partner) -> list[int]:
    """The limits of the partner that the chain hears of, in their order."""
    changes = tables.PartnerChange
    rows = changes.select().where(changes.partner == partner.number).order_by(changes.after_entry, changes.id)
    return [row.limit_points for row in rows]


def test_buy_pack__of_a_postpaid_partner__is_kept_and_bounds_nothing_yet(coalition, clock):
    pack = buy(coalition.cinema, 1000, clock=clock)
    assert (pack.points, pack.amount_minor, pack.currency, pack.by) == (1000, 2000, "USD", "cli:olga")
    found = funding(coalition.cinema.id)
    assert (found.funding, found.limit, found.bought, found.left, found.alert) == ("postpaid", None, 1000, None, "none")
    assert get_partner(coalition.cinema.id).limit == UNLIMITED


def test_buy_pack__again_with_the_same_terms__is_bought_once(prepaid, clock):
    first = buy(prepaid, 500, "second", clock)
    assert buy(prepaid, 500, "second", clock) == first
    assert funding(prepaid.id).bought == 1500


@pytest.mark.parametrize("other", [{"points": 501}, {"amount_minor": 1}, {"currency": "EUR"}])
def test_buy_pack__same_reference_with_other_terms__refused(prepaid, clock, other):
    first = buy(prepaid, 500, "second", clock)
    with refused(DuplicateReference) as refusal:
        buy(prepaid, **({"points": 500, "reference": "second", "amount_minor": 1000, "clock": clock} | other))
    assert refusal.value.existing == first.id


def test_buy_pack__same_reference_of_another_partner__is_another_pack(prepaid, coalition, clock):
    assert buy(coalition.cafe, 1000, "first", clock).partner == coalition.cafe.id


@pytest.mark.parametrize("terms", [{"points": 0}, {"points": -1}, {"points": MOST_POINTS}, {"amount_minor": -1}])
def test_buy_pack__that_is_none__refused(prepaid, clock, terms):
    with refused(InvalidPack):
        buy(prepaid, **({"points": 5, "reference": "second", "clock": clock} | terms))


@pytest.mark.usefixtures("coalition")
@pytest.mark.parametrize("call", ["buy", "switch", "funding", "list"])
def test_packs__of_no_partner__refused(clock, call):
    with refused(UnknownPartner):
        {
            "buy": lambda: buy_pack(BuyPack("par_none", 1, 1, "USD", "r", "x"), now=clock.now()),
            "switch": lambda: switch_to_prepaid("par_none", now=clock.now()),
            "funding": lambda: funding("par_none"),
            "list": lambda: list_packs("par_none", limit=1, cursor=None),
        }[call]()


def test_list_packs__page_by_page__the_youngest_first(prepaid, clock):
    buy(prepaid, 500, "second", clock)
    first = list_packs(prepaid.id, limit=1, cursor=None)
    last = list_packs(prepaid.id, limit=1, cursor=first.next_cursor)
    assert [each.reference for each in first.data + last.data] == ["second", "first"]
    assert last.next_cursor is None


def test_switch__with_more_outstanding_than_bought__refused(till, coalition, clock):
    till.sell(coalition.cinema, 1010)
    buy(coalition.cinema, 100, clock=clock)
    with refused(PackTooSmall) as refusal:
        switch_to_prepaid(coalition.cinema.id, now=clock.now())
    assert (refusal.value.bought, refusal.value.outstanding) == (100, 101)


def test_switch__what_is_outstanding_counts_as_issued_of_the_pack(till, coalition, clock):
    till.sell(coalition.cinema, 1000)
    buy(coalition.cinema, 100, clock=clock)
    assert switch_to_prepaid(coalition.cinema.id, now=clock.now()).left == 0
    with refused(IssuerLimitExceeded):
        till.sell(coalition.cinema, 10)


def test_switch__again__changes_nothing(till, prepaid, coalition, clock):
    till.sell(prepaid, 1000)
    till.redeem(coalition.cafe, 60)
    since = clock.now()
    clock.advance(timedelta(days=1))
    assert switch_to_prepaid(prepaid.id, now=clock.now()) == funding(prepaid.id)
    assert tables.Partner.get_by_id(prepaid.number).prepaid_since == since
    assert stands(prepaid) == (60, 40, 900)


def test_limit__of_a_prepaid_partner__is_not_set_by_hand(prepaid):
    with refused(InvalidPartner):
        set_limit(prepaid.id, 5000)


def test_issuing__up_to_the_pack__and_not_a_point_more(till, prepaid):
    till.sell(prepaid, 10_000)
    assert stands(prepaid) == (0, 1000, 0)
    with refused(IssuerLimitExceeded) as refusal:
        till.sell(prepaid, 10)
    assert (refusal.value.limit, refusal.value.outstanding) == (1000, 1001)


def test_issuing__what_was_redeemed_makes_no_room(till, prepaid, coalition):
    till.sell(prepaid, 10_000)
    till.redeem(coalition.cafe, 700)
    assert stands(prepaid) == (700, 300, 0)
    with refused(IssuerLimitExceeded):
        till.sell(prepaid, 10)


def test_issuing__what_a_receipt_redeems_makes_no_room_for_what_it_earns(till, prepaid):
    till.sell(prepaid, 10_000)
    with refused(IssuerLimitExceeded):
        till.sell(prepaid, 1000, redeem=500)


def test_issuing__what_lapsed_makes_no_room(till, prepaid, clock):
    till.sell(prepaid, 10_000)
    clock.advance(timedelta(days=800))
    expire_points(now=clock.now())
    assert stands(prepaid) == (1000, 0, 0)
    with refused(IssuerLimitExceeded):
        till.sell(prepaid, 10)


def test_issuing__what_a_return_takes_back_can_be_issued_again(till, prepaid):
    bought = till.sell(prepaid, 10_000)
    till.take_back(prepaid, bought, "1")
    assert stands(prepaid) == (0, 0, 1000)
    till.sell(prepaid, 10_000)


def test_issuing__after_another_pack__goes_on(till, prepaid, clock):
    till.sell(prepaid, 10_000)
    buy(prepaid, 50, "second", clock)
    till.sell(prepaid, 500)
    assert stands(prepaid) == (0, 1050, 0)


def test_issuing__of_a_funder_whose_pack_is_used_up__leaves_its_rule_out(till, coalition, clock):
    """What the receipt redeems of the funder's own points makes no room for its bonus, so the rule is not in force."""
    till.rules("accrual: {rules: [{id: welcome, bonus_points: 50, funded_by: {cinema: 1}}]}")
    buy(coalition.cinema, 100, clock=clock)
    switch_to_prepaid(coalition.cinema.id, now=clock.now())
    till.sell(coalition.cafe, 100)
    till.sell(coalition.cafe, 100)
    recorded = till.sell(coalition.cafe, 1000, redeem=110)
    assert {award.rule for award in recorded.accrual.awards} == {"base"}
    assert stands(coalition.cinema) == (100, 0, 0)


def test_adjustment__of_a_prepaid_issuer__is_bounded_too(till, prepaid, coalition, clock):
    with refused(IssuerLimitExceeded):
        adjust_points(AdjustPoints(coalition.anna.id, prepaid.id, 1001, "sorry", "key_1"), now=clock.now())


def test_reversal__of_a_redemption__gives_the_pack_its_points_back(till, prepaid, coalition, clock):
    till.sell(prepaid, 10_000)
    redeemed = till.redeem(coalition.cafe, 700)
    reverse_redemption(redeemed.redemption.id, coalition.cafe.number, now=clock.now())
    assert stands(prepaid) == (0, 1000, 0)


def test_returned_goods__that_points_of_a_full_pack_paid_for__come_back(till, prepaid, coalition):
    till.sell(prepaid, 10_000)
    bought = till.sell(coalition.cafe, 1000, redeem=1000)
    till.take_back(coalition.cafe, bought, "1")
    assert stands(prepaid) == (0, 1000, 0)


def test_limits__are_told_once_a_minute_and_at_every_pack(till, prepaid, coalition, clock):
    till.sell(prepaid, 5000)
    assert told(prepaid) == [UNLIMITED, 1000]
    till.redeem(coalition.cafe, 100)
    assert (tell_limits(now=clock.now()), tell_limits(now=clock.now())) == (1, 0)
    till.redeem(coalition.cafe, 100)
    assert tell_limits(now=clock.now()) == 0
    assert told(prepaid) == [UNLIMITED, 1000, 900]
    buy(prepaid, 50, "second", clock)
    assert told(prepaid)[-1] == 850
    till.redeem(coalition.cafe, 100)
    clock.advance(MINUTE)
    assert tell_limits(now=clock.now()) == 1
    assert told(prepaid)[-1] == 750


def test_limits__a_reversal_above_what_was_told__is_told_before_it(till, prepaid, coalition, clock):
    till.sell(prepaid, 10_000)
    redeemed = till.redeem(coalition.cafe, 700)
    tell_limits(now=clock.now())
    highest = tables.Entry.select().count()
    reverse_redemption(redeemed.redemption.id, coalition.cafe.number, now=clock.now())
    last = tables.PartnerChange.select().order_by(tables.PartnerChange.id.desc()).first()
    assert (last.limit_points, last.after_entry) == (1000, highest)


def test_limits__of_postpaid_partners__stay_as_they_are(till, coalition, clock):
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 50)
    assert tell_limits(now=clock.now()) == 0
    assert (get_partner(coalition.cinema.id).limit, told(coalition.cinema)) == (UNLIMITED, [UNLIMITED])


@pytest.mark.parametrize(
    ("left", "alert"), [(1000, "none"), (201, "none"), (200, "low"), (1, "low"), (0, "exhausted"), (-1, "exhausted")]
)
def test_alert__by_what_is_left_of_the_last_pack(left, alert):
    assert alert_of(left, 1000) == alert


def test_alerts__are_told_when_a_threshold_is_crossed__each_once(till, prepaid, clock):
    crossings = []

    def crossed() -> list:
        crossings.clear()
        watch_packs(tell=crossings.append)
        return [(each.partner, each.alert, each.left) for each in crossings]

    assert crossed() == []
    till.sell(prepaid, 7990)
    assert crossed() == []
    till.sell(prepaid, 10)
    assert (crossed(), crossed()) == ([("cinema", "low", 200)], [])
    bought = till.sell(prepaid, 2000)
    assert (crossed(), crossed()) == ([("cinema", "exhausted", 0)], [])
    assert funding(prepaid.id).alert == "exhausted"
    till.take_back(prepaid, bought, "1")
    assert crossed() == [("cinema", "low", 200)]
    buy(prepaid, 100, "second", clock)
    assert crossed() == []
    assert funding(prepaid.id).alert == "none"


class Chain:
    """What the contract makes of the journal: it raises no issuer's points above the limit that it was told last."""

    def check(self) -> None:
        limits, outstanding = {}, {}
        for place, _, change in sorted(self._steps()):
            if change[0] == "limit":
                _, partner, limit = change
                assert outstanding.get(partner, 0) <= limit, f"the contract refuses limit {limit} at {place}"
                limits[partner] = limit
            else:
                kind, partner, points = change
                sign = -1 if kind in ("redemption", "expiry", "accrual_reversal", "adjustment_decrease") else 1
                outstanding[partner] = outstanding.get(partner, 0) + sign * points
                assert sign < 0 or outstanding[partner] <= limits[partner], f"the contract refuses entry {place}"
        for partner in tables.Partner.select():
            assert partner.outstanding <= partner.limit_points <= limits[partner.id]

    def _steps(self):
        for row in execute("SELECT id, kind, issuer_id, points FROM entry").fetchall():
            yield (row[0], 0), row[0], tuple(row[1:])
        for row in execute("SELECT id, after_entry, partner_id, limit_points FROM partner_change").fetchall():
            yield (row[1], 1), row[0], ("limit", *row[2:])


def live(till, coalition, clock, seed: int, steps: int = 40) -> None:
    """A history of a prepaid cinema and a prepaid cafe among others, with reversals, returns, lapses and packs."""
    random, redemptions, purchases = Random(seed), [], []
    for partner in (coalition.cinema, coalition.cafe):
        buy(partner, 300, "first", clock)
        switch_to_prepaid(partner.id, now=clock.now())

    def sell(partner):
        redeem = random.choice([0, 0, till.purse().available // 2])
        purchases.append((partner, till.sell(partner, random.randrange(100, 3000), redeem=redeem)))

    def redeem(partner):
        redemptions.append((partner, till.redeem(partner, random.randrange(1, 120)).redemption))

    def reverse(_):
        partner, redemption = redemptions.pop(random.randrange(len(redemptions)))
        reverse_redemption(redemption.id, partner.number, now=clock.now())

    def take_back(_):
        partner, bought = purchases.pop(random.randrange(len(purchases)))
        till.take_back(partner, bought, "1")

    def adjust(partner):
        points = random.choice([-30, 40])
        adjust_points(AdjustPoints(coalition.anna.id, partner.id, points, "why", "key_1"), now=clock.now())

    def pack(partner):
        if partner is not coalition.grocer:
            buy(partner, random.randrange(1, 200), f"p-{random.random()}", clock)

    def wait(_):
        clock.advance(timedelta(days=random.choice([0, 0, 0, 300])) + MINUTE)
        expire_points(now=clock.now())
        tell_limits(now=clock.now())

    for _ in range(steps):
        act = random.choice([sell, sell, redeem, redeem, reverse, take_back, adjust, pack, wait, wait])
        if not {reverse: redemptions, take_back: purchases}.get(act, True):
            continue
        # The journal may refuse; whatever it takes, the contract must take.
        with suppress(CoalitionError):
            act(random.choice([coalition.cinema, coalition.cafe, coalition.grocer]))


@pytest.mark.parametrize("seed", range(12))
def test_histories__of_prepaid_partners__the_contract_takes_what_the_journal_took(till, coalition, clock, seed):
    live(till, coalition, clock, seed)
    Chain().check()
    for partner in (coalition.cinema, coalition.cafe):
        sums = dict(
            execute(
                "SELECT kind, SUM(points) FROM entry WHERE issuer_id = ? GROUP BY kind", (partner.number,)
            ).fetchall()
        )
        issued = sum(sums.get(kind, 0) for kind in ("accrual", "reward", "adjustment_increase"))
        taken_back = sum(sums.get(kind, 0) for kind in ("accrual_reversal", "adjustment_decrease"))
        found = funding(partner.id)
        assert found.bought - (issued - taken_back) == found.left >= 0


def test_limits__what_a_reversal_restores_and_a_debt_then_takes__fits_meanwhile(till, prepaid, coalition, clock):
    """The restored points are outstanding again before some of them repay a debt."""
    till.sell(prepaid, 10_000)
    redeemed = till.redeem(coalition.cafe, 1000)
    bought = till.sell(coalition.grocer, 1000)
    till.redeem(coalition.cafe, 10)
    till.take_back(coalition.grocer, bought, "1")
    assert (till.purse().debt, tell_limits(now=clock.now())) == (10, 1)
    reverse_redemption(redeemed.redemption.id, coalition.cafe.number, now=clock.now())
    assert (stands(prepaid), told(prepaid)[-1]) == ((10, 990, 0), 1000)
    Chain().check()


def test_journal__redeems_and_issues_in_one_session__is_strict_by_itself(till, prepaid, coalition, clock):
    """Whatever was asked before: the statement that changes the partner decides."""
    till.sell(prepaid, 10_000)
    anna, source = coalition.anna.id, Source("test", "", clock.now())

    def issue(points: int) -> None:
        with transaction():
            session = JournalSession([anna], spenders=[anna], now=clock.now())
            account = session.accounts[anna]
            session.redeem(coalition.cafe.number, account, 500, source)
            session.issue(EntryKind.ACCRUAL, prepaid.number, account, points, source, clock.now() + MINUTE)
            session.write()

    with refused(IssuerLimitExceeded) as refusal:
        issue(1)
    assert (refusal.value.limit, refusal.value.outstanding) == (500, 501)


def test_purchases__together__what_the_first_redeems_makes_no_room_for_the_second(till, coalition, clock):
    till.rules("accrual: {rules: [{id: welcome, bonus_points: 50, funded_by: {cinema: 1}}]}")
    buy(coalition.cinema, 100, clock=clock)
    switch_to_prepaid(coalition.cinema.id, now=clock.now())
    till.sell(coalition.cafe, 100)
    till.sell(coalition.cafe, 100)
    outcomes = record_purchases(
        [till.receipt(coalition.cafe, 200, redeem=100), till.receipt(coalition.cafe, 1000)], now=clock.now()
    )
    assert [{award.rule for award in each.accrual.awards} for each in outcomes] == [{"base"}, {"base"}]
