"""What an entry makes whom owe to whom: every cause, both fundings, and undoing it to the last micro."""

from datetime import date

import pytest

from coalition.domain.entries import EntryKind
from coalition.domain.rate_cards import (
    OPERATOR,
    POOL,
    Breakage,
    Cause,
    Deal,
    ExchangeRates,
    Fees,
    Flow,
    Funding,
    Price,
    RateCard,
    flows,
    issued_points,
    monthly_fee,
    redeemed_points,
)
from coalition.errors import NoExchangeRate

CINEMA, CAFE, GROCER = 2, 3, 4
DAY = date(2026, 3, 2)
NO_RATES = ExchangeRates()
AT_PAR = RateCard(Price(1_000_000, 1_000_000, "EUR"))
PREPAID = RateCard(Price(900_000, 700_000, "EUR"), Funding.AT_ISSUANCE, Breakage.POOL)


def deal(
    kind: EntryKind,
    points: int = 100,
    issuer: int = CINEMA,
    partner: int = CAFE,
    day: date = DAY,
    prepaid: bool = False,
) -> Deal:
    return Deal(kind, issuer, partner, points, day, prepaid)


def moved(card: RateCard, kind: EntryKind, **of: int) -> list[tuple[int, int, str, int]]:
    return [(flow.payer, flow.payee, flow.cause.value, flow.micros) for flow in flows(deal(kind, **of), card, NO_RATES)]


def test_redemption__at_another_partner__its_issuer_pays_that():
    assert flows(deal(EntryKind.REDEMPTION), AT_PAR, NO_RATES) == [
        Flow(CINEMA, CAFE, Cause.REDEMPTION, "EUR", CINEMA, 1_000_000, 100_000_000)
    ]


def test_redemption__of_own_points__moves_nothing():
    assert moved(AT_PAR, EntryKind.REDEMPTION, issuer=CAFE) == []


def test_redemption__issuer_pays_more_than_the_redeemer_gets__the_rest_is_the_operators_margin():
    card = RateCard(Price(900_000, 700_000, "EUR"))
    assert moved(card, EntryKind.REDEMPTION) == [
        (CINEMA, CAFE, "redemption", 70_000_000),
        (CINEMA, OPERATOR, "margin", 20_000_000),
    ]


def test_redemption__issuer_pays_less_than_the_redeemer_gets__the_operator_pays_the_rest():
    card = RateCard(Price(700_000, 900_000, "EUR"))
    assert moved(card, EntryKind.REDEMPTION) == [
        (CINEMA, CAFE, "redemption", 70_000_000),
        (OPERATOR, CAFE, "subsidy", 20_000_000),
    ]


def test_redemption__of_the_operators_points__pays_itself_no_margin():
    card = RateCard(Price(900_000, 700_000, "EUR"))
    assert moved(card, EntryKind.REDEMPTION, issuer=OPERATOR) == [(OPERATOR, CAFE, "redemption", 70_000_000)]


def test_redemption__at_the_operator__it_gets_no_subsidy_from_itself():
    card = RateCard(Price(700_000, 900_000, "EUR"))
    assert moved(card, EntryKind.REDEMPTION, partner=OPERATOR) == [(CINEMA, OPERATOR, "redemption", 70_000_000)]


@pytest.mark.parametrize("issuer", [CINEMA, CAFE])
def test_redemption__funded_at_issuance__the_pool_pays_whoever_the_issuer_is(issuer):
    assert flows(deal(EntryKind.REDEMPTION, issuer=issuer), PREPAID, NO_RATES) == [
        Flow(POOL, CAFE, Cause.REDEMPTION, "EUR", issuer, 700_000, 70_000_000)
    ]


@pytest.mark.parametrize("card", [RateCard(Price(900_000, 700_000, "EUR")), PREPAID])
def test_prepaid__whoever_bought_its_points__pays_nothing_more_and_the_pool_pays_for_them(card):
    assert moved(card, EntryKind.ACCRUAL, prepaid=True) == []
    assert moved(card, EntryKind.ACCRUAL_REVERSAL, prepaid=True) == []
    assert moved(card, EntryKind.REDEMPTION, prepaid=True) == [(POOL, CAFE, "redemption", 70_000_000)]


@pytest.mark.parametrize(
    ("breakage", "expected"),
    [
        (Breakage.ISSUER, [(POOL, CINEMA, "breakage", 70_000_000)]),
        (Breakage.OPERATOR, [(POOL, OPERATOR, "breakage", 70_000_000)]),
    ],
)
def test_prepaid__points_that_lapse__are_paid_from_the_pool_to_whoever_keeps_breakage(breakage, expected):
    card = RateCard(Price(900_000, 700_000, "EUR"), breakage=breakage)
    assert moved(card, EntryKind.EXPIRY, partner=CINEMA, prepaid=True) == expected


def test_home__of_a_partner__is_the_currency_of_its_own_points_unless_all_is_converted():
    prices = {(CINEMA, None): Price(5, 4, "USD"), (CINEMA, CAFE): Price(9, 9, "RUB")}
    card = RateCard(AT_PAR.price, prices=prices)
    assert [card.home_of(partner) for partner in (CINEMA, CAFE)] == ["USD", "EUR"]
    assert RateCard(AT_PAR.price, prices=prices, settle_in="RUB").home_of(CINEMA) == "RUB"


ISSUING = [EntryKind.ACCRUAL, EntryKind.REWARD, EntryKind.ADJUSTMENT_INCREASE]
TAKING_BACK = [EntryKind.ACCRUAL_REVERSAL, EntryKind.ADJUSTMENT_DECREASE]


@pytest.mark.parametrize("kind", [*ISSUING, *TAKING_BACK])
def test_issuance__funded_at_redemption__costs_nothing_yet(kind):
    assert moved(AT_PAR, kind) == []


@pytest.mark.parametrize("kind", ISSUING)
def test_issuance__funded_at_issuance__the_issuer_pays_the_pool(kind):
    assert moved(PREPAID, kind) == [(CINEMA, POOL, "issuance", 90_000_000)]


@pytest.mark.parametrize("kind", TAKING_BACK)
def test_issuance__undone__the_pool_gives_back_what_it_got(kind):
    assert moved(PREPAID, kind) == [(CINEMA, POOL, "issuance", -90_000_000)]


@pytest.mark.parametrize(
    ("funding", "breakage", "expected"),
    [
        (Funding.AT_REDEMPTION, Breakage.ISSUER, []),
        (Funding.AT_REDEMPTION, Breakage.OPERATOR, [(CINEMA, OPERATOR, "breakage", 90_000_000)]),
        (Funding.AT_ISSUANCE, Breakage.ISSUER, [(POOL, CINEMA, "breakage", 70_000_000)]),
        (Funding.AT_ISSUANCE, Breakage.OPERATOR, [(POOL, OPERATOR, "breakage", 70_000_000)]),
        (Funding.AT_ISSUANCE, Breakage.POOL, []),
    ],
)
def test_expiry__each_funding_and_breakage__whoever_would_have_paid_pays_whoever_keeps_it(funding, breakage, expected):
    card = RateCard(Price(900_000, 700_000, "EUR"), funding, breakage)
    assert moved(card, EntryKind.EXPIRY, partner=CINEMA) == expected


def test_expiry__of_the_operators_points__it_does_not_pay_itself():
    card = RateCard(Price(900_000, 700_000, "EUR"), breakage=Breakage.OPERATOR)
    assert moved(card, EntryKind.EXPIRY, issuer=OPERATOR) == []


def test_fees__of_an_issuer__are_by_the_point_issued():
    card = RateCard(AT_PAR.price, fees={None: Fees(issued_micros=5_000)})
    assert moved(card, EntryKind.ACCRUAL) == [(CINEMA, OPERATOR, "fee_issued", 500_000)]
    assert moved(card, EntryKind.ACCRUAL_REVERSAL) == [(CINEMA, OPERATOR, "fee_issued", -500_000)]


def test_fees__of_a_redeemer__are_by_the_point_and_by_what_it_gets():
    card = RateCard(Price(1_000_000, 800_000, "EUR"), fees={None: Fees(redeemed_micros=3_000, redeemed_bps=250)})
    assert moved(card, EntryKind.REDEMPTION)[-2:] == [
        (CAFE, OPERATOR, "fee_redeemed", 300_000),
        (CAFE, OPERATOR, "fee_turnover", 2_000_000),
    ]


def test_fees__of_what_a_redeemer_gets__are_none_for_own_points_unless_the_pool_pays():
    fees = {None: Fees(redeemed_bps=250)}
    card = RateCard(Price(1_000_000, 800_000, "EUR"), fees=fees)
    pooled = RateCard(card.price, Funding.AT_ISSUANCE, Breakage.POOL, fees=fees)
    assert moved(card, EntryKind.REDEMPTION, issuer=CAFE) == []
    for found in (
        moved(pooled, EntryKind.REDEMPTION, issuer=CAFE),
        moved(card, EntryKind.REDEMPTION, issuer=CAFE, prepaid=True),
    ):
        assert found == [(POOL, CAFE, "redemption", 80_000_000), (CAFE, OPERATOR, "fee_turnover", 2_000_000)]


def test_fees__turnover_below_a_micro__is_rounded_down_and_undone_alike():
    card = RateCard(Price(0, 3, "EUR"), fees={None: Fees(redeemed_bps=3_333)})
    [*_, fee] = moved(card, EntryKind.REDEMPTION, points=3)
    [*_, undone] = moved(card, EntryKind.REDEMPTION_REVERSAL, points=3)
    assert (fee[3], undone[3]) == (2, -2)


def test_fees__of_a_partner_with_its_own__are_those_and_not_everybodys():
    card = RateCard(AT_PAR.price, fees={None: Fees(issued_micros=5_000), CINEMA: Fees(issued_micros=1_000)})
    assert [moved(card, EntryKind.ACCRUAL, issuer=issuer)[0][3] for issuer in (CINEMA, CAFE)] == [100_000, 500_000]


def test_fees__of_the_operator__are_none_even_if_named():
    card = RateCard(AT_PAR.price, fees={None: Fees(issued_micros=5), OPERATOR: Fees(monthly_minor=9)})
    assert moved(card, EntryKind.ACCRUAL, issuer=OPERATOR) == []
    assert monthly_fee(OPERATOR, card) is None


def test_fees__own_ones_of_nothing__spare_the_partner_everybodys():
    card = RateCard(AT_PAR.price, fees={None: Fees(monthly_minor=500), CINEMA: Fees()})
    assert monthly_fee(CINEMA, card) is None


def test_fees__by_the_month__are_in_the_currency_that_is_settled_in():
    card = RateCard(AT_PAR.price, fees={None: Fees(monthly_minor=500)}, settle_in="RUB")
    assert monthly_fee(CAFE, card) == Flow(CAFE, OPERATOR, Cause.FEE_MONTHLY, "RUB", None, 0, 500_000_000)
    assert monthly_fee(CAFE, AT_PAR) is None


def test_price__of_a_pair__is_before_the_issuers_then_the_redeemers_then_everybodys():
    pair, issuer, redeemer = Price(4, 4, "EUR"), Price(3, 3, "EUR"), Price(2, 2, "EUR")
    prices = {(CINEMA, CAFE): pair, (CINEMA, None): issuer, (None, CAFE): redeemer}
    card = RateCard(Price(1, 1, "EUR"), prices=prices)
    found = [card.price_of(*pair) for pair in ((CINEMA, CAFE), (CINEMA, GROCER), (GROCER, CAFE), (GROCER, CINEMA))]
    assert found == [pair, issuer, redeemer, card.price]


def test_price__of_issuing__is_the_issuers_own():
    card = RateCard(
        PREPAID.price,
        Funding.AT_ISSUANCE,
        Breakage.POOL,
        {(CINEMA, None): Price(5, 4, "USD"), (None, CAFE): Price(9, 9, "EUR")},
    )
    [flow] = flows(deal(EntryKind.ACCRUAL), card, NO_RATES)
    assert (flow.currency, flow.price_micros, flow.micros) == ("USD", 5, 500)


@pytest.mark.parametrize("card", [AT_PAR, PREPAID, RateCard(Price(7, 5, "EUR")), RateCard(Price(5, 7, "EUR"))])
@pytest.mark.parametrize(
    ("done", "undone"),
    [(EntryKind.REDEMPTION, EntryKind.REDEMPTION_REVERSAL), (EntryKind.ACCRUAL, EntryKind.ACCRUAL_REVERSAL)],
)
def test_reversal__of_all__mirrors_every_flow_to_the_micro(card, done, undone):
    rates = ExchangeRates({("EUR", "USD"): ((DAY, 1_234_567),)})
    fees = {None: Fees(0, 333, 777, 123)}
    card = RateCard(card.price, card.funding, card.breakage, fees=fees, settle_in="USD")
    there, back = flows(deal(done, 777), card, rates), flows(deal(undone, 777), card, rates)
    assert there
    assert [flow._replace(micros=-flow.micros) for flow in back] == there


def test_conversion__by_the_rate_of_the_day__holds_until_the_next():
    rates = ExchangeRates({("EUR", "RUB"): ((date(2026, 3, 1), 90_000_000), (date(2026, 3, 5), 95_500_000))})
    card = RateCard(AT_PAR.price, settle_in="RUB")
    converted = [
        flows(deal(EntryKind.REDEMPTION, 1, day=day), card, rates)[0]
        for day in (date(2026, 3, 1), date(2026, 3, 4), date(2026, 3, 5), date(2027, 1, 1))
    ]
    assert [(flow.currency, flow.micros) for flow in converted] == [
        ("RUB", 90_000_000),
        ("RUB", 90_000_000),
        ("RUB", 95_500_000),
        ("RUB", 95_500_000),
    ]
    assert {flow.price_micros for flow in converted} == {0}


def test_conversion__below_a_micro__is_rounded_towards_zero_both_ways():
    rates = ExchangeRates({("EUR", "RUB"): ((DAY, 999_999),)})
    card = RateCard(Price(1, 1, "EUR"), settle_in="RUB")
    kinds = (EntryKind.REDEMPTION, EntryKind.REDEMPTION_REVERSAL)
    assert [flows(deal(kind, 3), card, rates)[0].micros for kind in kinds] == [2, -2]


def test_conversion__without_a_rate_for_the_day__refused():
    rates = ExchangeRates({("EUR", "RUB"): ((date(2026, 3, 3), 1),)})
    with pytest.raises(NoExchangeRate) as refusal:
        flows(deal(EntryKind.REDEMPTION), RateCard(AT_PAR.price, settle_in="RUB"), rates)
    assert refusal.value.values == {"base": "EUR", "quote": "RUB", "day": DAY}


def test_conversion__into_the_currency_it_is_in__needs_no_rate():
    card = RateCard(AT_PAR.price, settle_in="EUR")
    assert flows(deal(EntryKind.REDEMPTION), card, NO_RATES) == flows(deal(EntryKind.REDEMPTION), AT_PAR, NO_RATES)


@pytest.mark.parametrize("kind", EntryKind)
def test_points__of_every_kind__are_issued_or_redeemed_or_neither(kind):
    expected = {
        **dict.fromkeys(ISSUING, (7, 0)),
        **dict.fromkeys(TAKING_BACK, (-7, 0)),
        EntryKind.REDEMPTION: (0, 7),
        EntryKind.REDEMPTION_REVERSAL: (0, -7),
        EntryKind.EXPIRY: (0, 0),
    }
    assert (issued_points(kind, 7), redeemed_points(kind, 7)) == expected[kind]
