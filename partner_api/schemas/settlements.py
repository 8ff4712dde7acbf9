"""What operators settle: periods, disputes, corrections."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from coalition.domain.periods import PeriodStatus
from coalition.domain.rate_cards import Cause
from partner_api.schemas.fields import MAX_AMOUNT_MINOR, Currency, Moment, Output, PageQuery, Reason, Text, Whole
from partner_api.schemas.parties import Party, PartyNumber
from partner_api.schemas.payments import Payment, PlannedPayment

_NAME = {"description": "A month as 2026-03, a year as 2026, or days as 2026-03-01..2026-03-15, both included."}
_STATUS = [status.value for status in PeriodStatus if status is not PeriodStatus.OPEN]


class PeriodName(Schema):
    period = Text(40, required=True, metadata=_NAME)


class SettlementSummary(Output):
    id = fields.String(required=True)
    number = fields.Integer(required=True)
    period = fields.String(required=True, metadata=_NAME)
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)
    status = fields.String(required=True, validate=validate.OneOf(_STATUS))
    sequence = fields.Integer(required=True, metadata={"description": "The last batch of the ledger that it has."})
    head = fields.String(required=True)
    dispute_until = Moment(required=True)
    closed_at = Moment(required=True)
    settled_at = Moment(required=True, allow_none=True)


class Account(Output):
    payer = fields.Nested(Party(), required=True)
    payee = fields.Nested(Party(), required=True)
    cause = fields.String(required=True, validate=validate.OneOf([cause.value for cause in Cause]))
    issuer = fields.Nested(Party(), required=True, allow_none=True)
    points = fields.Integer(required=True)
    amount_minor = fields.Integer(required=True)
    carried_micros = fields.Integer(required=True)
    currency = fields.String(required=True)


class Position(Output):
    party = fields.Nested(Party(), required=True)
    amount_minor = fields.Integer(required=True, metadata={"description": "To be received (above zero) or paid."})
    currency = fields.String(required=True)


class Settlement(SettlementSummary):
    accounts = fields.List(fields.Nested(Account()), required=True)
    positions = fields.List(fields.Nested(Position()), required=True)
    transfers = fields.List(
        fields.Nested(PlannedPayment()), required=True, metadata={"description": "The fewest that clear all positions."}
    )
    payments = fields.List(
        fields.Nested(Payment()), required=True, metadata={"description": "These, once the period is settled."}
    )


class DisputeQuery(PageQuery):
    open = fields.Boolean(
        truthy={"true"},
        falsy={"false"},
        load_default=False,
        metadata={"description": "true: only those without an answer."},
    )


class DisputeAnswer(Schema):
    answer = fields.String(required=True, validate=validate.OneOf(("correction", "rejection")))
    words = Text(1000, 0, required=True, metadata={"description": "What the partner is told."})
    amount_minor = Whole(
        -MAX_AMOUNT_MINOR,
        MAX_AMOUNT_MINOR,
        metadata={"description": "Of a correction: what the partner gets (above zero) or pays in the next period."},
    )
    counterparty = PartyNumber("Of a correction, who pays or gets that")

    @validates_schema
    def _rejection_moves_nothing(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["answer"] == "rejection" and data.keys() & {"amount_minor", "counterparty"}:
            raise ValidationError("A rejection has neither amount_minor nor counterparty.")


class CorrectionOrder(Schema):
    payer = PartyNumber("Who owes it in the next period", required=True)
    payee = PartyNumber("Who gets it", required=True)
    currency = Currency(required=True)
    amount_minor = Whole(1, MAX_AMOUNT_MINOR, required=True)
    reason = Reason()


class Correction(PlannedPayment):
    id = fields.String(required=True)
    created_at = Moment(required=True)
