"""Posting an act, taking it back, and looking at it: each is recorded once, or refused and leaves no trace."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from coalition.domain.purchase import CLOCK_SKEW
from coalition.errors import ReasonRequired
from coalition.services.members import enrolments, member_number, public_ids
from coalition.services.partners import Partner, check_active, operator_number, partners_numbered
from coalition.store.database import transaction
from gamification.acts import book, moderation, questions, registered, visits
from gamification.acts.attributes import Attribute, check_attributes
from gamification.acts.errors import (
    DuplicateEvent,
    EventBeforeEnrolment,
    EventFromFuture,
    UnknownEventType,
    placed,
)
from gamification.acts.kinds import Kind, Posting, as_posted
from gamification.acts.states import State
from gamification.event_types import FieldType
from gamification.store.act_tables import Act

BUILT_IN: Mapping[str, Kind] = MappingProxyType(
    {
        "review.posted": moderation.REVIEW,
        "photo.uploaded": moderation.PHOTO,
        "visit.checked_in": visits.VISIT,
        questions.SURVEY_COMPLETED: questions.SURVEY,
        questions.IDEA_VOTED: questions.IDEA,
        "social.shared": Kind(
            {"en": "Shared with friends", "ru": "Рассказ друзьям"},
            {"network": Attribute(FieldType.TEXT, longest=50), "what": Attribute(FieldType.TEXT)},
            as_posted,
        ),
    }
)
"""What every partner may post."""

_MODERATED = frozenset({"review.posted", "photo.uploaded"})


@dataclass(frozen=True, slots=True)
class PostEvent:
    """``partner`` is a number, ``member`` a public id, ``event_id`` the partner's own name for the event."""

    partner: int
    event_id: str
    type: str
    member: str
    occurred_at: datetime
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PostedEvent:
    """An act as it stands; ``id`` is also that of its event in the stream."""

    id: str
    type: str
    state: str
    member: str
    event_id: str
    occurred_at: datetime
    recorded_at: datetime


def post_event(command: PostEvent, *, now: datetime) -> PostedEvent:
    """Record what a member did, once.

    :raises DuplicateEvent: the partner has posted an event of that name.
    :raises CoalitionError: it is refused, and nothing was written.
    """
    with transaction():
        partner = partners_numbered([command.partner])[command.partner]
        check_active(partner)
        with placed("/member"):
            member = member_number(command.member)
        book.lock_member(member)
        if first := book.find(partner.id, command.event_id):
            raise DuplicateEvent(event_id=command.event_id, event=first)
        kind = _kind(command.type, partner)
        check_attributes(command.attributes, kind.schema)
        posting = Posting(command.type, partner, member, command.occurred_at, command.attributes, now)
        return _enter(posting, kind, partner.id, command.event_id)


def vote(member: int, idea: str, *, now: datetime) -> PostedEvent:
    """The member, in their own session, is for the idea.

    :raises UnknownIdea: there is none.
    :raises AlreadyVoted: the member has voted on it.
    :raises IdeaClosed: votes are no longer taken.
    """
    return _in_session(member, questions.IDEA_VOTED, {"idea": idea}, f"vote:{idea}", now)


def complete_survey(member: int, survey: str, answers: list[str], *, now: datetime) -> PostedEvent:
    """The member, in their own session, has filled in the survey; the answers are kept only if the survey does that.

    :raises UnknownSurvey: there is none.
    :raises AlreadyCompleted: the member has completed it.
    :raises SurveyClosed: it is closed.
    :raises InvalidAttributes: too many answers, or too long ones.
    """
    check_attributes({"answers": answers}, {"answers": questions.SURVEY.schema["answers"]})
    attributes = {"survey": survey, "answers": answers}
    return _in_session(member, questions.SURVEY_COMPLETED, attributes, f"survey:{survey}", now)


def get_event(event: str, partner: int | None) -> PostedEvent:
    """One that the partner has posted; anybody's, if it is None.

    :raises UnknownEvent: there is none.
    """
    return _posted(book.get(event, partner))


def withdraw(event: str, reason: str, partner: int | None, by: str, *, now: datetime) -> PostedEvent:
    """It was not so: from now on the event counts for nothing. ``partner`` is its poster, None an operator, who alone
    may withdraw what was approved; ``by`` is the id of the key.

    What a moderator looks at may be sent anew; a vote, and a survey, never.

    :raises ReasonRequired: no reason is given.
    :raises UnknownEvent: there is none, or it is another partner's.
    :raises OperatorDecides: it was approved, and no operator asks.
    :raises EventDecided: it is withdrawn already, or was rejected.
    """
    if not reason.strip():
        raise ReasonRequired()
    with transaction():
        act = book.locked(event, partner)
        act.withdrawn_because = reason
        book.undo(act, State.WITHDRAWN, reason, partner, by, now, free=act.type in _MODERATED)
        return _posted(act)


def _in_session(member: int, type_: str, attributes: dict[str, Any], event_id: str, now: datetime) -> PostedEvent:
    with transaction():
        book.lock_member(member)
        number = operator_number()
        operator = partners_numbered([number])[number]
        posting = Posting(type_, operator, member, now, attributes, now, own=True)
        return _enter(posting, BUILT_IN[type_], public_ids([member])[member], event_id)


def _enter(posting: Posting, kind: Kind, source: str, event_id: str) -> PostedEvent:
    if posting.occurred_at > posting.now + CLOCK_SKEW:
        raise EventFromFuture(occurred_at=posting.occurred_at, now=posting.now)
    enrolled_at = enrolments([posting.member])[posting.member]
    if posting.occurred_at < enrolled_at:
        raise EventBeforeEnrolment(occurred_at=posting.occurred_at, enrolled_at=enrolled_at)
    return _posted(book.enter(posting, source, event_id, kind.accept(posting)))


def _kind(type_: str, partner: Partner) -> Kind:
    if type_ in BUILT_IN:
        return BUILT_IN[type_]
    kind = registered.find_kind(type_, partner.number)
    if kind is None:
        close = get_close_matches(type_, [*BUILT_IN, *registered.postable(partner.number)], n=1)
        raise UnknownEventType(type=type_, nearest=close[0] if close else "")
    return kind


def _posted(act: Act) -> PostedEvent:
    return PostedEvent(
        id=act.public_id,
        type=act.type,
        state=str(act.state),
        member=public_ids([act.member_id])[act.member_id],
        event_id=act.event_id,
        occurred_at=act.occurred_at,
        recorded_at=act.recorded_at,
    )
