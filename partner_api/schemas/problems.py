"""The one form of every refusal: RFC 9457."""

from marshmallow import fields

from partner_api.schemas.fields import Output


class FieldProblem(Output):
    pointer = fields.String(required=True, metadata={"description": "JSON pointer (RFC 6901) to what is wrong."})
    message = fields.String(required=True)


class Problem(Output):
    type = fields.String(required=True, metadata={"description": "Where this code is explained: /problems/{code}."})
    title = fields.String(required=True, metadata={"description": "In the language that Accept-Language prefers."})
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "Stable; programs go by it."})
    values = fields.Dict(
        keys=fields.String(), metadata={"description": "What detail says in numbers and names, for programs."}
    )
    errors = fields.List(
        fields.Nested(FieldProblem()), metadata={"description": "Where in the request it stands, if at a place."}
    )
