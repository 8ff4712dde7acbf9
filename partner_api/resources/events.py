"""What members do besides buying, as partners post it, and the types of it."""

from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services.cursors import Page
from coalition.services.partners import operator_number
from gamification.acts import posting, registered
from gamification.acts.posting import PostEvent
from gamification.acts.registered import RegisterEventType
from partner_api.blueprint import Blueprint
from partner_api.context import now, own_partner, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.acts import Event, EventPosting, EventType, EventTypeRegistration, PostedEvent, Withdrawal
from partner_api.schemas.fields import PageQuery, page_of

blueprint = Blueprint("events", __name__, description="What members do besides buying")

_ANSWER = Event()
_POSTED = PostedEvent()
_TYPE = EventType()


@blueprint.at("/v1/events")
class Events(MethodView):
    @blueprint.guarded("partner", idempotent=True)
    @blueprint.takes(EventPosting())
    @blueprint.answers(201, _ANSWER)
    def post(self, body: dict[str, Any]) -> Response:
        """Record what a member did; reviews and photos wait for a moderator"""
        command = PostEvent(partner=own_partner(), **body)
        return answer_once(_ANSWER, lambda: posting.post_event(command, now=now()))


@blueprint.at("/v1/events/<event_id>")
class OneEvent(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, _POSTED)
    def get(self, event_id: str) -> posting.PostedEvent:
        """Show an event that you have posted"""
        return posting.get_event(event_id, principal().partner)


@blueprint.at("/v1/events/<event_id>/withdrawal")
class EventWithdrawal(MethodView):
    @blueprint.guarded("partner", "operator", idempotent=True)
    @blueprint.takes(Withdrawal())
    @blueprint.answers(200, _POSTED)
    def post(self, body: dict[str, Any], event_id: str) -> Response:
        """Take back an event that was not so: it counts for nothing, and what it won is taken back by the rules"""
        me, reason = principal(), body["reason"]
        return answer_once(
            _POSTED, lambda: posting.withdraw(event_id, reason, me.partner, me.key_id, now=now()), status=200
        )


@blueprint.at("/v1/event-types")
class EventTypes(MethodView):
    @blueprint.guarded("partner", "operator", idempotent=True)
    @blueprint.takes(EventTypeRegistration())
    @blueprint.answers(201, _TYPE)
    def post(self, body: dict[str, Any]) -> Response:
        """Register a type of event, or add optional attributes to yours; an operator's is everybody's"""
        me = principal().partner

        def register() -> registered.EventType:
            owner = operator_number() if me is None else me
            return registered.register(RegisterEventType(partner=owner, **body), now=now())

        return answer_once(_TYPE, register)

    @blueprint.guarded("partner", "operator")
    @blueprint.takes(PageQuery(), "query")
    @blueprint.answers(200, page_of(EventType))
    def get(self, query: dict[str, Any]) -> Page[registered.EventType]:
        """List the types of event that you may post; operators see everybody's"""
        return registered.list_types(principal().partner, posting.BUILT_IN, **query)
