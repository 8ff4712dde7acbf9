"""How partners pay for points: packs bought in advance, and what is left of them."""

from marshmallow import Schema, fields, validate

from partner_api.schemas.fields import MAX_POINTS, Currency, Moment, Output, Reference, Whole

_MAX_MINOR = 2**53


class PackPurchase(Schema):
    points = Whole(1, MAX_POINTS, required=True)
    amount_minor = Whole(0, _MAX_MINOR, required=True, metadata={"description": "What the pack costs."})
    currency = Currency(required=True)
    reference = Reference()


class Pack(Output):
    id = fields.String(required=True)
    partner = fields.String(required=True)
    points = fields.Integer(required=True)
    amount_minor = fields.Integer(required=True)
    currency = fields.String(required=True)
    reference = fields.String(required=True)
    bought_at = Moment(required=True)
    by = fields.String(required=True, metadata={"description": "Who entered it: a key's id, or the command line."})


class Funding(Output):
    partner = fields.String(required=True)
    name = fields.String(required=True)
    funding = fields.String(required=True, validate=validate.OneOf(("postpaid", "prepaid")))
    limit = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "The most points that may be outstanding; null is no limit."},
    )
    bought = fields.Integer(required=True, metadata={"description": "Points of all packs."})
    used = fields.Integer(
        required=True, metadata={"description": "Of these, redeemed or lapsed since the partner is prepaid."}
    )
    outstanding = fields.Integer(required=True)
    left = fields.Integer(
        required=True, allow_none=True, metadata={"description": "What may still be issued; null is no limit."}
    )
    alert = fields.String(
        required=True,
        validate=validate.OneOf(("none", "low", "exhausted")),
        metadata={"description": "low: a fifth of the last pack is left, or less."},
    )
