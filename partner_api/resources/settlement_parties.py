"""Where each party of settlement is paid, and the key it signs with."""

from typing import Any

from flask.views import MethodView

from coalition.errors import NoBankDetails
from coalition.services import parties
from coalition.services.parties import party_named
from partner_api.blueprint import Blueprint
from partner_api.context import now, principal
from partner_api.parties import party_name
from partner_api.schemas.parties import BankDetails, PartySigner, Signer

blueprint = Blueprint("settlement parties", __name__, description="Where partners are paid, and how they sign")


@blueprint.at("/v1/partners/<partner_id>/bank-details")
class PartnerBankDetails(MethodView):
    @blueprint.guarded("operator")
    @blueprint.takes(BankDetails())
    @blueprint.answers(200, BankDetails())
    def put(self, body: dict[str, Any], partner_id: str) -> dict[str, Any]:
        """Keep where a partner is paid; the pool's id is pool"""
        return _bank(parties.set_bank_details(party_name(partner_id), body, principal().key_id, now=now()))

    @blueprint.guarded("operator")
    @blueprint.answers(200, BankDetails())
    def get(self, partner_id: str) -> dict[str, Any]:
        """Show where a partner is paid"""
        return _bank(parties.parties()[party_named(party_name(partner_id))])


@blueprint.at("/v1/partners/<partner_id>/signer")
class PartnerSigner(MethodView):
    @blueprint.guarded("operator")
    @blueprint.takes(Signer())
    @blueprint.answers(200, PartySigner())
    def put(self, body: dict[str, Any], partner_id: str) -> dict[str, Any]:
        """Keep the address whose key signs for a partner"""
        kept = parties.set_signer(party_name(partner_id), body["address"], principal().key_id, now=now())
        return {"party": {"number": kept.number, "name": kept.name}, "address": kept.signer}


def _bank(party: parties.Party) -> dict[str, Any]:
    if party.bank is None:
        raise NoBankDetails(partners=party.name)
    return party.bank.document()
