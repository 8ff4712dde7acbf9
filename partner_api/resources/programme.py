"""The programme's versions: whoever takes part may read the rules, and operators publish new ones."""

from datetime import datetime
from typing import Any

import orjson
from flask import Response
from flask.views import MethodView

from coalition.services import programmes
from coalition.services.cursors import Page, page, read_cursor
from partner_api.blueprint import Blueprint
from partner_api.context import now
from partner_api.idempotency import answer_once
from partner_api.schemas.fields import PageQuery, page_of
from partner_api.schemas.programme import ProgrammeDraft, ProgrammeSummary, ProgrammeVersion, PublishedProgramme

blueprint = Blueprint("programme", __name__, description="The rules, in dated versions")

_ANSWER = PublishedProgramme()


@blueprint.at("/v1/programme")
class Programme(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(ProgrammeSummary))
    def get(self, query: dict[str, Any]) -> Page[programmes.Version]:
        """List the versions of the programme, the first one first"""
        after = read_cursor("programme", query["cursor"], default=0)
        rows = [each for each in programmes.versions() if each.version > after]
        return page("programme", rows, query["limit"], lambda each: each.version)

    @blueprint.guarded("operator", idempotent=True)
    @blueprint.takes(ProgrammeDraft())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any]) -> Response:
        """Publish a version of the programme, in force from a moment to come"""
        return answer_once(_ANSWER, lambda: _publish(body["programme"], body["effective_from"]))


@blueprint.at("/v1/programme/<number:version>")
class OneVersion(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, ProgrammeVersion())
    def get(self, version: int) -> dict[str, Any]:
        """Show a version of the programme"""
        return _view(programmes.version(version))


def _publish(document: dict[str, Any], effective_from: datetime) -> dict[str, Any]:
    programme = programmes.draft(orjson.dumps(document).decode(), "programme")
    published = programmes.publish_programme(programme, effective_from, now=now())
    return _view(published.version) | {"unknown_categories": published.unknown_categories}


def _view(version: programmes.Version) -> dict[str, Any]:
    return version._asdict() | {"programme": version.document}
