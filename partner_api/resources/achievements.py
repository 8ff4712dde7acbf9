"""Achievements and challenges as rules: those that run, publishing others, and why a member has one or not."""

from dataclasses import asdict, replace
from typing import Any

import orjson
from flask import Response
from flask.views import MethodView

from coalition.services.cursors import Page, page, read_cursor
from gamification import explaining, publishing, running
from gamification.errors import RuleMistakes
from gamification.linting import remarks
from gamification.rules.limits import MOST_TEXT_BYTES
from gamification.rules.reading import ParsedRules
from partner_api.blueprint import Blueprint
from partner_api.context import language, locale, now, own_member_id, principal
from partner_api.errors import BodyTooLarge, MalformedJson
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
        """List the achievements and challenges that run; partners see no hidden ones that are about others"""
        after = read_cursor("achievements", query["cursor"], default=0)
        partner = principal().partner
        found = running.list_rules(after=after, limit=query["limit"] + 1, locale=locale(), partner=partner)
        shown = page("achievements", found, query["limit"], lambda each: each[0])
        return Page([rule for _, rule in shown.data], shown.next_cursor)

    @blueprint.guarded("operator", idempotent=True)
    @blueprint.takes(RuleDraft())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any]) -> Response:
        """Publish a rule file: achievements, challenges, levels, referral, leaderboards, draws"""
        # Before the transaction, for which others wait.
        parsed, by = _parsed(body["rules"]), principal().key_id
        return answer_once(_ANSWER, lambda: _publish(parsed, by, **body))


@blueprint.at("/v1/achievements/<achievement_id>")
class OneAchievement(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, Rule())
    def get(self, achievement_id: str) -> running.RunningRule:
        """Show an achievement or challenge that runs"""
        return running.get_rule(achievement_id, locale=locale(), partner=principal().partner)


@blueprint.at("/v1/members/<member_id>/achievements/<achievement_id>/explanation")
class MemberExplanation(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, Explanation())
    def get(self, member_id: str, achievement_id: str) -> explaining.Explanation:
        """Explain why a member has an achievement or not; partners see what counted where only their own tills count"""
        partner = principal().partner
        return explaining.explain(member_id, achievement_id, locale=locale(), now=now(), partner=partner)


@blueprint.at("/v1/me/achievements/<achievement_id>/explanation")
class OwnExplanation(MethodView):
    @blueprint.guarded("member")
    @blueprint.answers(200, Explanation())
    def get(self, achievement_id: str) -> explaining.Explanation:
        """Explain why you have an achievement or not"""
        return explaining.explain(own_member_id(), achievement_id, locale=language(), now=now())


def _parsed(rules: dict[str, Any] | str) -> ParsedRules:
    """:raises BodyTooLarge: no rule file is so long.
    :raises MalformedJson: it can be read, but is nested more deeply than JSON can be written.
    """
    try:
        text = rules if isinstance(rules, str) else document_text(rules)
    except orjson.JSONEncodeError as error:
        raise MalformedJson(problem="nested too deeply") from error
    if len(text.encode()) > MOST_TEXT_BYTES:
        raise BodyTooLarge(allowed_bytes=MOST_TEXT_BYTES)
    return publishing.parse(text)


def _publish(
    parsed: ParsedRules, by: str, rules: dict[str, Any] | str, *, back_fill: bool, dry_run: bool
) -> dict[str, Any]:
    publish = publishing.rehearse if dry_run else publishing.publish
    try:
        said = remarks(publishing.read_file(parsed, now=now()), now=now())
        summary = publish(parsed, now=now(), by=by, back_fill=back_fill)
    except RuleMistakes as refusal:
        if isinstance(rules, str):
            raise
        raise replace(refusal, pointers=pointers(rules, refusal.mistakes)) from refusal
    return summary._asdict() | {"remarks": [asdict(remark) for remark in said], "dry_run": dry_run}
