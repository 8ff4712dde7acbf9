"""What is not a purchase: events, their types, reviews, and where stores are."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from gamification.acts.attributes import MOST
from gamification.acts.registered import ATTRIBUTE_TYPES, MOST_ATTRIBUTES
from gamification.acts.states import State
from gamification.acts.visits import EASTERNMOST_E6, NORTHERNMOST_E6, RADIUS_M
from partner_api.schemas.fields import Flag, Moment, Output, PageQuery, PublicId, Reason, Text, Whole

_STATES = tuple(map(str, State))
_MODERATED = tuple(str(state) for state in State if state is not State.RECORDED)
_E6 = "In millionths of a degree, WGS 84."
_NAME = validate.Length(1, 64)


class EventPosting(Schema):
    event_id = Text(128, required=True, metadata={"description": "Yours; it is recorded once, whatever happens."})
    type = Text(64, required=True, metadata={"description": "One of GET /v1/event-types."})
    member = PublicId("A member's id.")
    occurred_at = Moment(required=True)
    attributes = fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "As the type has them: texts, whole numbers…"}
    )


class Event(Output):
    id = fields.String(required=True)
    type = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(_STATES))


class PostedEvent(Event):
    member = fields.String(required=True)
    event_id = fields.String(required=True)
    occurred_at = Moment(required=True)
    recorded_at = Moment(required=True)


class Withdrawal(Schema):
    reason = Reason()


class Title(Schema):
    en = Text(100, required=True)
    ru = Text(100, required=True)


class ByAttribute(fields.Dict):
    """Something of each attribute by its name; what is wrong with one is told at its name."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        except ValidationError as error:
            if not isinstance(error.messages, dict):
                raise
            told = {name: [text for texts in of.values() for text in texts] for name, of in error.messages.items()}
            raise ValidationError(told) from error


def _bounds(description: str) -> ByAttribute:
    return ByAttribute(
        keys=fields.String(validate=_NAME),
        values=Whole(-MOST, MOST),
        load_default=dict,
        validate=validate.Length(max=MOST_ATTRIBUTES),
        metadata={"description": description},
    )


class EventTypeRegistration(Schema):
    type = Text(100, required=True, metadata={"description": "Two words with a dot between them: bottle.returned."})
    title = fields.Nested(Title(), required=True)
    attributes = ByAttribute(
        keys=fields.String(validate=_NAME),
        values=fields.String(validate=validate.OneOf(ATTRIBUTE_TYPES)),
        required=True,
        validate=validate.Length(max=MOST_ATTRIBUTES),
    )
    optional = fields.List(
        fields.String(validate=_NAME),
        load_default=list,
        validate=validate.Length(max=MOST_ATTRIBUTES),
        metadata={"description": "Names of attributes that may be left out."},
    )
    minimum = _bounds("The least that a whole number may be, by its name.")
    maximum = _bounds("The most that a whole number may be, by its name.")


class ShownTitle(Output):
    en = fields.String(required=True)
    ru = fields.String(required=True)


class EventType(Output):
    type = fields.String(required=True)
    title = fields.Nested(ShownTitle(), required=True)
    attributes = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    optional = fields.List(fields.String(), required=True)
    minimum = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    maximum = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    partner = fields.String(
        required=True, allow_none=True, metadata={"description": "Whose it is; null for those that everybody has."}
    )


class ReviewQuery(PageQuery):
    state = fields.String(validate=validate.OneOf(_MODERATED), load_default=None)


class Review(Output):
    id = fields.String(required=True)
    type = fields.String(required=True, validate=validate.OneOf(("review.posted", "photo.uploaded")))
    state = fields.String(required=True, validate=validate.OneOf(_MODERATED))
    member = fields.String(required=True)
    partner = fields.String(required=True)
    sku = fields.String(required=True, allow_none=True)
    purchase = fields.String(required=True, allow_none=True)
    rating = fields.Integer(
        required=True, allow_none=True, metadata={"description": "For operators, once it is decided; null otherwise."}
    )
    text = fields.String(required=True, allow_none=True)
    photos = fields.List(fields.String(), required=True)
    occurred_at = Moment(required=True)
    reason = fields.String(required=True, allow_none=True)
    decided_at = Moment(required=True, allow_none=True)


class StorePosition(Schema):
    latitude_e6 = Whole(-NORTHERNMOST_E6, NORTHERNMOST_E6, required=True, metadata={"description": _E6})
    longitude_e6 = Whole(-EASTERNMOST_E6, EASTERNMOST_E6, required=True, metadata={"description": _E6})
    radius_m = Whole(10, 5000, load_default=RADIUS_M, metadata={"description": "How near counts as there."})


class ShownStorePosition(Output):
    store_id = fields.String(required=True)
    latitude_e6 = fields.Integer(required=True)
    longitude_e6 = fields.Integer(required=True)
    radius_m = fields.Integer(required=True)


class _QuestionPublication(Schema):
    title = Text(200, required=True)
    text = Text(2000, load_default=None, allow_none=True)
    closes_at = Moment(required=True)


class IdeaPublication(_QuestionPublication):
    """What every question has, and no more."""


class SurveyPublication(_QuestionPublication):
    keeps_answers = Flag(
        load_default=False, metadata={"description": "Whether answers are kept; never with the member's name."}
    )


class _Question(Output):
    id = fields.String(required=True)
    partner = fields.String(required=True, metadata={"description": "The id of the partner who asks."})
    title = fields.String(required=True)
    text = fields.String(required=True, allow_none=True)
    closes_at = Moment(required=True)
    created_at = Moment(required=True)


class Idea(_Question):
    votes = fields.Integer(required=True, attribute="count")


class Survey(_Question):
    keeps_answers = fields.Boolean(required=True)
    completions = fields.Integer(required=True, attribute="count")


class SurveyAnswers(Output):
    answers = fields.List(fields.String(), required=True)


class OwnIdea(Idea):
    voted = fields.Boolean(required=True, attribute="done")


class OwnSurvey(Survey):
    completed = fields.Boolean(required=True, attribute="done")


class SurveyCompletion(Schema):
    answers = fields.List(Text(1000), load_default=list, validate=validate.Length(max=100))
