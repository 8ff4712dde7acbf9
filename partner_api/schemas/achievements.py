"""What members achieve. Titles and descriptions come in the language that Accept-Language prefers."""

from marshmallow import fields

from partner_api.schemas.badges import MemberBadge
from partner_api.schemas.fields import Moment, Output

_TOKEN = {"description": "The badge on the chain; null where the member was not awarded it."}
_PERIOD = {"description": "Of a repeated one; null for a lifetime's."}


class _Tier(Output):
    id = fields.String(required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    badge = fields.Boolean(required=True)
    tier = fields.Integer(required=True, metadata={"description": "Counted from 1."})
    tiers = fields.Integer(required=True)
    threshold = fields.Integer(required=True)
    period = fields.String(required=True, allow_none=True, metadata=_PERIOD)
    points = fields.Integer(required=True)


class EarnedAchievement(_Tier):
    state = fields.String(required=True, metadata={"description": "held, until the points have come; then granted."})
    held_because = fields.String(required=True, allow_none=True)
    earned_at = Moment(required=True)
    token = fields.Nested(MemberBadge(), required=True, allow_none=True, metadata=_TOKEN)


class AchievementInProgress(_Tier):
    value = fields.Integer(required=True)
    remaining = fields.Integer(required=True)
    ends_on = fields.Date(required=True, allow_none=True)
    requires = fields.List(fields.String(), required=True, metadata={"description": "To be earned before."})


class Achievements(Output):
    """Hidden ones show once they are earned."""

    member = fields.String(required=True)
    earned = fields.List(fields.Nested(EarnedAchievement()), required=True)
    in_progress = fields.List(fields.Nested(AchievementInProgress()), required=True)


class Level(Output):
    member = fields.String(required=True)
    experience = fields.Integer(required=True)
    level = fields.Integer(required=True)
    level_at = fields.Integer(required=True, metadata={"description": "The experience that this level takes."})
    next_level_at = fields.Integer(required=True, allow_none=True)
    remaining = fields.Integer(required=True, allow_none=True)
