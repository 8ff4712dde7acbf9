"""Redemptions without a purchase, and donations, which are redemptions at a charity."""

from marshmallow import Schema, fields, validate

from partner_api.schemas.fields import Moment, Output, PublicId, Reference, Whole


class RedemptionRequest(Schema):
    member = PublicId("The member's id.")
    points = Whole(1, required=True)
    reference = Reference()


class DonationRequest(RedemptionRequest):
    charity = PublicId("The charity's id, as a partner.")


class PointsRedemption(Output):
    id = fields.String(required=True)
    member = fields.String(required=True)
    points = fields.Integer(required=True)
    discount_minor = fields.Integer(required=True, metadata={"description": "What the points paid."})
    reference = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(("redeemed", "reversed")))
    occurred_at = Moment(required=True)


class ChangedRedemption(PointsRedemption):
    balance = fields.Integer(required=True, metadata={"description": "What the member can spend afterwards."})


class Donation(ChangedRedemption):
    charity = fields.String(required=True)
