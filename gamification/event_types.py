"""What rules may read of each event: the attributes by name, and of which kind each is."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class FieldType(Enum):
    """``TEXTS`` is a list of texts, of which a measure counts each."""

    TEXT = "a text"
    INTEGER = "a whole number"
    TEXTS = "a list of texts"


EVENT_TYPES: Mapping[str, Mapping[str, FieldType]] = MappingProxyType(
    {
        "purchase.recorded": MappingProxyType(
            {
                "purchase": FieldType.TEXT,
                "partner": FieldType.TEXT,
                "store": FieldType.TEXT,
                "currency": FieldType.TEXT,
                "total_minor": FieldType.INTEGER,
                "payable_minor": FieldType.INTEGER,
                "points_accrued": FieldType.INTEGER,
                "points_redeemed": FieldType.INTEGER,
                "lines": FieldType.INTEGER,
                "categories": FieldType.TEXTS,
            }
        ),
    }
)
"""A field that a certain event lacks (a purchase without a store) counts for nothing and meets no comparison."""
