"""What rules may read of each event: the attributes by name, and of which kind each is."""

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from types import MappingProxyType

import orjson

from gamification.store.act_tables import EventType


class FieldType(Enum):
    """``TEXTS`` is a list of texts, of which a measure counts each."""

    TEXT = "a text"
    INTEGER = "a whole number"
    TEXTS = "a list of texts"
    BOOLEAN = "true or false"


Fields = Mapping[str, FieldType]


def _fields(**fields: FieldType) -> Fields:
    return MappingProxyType(fields)


EVENT_TYPES: Mapping[str, Fields] = MappingProxyType(
    {
        "purchase.recorded": _fields(
            purchase=FieldType.TEXT,
            partner=FieldType.TEXT,
            store=FieldType.TEXT,
            currency=FieldType.TEXT,
            total_minor=FieldType.INTEGER,
            payable_minor=FieldType.INTEGER,
            points_accrued=FieldType.INTEGER,
            points_redeemed=FieldType.INTEGER,
            lines=FieldType.INTEGER,
            categories=FieldType.TEXTS,
        ),
        "review.approved": _fields(
            partner=FieldType.TEXT,
            sku=FieldType.TEXT,
            category=FieldType.TEXT,
            words=FieldType.INTEGER,
            with_photo=FieldType.BOOLEAN,
        ),
        "photo.approved": _fields(partner=FieldType.TEXT, sku=FieldType.TEXT, category=FieldType.TEXT),
        "visit.checked_in": _fields(partner=FieldType.TEXT, store=FieldType.TEXT, distance_m=FieldType.INTEGER),
        "survey.completed": _fields(partner=FieldType.TEXT, survey=FieldType.TEXT),
        "idea.voted": _fields(partner=FieldType.TEXT, idea=FieldType.TEXT),
        "member.birthday": _fields(),
        "social.shared": _fields(partner=FieldType.TEXT, network=FieldType.TEXT, what=FieldType.TEXT),
    }
)
"""The built-in ones. A field that a certain event lacks (a purchase without a store) counts for nothing and meets no
comparison."""

_NO_SENTIMENT = "a reward is the same whatever a review says, so no rule may read its rating"

FORBIDDEN_FIELDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "review.approved": MappingProxyType({"rating": _NO_SENTIMENT}),
        "review.posted": MappingProxyType({"rating": _NO_SENTIMENT}),
    }
)
"""Fields that rules must not read, each with the reason."""

COUNTED_AS: Mapping[str, str] = MappingProxyType(
    {"review.posted": "review.approved", "photo.uploaded": "photo.approved"}
)
"""Acts that count only once a moderator has approved them, and the event that says so."""


def known() -> Mapping[str, Fields]:
    """All that rules may count: the built-in types, and those that are registered at this moment."""
    registered = {row.type: registered_fields(row.attributes) for row in EventType.select().order_by(EventType.id)}
    return MappingProxyType({**EVENT_TYPES, **registered})


@lru_cache(maxsize=1024)
def registered_fields(document: str) -> Fields:
    """What rules may read of a registered type, whose attributes are written down so; each has its partner's name."""
    attributes = orjson.loads(document)
    return _fields(
        partner=FieldType.TEXT, **{name: FieldType[each["type"].upper()] for name, each in attributes.items()}
    )
