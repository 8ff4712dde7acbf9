"""Quotes: a receipt that is not yet one, and what it would come to."""

from typing import Any

from marshmallow import Schema, fields, post_load, pre_load, validate

from coalition.domain import purchase
from coalition.domain.redemption import Exactly
from coalition.errors import TooManyLines
from partner_api.schemas.fields import MAX_AMOUNT_MINOR, MAX_QUANTITY, Currency, Flag, Output, PublicId, Text, Whole


class Line(Schema):
    line_id = Text(64, required=True)
    sku = Text(64, required=True)
    category = Text(64, required=True)
    name = Text(200, load_default=None, allow_none=True)
    quantity = Whole(0, MAX_QUANTITY, required=True)
    amount_minor = Whole(
        -MAX_AMOUNT_MINOR,
        MAX_AMOUNT_MINOR,
        required=True,
        metadata={"description": "The price of the whole quantity, below zero for a rebate."},
    )
    discounted = Flag(load_default=False)

    @post_load
    def _line(self, data: dict[str, Any], **kwargs: Any) -> purchase.Line:
        return purchase.Line(**data)


class Lined(Schema):
    """What has lines: no more of them than a receipt."""

    @pre_load
    def _few_enough(self, data: Any, **kwargs: Any) -> Any:
        """Before each line is looked at, which for a million of them would take long."""
        lines = data.get("lines") if isinstance(data, dict) else None
        if isinstance(lines, list) and len(lines) > purchase.MAX_LINES:
            raise TooManyLines(allowed=purchase.MAX_LINES, lines=len(lines))
        return data


class Receipt(Lined):
    """What a quote and a purchase have in common."""

    member = PublicId("The member's id.")
    currency = Currency(required=True, metadata={"example": "USD"})
    lines = fields.List(
        fields.Nested(Line()),
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": f"From one to {purchase.MAX_LINES} lines."},
    )
    points_to_redeem = Whole(load_default=0, metadata={"description": "Points that shall pay for a part of it."})
    store_id = Text(64, load_default=None, allow_none=True)

    @post_load
    def _command(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        return data | {"redeem": Exactly(data.pop("points_to_redeem")), "lines": tuple(data["lines"])}


class LinePoints(Output):
    """What a line earns by which rule, at which partner's cost; a line that earns nothing costs nobody."""

    line_id = fields.String(required=True)
    rule = fields.String(required=True)
    points = fields.Integer(required=True)
    funder = fields.String(required=True, allow_none=True, metadata={"description": "The partner's id."})


class QuotedAccrual(Output):
    points = fields.Integer(required=True)
    breakdown = fields.List(fields.Nested(LinePoints()), required=True)


class QuotedRedemption(Output):
    max_points = fields.Integer(required=True, metadata={"description": "The most that can pay for this receipt."})
    points = fields.Integer(required=True)
    discount_minor = fields.Integer(required=True)


class Quote(Output):
    accrual = fields.Nested(QuotedAccrual(), required=True)
    redemption = fields.Nested(QuotedRedemption(), required=True)
    payable_minor = fields.Integer(required=True)
