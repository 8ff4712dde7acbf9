"""Reviews and photos, which count once they are approved; the same for every rating."""

from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services.cursors import Page
from gamification.acts import moderation
from partner_api.blueprint import Blueprint
from partner_api.context import now, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.acts import Review, ReviewQuery, Withdrawal
from partner_api.schemas.fields import page_of

blueprint = Blueprint("reviews", __name__, description="Reviews and photos, and their moderation")

_ANSWER = Review()


@blueprint.at("/v1/reviews")
class Reviews(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.takes(ReviewQuery(), "query")
    @blueprint.answers(200, page_of(Review))
    def get(self, query: dict[str, Any]) -> Page[moderation.Review]:
        """List reviews and photos of what you sell, the oldest first; operators see everybody's"""
        return moderation.list_reviews(partner=principal().partner, **query)


@blueprint.at("/v1/reviews/<review_id>/approval")
class Approval(MethodView):
    @blueprint.guarded("partner", "operator", idempotent=True)
    @blueprint.answers(200, _ANSWER)
    def post(self, review_id: str) -> Response:
        """Let a review or a photo count"""
        me = principal()
        return answer_once(_ANSWER, lambda: moderation.approve(review_id, me.partner, me.key_id, now=now()), status=200)


@blueprint.at("/v1/reviews/<review_id>/rejection")
class Rejection(MethodView):
    @blueprint.guarded("partner", "operator", idempotent=True)
    @blueprint.takes(Withdrawal())
    @blueprint.answers(200, _ANSWER)
    def post(self, body: dict[str, Any], review_id: str) -> Response:
        """Let a review or a photo count for nothing, which once it is approved only operators may"""
        me, reason = principal(), body["reason"]
        return answer_once(
            _ANSWER, lambda: moderation.reject(review_id, reason, me.partner, me.key_id, now=now()), status=200
        )
