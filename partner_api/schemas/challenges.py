"""Challenges, teams and frozen streaks. Titles come in the language that Accept-Language prefers."""

from marshmallow import Schema, fields, validate

from gamification.challenge_list import STATES
from gamification.rules.document import SPLITS
from partner_api.schemas.fields import Moment, Output, Text

_STATE = {
    "description": "joined: what happens counts. completed: the last tier is won. over: its last day has passed. "
    "places_gone: the member got there after the last place was taken, and cannot win it any more."
}
_FOLLOWED = "null to a partner if what happens at others counts, too."
_VALUE = {"description": f"How far the member is; the team, if there is one; {_FOLLOWED}"}
_CONTRIBUTED = {"description": f"By this member; {_FOLLOWED}"}
_OWNER = {"description": "The merchant whose challenge it is; null if it is the coalition's."}
_PLACES = {"description": "How many can still win it; null if everybody can."}
_FOR_TEAMS = {"description": "Null where each member counts alone."}
_DAY = {"description": "Of a streak of weeks or months, any day of what is to be frozen."}


class TeamTerms(Output):
    most = fields.Integer(required=True, metadata={"description": "Members of one team."})
    reward = fields.String(
        required=True,
        validate=validate.OneOf(SPLITS),
        metadata={"description": "How the team's points are divided: equally, or by what each has contributed."},
    )


class OwnTeam(Output):
    id = fields.String(required=True)
    name = fields.String(required=True)
    members = fields.Integer(required=True)
    contributed = fields.Integer(required=True, allow_none=True, metadata=_CONTRIBUTED)


class Challenge(Output):
    id = fields.String(required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    icon = fields.String(required=True)
    owner = fields.String(required=True, allow_none=True, metadata=_OWNER)
    state = fields.String(required=True, validate=validate.OneOf(STATES), metadata=_STATE)
    starts_on = fields.Date(required=True, allow_none=True)
    ends_on = fields.Date(required=True, allow_none=True, metadata={"description": "The last day, of the member's."})
    tier = fields.Integer(required=True, metadata={"description": "The next one, counted from 1."})
    tiers = fields.Integer(required=True)
    value = fields.Integer(required=True, allow_none=True, metadata=_VALUE)
    threshold = fields.Integer(required=True)
    remaining = fields.Integer(required=True, allow_none=True, metadata={"description": "Null where value is."})
    points = fields.Integer(required=True, metadata={"description": "Of the tier; a team's are divided."})
    badge = fields.Boolean(required=True)
    places_left = fields.Integer(required=True, allow_none=True, metadata=_PLACES)
    requires = fields.List(fields.String(), required=True, metadata={"description": "To be earned before."})
    for_teams = fields.Nested(TeamTerms(), required=True, allow_none=True, metadata=_FOR_TEAMS)
    team = fields.Nested(OwnTeam(), required=True, allow_none=True)


class Challenges(Output):
    """Hidden ones show once the member has joined or won them; to a partner, never if they are about another one."""

    member = fields.String(required=True)
    data = fields.List(fields.Nested(Challenge()), required=True)


class Participation(Output):
    challenge = fields.String(required=True)
    joined_at = Moment(required=True)


class TeamFounding(Schema):
    name = Text(64, required=True, metadata={"description": "3 to 24 letters, digits, spaces, _ and -."})


class Mate(Output):
    me = fields.Boolean(required=True)
    captain = fields.Boolean(required=True)
    contributed = fields.Integer(required=True)


class Team(Output):
    """Its members see what each has contributed, and not who they are."""

    id = fields.String(required=True)
    challenge = fields.String(required=True)
    name = fields.String(required=True)
    code = fields.String(
        required=True, allow_none=True, metadata={"description": "By which others join; null for all but the captain."}
    )
    most = fields.Integer(required=True, metadata={"description": "As many members as it may have."})
    value = fields.Integer(required=True, metadata={"description": "What all have contributed."})
    tiers = fields.List(fields.Integer(), required=True, metadata={"description": "The thresholds."})
    won = fields.List(fields.Integer(), required=True, metadata={"description": "Which tiers, counted from 1."})
    members = fields.List(fields.Nested(Mate()), required=True)


class StreakFreeze(Schema):
    day = fields.Date(required=True, format="iso", metadata=_DAY)


class Freeze(Output):
    achievement = fields.String(required=True)
    day = fields.Date(required=True, metadata={"description": "The first day of what is frozen."})
    left = fields.Integer(required=True, metadata={"description": "How many more that calendar month has."})
