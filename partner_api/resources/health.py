"""Whether the process lives, and whether it can serve."""

from typing import Any

from flask import Blueprint

from coalition.services import ledger
from coalition.services.health import check_ready
from partner_api.context import now

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
def live() -> dict[str, str]:
    """The process answers; nothing else is asked."""
    return {"status": "ok"}


@blueprint.get("/health/ready")
def ready() -> dict[str, Any]:
    """The database answers and has our schema, else 503. How far the chain is behind is told, and does not count."""
    check_ready()
    status = ledger.status()
    waiting_s = int((now() - status.waiting_since).total_seconds()) if status.waiting_since else 0
    lag = {"backlog": status.backlog, "in_flight": status.in_flight, "waiting_s": waiting_s}
    return {"status": "ok", "ledger": lag}
