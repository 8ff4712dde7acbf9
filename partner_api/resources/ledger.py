"""What the ledger says, for whoever wants to check us."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import expiry, ledger
from partner_api.blueprint import Blueprint
from partner_api.context import now, principal
from partner_api.idempotency import answer_once
from partner_api.schemas.ledger import Batch, EntryProof, ExtendedLot, LedgerStatus, LotExtension

blueprint = Blueprint("ledger", __name__, description="Proofs that the ledger has it")

_EXTENDED = ExtendedLot()


@blueprint.at("/v1/ledger/entries/<entry_id>/receipt")
class EntryReceipt(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, EntryProof())
    def get(self, entry_id: str) -> dict[str, Any]:
        """Prove that the chain has an entry you took part in; anyone who can ask a node can check it"""
        return ledger.receipt(entry_id, principal().partner)


@blueprint.at("/v1/ledger/entries/<entry_id>/extension")
class EntryExtension(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.takes(LotExtension())
    @blueprint.answers(200, _EXTENDED)
    def post(self, body: dict[str, Any], entry_id: str) -> Response:
        """Let the points that an entry issued lapse later"""
        by = principal().key_id

        def extend() -> dict[str, Any]:
            previous = expiry.extend_lot(entry_id, **body, by=by, now=now())
            return {"entry": entry_id, "previous_expires_at": previous, "expires_at": body["expires_at"]}

        return answer_once(_EXTENDED, extend, status=200)


@blueprint.at("/v1/ledger/batches/<number:sequence>")
class OneBatch(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, Batch())
    def get(self, sequence: int) -> dict[str, Any]:
        """Show a batch of entries, and how far it has come"""
        return ledger.batch(sequence)


@blueprint.at("/v1/ledger/status")
class Status(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, LedgerStatus())
    def get(self) -> dict[str, Any]:
        """Show how far the chain is behind the journal"""
        return asdict(ledger.status())
