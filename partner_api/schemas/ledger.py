"""How far the ledger has something, and the proof of it."""

from marshmallow import Schema, fields, validate

from coalition.domain.entries import EntryKind
from partner_api.schemas.fields import Moment, Output, Reason

STATUSES = ("pending", "submitted", "confirmed", "final")


class Recording(Output):
    """``none`` is for a purchase that moved no points."""

    status = fields.String(required=True, validate=validate.OneOf(("none", *STATUSES)))
    sequence = fields.Integer(required=True, allow_none=True)
    chain_tx = fields.String(required=True, allow_none=True)
    block = fields.Integer(required=True, allow_none=True)


class RecordingStatus(Output):
    status = fields.String(required=True, validate=validate.OneOf(("none", *STATUSES)))


class Entry(Output):
    id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf([kind.name.lower() for kind in EntryKind]))
    issuer = fields.String(required=True, metadata={"description": "Whose points these are."})
    partner = fields.String(required=True, metadata={"description": "Where it happened."})
    points = fields.Integer(required=True)
    change = fields.Integer(
        required=True, metadata={"description": "Of the member's balance: points, or minus points."}
    )
    source = fields.String(required=True, metadata={"description": "The purchase or grant that it comes from."})
    occurred_at = Moment(required=True)
    recorded_at = Moment(required=True)
    ledger = fields.Nested(Recording(), required=True)


class LotExtension(Schema):
    expires_at = Moment(required=True)
    reason = Reason()


class ExtendedLot(Output):
    entry = fields.String(required=True)
    previous_expires_at = Moment(required=True)
    expires_at = Moment(required=True)


class LedgerStatus(Output):
    backlog = fields.Integer(required=True, metadata={"description": "Entries that are in no batch yet."})
    waiting_since = Moment(required=True, allow_none=True)
    in_flight = fields.Integer(required=True, metadata={"description": "Chain transactions not yet confirmed."})
    refused = fields.Integer(
        required=True, metadata={"description": "Entries set aside, because the contract does not accept them."}
    )
    lost = fields.Integer(
        required=True, metadata={"description": "Transactions whose nonce was taken by one that is not ours."}
    )
    next_sequence = fields.Integer(required=True)
    head = fields.String(required=True, allow_none=True)
    chain_id = fields.Integer(required=True, allow_none=True)
    contract = fields.String(required=True, allow_none=True)


class Batch(Output):
    sequence = fields.Integer(required=True)
    entries = fields.Integer(required=True)
    root = fields.String(required=True)
    head = fields.String(required=True)
    formed_at = Moment(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    chain_tx = fields.String(required=True, allow_none=True)
    block = fields.Integer(required=True, allow_none=True)
    gas_used = fields.Integer(required=True, allow_none=True)


class ProvenEntry(Output):
    """The entry as it was hashed: canonical JSON (RFC 8785) of exactly these fields is the leaf's content."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    issuer = fields.Integer(required=True)
    partner = fields.Integer(required=True)
    member = fields.String(required=True, metadata={"description": "The member's pseudonymous address."})
    points = fields.Integer(required=True)
    source = fields.String(required=True)
    document_hash = fields.String(required=True)
    occurred_at = fields.String(required=True)


class EntryProof(Output):
    """An inclusion proof (RFC 9162) that leads from the entry to a root which the contract has."""

    entry = fields.Nested(ProvenEntry(), required=True)
    leaf = fields.String(required=True)
    index = fields.Integer(required=True)
    size = fields.Integer(required=True)
    path = fields.List(fields.String(), required=True)
    root = fields.String(required=True)
    sequence = fields.Integer(required=True)
    chain_id = fields.Integer(required=True)
    contract = fields.String(required=True)
    chain_tx = fields.String(required=True)
    block = fields.Integer(required=True)
