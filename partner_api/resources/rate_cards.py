"""Rate cards, which whoever takes part may read, and the rates between currencies."""

from datetime import datetime
from typing import Any

import orjson
from flask import Response
from flask.views import MethodView

from coalition.services import rate_cards
from coalition.services.cursors import Page, page, read_cursor
from partner_api.blueprint import Blueprint
from partner_api.context import now, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.fields import PageQuery, page_of
from partner_api.schemas.rate_cards import ExchangeRate, ExchangeRateOrder, RateCard, RateCardDraft

blueprint = Blueprint("rate cards", __name__, description="What points cost, from when on")

_ANSWER = RateCard()


@blueprint.at("/v1/rate-cards")
class RateCards(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(RateCard))
    def get(self, query: dict[str, Any]) -> Page[rate_cards.Version]:
        """List the rate cards, the first one first"""
        after = read_cursor("ratecards", query["cursor"], default=0)
        rows = [each for each in rate_cards.versions() if each.version > after]
        return page("ratecards", rows, query["limit"], lambda each: each.version)

    @blueprint.guarded("operator", idempotent=True)
    @blueprint.takes(RateCardDraft())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any]) -> Response:
        """Publish a rate card, in force from a moment to come; what happened before keeps its price"""
        by = principal().key_id
        return answer_once(_ANSWER, lambda: _publish(body["document"], body["effective_from"], by))


@blueprint.at("/v1/exchange-rates")
class ExchangeRates(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(ExchangeRate))
    def get(self, query: dict[str, Any]) -> Page[rate_cards.DatedRate]:
        """List the rates between currencies, by day; each holds until the next of its currencies"""
        after = read_cursor("exchangerates", query["cursor"], default=-1)
        rows = [each for each in rate_cards.list_exchange_rates() if _place(each) > after]
        return page("exchangerates", rows, query["limit"], _place)

    @blueprint.guarded("operator")
    @blueprint.takes(ExchangeRateOrder())
    @blueprint.answers(200, ExchangeRate())
    def put(self, body: dict[str, Any]) -> dict[str, Any]:
        """Give the rate between two currencies from a day on; until that day is closed, it may be given anew"""
        rate_cards.set_exchange_rate(**body, by=principal().key_id, now=now())
        return body


def _place(rate: rate_cards.DatedRate) -> int:
    """A number that orders rates as their list does, by day and then by the currencies' letters."""
    place = rate.day.toordinal()
    for letter in rate.base + rate.quote:
        place = place * 26 + ord(letter) - ord("A")
    return place


def _publish(document: dict[str, Any], effective_from: datetime, by: str) -> rate_cards.Version:
    card = rate_cards.draft(orjson.dumps(document).decode(), "rate card")
    return rate_cards.publish_rate_card(card, effective_from, by, now=now())
