"""POSTs of gamification: for each a caller, the names in its address and a body with which it is carried out."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, TypeAlias

from coalition.services.members import member_number
from gamification.grant_reviews import open_reviews
from gamification.leaderboards import ensure_leaderboard
from gamification.publishing import publish
from gamification.rewards import RewardWin, issue_rewards
from gamification.rules.rewards import Coupon, Perk
from gamification.store.reward_tables import Reward
from gamification.team_members import found_team
from tests.api.callers import Caller
from tests.integration.gamification.granting import add_grant
from tests.integration.gamification.helpers import rule, rule_text
from tests.integration.gamification.taking_part import challenge, team_challenge
from tests.integration.leaderboards.boards import board

World: TypeAlias = SimpleNamespace
Call: TypeAlias = Callable[[World], tuple[Caller, Mapping[str, str], Any]]

_CLOSES = "2026-03-09T09:00:00Z"
_NICKNAME = {"nickname": "Anya"}
_NOTE = {"note": "the family shares a tablet"}
_REASON = {"reason": "a mistake"}
_TITLE = {"en": "A coffee", "ru": "Кофе"}
_TYPE = {"type": "bottle.returned", "title": _TITLE, "attributes": {"litres": "integer"}}


def _share(w: World) -> dict[str, Any]:
    shared = {"network": "vk", "what": "badge"}
    at = w.clock.now().isoformat()
    return {"event_id": "e-1", "type": "social.shared", "member": w.anna, "occurred_at": at, "attributes": shared}


def _event(w: World) -> str:
    return str(w.made(w.cinema, "/v1/events", _share(w)))


def _review(w: World) -> str:
    body = _share(w) | {"type": "review.posted", "attributes": {"sku": "popcorn", "rating": 1, "text": "Salty."}}
    return str(w.made(w.cinema, "/v1/events", body))


def _asked(w: World, kind: str) -> str:
    return str(w.made(w.cafe, f"/v1/{kind}", {"title": "Later hours?", "closes_at": _CLOSES}))


def _waiting(w: World) -> str:
    """A grant that an operator has to look at."""
    grant = add_grant(w.anna, "referral-referrer", w.clock.now(), state="held")
    open_reviews([(grant, ["same_device"])], w.clock.now())
    return grant


def _reward(w: World, reward: Coupon | Perk) -> Reward:
    issue_rewards([RewardWin(f"gra_{'0' * 26}", member_number(w.anna), [reward])], w.clock.now())
    return Reward.select().get()


def _leaderboard(w: World) -> str:
    ensure_leaderboard(board(), w.clock.now())
    return board().id


def _challenge(w: World, name: str) -> str:
    daily = rule("daily", measure={"streak": "day", "freezes": 1}, tiers=[3])
    publish(rule_text(daily, challenges=[challenge(), team_challenge()]), now=w.clock.now())
    return name


def _team_of_bob(w: World) -> str:
    return str(found_team(member_number(w.bob), _challenge(w, "relay"), "Owls", now=w.clock.now()).code)


GAMIFICATION_CALLS: dict[str, Call] = {
    "/v1/events": lambda w: (w.cinema, {}, _share(w)),
    "/v1/events/<event_id>/withdrawal": lambda w: (w.cinema, {"event_id": _event(w)}, _REASON),
    "/v1/event-types": lambda w: (w.cafe, {}, _TYPE),
    "/v1/reviews/<review_id>/approval": lambda w: (w.cinema, {"review_id": _review(w)}, None),
    "/v1/reviews/<review_id>/rejection": lambda w: (w.cinema, {"review_id": _review(w)}, _REASON),
    "/v1/ideas": lambda w: (w.cafe, {}, {"title": "Later hours", "closes_at": _CLOSES}),
    "/v1/me/ideas/<idea_id>/vote": lambda w: (w.session, {"idea_id": _asked(w, "ideas")}, None),
    "/v1/surveys": lambda w: (w.operator, {}, {"title": "How was it?", "closes_at": _CLOSES}),
    "/v1/me/surveys/<survey_id>/completion": lambda w: (
        w.session,
        {"survey_id": _asked(w, "surveys")},
        {"answers": ["fine"]},
    ),
    "/v1/grant-reviews/<grant_id>/release": lambda w: (w.operator, {"grant_id": _waiting(w)}, _NOTE),
    "/v1/grant-reviews/<grant_id>/revocation": lambda w: (w.operator, {"grant_id": _waiting(w)}, _NOTE),
    "/v1/rewards/<code>/claim": lambda w: (
        w.cafe,
        {"code": _reward(w, Coupon(title=_TITLE, partner="cafe", valid_days=30)).code},
        None,
    ),
    "/v1/me/rewards/<reward_id>/claim": lambda w: (
        w.session,
        {"reward_id": _reward(w, Perk(title=_TITLE, valid_days=7)).public_id},
        None,
    ),
    "/v1/members/<member_id>/leaderboards/<leaderboard_id>/entry": lambda w: (
        w.cafe,
        {"member_id": w.anna, "leaderboard_id": _leaderboard(w)},
        _NICKNAME,
    ),
    "/v1/me/leaderboards/<leaderboard_id>/entry": lambda w: (
        w.session,
        {"leaderboard_id": _leaderboard(w)},
        _NICKNAME,
    ),
    "/v1/members/<member_id>/challenges/<challenge_id>/participation": lambda w: (
        w.cafe,
        {"member_id": w.anna, "challenge_id": _challenge(w, "sprint")},
        None,
    ),
    "/v1/me/challenges/<challenge_id>/join": lambda w: (w.session, {"challenge_id": _challenge(w, "sprint")}, None),
    "/v1/me/challenges/<challenge_id>/teams": lambda w: (
        w.session,
        {"challenge_id": _challenge(w, "relay")},
        {"name": "Larks"},
    ),
    "/v1/me/teams/<code>/membership": lambda w: (w.session, {"code": _team_of_bob(w)}, None),
    "/v1/me/streaks/<achievement_id>/freeze": lambda w: (
        w.session,
        {"achievement_id": _challenge(w, "daily")},
        {"day": "2026-03-03"},
    ),
}
