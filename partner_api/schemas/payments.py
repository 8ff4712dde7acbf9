"""Payments that clear a period: as they are planned, and once they are due."""

from marshmallow import Schema, fields

from partner_api.schemas.fields import Moment, Output
from partner_api.schemas.parties import Party, Signature, ToSign


class PlannedPayment(Output):
    payer = fields.Nested(Party(), required=True)
    payee = fields.Nested(Party(), required=True)
    amount_minor = fields.Integer(required=True)
    currency = fields.String(required=True)


class Payment(PlannedPayment):
    id = fields.String(required=True)
    period = fields.String(required=True)
    confirmed_at = Moment(required=True, allow_none=True)
    signature = fields.String(required=True, allow_none=True)


class PaymentToConfirm(Payment):
    to_sign = ToSign("What the payee's key signs to confirm it.")


class Confirmation(Schema):
    signature = Signature()
