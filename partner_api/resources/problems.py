"""A page for each kind of problem: where the ``type`` of a problem document leads."""

from typing import Any

from flask import Blueprint, Response, render_template_string, request

from partner_api.context import locale
from partner_api.errors import NotFound
from partner_api.refusals import CODES

blueprint = Blueprint("problems", __name__)

_PAGE = """\
<!doctype html>
<html lang="{{ language }}">
<meta charset="utf-8">
<title>{{ shown|map(attribute="code")|join(", ") if shown|length == 1 else "Problems" }}</title>
{% for problem in shown -%}
<h1><a href="/problems/{{ problem.code }}">{{ problem.code }}</a> ({{ problem.status }})</h1>
{% for each in (language, other) -%}
<section lang="{{ each }}"><h2>{{ problem.title[each] }}</h2><p>{{ problem.advice[each] }}</p></section>
{% endfor %}
{%- endfor %}
"""


@blueprint.get("/problems")
def list_problems() -> Response | list[dict[str, Any]]:
    """All of them."""
    return _answer([_view(code) for code in CODES])


@blueprint.get("/problems/<code>")
def show_problem(code: str) -> Response | list[dict[str, Any]] | dict[str, Any]:
    """What a code means, and what to do about it."""
    if code not in CODES:
        raise NotFound()
    if _wants_page():
        return _answer([_view(code)])
    return _view(code)


def _view(code: str) -> dict[str, Any]:
    kind = CODES[code]
    return {
        "code": code,
        "status": kind.status,
        "title": {"en": kind.en, "ru": kind.ru},
        "advice": {"en": kind.advice_en, "ru": kind.advice_ru},
    }


def _answer(shown: list[dict[str, Any]]) -> Response | list[dict[str, Any]]:
    if not _wants_page():
        return shown
    language = locale()
    other = "en" if language == "ru" else "ru"
    page = render_template_string(_PAGE, shown=shown, language=language, other=other)
    return Response(page, content_type="text/html; charset=utf-8", headers={"Vary": "Accept, Accept-Language"})


def _wants_page() -> bool:
    return request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html"
