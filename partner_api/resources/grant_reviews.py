"""Grants that something speaks against: they are held until an operator has looked at the reasons."""

from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services.cursors import Page
from gamification import grant_reviews, reviewing
from gamification.grant_reviews import Decision
from partner_api.blueprint import Blueprint
from partner_api.context import now, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.fields import page_of
from partner_api.schemas.grant_reviews import GrantReview, ReviewDecision, ReviewQuery

blueprint = Blueprint("grant-reviews", __name__, description="Grants that wait for an operator")

_ANSWER = GrantReview()


@blueprint.at("/v1/grant-reviews")
class GrantReviews(MethodView):
    @blueprint.guarded("operator")
    @blueprint.takes(ReviewQuery(), "query")
    @blueprint.answers(200, page_of(GrantReview))
    def get(self, query: dict[str, Any]) -> Page[grant_reviews.GrantReview]:
        """List the grants that wait, or what was decided, the oldest first, each with the reasons"""
        return grant_reviews.list_reviews(**query)


@blueprint.at("/v1/grant-reviews/<grant_id>")
class OneGrantReview(MethodView):
    @blueprint.guarded("operator")
    @blueprint.answers(200, _ANSWER)
    def get(self, grant_id: str) -> grant_reviews.GrantReview:
        """Show why a grant waits, or what was decided"""
        return grant_reviews.get_review(grant_id)


@blueprint.at("/v1/grant-reviews/<grant_id>/release")
class GrantRelease(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.takes(ReviewDecision())
    @blueprint.answers(200, _ANSWER)
    def post(self, body: dict[str, Any], grant_id: str) -> Response:
        """Give what the grant held back"""
        return _decide(grant_id, "released", body["note"])


@blueprint.at("/v1/grant-reviews/<grant_id>/revocation")
class GrantRevocation(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.takes(ReviewDecision())
    @blueprint.answers(200, _ANSWER)
    def post(self, body: dict[str, Any], grant_id: str) -> Response:
        """Take the grant back"""
        return _decide(grant_id, "revoked", body["note"])


def _decide(grant: str, decision: Decision, note: str) -> Response:
    by = principal().key_id

    def decide() -> grant_reviews.GrantReview:
        return grant_reviews.decide(
            grant,
            decision,
            by=by,
            note=note,
            now=now(),
            release=reviewing.release,
            revoke=reviewing.revoke_by_operator,
        )

    return answer_once(_ANSWER, decide, status=200)
