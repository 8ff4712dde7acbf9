"""What the worker does for prepaid partners: the chain hears of their limits, operators of what runs out."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from coalition.ledger import partner_changes
from coalition.services.packs import Alert, alert_of
from coalition.services.partners import locked_partner
from coalition.store import expiry as schedule
from coalition.store import packs as store
from coalition.store import tables
from coalition.store.database import transaction

_LIMITS = "prepaid.limits"
_TELL_EVERY = timedelta(minutes=1)


class Crossing(NamedTuple):
    """A prepaid partner whose ``alert`` is another than before."""

    partner: str
    alert: Alert
    left: int


def tell_limits(*, now: datetime) -> int:
    """Note for the chain how far prepaid limits have fallen, each at most once a minute; how many have."""
    if schedule.done_until(_LIMITS) > now - _TELL_EVERY or not store.untold_limits():
        return 0
    with transaction():
        schedule.lock_schedule(_LIMITS, now)
        behind = store.untold_limits()
        for partner in behind:
            partner_changes.note(locked_partner(partner))
        schedule.move_schedule(_LIMITS, now)
        return len(behind)


def watch_packs(*, tell: Callable[[Crossing], None]) -> int:
    """Tell of each prepaid partner that has crossed a threshold since the last time, once; of how many."""
    crossed = [row for row in store.last_packs() if alert_of(row.left, row.points) != row.alert]
    for row in crossed:
        alert = alert_of(row.left, row.points)
        table = tables.PointsPack
        changed = table.update(alert=alert).where(table.id == row.pack, table.alert == row.alert).execute()
        # Otherwise another worker has told of it.
        if changed:
            tell(Crossing(row.name, alert, row.left))
    return len(crossed)
