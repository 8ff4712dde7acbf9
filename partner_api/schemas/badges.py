"""Badges, as wallets read of them and as members have them."""

from marshmallow import fields, validate

from partner_api.schemas.fields import Output
from partner_api.schemas.ledger import STATUSES


class BadgeProperties(Output):
    achievement = fields.String(required=True)
    issuer = fields.String(required=True, metadata={"description": "The partner whose badge it is."})


class Badge(Output):
    """The metadata of a token, in the form of ERC-1155."""

    name = fields.String(required=True)
    description = fields.String(required=True)
    properties = fields.Nested(BadgeProperties(), required=True)


class MemberBadge(Output):
    """``refused`` is for what the contract did not take."""

    id = fields.Integer(required=True, metadata={"description": "The number of the token."})
    status = fields.String(required=True, validate=validate.OneOf((*STATUSES, "refused")))
    chain_tx = fields.String(required=True, allow_none=True)
