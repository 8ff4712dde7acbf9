"""Members, as they see themselves."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from partner_api.schemas.fields import Output, Text, TimeZone
from partner_api.schemas.members import Balance, Consents

_LOCALE = validate.OneOf(("en", "ru"))
_ZONE = {"description": "Where you live, an IANA zone; null where nobody has said."}


class MeChange(Schema):
    """What is left out stays as it is; null takes a name or an e-mail away."""

    name = Text(200, allow_none=True)
    email = fields.Email(validate=validate.Length(max=254), allow_none=True)
    locale = fields.String(validate=_LOCALE)
    time_zone = TimeZone()
    consents = fields.Nested(Consents())

    @validates_schema
    def _changes_something(self, data: dict[str, Any], **kwargs: Any) -> None:
        if not data:
            raise ValidationError("None of name, email, locale, time_zone and consents is given.")


class GivenConsents(Output):
    marketing = fields.Boolean(required=True)


class Me(Output):
    id = fields.String(required=True)
    card_number = fields.String(required=True)
    phone = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    locale = fields.String(required=True, validate=_LOCALE)
    time_zone = fields.String(required=True, allow_none=True, metadata=_ZONE)
    consents = fields.Nested(GivenConsents(), required=True)
    tier = fields.String(required=True, allow_none=True, metadata={"description": "Null where there are no tiers."})
    level = fields.Integer(required=True)
    balance = fields.Nested(Balance(), required=True)
