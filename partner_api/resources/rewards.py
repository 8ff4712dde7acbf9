"""Coupons and perks: what members have, and the till that honours them."""

from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services.cursors import Page
from gamification import rewards
from gamification.reward_list import MemberReward, rewards_of
from partner_api.blueprint import Blueprint
from partner_api.context import language, locale, now, own_member, own_member_id, own_partner, principal
from partner_api.idempotency import answer_once
from partner_api.paging import youngest_first
from partner_api.schemas.fields import PageQuery, page_of
from partner_api.schemas.rewards import Reward

blueprint = Blueprint("rewards", __name__, description="Coupons and perks that members have won")

_ANSWER = Reward()


@blueprint.at("/v1/members/<member_id>/rewards")
class MemberRewards(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(Reward))
    def get(self, query: dict[str, Any], member_id: str) -> Page[MemberReward]:
        """List a member's rewards that you honour, dated where you may know when; operators see all of them"""
        found = rewards_of(member_id, partner=principal().partner, locale=locale(), now=now())
        return youngest_first("rewards", found, **query)


@blueprint.at("/v1/rewards/<code>/claim")
class RewardClaim(MethodView):
    @blueprint.guarded("partner", idempotent=True)
    @blueprint.answers(201, _ANSWER)
    def post(self, code: str) -> Response:
        """Honour a reward whose code the member shows, once"""
        partner = own_partner()
        return answer_once(_ANSWER, lambda: rewards.claim_reward(code, partner, locale=locale(), now=now()))


@blueprint.at("/v1/me/rewards")
class OwnRewards(MethodView):
    @blueprint.guarded("member")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(Reward))
    def get(self, query: dict[str, Any]) -> Page[MemberReward]:
        """List your rewards, with the codes to show at tills"""
        found = rewards_of(own_member_id(), partner=None, locale=language(), now=now())
        return youngest_first("rewards", found, **query)


@blueprint.at("/v1/me/rewards/<reward_id>/claim")
class OwnRewardClaim(MethodView):
    @blueprint.guarded("member", idempotent=True)
    @blueprint.answers(201, _ANSWER)
    def post(self, reward_id: str) -> Response:
        """Use up a reward of yours that every merchant honours, without a till"""
        member = own_member()
        return answer_once(_ANSWER, lambda: rewards.claim_own_reward(reward_id, member, locale=language(), now=now()))
