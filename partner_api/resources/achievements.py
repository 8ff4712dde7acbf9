"""Achievements and challenges as rules: those that run, publishing others, and why a member has one or not."""

from dataclasses import asdict, replace
from typing import Any

from flask import Response, request
from flask.views import MethodView

from coalition.services import profiles
from coalition.services.cursors import Page, page, read_cursor
from gamification import explaining, publishing, running
from gamification.errors import RuleMistakes
from gamification.linting import remarks
from partner_api.blueprint import Blueprint
from partner_api.context import locale, now, own_member, own_member_id, principal
from partner_api.idempotency import answer_once
from partner_api.rule_documents import document_text, pointers
from partner_api.schemas.explanations import Explanation
from partner_api.schemas.fields import PageQuery, page_of
from partner_api.schemas.rules import PublishedRules, Rule, RuleDraft

blueprint = Blueprint("achievements", __name__, description="The rules that members win by, and why they won or not")

_ANSWER = PublishedRules()


@blueprint.at("/v1/achievements")
class Achievements(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(Rule))
    def get(self, query: dict[str, Any]) -> Page[running.RunningRule]:
        """List the achievements and challenges that run"""
        after = read_cursor("achievements", query["cursor"], default=0)
        found = running.list_rules(after=after, limit=query["limit"] + 1, locale=locale())
        shown = page("achievements", found, query["limit"], lambda each: each[0])
        return Page([rule for _, rule in shown.data], shown.next_cursor)

    @blueprint.guarded("operator", idempotent=True)
    @blueprint.takes(RuleDraft())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any]) -> Response:
        """Publish a rule file: achievements, challenges, levels, referral, leaderboards, draws"""
        return answer_once(_ANSWER, lambda: _publish(**body))


@blueprint.at("/v1/achievements/<achievement_id>")
class OneAchievement(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, Rule())
    def get(self, achievement_id: str) -> running.RunningRule:
        """Show an achievement or challenge that runs"""
        return running.get_rule(achievement_id, locale=locale())


@blueprint.at("/v1/members/<member_id>/achievements/<achievement_id>/explanation")
class MemberExplanation(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, Explanation())
    def get(self, member_id: str, achievement_id: str) -> explaining.Explanation:
        """Explain why a member has an achievement or not; partners see which events of their own counted"""
        partner = principal().partner
        return explaining.explain(member_id, achievement_id, locale=locale(), now=now(), partner=partner)


@blueprint.at("/v1/me/achievements/<achievement_id>/explanation")
class OwnExplanation(MethodView):
    @blueprint.guarded("member")
    @blueprint.answers(200, Explanation())
    def get(self, achievement_id: str) -> explaining.Explanation:
        """Explain why you have an achievement or not"""
        language = locale() if request.accept_languages else profiles.profile(own_member()).locale
        return explaining.explain(own_member_id(), achievement_id, locale=language, now=now())


def _publish(rules: dict[str, Any] | str, *, back_fill: bool, dry_run: bool) -> dict[str, Any]:
    text = rules if isinstance(rules, str) else document_text(rules)
    publish = publishing.rehearse if dry_run else publishing.publish
    try:
        said = remarks(publishing.read_file(text), now=now())
        summary = publish(text, now=now(), back_fill=back_fill)
    except RuleMistakes as refusal:
        if isinstance(rules, str):
            raise
        raise replace(refusal, pointers=pointers(rules, refusal.mistakes)) from refusal
    return summary._asdict() | {"remarks": [asdict(remark) for remark in said], "dry_run": dry_run}
