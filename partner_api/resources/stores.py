"""Where stores are, so that members can check in there."""

from typing import Any

from flask.views import MethodView

from gamification.acts import visits
from gamification.acts.visits import StorePlace
from partner_api.blueprint import Blueprint
from partner_api.context import now, own_partner
from partner_api.schemas.acts import ShownStorePosition, StorePosition

blueprint = Blueprint("stores", __name__, description="Where stores are")


@blueprint.at("/v1/stores/<store_id>/position")
class Position(MethodView):
    @blueprint.guarded("partner")
    @blueprint.takes(StorePosition())
    @blueprint.answers(200, ShownStorePosition())
    def put(self, body: dict[str, Any], store_id: str) -> StorePlace:
        """Say where your store is; members check in there from now on"""
        return visits.place_store(StorePlace(store_id, **body), own_partner(), now=now())
