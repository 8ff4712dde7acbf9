"""Points from member to member."""

from marshmallow import Schema, fields

from partner_api.schemas.fields import Output, PublicId, Reference, Whole


class TransferRequest(Schema):
    sender = PublicId("The id of the member who gives.")
    recipient = PublicId("The id of the member who gets.")
    points = Whole(1, required=True)
    reference = Reference()


class Transfer(Output):
    id = fields.String(required=True)
    sender = fields.String(required=True)
    recipient = fields.String(required=True)
    points = fields.Integer(required=True)
    balance = fields.Integer(required=True, metadata={"description": "What the sender can spend afterwards."})
