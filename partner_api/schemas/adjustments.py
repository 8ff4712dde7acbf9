"""Adjustments: points corrected by hand."""

from marshmallow import Schema, fields, validate

from partner_api.schemas.fields import MAX_POINTS, Moment, Output, PublicId, Reason, Whole

_POINTS = {"description": "Above zero they are given, below zero taken."}


class AdjustmentProposal(Schema):
    member = PublicId("The member's id.")
    issuer = PublicId("The id of the partner at whose cost, or to whose relief.")
    points = Whole(-MAX_POINTS, MAX_POINTS, required=True, metadata=_POINTS)
    reason = Reason()


class Adjustment(Output):
    id = fields.String(required=True)
    member = fields.String(required=True)
    issuer = fields.String(required=True)
    points = fields.Integer(required=True, metadata=_POINTS)
    reason = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(("proposed", "posted", "rejected")))
    requested_by = fields.String(required=True, metadata={"description": "The id of the operator's key."})
    decided_by = fields.String(required=True, allow_none=True)
    created_at = Moment(required=True)
    decided_at = Moment(required=True, allow_none=True)
