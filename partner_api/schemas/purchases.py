"""Purchases: a receipt as the till sends it, what came of it, and how it stands afterwards."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from coalition.domain.cards import shows_bank_card
from partner_api.schemas.fields import Moment, Output, Text
from partner_api.schemas.ledger import Recording, RecordingStatus
from partner_api.schemas.quotes import LinePoints, Receipt


class CardToken(Text):
    """What stands for a bank card without being its number."""

    default_error_messages = {  # noqa: RUF012
        "card": "Passes as the number of a bank card, which must not come here: send a token or a fingerprint of it."
    }

    def __init__(self) -> None:
        description = "A token or fingerprint of the bank card, the same each time. We keep a keyed hash of it."
        super().__init__(255, load_default=None, allow_none=True, metadata={"description": description})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        token = super()._deserialize(value, attr, data, **kwargs)
        if shows_bank_card(token):
            raise self.make_error("card")
        return token


class PurchaseReceipt(Receipt):
    receipt_id = Text(128, required=True, metadata={"description": "Yours; it is recorded once, whatever happens."})
    occurred_at = Moment(required=True)
    hold_id = Text(
        40,
        load_default=None,
        allow_none=True,
        attribute="hold",
        metadata={"description": "A hold of yours: as many of its points as may pay for the receipt, and it ends."},
    )
    payment_card = CardToken()

    @validates_schema
    def _one_way_to_pay(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["hold"] is not None and data["points_to_redeem"]:
            raise ValidationError("Give either hold_id or points_to_redeem.", "hold_id")


class AccruedPoints(Output):
    points = fields.Integer(required=True)
    available_at = Moment(required=True)
    expires_at = Moment(required=True)


class Accrual(AccruedPoints):
    breakdown = fields.List(fields.Nested(LinePoints()), required=True)


class Redemption(Output):
    points = fields.Integer(required=True)
    discount_minor = fields.Integer(required=True)


class RecordedPurchase(Output):
    id = fields.String(required=True)
    accrual = fields.Nested(Accrual(), required=True)
    redemption = fields.Nested(Redemption(), required=True, allow_none=True)
    payable_minor = fields.Integer(required=True)
    balance = fields.Integer(required=True, metadata={"description": "The member's, afterwards."})
    ledger = fields.Nested(RecordingStatus(), required=True)


class PurchaseSummary(Output):
    id = fields.String(required=True)
    partner = fields.String(required=True)
    member = fields.String(required=True)
    receipt_id = fields.String(required=True)
    store_id = fields.String(required=True, allow_none=True)
    occurred_at = Moment(required=True)
    recorded_at = Moment(required=True)
    currency = fields.String(required=True)
    accrual = fields.Nested(AccruedPoints(), required=True)
    redemption = fields.Nested(Redemption(), required=True, allow_none=True)
    total_minor = fields.Integer(required=True)
    payable_minor = fields.Integer(required=True)
    refunded_minor = fields.Integer(
        required=True, metadata={"description": "Of payable_minor, what returned goods have undone."}
    )
    points_given_back = fields.Integer(
        required=True, metadata={"description": "Of the redemption, what returned goods have undone."}
    )
    ledger = fields.Nested(Recording(), required=True)


class Purchase(PurchaseSummary):
    """A summary, and what each line earned."""

    accrual = fields.Nested(Accrual(), required=True)
