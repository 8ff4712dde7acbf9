"""The rate card as a document: read from YAML or JSON with every mistake named, and written back in one form.

Documents know partners by name, rate cards by number.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from coalition.domain.currencies import minor_digits
from coalition.domain.places import Place, RuleText, did_you_mean
from coalition.domain.programme import BPS
from coalition.domain.rate_cards import NO_FEES, Breakage, Fees, Funding, Price, RateCard
from coalition.errors import InvalidRateCard

E = TypeVar("E", bound=StrEnum)

_MOST_MINOR = 10**12
_MOST_MICROS = 10**9
"""A thousand minor units for a point: more, and what a year comes to would not fit the database."""
_LONGEST_DISPUTE_DAYS = 366
_PRICE = ("issued_micros", "redeemed_micros")
_FEES = ("monthly_minor", "issued_micros", "redeemed_micros", "redeemed_bps")
_CARD = ("funding", "breakage", "prices", "fees", "dispute_days", "settle_in")


def read_rate_card(text: str, name: str, partners: Mapping[str, int]) -> RateCard:
    """The card that the text describes; ``name`` is what mistakes call it, ``partners`` are their numbers by name.

    :raises InvalidRateCard: the text has mistakes, and these are all of them.
    """
    file = RuleText(name)
    root = file.root(text)
    card = _card(root, partners) if root else None
    if file.mistakes or card is None:
        raise InvalidRateCard(mistakes=tuple(sorted(file.mistakes, key=lambda mistake: mistake.line)))
    return card


def rate_card_document(card: RateCard, names: Mapping[int, str]) -> dict[str, Any]:
    """The whole card in the form that ``read_rate_card`` reads, of JSON's types; equal ones give equal documents."""
    document: dict[str, Any] = {
        "currency": card.price.currency,
        "issued_micros": card.price.issued_micros,
        "redeemed_micros": card.price.redeemed_micros,
        "funding": card.funding.value,
        "breakage": card.breakage.value,
        "dispute_days": card.dispute_days,
    }
    if card.settle_in:
        document["settle_in"] = card.settle_in
    pairs = sorted(card.prices, key=lambda pair: (pair[0] or 0, pair[1] or 0))
    if pairs:
        document["prices"] = [_price_document(pair, card.prices[pair], names) for pair in pairs]
    if card.fees:
        payers = sorted(card.fees, key=lambda partner: partner or 0)
        document["fees"] = [_fees_document(partner, card.fees[partner], names) for partner in payers]
    return document


def _price_document(pair: tuple[int | None, int | None], price: Price, names: Mapping[int, str]) -> dict[str, Any]:
    parties = {key: names[number] for key, number in zip(("issuer", "redeemer"), pair, strict=True) if number}
    return parties | price._asdict()


def _fees_document(partner: int | None, fees: Fees, names: Mapping[int, str]) -> dict[str, Any]:
    return ({"partner": names[partner]} if partner else {}) | {key: getattr(fees, key) for key in _FEES}


def _card(root: Place, partners: Mapping[str, int]) -> RateCard | None:
    parts = root.fields(("currency", *_PRICE), _CARD)
    price = _price(parts, None)
    funding = _one_of(parts, "funding", Funding.AT_REDEMPTION)
    breakage = _one_of(parts, "breakage", Breakage.POOL if funding is Funding.AT_ISSUANCE else Breakage.ISSUER)
    if funding is Funding.AT_REDEMPTION and breakage is Breakage.POOL:
        parts["breakage"].mistake("nothing is in the pool where issuers pay at redemption")
    prices: dict[tuple[int | None, int | None], Price] = {}
    for item in parts["prices"].items(may_be_empty=True) if "prices" in parts else ():
        if price is not None:
            _add_price(item, prices, price, partners)
    fees: dict[int | None, Fees] = {}
    for item in parts["fees"].items(may_be_empty=True) if "fees" in parts else ():
        _add_fees(item, fees, partners)
    dispute_days = parts["dispute_days"].integer(0, _LONGEST_DISPUTE_DAYS) if "dispute_days" in parts else None
    settle_in = _currency(parts["settle_in"]) if "settle_in" in parts else None
    if price is None:
        return None
    days = 10 if dispute_days is None else dispute_days
    return RateCard(price, funding, breakage, prices, fees, days, settle_in)


def _price(parts: Mapping[str, Place], otherwise: Price | None) -> Price | None:
    currency = _currency(parts["currency"]) if "currency" in parts else otherwise and otherwise.currency
    issued, redeemed = (
        parts[key].integer(0, _MOST_MICROS) if key in parts else otherwise and getattr(otherwise, key) for key in _PRICE
    )
    if currency is None or issued is None or redeemed is None:
        return None
    return Price(issued, redeemed, currency)


def _add_price(
    item: Place, prices: dict[tuple[int | None, int | None], Price], usual: Price, partners: Mapping[str, int]
) -> None:
    parts = item.fields((), ("issuer", "redeemer", "currency", *_PRICE))
    pair = (_partner(parts, "issuer", partners), _partner(parts, "redeemer", partners))
    if pair == (None, None):
        item.mistake("must name an issuer, a redeemer or both")
    elif pair in prices:
        item.mistake("stands twice for these partners")
    elif "currency" in parts and not parts.keys() >= set(_PRICE):
        # The usual amounts are not to be taken for as many of another currency.
        item.mistake(f"with a currency, {' and '.join(_PRICE)} must be given as well")
    elif price := _price(parts, usual):
        prices[pair] = price


def _add_fees(item: Place, fees: dict[int | None, Fees], partners: Mapping[str, int]) -> None:
    parts = item.fields((), ("partner", *_FEES))
    partner = _partner(parts, "partner", partners)
    if partner in fees:
        item.mistake("stands twice for this partner")
        return
    limits = dict(zip(_FEES, (_MOST_MINOR, _MOST_MICROS, _MOST_MICROS, BPS), strict=True))
    given = {key: parts[key].integer(0, limits[key]) for key in _FEES if key in parts}
    fees[partner] = Fees(**{key: value for key, value in given.items() if value is not None}) if given else NO_FEES


def _partner(parts: Mapping[str, Place], key: str, partners: Mapping[str, int]) -> int | None:
    name = parts[key].string() if key in parts else None
    if name is not None and name not in partners:
        parts[key].mistake(f"no partner is named {name}{did_you_mean(name, partners)}")
    return partners.get(name) if name is not None else None


def _currency(place: Place) -> str | None:
    currency = place.string()
    if currency is not None and minor_digits(currency) is None:
        place.mistake(f"{currency} is not an ISO 4217 code, such as EUR")
        return None
    return currency


def _one_of(parts: Mapping[str, Place], key: str, otherwise: E) -> E:
    options = type(otherwise)
    given = parts[key].choice(list(options)) if key in parts else None
    return otherwise if given is None else options(given)
