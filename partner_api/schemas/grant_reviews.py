"""Grants that wait for an operator."""

from marshmallow import Schema, fields, validate

from gamification.rules.referral_signals import REASONS
from partner_api.schemas.fields import Moment, Output, PageQuery, Reason

_STATE = validate.OneOf(("pending", "released", "revoked", "withdrawn"))


class ReviewQuery(PageQuery):
    state = fields.String(
        load_default="pending",
        validate=_STATE,
        metadata={"description": "withdrawn: taken back, such as by a return, before anybody decided."},
    )


class ReviewDecision(Schema):
    note = Reason()


class ReferralSides(Output):
    friend = fields.String(required=True, metadata={"description": "The id of the member who was brought."})
    referrer = fields.String(required=True, metadata={"description": "The id of the member who brought them."})


class GrantReview(Output):
    grant = fields.String(required=True)
    member = fields.String(required=True)
    achievement = fields.String(required=True)
    points = fields.Integer(required=True)
    referral = fields.Nested(ReferralSides(), required=True, allow_none=True)
    reasons = fields.List(fields.String(), required=True, metadata={"description": f"Such as {', '.join(REASONS)}."})
    state = fields.String(required=True, validate=_STATE)
    opened_at = Moment(required=True)
    decided_at = Moment(required=True, allow_none=True)
    decided_by = fields.String(required=True, allow_none=True, metadata={"description": "The id of the key."})
    note = fields.String(required=True, allow_none=True)
