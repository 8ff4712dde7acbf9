"""Leaderboards: of others, nobody sees more than nicknames. Titles come in the language of Accept-Language."""

from marshmallow import Schema, fields, validate

from partner_api.schemas.fields import Moment, Output, PageQuery, Text

_PERIOD = {"description": "2026-03-02, 2026-W10, 2026-03, 2026 or 2026-03-01..2026-03-15; null for all time."}
_ASKED = {"description": "As the answer names it; without it, the present one."}
_NICKNAME = {"description": "Null for somebody who has left."}
_MEMBERS_OWN = {"description": "Null to partners."}
_AROUND = {
    "description": "Five places, the member's among them, in the middle where that is possible. None to partners."
}
_CLOSED = {"description": "Nothing of it changes any more."}


class PeriodQuery(Schema):
    period = Text(40, load_default=None, metadata=_ASKED)


class TopQuery(PageQuery, PeriodQuery):
    """Which page of which period."""


class RankPrize(Output):
    first = fields.Integer(required=True)
    last = fields.Integer(required=True)
    reward = fields.Dict(required=True, metadata={"description": "What each of these ranks wins."})


class Leaderboard(Output):
    id = fields.String(required=True)
    title = fields.String(required=True)
    window = fields.String(required=True, metadata={"description": "What a period is: day, week, month, year, …"})
    period = fields.String(required=True, allow_none=True, metadata=_PERIOD)
    last_day = fields.Date(required=True, allow_none=True, metadata={"description": "Of the present period."})
    grace_days = fields.Integer(required=True, metadata={"description": "How long after it late purchases count."})
    prizes = fields.List(fields.Nested(RankPrize()), required=True)


class Leaderboards(Output):
    data = fields.List(fields.Nested(Leaderboard()), required=True)


class Place(Output):
    rank = fields.Integer(required=True)
    nickname = fields.String(required=True, allow_none=True, metadata=_NICKNAME)
    score = fields.Integer(required=True)


class Top(Output):
    leaderboard = fields.String(required=True)
    period = fields.String(required=True, allow_none=True, metadata=_PERIOD)
    closed = fields.Boolean(required=True, metadata=_CLOSED)
    of = fields.Integer(required=True, metadata={"description": "How many have a place."})
    data = fields.List(fields.Nested(Place()), required=True)
    next_cursor = fields.String(required=True, allow_none=True, metadata={"description": "Null on the last page."})


class Standing(Output):
    leaderboard = fields.String(required=True)
    period = fields.String(required=True, allow_none=True, metadata=_PERIOD)
    closed = fields.Boolean(required=True, metadata=_CLOSED)
    rank = fields.Integer(required=True, allow_none=True, metadata={"description": "Null as long as the score is 0."})
    of = fields.Integer(required=True, metadata={"description": "How many have a place."})
    score = fields.Integer(required=True, allow_none=True, metadata=_MEMBERS_OWN)
    nickname = fields.String(
        required=True, allow_none=True, metadata={"description": "Null for somebody who has left, and to partners."}
    )
    around = fields.List(
        fields.Nested(Place()),
        required=True,
        validate=validate.Length(max=5),
        metadata=_AROUND,
    )


class LeaderboardEntry(Schema):
    nickname = Text(
        64, required=True, metadata={"description": "3 to 24 letters, digits, spaces, _ and -; others see it."}
    )


class Membership(Output):
    leaderboard = fields.String(required=True)
    nickname = fields.String(required=True)
    joined_at = Moment(required=True)
