"""Who pays whom by a statement's line, and which lines cannot be"""

from dataclasses import replace
from datetime import date

import pytest

from coalition.domain.entries import EntryKind
from coalition.domain.rate_cards import (
    OPERATOR,
    POOL,
    Breakage,
    Deal,
    ExchangeRates,
    Fees,
    Funding,
    Price,
    RateCard,
    flows,
)
from coalition.domain.statement_position import position, problem, sides
from coalition.domain.statements import StatementLine

CINEMA, CAFE = 2, 3
DAY, MEMBER = date(2026, 3, 1), "0x" + "11" * 20
LINE = StatementLine(
    "ent_1",
    "2026-03-02T00:00:00.000Z",
    "redemption",
    10,
    1,
    CINEMA,
    CAFE,
    "0x" + "11" * 20,
    "redemption",
    CINEMA,
    5,
    50,
)
FEE = StatementLine("fee-2026-03-3", "2026-03-01T00:00:00.000Z", "fee", cause="fee_monthly", counterparty=1, micros=-7)


@pytest.mark.parametrize("kind", EntryKind)
@pytest.mark.parametrize("funding", Funding)
@pytest.mark.parametrize("breakage", Breakage)
@pytest.mark.parametrize(
    ("issuer", "redeemer"), [(CINEMA, CAFE), (OPERATOR, CAFE), (CINEMA, OPERATOR), (CINEMA, CINEMA)]
)
@pytest.mark.parametrize("prices", [(5, 3), (3, 5)])
def test_problem__every_line_that_a_card_makes__is_none_and_sides_are_the_flows(
    kind, funding, breakage, issuer, redeemer, prices
):
    card = RateCard(Price(*prices, "USD"), funding, breakage, fees={None: Fees(0, 1, 2, 100)})
    deal = Deal(kind, issuer, redeemer if kind in (2, 4) else issuer, 1000, DAY)
    for flow in flows(deal, card, ExchangeRates()):
        for party, other, micros in ((flow.payer, flow.payee, -flow.micros), (flow.payee, flow.payer, flow.micros)):
            line = replace(
                LINE,
                kind=kind.name.lower(),
                points=deal.points,
                issuer=issuer,
                partner=deal.partner,
                cause=flow.cause.value,
                counterparty=other,
                price_micros=flow.price_micros,
                micros=micros,
            )
            assert problem(party, line) is None
            assert sides(party, line) == (flow.payer, flow.payee)
            if micros:
                assert problem(party, replace(line, micros=-micros)) is not None
            assert problem(party, replace(line, counterparty=9)) is not None
            assert problem(9, line) is not None


@pytest.mark.parametrize(
    "line",
    [
        replace(LINE, cause=None),
        replace(LINE, cause="gift"),
        replace(LINE, kind="accrual"),
        replace(LINE, kind="gift"),
        replace(LINE, sequence=None),
        replace(LINE, member=None),
        replace(FEE, sequence=1),
        replace(FEE, points=1),
        replace(FEE, kind="correction"),
        replace(FEE, cause=None, counterparty=None, micros=0),
        replace(FEE, micros=7),
        replace(FEE, counterparty=POOL),
        replace(FEE, cause="correction", kind="correction", counterparty=CAFE),
        replace(FEE, cause="correction", kind="correction", counterparty=None),
    ],
)
def test_problem__lines_that_cannot_be__have_one(line):
    assert problem(CAFE, line) is not None


@pytest.mark.parametrize(
    "line",
    [
        FEE,
        replace(FEE, cause="guarantee", kind="guarantee", micros=7),
        replace(FEE, cause="correction", kind="correction"),
        replace(FEE, cause="correction", kind="correction", micros=7),
        replace(LINE, cause=None, counterparty=None, price_micros=0, micros=0),
    ],
)
def test_problem__lines_that_can_be__have_none(line):
    assert problem(CAFE, line) is None


def test_position__of_a_line_that_nobody_can_owe__counts_as_it_stands():
    assert position(CAFE, [replace(LINE, cause="margin", micros=2_000_000)]) == 2
