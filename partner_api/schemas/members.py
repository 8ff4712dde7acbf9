"""Members, as a till sees them: no other personal data than it needs."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from partner_api.schemas.fields import Flag, Moment, Output, Text, TimeZone


class Consents(Schema):
    marketing = Flag(required=True)


class MemberEnrolment(Schema):
    phone = Text(32, required=True, metadata={"example": "+79161234567"})
    email = fields.Email(validate=validate.Length(max=254))
    name = Text(200)
    birth_date = fields.Date()
    locale = fields.String(validate=validate.OneOf(("en", "ru")), load_default="en")
    consents = fields.Nested(Consents(), required=True)
    time_zone = TimeZone(metadata={"description": "Where the member lives: an IANA zone, such as Europe/Moscow."})
    referral_code = Text(32, metadata={"description": "Of the member who brought this one."})
    device = Text(
        255,
        metadata={"description": "Any text by which you know the person's device again. We keep a keyed hash of it."},
    )


class MemberQuery(Schema):
    phone = Text(32)
    card = Text(32)

    @validates_schema
    def _one_of_them(self, data: dict[str, Any], **kwargs: Any) -> None:
        if len(data) != 1:
            raise ValidationError("Give either phone or card.")


class Member(Output):
    id = fields.String(required=True)
    card_number = fields.String(required=True)
    tier = fields.String(required=True, allow_none=True, metadata={"description": "Null where there are no tiers."})
    level = fields.Integer(required=True)
    balance = fields.Integer(required=True)


class Expiring(Output):
    points = fields.Integer(required=True)
    expires_at = Moment(required=True)


class Maturing(Output):
    points = fields.Integer(required=True)
    available_at = Moment(required=True)


class Balance(Output):
    available = fields.Integer(required=True, metadata={"description": "What can be spent now."})
    pending = fields.Integer(required=True, metadata={"description": "What the return window keeps back."})
    held = fields.Integer(required=True, metadata={"description": "What holds set aside."})
    debt = fields.Integer(required=True, metadata={"description": "What the next points will repay."})
    expiring = fields.List(
        fields.Nested(Expiring()), required=True, metadata={"description": "What lapses when, the soonest first."}
    )
    maturing = fields.List(
        fields.Nested(Maturing()), required=True, metadata={"description": "When what is pending can be spent."}
    )
