"""Statements as files: all lines for programs, and papers for people."""

from collections.abc import Iterable, Iterator

from flask import Response
from flask.views import MethodView

from coalition.services.statement_files import Form, statement_file
from coalition.services.statements import get_statement
from partner_api.blueprint import Blueprint
from partner_api.context import locale, now, principal
from partner_api.schemas.statements import StatementEntries

blueprint = Blueprint("statement files", __name__, description="Statements to keep, to check and to print")

_CSV = "text/csv; charset=utf-8"
_JSON = "application/json"
_HTML = "text/html; charset=utf-8"
_PDF = "application/pdf"
_TEXT = {"type": "string"}
_BYTES = {"type": "string", "format": "binary"}
_PIECE_BYTES = 64 * 1024


@blueprint.at("/v1/statements/<statement_id>/entries.csv")
class EntriesCsv(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, _TEXT, _CSV)
    def get(self, statement_id: str) -> Response:
        """Download every line of a statement of yours as CSV (RFC 4180)"""
        return _file(statement_id, "csv", _CSV)


@blueprint.at("/v1/statements/<statement_id>/entries.json")
class EntriesJson(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, StatementEntries())
    def get(self, statement_id: str) -> Response:
        """Download a statement of yours with every line, from which its root and sums can be recomputed"""
        return _file(statement_id, "json", _JSON)


@blueprint.at("/v1/statements/<statement_id>/statement.html")
class StatementHtml(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, _TEXT, _HTML)
    def get(self, statement_id: str) -> Response:
        """Download a statement of yours as one page, in the language that Accept-Language prefers"""
        return _in_readers_language(_file(statement_id, "html", _HTML))


@blueprint.at("/v1/statements/<statement_id>/statement.pdf")
class StatementPdf(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, _BYTES, _PDF)
    def get(self, statement_id: str) -> Response:
        """Download a statement of yours for the printer, in the language that Accept-Language prefers"""
        return _in_readers_language(_file(statement_id, "pdf", _PDF))


def _file(statement_id: str, form: Form, content_type: str) -> Response:
    issued = get_statement(statement_id, principal().partner)
    response = Response(_pieces(statement_file(issued, form, locale(), now=now())), content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{issued.statement.id}.{form}"'
    return response


def _in_readers_language(response: Response) -> Response:
    response.headers["Content-Language"] = locale()
    response.vary.add("Accept-Language")
    return response


def _pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The parts put together: a network is slow with one line at a time."""
    piece = bytearray()
    for part in parts:
        piece += part
        if len(piece) >= _PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
