"""Statements: what a party is told of a period, line by line, and what it answers."""

from marshmallow import Schema, fields, validate

from coalition.domain.periods import StatementStatus
from coalition.domain.rate_cards import Cause
from partner_api.schemas.fields import Moment, Output, PageQuery, Text
from partner_api.schemas.parties import Party, Signature, ToSign, hexadecimal

_CAUSES = [cause.value for cause in Cause]
_PERIOD = {"description": "By name, such as 2026-03, 2026 or 2026-03-01..2026-03-15, or by id."}
_POSITION = {"description": "What the partner gets (above zero) or pays."}
_ROOT = {"description": "The Merkle root (RFC 9162) over the statement's lines."}
_ISSUER = {"description": "Whose points were redeemed; null for other causes."}
_CARRIED = {"description": "Millionths of a minor unit, not yet owed, that count in the next period."}
_LIABILITY = {"description": "What the closing points would cost when the period ended."}


class PeriodPageQuery(PageQuery):
    period = Text(40, load_default=None, metadata=_PERIOD)


class Dispute(Output):
    id = fields.String(required=True)
    statement = fields.String(required=True)
    line = fields.String(required=True, metadata={"description": "The id of the statement's line."})
    reason = fields.String(required=True)
    raised_at = Moment(required=True)
    answer = fields.String(required=True, allow_none=True, validate=validate.OneOf(("correction", "rejection")))
    words = fields.String(required=True, allow_none=True, metadata={"description": "The operator's, with its answer."})
    answered_at = Moment(required=True, allow_none=True)


class StatementSummary(Output):
    id = fields.String(required=True)
    period = fields.String(required=True, metadata=_PERIOD)
    partner = fields.Nested(Party(), required=True)
    currency = fields.String(required=True)
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True, metadata={"description": "Local, like the first; both are part of it."})
    status = fields.String(required=True, validate=validate.OneOf([status.value for status in StatementStatus]))
    dispute_until = Moment(required=True)
    acknowledged_at = Moment(required=True, allow_none=True)
    signature = fields.String(required=True, allow_none=True)
    position_minor = fields.Integer(required=True, metadata=_POSITION)
    root = fields.String(required=True, metadata=_ROOT)
    lines = fields.Integer(required=True)


class CounterpartyTotal(Output):
    counterparty = fields.Nested(Party(), required=True)
    cause = fields.String(required=True, validate=validate.OneOf(_CAUSES))
    issuer = fields.Nested(Party(), required=True, allow_none=True, metadata=_ISSUER)
    points = fields.Integer(required=True)
    amount_minor = fields.Integer(required=True, metadata=_POSITION)
    carried_micros = fields.Integer(required=True, metadata=_CARRIED)


class Statement(StatementSummary):
    time_zone = fields.String(required=True)
    chain_id = fields.Integer(required=True)
    ledger = fields.String(required=True, metadata={"description": "The contract that has the entries."})
    sequence = fields.Integer(required=True, metadata={"description": "Its last batch that the period has."})
    head = fields.String(required=True, metadata={"description": "The ledger's head after that batch."})
    opening_points = fields.Integer(required=True)
    issued_points = fields.Integer(required=True)
    redeemed_points = fields.Integer(required=True)
    expired_points = fields.Integer(required=True)
    closing_points = fields.Integer(required=True)
    liability_minor = fields.Integer(required=True, metadata=_LIABILITY)
    totals = fields.List(fields.Nested(CounterpartyTotal()), required=True)
    disputes = fields.List(fields.Nested(Dispute()), required=True)
    to_sign = ToSign("What the partner's key signs to acknowledge it.")


class StatementEntries(Output):
    """The statement, and its lines in the order that the root has them, each as canonical JSON (RFC 8785)."""

    statement = fields.Dict(keys=fields.String(), required=True)
    lines = fields.List(fields.Dict(keys=fields.String()), required=True)


class Acknowledgement(Schema):
    root = fields.String(required=True, validate=hexadecimal(64), metadata=_ROOT)
    signature = Signature()


class LineQuery(Schema):
    line = Text(100, required=True, metadata={"description": "The id of the statement's line."})


class LineToDispute(LineQuery, Output):
    to_sign = ToSign("What the partner's key signs to dispute the line.")


class Objection(LineQuery):
    reason = Text(1000, 0, required=True, metadata={"description": "What is wrong with it; the operator reads that."})
    signature = Signature()
