"""Tiers: where a member stands, and one bought."""

from marshmallow import Schema, fields, validate

from partner_api.schemas.fields import Moment, Output, Reference, Text

_PERKS = {"description": "What the programme promises at this tier."}


class TierStanding(Output):
    """All of it is null, and there are no perks, where the programme has no tiers."""

    member = fields.String(required=True)
    tier = fields.String(required=True, allow_none=True)
    since = Moment(required=True, allow_none=True, metadata={"description": "Null for the lowest tier."})
    until = Moment(
        required=True, allow_none=True, metadata={"description": "When it is judged anew; null for the lowest tier."}
    )
    spend_minor = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Of the year that counts now."}
    )
    next_tier = fields.String(
        required=True, allow_none=True, metadata={"description": "The next that spend can reach; null at the top."}
    )
    missing_minor = fields.Integer(
        required=True, allow_none=True, metadata={"description": "How much more spend leads to next_tier."}
    )
    perks = fields.List(fields.String(), required=True, metadata=_PERKS)


class TierOrder(Schema):
    tier = Text(200, required=True)
    pay_with = fields.String(required=True, attribute="means", validate=validate.OneOf(("money", "points")))
    reference = Reference()


class BoughtTier(Output):
    id = fields.String(required=True)
    tier = fields.String(required=True)
    paid_minor = fields.Integer(required=True)
    paid_points = fields.Integer(required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    balance = fields.Integer(required=True, metadata={"description": "What the member can spend afterwards."})
