"""Rewards that are not points, as tills and members see them."""

from marshmallow import fields, validate

from partner_api.schemas.fields import Moment, Output

_HONOURED = {"description": "The partner at whose tills it is claimed; null if every partner honours it."}
_DATED = {"description": "Null to a partner that may not know when it was given: the id has the time in it."}
_GIVEN_FOR = {"description": "The grant, or the ticket of a draw, that it was given for; null where the id is."}
_ISSUED = {"description": "Null where the id is."}
_UNTIL = {"description": "From then on it is over. Null where the id is, unless the member has shown the code."}
_CODE = {"description": "Null where the till is to hear it from the member."}
_CLAIMED = {
    "description": "Where it was claimed; null, too, if the member did that without a till, and to all other partners."
}


class Reward(Output):
    id = fields.String(required=True, allow_none=True, metadata=_DATED)
    member = fields.String(required=True)
    grant = fields.String(required=True, allow_none=True, metadata=_GIVEN_FOR)
    kind = fields.String(required=True, validate=validate.OneOf(("coupon", "perk")))
    title = fields.String(required=True)
    terms = fields.String(required=True, allow_none=True)
    honoured_by = fields.String(required=True, allow_none=True, metadata=_HONOURED)
    code = fields.String(required=True, allow_none=True, metadata=_CODE)
    state = fields.String(required=True, validate=validate.OneOf(("issued", "claimed", "expired", "revoked")))
    issued_at = Moment(required=True, allow_none=True, metadata=_ISSUED)
    valid_until = Moment(required=True, allow_none=True, metadata=_UNTIL)
    claimed_at = Moment(required=True, allow_none=True, metadata={"description": "Null to all other partners."})
    claimed_by = fields.String(required=True, allow_none=True, metadata=_CLAIMED)
