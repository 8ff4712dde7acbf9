"""What operators, and partners about their statements, did; nobody changes it."""

from typing import Any

from flask.views import MethodView

from coalition.services import audit_log
from coalition.services.cursors import Page
from partner_api.blueprint import Blueprint
from partner_api.schemas.audit import AuditQuery, Deed
from partner_api.schemas.fields import page_of

blueprint = Blueprint("audit", __name__, description="Who did what, and when")


@blueprint.at("/v1/audit")
class Audit(MethodView):
    @blueprint.guarded("operator")
    @blueprint.takes(AuditQuery(), "query")
    @blueprint.answers(200, page_of(Deed))
    def get(self, query: dict[str, Any]) -> Page[audit_log.Deed]:
        """List what was done, the youngest first; of one subject if it is given"""
        return audit_log.list_deeds(**query)
