"""Returns of goods: what came back, and what that undoes."""

from typing import Any

from marshmallow import Schema, fields, post_load

from partner_api.schemas.fields import MAX_QUANTITY, Moment, Output, Text, Whole
from partner_api.schemas.quotes import Lined


class ReturnedLine(Schema):
    line_id = Text(64, required=True)
    quantity = Whole(1, MAX_QUANTITY, required=True)

    @post_load
    def _pair(self, data: dict[str, Any], **kwargs: Any) -> tuple[str, int]:
        return data["line_id"], data["quantity"]


class GoodsReturn(Lined):
    return_id = Text(128, required=True, metadata={"description": "Yours; it is recorded once, whatever happens."})
    lines = fields.List(fields.Nested(ReturnedLine()), required=True, metadata={"description": "At least one."})
    occurred_at = Moment(load_default=None, allow_none=True, metadata={"description": "Now, unless it is given."})


class SpentPart(Output):
    """What became of points that the goods had earned and the member has spent already."""

    points_owed = fields.Integer(required=True, metadata={"description": "The member's debt."})
    points_written_off = fields.Integer(required=True, metadata={"description": "Left to the member."})
    points_deducted = fields.Integer(required=True, metadata={"description": "Bought back from the refund."})
    deducted_minor = fields.Integer(required=True, metadata={"description": "By so much the refund is lower."})


class RecordedReturn(Output):
    id = fields.String(required=True)
    accrual_reversed = fields.Integer(
        required=True, attribute="points_reversed", metadata={"description": "Points that the goods had earned."}
    )
    redemption_restored = fields.Integer(
        required=True, attribute="points_given_back", metadata={"description": "Points that had paid for the goods."}
    )
    refund_minor = fields.Integer(required=True, metadata={"description": "The money to give back."})
    balance = fields.Integer(required=True, metadata={"description": "The member's, afterwards."})
    debt = fields.Integer(required=True, metadata={"description": "The member's, afterwards."})
    spent = fields.Nested(SpentPart(), required=True)
