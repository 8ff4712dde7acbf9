"""Rate cards: what points cost from when on; and the rates between currencies."""

from typing import Any

from marshmallow import INCLUDE, Schema, fields

from coalition.domain.rate_cards import MOST_MICROS
from partner_api.schemas.fields import Currency, Moment, Output, Whole

_MICROS = {"description": "Millionths of a minor unit of quote for a minor unit of base."}


def _term(type_: str, description: str) -> Any:
    return fields.Raw(metadata={"type": type_, "description": description})


class RateCardDocument(Schema):
    """What is left out is as by default; all mistakes are named at once: invalid_rate_card."""

    class Meta:
        unknown = INCLUDE

    currency = _term("string", "ISO 4217, of prices that name no other.")
    issued_micros = _term("integer", "What the issuer pays for a point, in millionths of a minor unit.")
    redeemed_micros = _term("integer", "What the redeemer gets for it.")
    funding = _term("string", "When the issuer pays: at_redemption or at_issuance.")
    breakage = _term("string", "Who keeps what lapses: issuer, operator or pool.")
    prices = _term("array", "Other prices, by issuer, redeemer or both; partners by name.")
    fees = _term("array", "The operator's: monthly_minor, issued_micros, redeemed_micros, redeemed_bps, by partner.")
    dispute_days = _term("integer", "How long a statement can be disputed.")
    settle_in = _term("string", "The currency that all is converted to.")


class RateCardDraft(Schema):
    effective_from = Moment(required=True, metadata={"description": "Later than now, and than every other card."})
    document = fields.Nested(RateCardDocument(), required=True)


class RateCard(Output):
    version = fields.Integer(required=True)
    effective_from = Moment(required=True)
    published_at = Moment(required=True)
    document = fields.Nested(RateCardDocument(), required=True)


class ExchangeRateOrder(Schema):
    base = Currency(required=True)
    quote = Currency(required=True)
    day = fields.Date(required=True, metadata={"description": "The first local day that it is good for."})
    micros = Whole(1, MOST_MICROS, required=True, metadata=_MICROS)


class ExchangeRate(Output):
    base = fields.String(required=True)
    quote = fields.String(required=True)
    day = fields.Date(required=True)
    micros = fields.Integer(required=True, metadata=_MICROS)
