"""Why an act is refused, in the form of all refusals of the coalition; ``pointer`` is the place in the request."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from coalition.errors import CoalitionError


@contextmanager
def placed(pointer: str | None) -> Iterator[None]:
    """Whatever is refused inside is wrong at that place of the request; at none of its body if it is None."""
    try:
        yield
    except CoalitionError as refusal:
        vars(refusal)["pointer"] = pointer
        raise


class AttributeMistake(NamedTuple):
    """``name`` of the attribute, and what is wrong with it."""

    name: str
    problem: str

    def __str__(self) -> str:
        return f"{self.name}: {self.problem}"


@dataclass
class InvalidAttributes(CoalitionError):
    """Every mistake in the attributes of one act."""

    code = "invalid_attributes"
    template = "{mistakes}"
    mistakes: tuple[AttributeMistake, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.mistakes))


@dataclass
class UnknownEventType(CoalitionError):
    """``nearest`` is the type that may have been meant, empty if none is like it."""

    code = "unknown_event_type"
    template = "No event type that you may post is named {type}"
    pointer = "/type"
    type: str
    nearest: str

    def __str__(self) -> str:
        return super().__str__() + (f"; did you mean {self.nearest}?" if self.nearest else ".")


@dataclass
class EventFromFuture(CoalitionError):
    code = "event_from_future"
    template = "The event is dated {occurred_at:%Y-%m-%dT%H:%M:%S%z}, later than now, {now:%Y-%m-%dT%H:%M:%S%z}."
    pointer = "/occurred_at"
    occurred_at: datetime
    now: datetime


@dataclass
class EventBeforeEnrolment(CoalitionError):
    code = "event_before_enrolment"
    template = (
        "The event is dated {occurred_at:%Y-%m-%dT%H:%M:%S%z}; the member enrolled at"
        " {enrolled_at:%Y-%m-%dT%H:%M:%S%z}."
    )
    pointer = "/occurred_at"
    occurred_at: datetime
    enrolled_at: datetime


@dataclass
class DuplicateEvent(CoalitionError):
    code = "duplicate_event"
    template = "Event {event_id} is already recorded as {event}."
    pointer = "/event_id"
    event_id: str
    event: str


@dataclass
class UnknownEvent(CoalitionError):
    code = "unknown_event"
    template = "No event of yours is known as {event}."
    event: str


@dataclass
class EventDecided(CoalitionError):
    code = "event_decided"
    template = "Event {event} is {state}; that can no longer be changed so."
    event: str
    state: str


@dataclass
class OperatorDecides(CoalitionError):
    code = "operator_decides"
    template = "Event {event} was approved; only an operator can undo that."
    event: str


@dataclass
class InvalidEventType(CoalitionError):
    code = "invalid_event_type"
    template = "Event type {type} cannot be so: {problem}."
    pointer = "/type"
    type: str
    problem: str


@dataclass
class EventTypeExists(CoalitionError):
    code = "event_type_exists"
    template = "Somebody else has registered event type {type}."
    pointer = "/type"
    type: str


@dataclass
class EventTypeFixed(CoalitionError):
    code = "event_type_fixed"
    template = "Attribute {attribute} of event type {type} is fixed; only optional ones may be added."
    pointer = "/attributes"
    type: str
    attribute: str


@dataclass
class NotPurchased(CoalitionError):
    code = "not_purchased"
    template = "The member has not bought {item} from you by then, or has brought all of it back."
    pointer = "/attributes"
    item: str


@dataclass
class AlreadyReviewed(CoalitionError):
    code = "already_reviewed"
    template = "The member has reviewed {sku} already, in {event}."
    pointer = "/attributes"
    sku: str
    event: str


@dataclass
class AlreadyUploaded(CoalitionError):
    code = "already_uploaded"
    template = "The member has uploaded this photo already, in {event}."
    pointer = "/attributes"
    event: str


@dataclass
class UnknownReview(CoalitionError):
    code = "unknown_review"
    template = "No review or photo of yours is known as {review}."
    review: str


@dataclass
class StoreWithoutPosition(CoalitionError):
    code = "store_without_position"
    template = "Nobody has said where your store {store} is."
    pointer = "/attributes/store_id"
    store: str


@dataclass
class InaccuratePosition(CoalitionError):
    code = "inaccurate_position"
    template = "The position is known to {accuracy_m} m only; whoever is within {radius_m} m of the store is there."
    pointer = "/attributes/accuracy_m"
    accuracy_m: int
    radius_m: int


@dataclass
class TooFar(CoalitionError):
    code = "too_far"
    template = "The member is {distance_m} m from the store; at most {radius_m} m count as there."
    pointer = "/attributes"
    distance_m: int
    radius_m: int


@dataclass
class TooFast(CoalitionError):
    code = "too_fast"
    template = (
        "Between this check-in and {event} the member would have gone {kmh} km/h; at most {most_kmh} are believed."
    )
    pointer = "/occurred_at"
    event: str
    kmh: int
    most_kmh: int


@dataclass
class CheckedInAlready(CoalitionError):
    code = "checked_in_already"
    template = "The member checked in at store {store} within {minutes} minutes, in {event}."
    pointer = "/occurred_at"
    store: str
    event: str
    minutes: int


@dataclass
class UnknownIdea(CoalitionError):
    code = "unknown_idea"
    template = "No idea is known as {idea}."
    idea: str


@dataclass
class IdeaClosed(CoalitionError):
    code = "idea_closed"
    template = "Votes on idea {idea} were taken until {closes_at:%Y-%m-%dT%H:%M:%S%z}."
    idea: str
    closes_at: datetime


@dataclass
class AlreadyVoted(CoalitionError):
    code = "already_voted"
    template = "The member has voted on idea {idea} already, in {event}."
    idea: str
    event: str


@dataclass
class UnknownSurvey(CoalitionError):
    code = "unknown_survey"
    template = "No survey is known as {survey}."
    survey: str


@dataclass
class SurveyClosed(CoalitionError):
    code = "survey_closed"
    template = "Survey {survey} was open until {closes_at:%Y-%m-%dT%H:%M:%S%z}."
    survey: str
    closes_at: datetime


@dataclass
class AlreadyCompleted(CoalitionError):
    code = "already_completed"
    template = "The member has completed survey {survey} already, in {event}."
    survey: str
    event: str


@dataclass
class AnsweredInSession(CoalitionError):
    code = "answered_in_session"
    template = "The operator asks {question}, and members answer that in their own session only."
    question: str


@dataclass
class ClosesInPast(CoalitionError):
    code = "closes_in_past"
    template = "What is to close at {closes_at:%Y-%m-%dT%H:%M:%S%z} would be closed already."
    pointer = "/closes_at"
    closes_at: datetime
