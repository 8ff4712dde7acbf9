"""Why a member has an achievement, or not."""

from marshmallow import fields

from partner_api.schemas.fields import Moment, Output

_FOLLOWED = "Null to a partner if what happens at others counts, too."
_OTHERS = {"description": f"How many more count, which are older. {_FOLLOWED}"}
_COUNTED = {"description": "Empty to a partner if what happens at others counts, too."}
_VALUE = {"description": _FOLLOWED}
_POSSIBLE = {
    "description": "Not earlier than on this day; null: never again. To a partner, if what happens at others counts, "
    "too, by the rule alone: a streak may be as long as it takes."
}
_DATED = {"description": "Null to a partner if it was not won by an event of its own."}


class CountedEvent(Output):
    id = fields.String(required=True)
    type = fields.String(required=True)
    occurred_at = Moment(required=True)
    day = fields.Date(required=True, metadata={"description": "The day that it was for the member."})


class EarnedTier(Output):
    grant = fields.String(required=True, allow_none=True, metadata=_DATED)
    tier = fields.Integer(required=True, metadata={"description": "Counted from 1."})
    threshold = fields.Integer(required=True)
    period = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    held_because = fields.String(required=True, allow_none=True)
    points = fields.Integer(required=True)
    earned_at = Moment(required=True, allow_none=True, metadata=_DATED)
    counted = fields.List(fields.Nested(CountedEvent()), required=True, metadata=_COUNTED)
    others = fields.Integer(required=True, allow_none=True, metadata=_OTHERS)


class Reason(Output):
    """`code` is stable; `text` says it in the member's language, with the values of `details`."""

    code = fields.String(required=True)
    text = fields.String(required=True)
    details = fields.Dict(keys=fields.String(), required=True)


class Explanation(Output):
    member = fields.String(required=True)
    id = fields.String(required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    earned = fields.List(fields.Nested(EarnedTier()), required=True)
    tier = fields.Integer(required=True, allow_none=True, metadata={"description": "The next that can be won."})
    value = fields.Integer(required=True, allow_none=True, metadata=_VALUE)
    threshold = fields.Integer(required=True, allow_none=True)
    remaining = fields.Integer(required=True, allow_none=True, metadata=_VALUE)
    period = fields.String(required=True, allow_none=True)
    ends_on = fields.Date(required=True, allow_none=True)
    reasons = fields.List(fields.Nested(Reason()), required=True, metadata={"description": "Why it is not won yet."})
    possible_from = fields.Date(required=True, allow_none=True, metadata=_POSSIBLE)
    counted = fields.List(fields.Nested(CountedEvent()), required=True, metadata=_COUNTED)
    others = fields.Integer(required=True, allow_none=True, metadata=_OTHERS)
