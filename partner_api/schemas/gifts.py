"""Gifts: points for everybody, or for a segment of the members."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from coalition.services import gifts
from partner_api.schemas.fields import Moment, Output, PublicId, Reason, Text, Whole


class GiftSegment(Schema):
    """Members to whom all of it holds; what is left out asks for nothing."""

    tier = Text(200, load_default=None, allow_none=True)
    bought_at = Text(40, load_default=None, allow_none=True, metadata={"description": "A partner's id."})
    enrolled_before = fields.Date(load_default=None, allow_none=True)

    @post_load
    def _segment(self, data: dict[str, Any], **kwargs: Any) -> gifts.Segment:
        return gifts.Segment(**data)


class GiftProposal(Schema):
    issuer = PublicId("The id of the partner at whose cost.")
    points = Whole(1, required=True, metadata={"description": "For each of them."})
    reason = Reason()
    segment = fields.Nested(GiftSegment(), required=True, metadata={"description": "Everybody, if it is empty."})


class Segment(Output):
    tier = fields.String(required=True, allow_none=True)
    bought_at = fields.String(required=True, allow_none=True)
    enrolled_before = fields.String(required=True, allow_none=True)


class Gift(Output):
    id = fields.String(required=True)
    issuer = fields.String(required=True)
    points = fields.Integer(required=True)
    reason = fields.String(required=True)
    segment = fields.Nested(Segment(), required=True)
    status = fields.String(required=True, validate=validate.OneOf(("proposed", "approved", "rejected", "given")))
    recipients = fields.Integer(required=True, metadata={"description": "Whoever was of the segment at the proposal."})
    given = fields.Integer(required=True, metadata={"description": "So many of them have it."})
    requested_by = fields.String(required=True, metadata={"description": "The id of the operator's key."})
    decided_by = fields.String(required=True, allow_none=True)
    created_at = Moment(required=True)
    decided_at = Moment(required=True, allow_none=True)
