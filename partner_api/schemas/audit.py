"""The log of what operators, and partners about their statements, did."""

from marshmallow import fields

from partner_api.schemas.fields import Moment, Output, PageQuery, Text


class AuditQuery(PageQuery):
    subject = Text(64, load_default=None, metadata={"description": "The id of what it was done to."})


class Deed(Output):
    at = Moment(required=True)
    by = fields.String(required=True, metadata={"description": "The id of a key, or the command line."})
    action = fields.String(required=True)
    subject = fields.String(required=True)
    details = fields.Dict(keys=fields.String(), required=True)
