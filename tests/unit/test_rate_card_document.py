"""The rate card's document: what it may say, every mistake by line and key, and that it comes back as it went."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.rate_card_document import rate_card_document, read_rate_card
from coalition.domain.rate_cards import Breakage, Fees, Funding, Price, RateCard
from coalition.errors import InvalidRateCard, Mistake

PARTNERS = {"operator": 1, "cinema": 2, "cafe": 3}
NAMES = {number: name for name, number in PARTNERS.items()}

EVERYTHING = """
currency: EUR
issued_micros: 900000
redeemed_micros: 700000
funding: at_issuance
breakage: operator
dispute_days: 0
settle_in: RUB
prices:
  - {issuer: cinema, redeemer: cafe, issued_micros: 1}
  - {issuer: cinema, currency: USD, issued_micros: 3, redeemed_micros: 4}
  - {redeemer: cafe, redeemed_micros: 2}
fees:
  - {monthly_minor: 100, redeemed_bps: 10000}
  - {partner: cafe}
"""
CARD = RateCard(
    Price(900_000, 700_000, "EUR"),
    Funding.AT_ISSUANCE,
    Breakage.OPERATOR,
    {
        (2, 3): Price(1, 700_000, "EUR"),
        (2, None): Price(3, 4, "USD"),
        (None, 3): Price(900_000, 2, "EUR"),
    },
    {None: Fees(monthly_minor=100, redeemed_bps=10_000), 3: Fees()},
    dispute_days=0,
    settle_in="RUB",
)

MICROS = st.integers(0, 10**9)
CURRENCIES = st.sampled_from(["EUR", "RUB", "USD"])
PRICES = st.builds(Price, MICROS, MICROS, CURRENCIES)
PAYERS = st.sampled_from([None, 1, 2, 3])
PAIRS = st.tuples(PAYERS, PAYERS).filter(any)
FEES = st.builds(Fees, st.integers(0, 10**12), MICROS, MICROS, st.integers(0, 10_000))
CARDS = st.builds(
    RateCard,
    PRICES,
    st.sampled_from(Funding),
    st.sampled_from([Breakage.ISSUER, Breakage.OPERATOR]),
    st.dictionaries(PAIRS, PRICES, max_size=4),
    st.dictionaries(PAYERS, FEES, max_size=3),
    st.integers(0, 366),
    st.none() | CURRENCIES,
)


def read(text: str) -> RateCard:
    return read_rate_card(text, "card.yaml", PARTNERS)


def mistakes_of(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(InvalidRateCard) as refusal:
        read(text)
    assert all(isinstance(mistake, Mistake) and mistake.file == "card.yaml" for mistake in refusal.value.mistakes)
    assert str(refusal.value) == "\n".join(map(str, refusal.value.mistakes))
    return [(mistake.line, mistake.key, mistake.problem) for mistake in refusal.value.mistakes]


def test_document__with_everything__is_the_card_with_what_is_left_out_as_usual():
    assert read(EVERYTHING) == CARD


def test_document__with_the_least__has_the_usual_terms():
    least = "{currency: EUR, issued_micros: 5, redeemed_micros: 4}"
    assert read(least) == RateCard(Price(5, 4, "EUR"), Funding.AT_REDEMPTION, Breakage.ISSUER, dispute_days=10)


def test_document__funded_at_issuance__leaves_breakage_in_the_pool():
    assert read("{currency: EUR, issued_micros: 5, redeemed_micros: 4, funding: at_issuance}").breakage is Breakage.POOL


@given(CARDS)
def test_document__of_any_card__reads_back_as_that_card_and_gives_the_same_document(card):
    document = rate_card_document(card, NAMES)
    again = read(orjson.dumps(document).decode())
    assert again == card
    assert orjson.dumps(rate_card_document(again, NAMES)) == orjson.dumps(document)


def test_document__prices_in_another_order__is_the_same():
    prices = dict(reversed(CARD.prices.items()))
    other = RateCard(CARD.price, CARD.funding, CARD.breakage, prices, CARD.fees, 0, "RUB")
    assert orjson.dumps(rate_card_document(other, NAMES)) == orjson.dumps(rate_card_document(CARD, NAMES))


def test_document__with_empty_lists__is_as_without_them():
    assert read(BASE + "prices: []\nfees: []") == read(BASE)


BASE = "currency: EUR\nissued_micros: 5\nredeemed_micros: 4\n"


@pytest.mark.parametrize(
    ("text", "line", "key", "problem"),
    [
        ("", 1, "file", "is empty"),
        ("[1]", 1, "file", "must be a mapping of keys to values"),
        ("issued_micros: 5\nredeemed_micros: 4", 1, "currency", "is missing"),
        ("currency: EUR\nissued_micros: 5", 1, "redeemed_micros", "is missing"),
        (
            "currency: eur\nissued_micros: 5\nredeemed_micros: 4",
            1,
            "currency",
            "eur is not an ISO 4217 code, such as EUR",
        ),
        (BASE + "pices: []", 4, "pices", "unknown key; did you mean prices?"),
        (BASE + "funding: later", 4, "funding", "later is not one of at_redemption, at_issuance"),
        (BASE + "breakage: pool", 4, "breakage", "nothing is in the pool where issuers pay at redemption"),
        (BASE.replace("EUR", "XXX"), 1, "currency", "XXX is not an ISO 4217 code, such as EUR"),
        (BASE + "settle_in: XAU", 4, "settle_in", "XAU is not an ISO 4217 code, such as EUR"),
        *(
            (
                BASE + f"prices:\n  - {{issuer: cinema, currency: JPY{amount}}}",
                5,
                "prices[0]",
                "with a currency, issued_micros and redeemed_micros must be given as well",
            )
            for amount in ("", ", issued_micros: 1", ", redeemed_micros: 1")
        ),
        (BASE + "dispute_days: -1", 4, "dispute_days", "-1 is not from 0 to 366"),
        (BASE + "dispute_days: 367", 4, "dispute_days", "367 is not from 0 to 366"),
        (BASE + "settle_in: euros", 4, "settle_in", "euros is not an ISO 4217 code, such as EUR"),
        (BASE + "prices: 5", 4, "prices", "must be a list"),
        (BASE + "prices:\n  - {currency: USD}", 5, "prices[0]", "must name an issuer, a redeemer or both"),
        (BASE + "prices:\n  - {issuer: bakery}", 5, "prices[0].issuer", "no partner is named bakery"),
        (
            BASE + "prices:\n  - {issuer: cinma}",
            5,
            "prices[0].issuer",
            "no partner is named cinma; did you mean cinema?",
        ),
        (
            BASE + "prices:\n  - {issuer: cafe, issued_micros: 0.5}",
            5,
            "prices[0].issued_micros",
            "must be a whole number",
        ),
        (
            BASE + "prices:\n  - {issuer: cafe}\n  - {issuer: cafe, issued_micros: 1}",
            6,
            "prices[1]",
            "stands twice for these partners",
        ),
        (BASE + "fees:\n  - {}\n  - {monthly_minor: 1}", 6, "fees[1]", "stands twice for this partner"),
        (BASE + "fees:\n  - {partner: nobody}", 5, "fees[0].partner", "no partner is named nobody"),
        (BASE + "fees:\n  - {redeemed_bps: 10001}", 5, "fees[0].redeemed_bps", "10001 is not from 0 to 10000"),
        (BASE + "fees:\n  - {weekly: 1}", 5, "fees[0].weekly", "unknown key"),
        (
            "currency: EUR\nissued_micros: -1\nredeemed_micros: 4",
            2,
            "issued_micros",
            "-1 is not from 0 to 1000000000",
        ),
    ],
)
def test_document__with_a_mistake__names_it_by_line_and_key(text, line, key, problem):
    assert (line, key, problem) in mistakes_of(text)


def test_document__with_many_mistakes__names_all_in_the_order_of_lines():
    text = BASE.replace("4", "four") + "fees:\n  - {partner: nobody}\nfunding: later\nmore: 1\n"
    assert [(line, key) for line, key, _ in mistakes_of(text)] == [
        (3, "redeemed_micros"),
        (5, "fees[0].partner"),
        (6, "funding"),
        (7, "more"),
    ]


def test_document__prices_of_unknown_partners__are_not_taken_for_those_of_everybody():
    text = BASE + "prices:\n  - {issuer: nobody, redeemer: cafe}\n  - {redeemer: cafe}\n"
    assert mistakes_of(text)[0][:2] == (5, "prices[0].issuer")
