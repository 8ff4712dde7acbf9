"""The keys of partners: several at a time, so that a new one can be in use before the old one is revoked."""

from typing import Any

from flask import Response
from flask.views import MethodView

from coalition.services import keys
from partner_api.blueprint import Blueprint
from partner_api.context import now
from partner_api.idempotency import answer_once
from partner_api.schemas.partners import Key

blueprint = Blueprint("keys", __name__, description="Keys to this API")

_ANSWER = Key()


@blueprint.at("/v1/partners/<partner_id>/keys")
class Keys(MethodView):
    @blueprint.guarded("operator", idempotent=True)
    @blueprint.answers(201, _ANSWER)
    def post(self, partner_id: str) -> Response:
        """Issue a key, which is shown this once"""

        def issue() -> dict[str, Any]:
            key = keys.issue_key("partner", partner_id, now=now())
            return {"id": keys.key_id(key), "key": key, "created_at": now()}

        return answer_once(_ANSWER, issue, secrets=("key",))


@blueprint.at("/v1/partners/<partner_id>/keys/<key_id>")
class OneKey(MethodView):
    @blueprint.guarded("operator")
    @blueprint.answers(204)
    def delete(self, partner_id: str, key_id: str) -> None:
        """Revoke a key, from now on"""
        keys.revoke_partner_key(partner_id, key_id, now=now())
