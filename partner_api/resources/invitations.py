"""The page behind a member's link: what whoever follows it says at the till. It tells nothing of who sent it."""

from flask import Blueprint, Response, render_template_string

from coalition.errors import UnknownReferralCode
from coalition.services.referrals import own_code
from partner_api.context import locale

blueprint = Blueprint("invitations", __name__)

_PAGE = """\
<!doctype html>
<html lang="{{ language }}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{ title }}</title>
<style>
body { font: 1.125rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 3rem auto; padding: 0 1rem }
strong { display: block; font: 2.5rem ui-monospace, monospace; letter-spacing: .2em; margin: 1.5rem 0 }
</style>
<h1>{{ title }}</h1>
<p>{{ before }}</p>
{% if code %}<strong translate="no">{{ code }}</strong><p>{{ after }}</p>{% endif %}
"""

_INVITED = {
    "en": (
        "You are invited",
        "At your first visit to any shop of the coalition, ask at the till for a card and give this code:",
        "It counts when you become a member, not later. You and whoever invited you are then rewarded as the programme"
        " says.",
    ),
    "ru": (
        "Вас приглашают",
        "При первом посещении любого магазина коалиции попросите на кассе карту и назовите этот код:",
        "Код действует при вступлении, не позже. Вы и тот, кто вас пригласил, получите награду по правилам программы.",
    ),
}
_UNKNOWN = {
    "en": ("No such invitation", "Nobody has this code. Ask for the link once more: a character may be missing.", ""),
    "ru": ("Приглашение не найдено", "Такого кода нет. Попросите ссылку ещё раз: возможно, потерялся символ.", ""),
}

_HEADERS = {
    "Vary": "Accept-Language",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}


@blueprint.get("/r/<code>")
def show_invitation(code: str) -> Response:
    """What to do with the code at the till."""
    try:
        return _page(_INVITED, own_code(code), 200)
    except UnknownReferralCode:
        return _page(_UNKNOWN, None, 404)


def _page(texts: dict[str, tuple[str, str, str]], code: str | None, status: int) -> Response:
    language = locale()
    title, before, after = texts[language]
    page = render_template_string(_PAGE, language=language, title=title, before=before, after=after, code=code)
    return Response(page, status, content_type="text/html; charset=utf-8", headers=_HEADERS)
