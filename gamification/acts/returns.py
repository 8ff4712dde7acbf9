"""What comes back is no longer to be reviewed: what was said of it counts for nothing."""

from collections.abc import Iterable
from datetime import datetime

from coalition.domain.purchase import CLOCK_SKEW
from coalition.events import Event
from coalition.services.bought import bought_sku
from coalition.store.database import chunks
from gamification.acts import book
from gamification.acts.states import State
from gamification.event_types import COUNTED_AS
from gamification.store.act_tables import Act, Submission

_RETURNED = "purchase.returned"
_REASON = "all of it was brought back"
_OPEN = (State.PENDING, State.APPROVED)


def withdraw_unbought(batch: Iterable[Event], now: datetime) -> int:
    """Of whoever has brought something back, no review and no photo counts or waits but of what they keep some of.

    Once they have bought it again they may send another. For the engine, which meets the withdrawals in its next batch;
    returns how many there were.
    """
    members = sorted({event.member for event in batch if event.type == _RETURNED})
    return sum(_withdraw(some, now) for some in chunks(members))


def _withdraw(members: list[int], now: datetime) -> int:
    theirs = (Act.member_id.in_(members), Act.state.in_(_OPEN), Act.type.in_(tuple(COUNTED_AS)))
    # Whoever is just approving one has ended by then, and it is seen here as approved.
    Act.update(state=Act.state).where(*theirs).execute()
    about_goods = Submission.select(Submission, Act).join(Act).where(*theirs, Submission.sku.is_null(False))
    unbought = [row.act for row in about_goods.order_by(Act.id) if not _is_kept(row, now)]
    for act in unbought:
        act.withdrawn_because = _REASON
        book.move(act, State.WITHDRAWN, now, free=True)
    return len(unbought)


def _is_kept(row: Submission, now: datetime) -> bool:
    act = row.act
    return bought_sku(act.member_id, act.partner_id, str(row.sku), now + CLOCK_SKEW) is not None
