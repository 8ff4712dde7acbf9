"""How a member's invitations stand."""

from marshmallow import fields

from partner_api.schemas.fields import Output


class ReferralsThisMonth(Output):
    rewarded = fields.Integer(required=True)
    limit = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Beyond it rewards wait for an operator; null where that is not bounded."},
    )


class Referral(Output):
    member = fields.String(required=True)
    code = fields.String(required=True)
    link = fields.String(required=True, metadata={"description": "For friends: it says what to do at the till."})
    invited = fields.Integer(required=True, metadata={"description": "Who have become members by the code."})
    qualified = fields.Integer(required=True, metadata={"description": "Of these, who have bought enough since."})
    rewarded = fields.Integer(required=True, metadata={"description": "Of these, for whom the member has the reward."})
    held = fields.Integer(required=True, metadata={"description": "Of these, for whom the reward is yet to come."})
    this_month = fields.Nested(ReferralsThisMonth(), required=True)
