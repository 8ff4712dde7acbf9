"""The hand-written statements for holds. A hold changes only under the lock on its member."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from coalition.domain.lots import LotUse
from coalition.store.database import (
    chunks,
    execute,
    execute_many,
    from_column,
    insert_rows,
    placeholders,
    reserve_ids,
    to_column,
)
from coalition.store.tables import HeldLot, Hold


class HoldRow(NamedTuple):
    """A hold as it stands; ``member`` is the public id."""

    id: int
    public_id: str
    member: str
    partner: int
    points: int
    status: str
    captured_points: int
    expires_at: datetime
    created_at: datetime
    ended_at: datetime | None


_HOLD = (
    "SELECT h.id, h.public_id, m.public_id, h.partner_id, h.points, h.status, h.captured_points, h.expires_at,"
    " h.created_at, h.ended_at FROM hold h JOIN member m ON m.id = h.member_id"
)


def hold(public_id: str, partner: int | None) -> HoldRow | None:
    """The hold, if there is one and it is the partner's; anybody's if no partner is given."""
    row = execute(f"{_HOLD} WHERE h.public_id = ?", (public_id,)).fetchone()
    if row is None or partner not in (None, row[3]):
        return None
    return HoldRow._make((*row[:7], from_column(row[7]), from_column(row[8]), row[9] and from_column(row[9])))


def held_lots(hold_id: int) -> list[LotUse]:
    """The points that the hold sets aside, in the order of spending."""
    rows = execute(
        "SELECT h.lot_id, l.issuer_id, h.points FROM held_lot h JOIN lot l ON l.entry_id = h.lot_id"
        " WHERE h.hold_id = ? ORDER BY l.expires_at, l.entry_id",
        (hold_id,),
    ).fetchall()
    return [LotUse(*row) for row in rows]


def insert_hold(
    public_id: str,
    member: int,
    partner: int,
    points: int,
    expires_at: datetime,
    now: datetime,
    uses: Iterable[LotUse],
) -> None:
    (id_,) = reserve_ids(Hold, 1)
    columns = ("id", "public_id", "member_id", "partner_id", "points", "status", "expires_at", "captured_points")
    insert_rows(
        Hold,
        (*columns, "created_at"),
        [(id_, public_id, member, partner, points, "open", to_column(expires_at), 0, to_column(now))],
    )
    insert_rows(HeldLot, ("hold_id", "lot_id", "points"), ((id_, use.lot, use.points) for use in uses))


def end_holds(holds: Iterable[tuple[int, str, int]], now: datetime) -> None:
    """``(hold, status, captured points)`` of holds that end now."""
    execute_many(
        "UPDATE hold SET status = ?, captured_points = ?, ended_at = ? WHERE id = ?",
        ((status, captured, to_column(now), id_) for id_, status, captured in holds),
    )


def expired_holds(members: Sequence[int], now: datetime) -> list[tuple[int, int]]:
    """``(hold, member)`` of these members' open holds whose time is over."""
    found: list[tuple[int, int]] = []
    for chunk in chunks(members):
        found += execute(
            "SELECT id, member_id FROM hold WHERE status = 'open' AND expires_at <= ?"
            f" AND member_id IN ({placeholders(len(chunk))}) ORDER BY id",
            (to_column(now), *chunk),
        ).fetchall()
    return found


def members_with_expired_holds(now: datetime, limit: int) -> list[str]:
    """Public ids of members who have open holds whose time is over, at most ``limit``."""
    rows = execute(
        "SELECT DISTINCT m.public_id FROM hold h JOIN member m ON m.id = h.member_id"
        " WHERE h.status = 'open' AND h.expires_at <= ? LIMIT ?",
        (to_column(now), limit),
    ).fetchall()
    return [row[0] for row in rows]
