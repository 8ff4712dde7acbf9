"""Categories of the month: what there is to choose, and what was chosen."""

from marshmallow import Schema, fields, validate

from partner_api.schemas.fields import Output, Text

_MONTH = {"description": "Of the programme's calendar.", "example": "2026-03"}


class CategoryChoice(Schema):
    rule = Text(64, required=True)
    month = fields.String(
        load_default=None,
        allow_none=True,
        validate=(
            validate.Length(equal=7),
            validate.Regexp("^[0-9]{4}-(0[1-9]|1[0-2])$", error="Not a month such as 2026-03."),
        ),
        metadata={"description": "This one, unless it is given, or the next.", "example": "2026-03"},
    )
    categories = fields.List(Text(64), required=True, validate=validate.Length(max=1000))


class OpenChoice(Output):
    rule = fields.String(required=True)
    month = fields.String(required=True, metadata=_MONTH)
    pick = fields.Integer(required=True, metadata={"description": "So many are to be picked."})
    of = fields.List(fields.String(), required=True, metadata={"description": "From these."})
    picked = fields.List(
        fields.String(), required=True, allow_none=True, metadata={"description": "Null while nothing is picked."}
    )


class OpenChoices(Output):
    member = fields.String(required=True)
    choices = fields.List(fields.Nested(OpenChoice()), required=True)
