"""What the ledger says, for whoever wants to check us."""

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from coalition.services import ledger
from partner_api.blueprint import Blueprint
from partner_api.context import principal
from partner_api.schemas.ledger import Batch, EntryProof, LedgerStatus

blueprint = Blueprint("ledger", __name__, description="Proofs that the ledger has it")


@blueprint.at("/v1/ledger/entries/<entry_id>/receipt")
class EntryReceipt(MethodView):
    @blueprint.guarded("partner", "operator")
    @blueprint.answers(200, EntryProof())
    def get(self, entry_id: str) -> dict[str, Any]:
        """Prove that the chain has an entry you took part in; anyone who can ask a node can check it"""
        return ledger.receipt(entry_id, principal().partner)


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
