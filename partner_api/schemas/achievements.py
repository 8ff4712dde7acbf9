"""What members achieve. Titles and descriptions come in the language that Accept-Language prefers."""

from typing import Any

from marshmallow import fields

from partner_api.schemas.badges import MemberBadge
from partner_api.schemas.fields import Moment, Output

_TOKEN = {"description": "The badge on the chain; null where the member was not awarded it."}
_PERIOD = {"description": "Of a repeated one; null for a lifetime's."}
_DATED = {"description": "Null to a partner if it was not won by an event of its own."}
_UNTIL = {"description": "At the latest, if that is known. Null to a partner if it was not won by an event of its own."}
_KEPT = {"description": "Null to partners: what happens at others counts, too."}
_FOLLOWED = {"description": "Null to a partner if what happens at others counts, too."}


class IconUrl(fields.String):
    """Where the icon is whose name stands under ``icon``."""

    def __init__(self) -> None:
        super().__init__(required=True, metadata={"description": "SVG, in the text's colour."})

    def get_value(self, obj: Any, attr: str, *args: Any, **kwargs: Any) -> Any:
        return super().get_value(obj, "icon", *args, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str:
        return f"/v1/icons/{value}.svg"


class _Tier(Output):
    id = fields.String(required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    icon = fields.String(required=True, metadata={"description": "A name of the icon set."})
    icon_url = IconUrl()
    badge = fields.Boolean(required=True)
    tier = fields.Integer(required=True, metadata={"description": "Counted from 1."})
    tiers = fields.Integer(required=True)
    threshold = fields.Integer(required=True)
    period = fields.String(required=True, allow_none=True, metadata=_PERIOD)
    points = fields.Integer(required=True)


class EarnedAchievement(_Tier):
    grant = fields.String(required=True, allow_none=True, metadata=_DATED)
    challenge = fields.Boolean(required=True)
    state = fields.String(required=True, metadata={"description": "held, until the points have come; then granted."})
    held_because = fields.String(required=True, allow_none=True)
    held_until = Moment(required=True, allow_none=True, metadata=_UNTIL)
    earned_at = Moment(required=True, allow_none=True, metadata=_DATED)
    token = fields.Nested(MemberBadge(), required=True, allow_none=True, metadata=_TOKEN)


class AchievementInProgress(_Tier):
    value = fields.Integer(required=True, allow_none=True, metadata=_FOLLOWED)
    remaining = fields.Integer(required=True, allow_none=True, metadata=_FOLLOWED)
    ends_on = fields.Date(required=True, allow_none=True)
    requires = fields.List(fields.String(), required=True, metadata={"description": "To be earned before."})


class Achievements(Output):
    """Hidden ones show once they are earned; to a partner, never if they are about another one."""

    member = fields.String(required=True)
    earned = fields.List(fields.Nested(EarnedAchievement()), required=True)
    in_progress = fields.List(fields.Nested(AchievementInProgress()), required=True)


class Level(Output):
    member = fields.String(required=True)
    experience = fields.Integer(required=True, allow_none=True, metadata=_KEPT)
    level = fields.Integer(required=True)
    level_at = fields.Integer(required=True, metadata={"description": "The experience that this level takes."})
    next_level_at = fields.Integer(required=True, allow_none=True, metadata={"description": "Null at the top."})
    remaining = fields.Integer(required=True, allow_none=True, metadata=_KEPT)
