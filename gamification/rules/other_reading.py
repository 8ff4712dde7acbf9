"""Reading what is published beside achievements and challenges: the referral, leaderboards and draws."""

from coalition.domain.places import Place
from coalition.services.partners import OPERATOR
from gamification.rules.counting_reading import read_counted, read_day, read_identity, read_window
from gamification.rules.document import Budget, Burst, Measure, Referral, ReferralReward, Reward
from gamification.rules.draws import Draw, DrawPrize
from gamification.rules.leaderboards import Leaderboard
from gamification.rules.limits import (
    LONGEST_HOLD_S,
    MOST_BURST_HOURS,
    MOST_DAYS_TO_QUALIFY,
    MOST_IN_BURST,
    MOST_POINTS,
    MOST_REFERRALS_A_MONTH,
    MOST_WINNERS,
)
from gamification.rules.prizes import RankPrize, read_ranks
from gamification.rules.reward_reading import read_budget, read_shares, read_title
from gamification.rules.surroundings import Surroundings


def read_referral(place: Place, around: Surroundings) -> Referral:
    """The referral; where a mistake left a value unknown, something harmless stands for it."""
    parts = place.fields(("qualifies", "within_days", "referrer", "friend", "per_month"), ("burst", "hold_s", "budget"))
    qualifies = parts["qualifies"].fields(("on", "measure", "at"), ("where",)) if "qualifies" in parts else {}
    counted = read_counted(qualifies, around)
    if counted.measure.kind == "streak":
        qualifies["measure"].mistake("a referral counts, sums up or tells apart")
    burst = parts["burst"].fields(("referrals", "hours")) if "burst" in parts else {}
    referrer = _side(parts.get("referrer"), around)
    friend = _side(parts.get("friend"), around)
    most = Reward((referrer.points, friend.points), {})
    return Referral(
        on=counted.on,
        where=counted.where,
        measure=counted.measure if counted.measure.kind != "streak" else Measure("count"),
        at=_number(qualifies.get("at"), 1, MOST_POINTS),
        within_days=_number(parts.get("within_days"), 1, MOST_DAYS_TO_QUALIFY),
        referrer=referrer,
        friend=friend,
        per_month=_number(parts.get("per_month"), 1, MOST_REFERRALS_A_MONTH),
        burst=Burst(
            _number(burst.get("referrals"), 2, MOST_IN_BURST, 5), _number(burst.get("hours"), 1, MOST_BURST_HOURS, 24)
        ),
        hold_s=_number(parts.get("hold_s"), 0, LONGEST_HOLD_S, 0),
        budget=read_budget(parts.get("budget"), most, parts),
    )


def read_leaderboard(place: Place, around: Surroundings) -> Leaderboard:
    """The leaderboard; where a mistake left a value unknown, something harmless stands for it."""
    parts = place.fields(("id", "title", "on", "measure", "window"), ("where", "prizes", "funded_by", "budget"))
    counted = read_counted(parts, around)
    if counted.measure.kind not in ("count", "sum", "distinct"):
        parts["measure"].mistake("a leaderboard goes by count, {sum: FIELD} or {distinct: FIELD}")
    window = read_window(parts.get("window"))
    if window.kind == "days":
        parts["window"].mistake("a leaderboard begins anew with each period of the calendar, or goes by dates")
    prizes = _prizes(parts["prizes"]) if "prizes" in parts else ()
    if prizes and "funded_by" not in parts:
        place.inside("funded_by", "is missing: points need a sponsor")
    most = Reward(tuple(prize.reward["points"] for prize in prizes), {})
    return Leaderboard(
        id=read_identity(parts["id"]) if "id" in parts else "",
        title=read_title(parts.get("title")),
        on=counted.on,
        where=counted.where,
        measure=counted.measure,
        window=window,
        prizes=prizes,
        funded_by=read_shares(parts["funded_by"], around) if "funded_by" in parts else {},
        budget=read_budget(parts.get("budget"), most, parts) if "budget" in parts else Budget(),
    )


def read_draw(place: Place, around: Surroundings) -> Draw | None:
    """The draw, or None if it has mistakes."""
    parts = place.fields(("id", "title", "closes_on", "prizes"), ("partner",))
    id_ = read_identity(parts["id"]) if "id" in parts else ""
    title = read_title(parts.get("title"))
    closes_on = read_day(parts["closes_on"]) if "closes_on" in parts else None
    if closes_on and around.today and closes_on < around.today and id_ not in around.known_draws:
        parts["closes_on"].mistake(f"{closes_on} has passed: nobody could win a ticket any more")
    partner = around.partner(parts["partner"]) if "partner" in parts else None
    prizes = tuple(_draw_prize(item) for item in parts["prizes"].items()) if "prizes" in parts else ()
    if "partner" not in parts and any(prize.points for prize in prizes):
        place.inside("partner", f"is missing: points need a sponsor; it may be {OPERATOR}")
    # Where the coalition gives the prizes there is no till of the giver's.
    giver = None if partner == OPERATOR else partner
    return Draw(id_, title, giver, closes_on, prizes) if closes_on and prizes else None


def _draw_prize(place: Place) -> DrawPrize:
    given = place.fields(("title", "winners"), ("points",))
    points = _number(given["points"], 1, MOST_POINTS) if "points" in given else 0
    return DrawPrize(read_title(given.get("title")), _number(given.get("winners"), 1, MOST_WINNERS), points)


def _side(place: Place | None, around: Surroundings) -> ReferralReward:
    if place is None:
        return ReferralReward(0, {})
    parts = place.fields(("points", "funded_by"))
    shares = read_shares(parts["funded_by"], around) if "funded_by" in parts else {}
    return ReferralReward(_number(parts.get("points"), 0, MOST_POINTS, 0), shares)


def _prizes(place: Place) -> tuple[RankPrize, ...]:
    prizes: list[RankPrize] = []
    for item in place.items():
        parts = item.fields(("ranks", "points"))
        ranks = read_ranks(parts["ranks"]) if "ranks" in parts else None
        points = _number(parts.get("points"), 1, MOST_POINTS)
        if ranks is None:
            continue
        if prizes and ranks[0] <= prizes[-1].last:
            parts["ranks"].mistake("must begin after the ranks before")
        prizes.append(RankPrize(*ranks, {"points": points}))
    return tuple(prizes)


def _number(place: Place | None, minimum: int, maximum: int, default: int | None = None) -> int:
    given = place.integer(minimum, maximum) if place else None
    return given if given is not None else minimum if default is None else default
