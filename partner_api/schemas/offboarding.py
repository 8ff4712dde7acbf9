"""Partners that leave."""

from marshmallow import Schema, fields, validate

from partner_api.schemas.fields import Flag, Moment, Output, Whole

_MAX_MINOR = 2**53


class OffboardingOrder(Schema):
    spendable_until = fields.Date(
        load_default=None,
        allow_none=True,
        metadata={"description": "The last local day of the partner's points; only one that failed may go without."},
    )
    deposit_minor = Whole(
        0,
        _MAX_MINOR,
        load_default=None,
        allow_none=True,
        metadata={"description": "What is held of the partner's money; 0 where it is left out."},
    )
    failed = Flag(
        load_default=False,
        metadata={"description": "It pays no more than the deposit: the programme's rule for failed partners applies."},
    )


class Offboarding(Output):
    id = fields.String(required=True)
    partner = fields.String(required=True)
    name = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(("leaving", "ended")))
    started_at = Moment(required=True)
    spendable_until = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "When its points lapse; null: each at its own expiry."},
    )
    failed_at = Moment(required=True, allow_none=True)
    exhausted_at = Moment(
        required=True, allow_none=True, metadata={"description": "When the deposit no longer covered what was drawn."}
    )
    ended_at = Moment(required=True, allow_none=True)
    announced_at = Moment(required=True, allow_none=True, metadata={"description": "When the last member was told."})
    currency = fields.String(required=True)
    deposit_minor = fields.Integer(required=True)
    outstanding = fields.Integer(required=True)
    outstanding_minor = fields.Integer(
        required=True, metadata={"description": "At the programme's price of a point, like all worth here."}
    )
    drawn = fields.Integer(required=True, metadata={"description": "Points redeemed elsewhere since, less reversals."})
    drawn_minor = fields.Integer(required=True)
    uncovered_minor = fields.Integer(required=True, metadata={"description": "What is drawn above the deposit."})
    borne_by = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(("operator",)),
        metadata={"description": "Who pays for what is not covered; null: the partner."},
    )
