"""The hand-written statements for points bought in advance."""

from typing import NamedTuple

from coalition.store.database import execute


class PackRow(NamedTuple):
    """What a prepaid partner has left, and its last pack, of which ``alert`` was told last."""

    number: int
    public_id: str
    name: str
    left: int
    pack: int
    points: int
    alert: str


def bought(partner: int) -> int:
    """All the points that the partner ever bought."""
    row = execute("SELECT COALESCE(SUM(points), 0) FROM points_pack WHERE partner_id = ?", (partner,)).fetchone()
    return int(row[0])


def last_packs() -> list[PackRow]:
    """Of every prepaid partner."""
    rows = execute(
        "SELECT p.id, p.public_id, p.name, p.limit_points - p.outstanding, k.id, k.points, k.alert FROM partner p"
        " JOIN points_pack k ON k.id = (SELECT MAX(x.id) FROM points_pack x WHERE x.partner_id = p.id)"
        " WHERE p.funding = 'prepaid' ORDER BY p.id"
    ).fetchall()
    return [PackRow(*row) for row in rows]


def untold_limits() -> list[str]:
    """The public ids of prepaid partners whose limit is no longer what the chain was last told, or will be, by id."""
    rows = execute(
        "SELECT p.public_id FROM partner p JOIN partner_change c ON c.id = (SELECT x.id FROM partner_change x"
        " WHERE x.partner_id = p.id ORDER BY x.after_entry DESC, x.id DESC LIMIT 1)"
        " WHERE p.funding = 'prepaid' AND p.limit_points <> c.limit_points ORDER BY p.id"
    ).fetchall()
    return [row[0] for row in rows]
