"""Partners, as operators see them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from coalition.domain.programme import BPS
from partner_api.schemas.fields import MAX_POINTS, Moment, Output, Text, Whole

_LIMIT = {"description": "The most points the partner may have outstanding; null is no limit."}
_STORES = {"description": "The stores that its receipts may name; empty: any."}
_STATUS = ("active", "suspended")
_FUNDING = {"description": "postpaid: the limit is a credit. prepaid: it is what was bought and is not used up."}


class PartnerRegistration(Schema):
    name = Text(100, required=True)
    kind = fields.String(validate=validate.OneOf(("merchant", "charity")), load_default="merchant")
    rate_bps = Whole(0, BPS, required=True, metadata={"description": "Points earned per price: 100 is 1 %."})
    limit = Whole(0, MAX_POINTS, load_default=None, allow_none=True, metadata=_LIMIT)


class PartnerChange(Schema):
    """What is left out stays as it is."""

    status = fields.String(validate=validate.OneOf(_STATUS))
    limit = Whole(0, MAX_POINTS, allow_none=True, metadata=_LIMIT)
    stores = fields.List(Text(64), validate=validate.Length(max=10_000), metadata=_STORES)

    @validates_schema
    def _changes_something(self, data: dict[str, Any], **kwargs: Any) -> None:
        if not data:
            raise ValidationError("None of status, limit and stores is given.")


class Partner(Output):
    id = fields.String(required=True)
    number = fields.Integer(required=True, metadata={"description": "Its number on the token ledger."})
    name = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(("merchant", "charity", "operator")))
    status = fields.String(required=True, validate=validate.OneOf(_STATUS))
    rate_bps = fields.Integer(required=True)
    limit = fields.Integer(required=True, allow_none=True, metadata=_LIMIT)
    funding = fields.String(required=True, validate=validate.OneOf(("postpaid", "prepaid")), metadata=_FUNDING)
    stores = fields.List(fields.String(), required=True, metadata=_STORES)
    outstanding = fields.Integer(required=True, metadata={"description": "Points issued and not yet redeemed."})


class Key(Output):
    id = fields.String(required=True)
    key = fields.String(
        required=True, allow_none=True, metadata={"description": "Shown this once; null when the answer is repeated."}
    )
    created_at = Moment(required=True)
