"""What members are asked: ideas and surveys."""

from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services.cursors import Page
from coalition.services.partners import operator_number
from gamification.acts import questions
from gamification.acts.questions import PublishQuestion, QuestionKind
from partner_api.blueprint import Blueprint
from partner_api.context import now, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.acts import Idea, IdeaPublication, Survey, SurveyAnswers, SurveyPublication
from partner_api.schemas.fields import PageQuery, page_of

blueprint = Blueprint("questions", __name__, description="Ideas to vote on, and surveys")

_IDEA = Idea()
_SURVEY = Survey()


@blueprint.at("/v1/ideas")
class Ideas(MethodView):
    @blueprint.guarded("partner", "operator", idempotent=True)
    @blueprint.takes(IdeaPublication())
    @blueprint.answers(201, _IDEA)
    def post(self, body: dict[str, Any]) -> Response:
        """Publish an idea to vote on; each member has one vote"""
        return _publish("idea", _IDEA, body)

    @blueprint.guarded("partner", "operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(Idea))
    def get(self, query: dict[str, Any]) -> Page[questions.Question]:
        """List your ideas and the operator's, the youngest first, each with its votes; operators see everybody's"""
        return questions.list_questions("idea", principal().partner, **query)


@blueprint.at("/v1/ideas/<idea_id>")
class OneIdea(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, _IDEA)
    def get(self, idea_id: str) -> questions.Question:
        """Show an idea, and how many are for it"""
        return questions.get_question("idea", idea_id, principal().partner)


@blueprint.at("/v1/surveys")
class Surveys(MethodView):
    @blueprint.guarded("partner", "operator", idempotent=True)
    @blueprint.takes(SurveyPublication())
    @blueprint.answers(201, _SURVEY)
    def post(self, body: dict[str, Any]) -> Response:
        """Publish a survey; each member completes it once"""
        return _publish("survey", _SURVEY, body)

    @blueprint.guarded("partner", "operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(Survey))
    def get(self, query: dict[str, Any]) -> Page[questions.Question]:
        """List your surveys and the operator's, the youngest first; operators see everybody's"""
        return questions.list_questions("survey", principal().partner, **query)


@blueprint.at("/v1/surveys/<survey_id>")
class OneSurvey(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, _SURVEY)
    def get(self, survey_id: str) -> questions.Question:
        """Show a survey, and how many have completed it"""
        return questions.get_question("survey", survey_id, principal().partner)


@blueprint.at("/v1/surveys/<survey_id>/answers")
class Answers(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(SurveyAnswers))
    def get(self, query: dict[str, Any], survey_id: str) -> dict[str, Any]:
        """List what was answered in a survey of yours that keeps answers, without the members' names"""
        shown = questions.answers(survey_id, principal().partner, **query)
        return {"data": [{"answers": answers} for answers in shown.data], "next_cursor": shown.next_cursor}


def _publish(kind: QuestionKind, answer: Idea | Survey, body: dict[str, Any]) -> Response:
    me = principal().partner

    def publish() -> questions.Question:
        asking = operator_number() if me is None else me
        return questions.publish(PublishQuestion(kind=kind, partner=asking, **body), now=now())

    return answer_once(answer, publish)
