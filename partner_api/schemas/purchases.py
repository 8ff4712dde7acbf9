"""Purchases: a receipt as the till sends it, what came of it, and how it stands afterwards."""

from marshmallow import fields

from partner_api.schemas.fields import Moment, Output, Text
from partner_api.schemas.ledger import Recording, RecordingStatus
from partner_api.schemas.quotes import LinePoints, Receipt


class PurchaseReceipt(Receipt):
    receipt_id = Text(128, required=True, metadata={"description": "Yours; it is recorded once, whatever happens."})
    occurred_at = Moment(required=True)
    store_id = Text(64, load_default=None, allow_none=True)


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
    ledger = fields.Nested(Recording(), required=True)


class Purchase(PurchaseSummary):
    """A summary, and what each line earned."""

    accrual = fields.Nested(Accrual(), required=True)
