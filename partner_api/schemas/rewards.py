"""Rewards that are not points, as tills and members see them."""

from marshmallow import fields, validate

from partner_api.schemas.fields import Moment, Output

_HONOURED = {"description": "The partner at whose tills it is claimed; null if every partner honours it."}
_CODE = {"description": "Null where the till is to hear it from the member."}
_CLAIMED = {
    "description": "Where it was claimed; null, too, if the member did that without a till, and to all other partners."
}


class Reward(Output):
    id = fields.String(required=True)
    member = fields.String(required=True)
    grant = fields.String(required=True, metadata={"description": "What it was given for."})
    kind = fields.String(required=True, validate=validate.OneOf(("coupon", "perk")))
    title = fields.String(required=True)
    terms = fields.String(required=True, allow_none=True)
    honoured_by = fields.String(required=True, allow_none=True, metadata=_HONOURED)
    code = fields.String(required=True, allow_none=True, metadata=_CODE)
    state = fields.String(required=True, validate=validate.OneOf(("issued", "claimed", "expired", "revoked")))
    issued_at = Moment(required=True)
    valid_until = Moment(required=True, metadata={"description": "From then on it is over."})
    claimed_at = Moment(required=True, allow_none=True, metadata={"description": "Null to all other partners."})
    claimed_by = fields.String(required=True, allow_none=True, metadata=_CLAIMED)
