"""What members do in their own session: they vote on ideas and fill in surveys."""

from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services.cursors import Page
from gamification.acts import posting, questions
from partner_api.blueprint import Blueprint
from partner_api.context import now, own_member
from partner_api.idempotency import answer_once
from partner_api.schemas.acts import Event, OwnIdea, OwnSurvey, SurveyCompletion
from partner_api.schemas.fields import PageQuery, page_of

blueprint = Blueprint("my acts", __name__, description="What members do besides buying, in their own session")

_ANSWER = Event()


@blueprint.at("/v1/me/ideas")
class OwnIdeas(MethodView):
    @blueprint.guarded("member")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(OwnIdea))
    def get(self, query: dict[str, Any]) -> Page[questions.Question]:
        """List the ideas on which you can vote, and whether you have"""
        return questions.open_questions("idea", own_member(), **query, now=now())


@blueprint.at("/v1/me/ideas/<idea_id>/vote")
class Vote(MethodView):
    @blueprint.guarded("member", idempotent=True)
    @blueprint.answers(201, _ANSWER)
    def post(self, idea_id: str) -> Response:
        """Vote for an idea, once and for ever"""
        member = own_member()
        return answer_once(_ANSWER, lambda: posting.vote(member, idea_id, now=now()))


@blueprint.at("/v1/me/surveys")
class OwnSurveys(MethodView):
    @blueprint.guarded("member")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(OwnSurvey))
    def get(self, query: dict[str, Any]) -> Page[questions.Question]:
        """List the surveys that you can fill in, and whether you have"""
        return questions.open_questions("survey", own_member(), **query, now=now())


@blueprint.at("/v1/me/surveys/<survey_id>/completion")
class Completion(MethodView):
    @blueprint.guarded("member", idempotent=True)
    @blueprint.takes(SurveyCompletion())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any], survey_id: str) -> Response:
        """Fill in a survey, once; your answers are kept only if the survey says so, and never with your name"""
        member = own_member()
        return answer_once(_ANSWER, lambda: posting.complete_survey(member, survey_id, body["answers"], now=now()))
