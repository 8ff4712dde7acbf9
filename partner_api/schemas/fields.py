"""The kinds of field that the API knows: each takes exactly what it says, and what it takes the database can keep."""

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate

from coalition.domain.time_zones import is_time_zone

MAX_POINTS = (1 << 56) - 1
"""As many as the token ledger can count."""
MAX_AMOUNT_MINOR = 10**12
"""Of one line: ten milliard in a currency that has cents. Ten thousand lines of it are within what databases keep."""
MAX_QUANTITY = 10**9

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})")
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class Text(fields.String):
    """Text of bounded length without control characters."""

    default_error_messages = {"control": "Contains control characters."}  # noqa: RUF012

    def __init__(self, longest: int = 200, shortest: int = 1, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(shortest, longest), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if _CONTROL.search(text):
            raise self.make_error("control")
        return text


class TimeZone(Text):
    """An IANA zone."""

    default_error_messages = {"zone": "Not an IANA time zone, such as Europe/Moscow."}  # noqa: RUF012

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(64, **{"metadata": {"example": "Europe/Moscow"}} | kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if not is_time_zone(name):
            raise self.make_error("zone")
        return name


class Reason(Text):
    """Why an operator changes something by hand; that a blank one is none, the services say."""

    def __init__(self) -> None:
        super().__init__(1000, 0, required=True, metadata={"description": "Why; it stays with us."})


class PublicId(Text):
    """The id of something that the API has named."""

    def __init__(self, description: str) -> None:
        super().__init__(40, required=True, metadata={"description": description})


class Reference(Text):
    """A till's own name for what it asks for."""

    def __init__(self) -> None:
        super().__init__(128, required=True, metadata={"description": "Yours; it occurs once, whatever happens."})


class Whole(fields.Integer):
    """A whole number written as one: neither 1.0, nor "1", nor true."""

    def __init__(self, least: int = 0, most: int = MAX_POINTS, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(least, most), **kwargs)


class Flag(fields.Boolean):
    """true or false, and nothing that only looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if value is not True and value is not False:
            raise self.make_error("invalid", input=value)
        return value


class Currency(fields.String):
    """An ISO 4217 code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            validate=(validate.Length(equal=3), validate.Regexp("^[A-Z]{3}$", error="Not three capital letters.")),
            **kwargs,
        )


class Moment(fields.DateTime):
    """RFC 3339 with an offset from UTC; given out in UTC."""

    default_error_messages = {  # noqa: RUF012
        "form": "Not RFC 3339 with an offset from UTC, such as 2026-03-02T12:00:00+03:00.",
        "early": "Earlier than 1970.",
    }

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        if value is None:
            return None
        # To the millisecond, which is what the database keeps: so a moment reads the same now and later.
        timespec = "milliseconds" if value.microsecond >= 1000 else "seconds"
        return value.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not _RFC3339.fullmatch(value):
            raise self.make_error("form")
        try:
            moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.make_error("form") from error
        if moment < _EARLIEST:
            raise self.make_error("early")
        return moment


class PageQuery(Schema):
    """Which page of a list."""

    # A query has no numbers: here the digits are text.
    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))
    cursor = Text(200, load_default=None, metadata={"description": "next_cursor of the page before."})


class Output(Schema):
    """What the API gives out; readers must put up with more fields than they know."""

    class Meta:
        unknown = EXCLUDE


@cache
def page_of(item: type[Schema]) -> Schema:
    """The schema of a page of such items."""
    return Output.from_dict(
        {
            "data": fields.List(fields.Nested(item()), required=True),
            "next_cursor": fields.String(
                required=True, allow_none=True, metadata={"description": "Null on the last page."}
            ),
        },
        name=f"{item.__name__}Page",
    )()
