"""How members take out badges."""

from marshmallow import Schema, fields, validate

_IDENTITY = {
    "description": "Whom the badge names: a pseudonym alone, or with it the salted hash of the member's e-mail address."
}


class CredentialQuery(Schema):
    identity = fields.String(
        load_default="pseudonym", validate=validate.OneOf(("pseudonym", "email")), metadata=_IDENTITY
    )
