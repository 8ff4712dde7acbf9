"""The hand-written statements for points spent without a purchase."""

from datetime import datetime
from typing import NamedTuple

from coalition.store.database import execute, from_column, insert_rows, reserve_ids, to_column
from coalition.store.tables import Redemption


class RedemptionRow(NamedTuple):
    """A redemption as it stands; ``member`` is the public id, ``till`` the partner who asked for it."""

    public_id: str
    member: str
    partner: int
    till: int
    points: int
    reference: str
    document_hash: str
    occurred_at: datetime
    reversed_at: datetime | None


def redemption(public_id: str, partner: int | None) -> RedemptionRow | None:
    """The redemption, if there is one at the partner or by its till; anybody's if no partner is given."""
    row = execute(
        "SELECT r.public_id, m.public_id, r.partner_id, r.till_id, r.points, r.reference, r.document_hash,"
        " r.occurred_at, r.reversed_at FROM redemption r JOIN member m ON m.id = r.member_id WHERE r.public_id = ?",
        (public_id,),
    ).fetchone()
    if row is None or partner not in (None, row[2], row[3]):
        return None
    return RedemptionRow._make((*row[:7], from_column(row[7]), row[8] and from_column(row[8])))


def existing_redemption(till: int, reference: str) -> str | None:
    """The public id of the redemption that the till gave that reference."""
    row = execute("SELECT public_id FROM redemption WHERE till_id = ? AND reference = ?", (till, reference)).fetchone()
    return row and str(row[0])


def insert_redemption(
    public_id: str,
    member: int,
    partner: int,
    till: int,
    points: int,
    reference: str,
    document_hash: str,
    now: datetime,
) -> None:
    (id_,) = reserve_ids(Redemption, 1)
    moment = to_column(now)
    insert_rows(
        Redemption,
        (
            "id",
            "public_id",
            "member_id",
            "partner_id",
            "till_id",
            "points",
            "reference",
            "document_hash",
            "occurred_at",
            "recorded_at",
        ),
        [(id_, public_id, member, partner, till, points, reference, document_hash, moment, moment)],
    )


def mark_reversed(public_id: str, now: datetime) -> None:
    execute("UPDATE redemption SET reversed_at = ? WHERE public_id = ?", (to_column(now), public_id))
