"""Whether the process lives, and whether it can serve."""

from datetime import datetime
from typing import Any

from flask import Blueprint

from coalition.services import ledger
from coalition.services.health import check_ready, lag_of
from gamification.stream import CONSUMER
from partner_api.context import now

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
def live() -> dict[str, str]:
    """The process answers; nothing else is asked."""
    return {"status": "ok"}


@blueprint.get("/health/ready")
def ready() -> dict[str, Any]:
    """The database answers and has our schema, else 503. How far chain and achievements are behind is told, and does
    not count: tills wait for neither. That achievements do not keep up, the status says."""
    check_ready()
    chain = ledger.status()
    achievements = lag_of(CONSUMER, now=now())
    return {
        "status": "achievements_behind" if achievements.late else "ok",
        "ledger": {
            "backlog": chain.backlog,
            "in_flight": chain.in_flight,
            "waiting_s": _seconds_since(chain.waiting_since),
        },
        "achievements": {
            "backlog": achievements.backlog,
            "waiting_s": _seconds_since(achievements.waiting_since),
        },
    }


def _seconds_since(moment: datetime | None) -> int:
    return int((now() - moment).total_seconds()) if moment else 0
