"""Holds: points set aside until a till knows what they pay for."""

from marshmallow import Schema, fields, validate

from partner_api.schemas.fields import Moment, Output, PublicId, Text, Whole
from partner_api.schemas.redemptions import PointsRedemption

_STATUSES = ("open", "captured", "voided", "expired")
_WEEK_S = 604_800


class HoldPlacement(Schema):
    member = PublicId("The member's id.")
    points = Whole(1, required=True)
    ttl_s = Whole(
        1,
        _WEEK_S,
        load_default=None,
        allow_none=True,
        metadata={"description": "After so many seconds it ends by itself; the programme says how many if you do not."},
    )


class HoldCapture(Schema):
    points = Whole(1, load_default=None, allow_none=True, metadata={"description": "All of them, unless given."})
    receipt_id = Text(128, required=True, metadata={"description": "Yours, of what they pay for; it occurs once."})


class Hold(Output):
    id = fields.String(required=True)
    member = fields.String(required=True)
    points = fields.Integer(required=True)
    status = fields.String(required=True, validate=validate.OneOf(_STATUSES))
    captured_points = fields.Integer(required=True)
    expires_at = Moment(required=True)
    created_at = Moment(required=True)
    ended_at = Moment(required=True, allow_none=True)


class EndedHold(Hold):
    redemption = fields.Nested(PointsRedemption(), required=True, allow_none=True)
    balance = fields.Integer(required=True, metadata={"description": "What the member can spend afterwards."})
