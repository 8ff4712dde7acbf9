"""Signing in."""

from marshmallow import Schema, fields, validate

from partner_api.schemas.fields import Moment, Output, Text


class CodeRequest(Schema):
    phone = Text(32, required=True, metadata={"example": "+79161234567"})


class SentCode(Output):
    """The same whether or not the number is a member's."""

    expires_at = Moment(required=True, metadata={"description": "Until when the code opens a session."})


class SignIn(Schema):
    phone = Text(32, required=True, metadata={"example": "+79161234567"})
    code = fields.String(
        required=True,
        validate=(validate.Length(equal=6), validate.Regexp("^[0-9]{6}$", error="Not six digits.")),
    )


class Session(Output):
    id = fields.String(required=True)
    token = fields.String(required=True, metadata={"description": "Shown this once."})
    member = fields.String(required=True)
    expires_at = Moment(required=True)
