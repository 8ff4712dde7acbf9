"""What stands in the database of what entries come from, read in bulk for whoever compares it with the journal."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from coalition.store.database import chunks, execute, is_postgresql, placeholders, to_column

_CHUNK = 500
"""Parameters of one ``IN`` list."""
_PURCHASES = 5_000


class OriginatedEntry(NamedTuple):
    """An entry, with its member's public id, and its batch if it is in one."""

    id: int
    public_id: str
    batch: int | None
    kind: str
    member: str
    points: int
    source: str
    document_hash: str
    occurred_at: str
    recorded_at: str


_ENTRIES = (
    "SELECT e.id, e.public_id, e.sequence, e.kind, m.public_id, e.points, e.source, e.document_hash, e.occurred_at,"
    " e.recorded_at FROM entry e JOIN member m ON m.id = e.member_id"
)


class Bought(NamedTuple):
    """A purchase as its document needs it, ``document_hash`` as it was then, and what its lines must add up to.

    ``lines`` have line id, SKU, category, quantity, amount and discount.
    """

    public_id: str
    partner: str
    member: str
    receipt_id: str
    occurred_at: str
    store_id: str | None
    currency: str
    points_redeemed: int
    document_hash: str
    total_minor: int
    discount_minor: int
    lines: list[tuple[Any, ...]]


def count_purchases() -> int:
    count: int = execute("SELECT COUNT(*) FROM purchase").fetchone()[0]
    return count


def purchases() -> Iterator[list[Bought]]:
    """Every purchase with its lines, some at a time."""
    last = 0
    while rows := execute(
        "SELECT p.id, p.public_id, a.public_id, m.public_id, p.receipt_id, p.occurred_at, p.store_id, p.currency,"
        " p.points_redeemed, p.document_hash, p.total_minor, p.discount_minor"
        " FROM purchase p JOIN partner a ON a.id = p.partner_id JOIN member m ON m.id = p.member_id"
        " WHERE p.id > ? ORDER BY p.id LIMIT ?",
        (last, _PURCHASES),
    ).fetchall():
        # PostgreSQL may have lines of a purchase that was not there yet: one with a lower id, committed meanwhile.
        lines: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for line in execute(
            "SELECT purchase_id, line_id, sku, category, quantity, amount_minor, discount_minor FROM purchase_line"
            " WHERE purchase_id BETWEEN ? AND ? ORDER BY purchase_id, position",
            (rows[0][0], last := rows[-1][0]),
        ).fetchall():
            lines[line[0]].append(line[1:])
        yield [Bought._make((*row[1:5], _moment(row[5]), *row[6:], lines[row[0]])) for row in rows]


def entries_unlike_purchases() -> list[OriginatedEntry]:
    """Entries that say they come from a purchase, and differ from it in what both have, or have none."""
    return _entries(
        "LEFT JOIN purchase p ON p.public_id = e.source WHERE SUBSTR(e.source, 1, 4) = 'pur_' AND (p.id IS NULL"
        " OR e.document_hash <> p.document_hash OR e.occurred_at <> p.occurred_at OR e.recorded_at <> p.recorded_at"
        " OR e.member_id <> p.member_id OR e.partner_id <> p.partner_id)"
    )


def other_entries() -> Iterator[list[OriginatedEntry]]:
    """Every entry that does not say that it comes from a purchase, some at a time."""
    last = 0
    while found := _entries("WHERE SUBSTR(e.source, 1, 4) <> 'pur_' AND e.id > ? ORDER BY e.id LIMIT ?", last, _CHUNK):
        yield found
        last = found[-1].id


def entries_of(sources: Sequence[str]) -> list[OriginatedEntry]:
    """The entries that come from these."""
    return [
        entry
        for chunk in chunks(sources)
        for entry in _entries(f"WHERE e.source IN ({placeholders(len(chunk))})", *chunk)
    ]


def place_of(entry: int) -> int:
    """Which of its batch's entries it is, counted from 0."""
    query = "SELECT COUNT(*) FROM entry b JOIN entry e ON e.id = ? AND e.sequence = b.sequence AND b.id < e.id"
    place: int = execute(query, (entry,)).fetchone()[0]
    return place


def returns(ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """``(id, purchase, return_id, member, document_hash, occurred_at, recorded_at)``"""
    return _rows(
        "SELECT r.public_id, p.public_id, r.return_id, m.public_id, r.document_hash, r.occurred_at, r.recorded_at"
        " FROM goods_return r JOIN purchase p ON p.id = r.purchase_id JOIN member m ON m.id = p.member_id"
        " WHERE r.public_id IN",
        ids,
        2,
    )


def returned_lines(ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """``(return, line id, quantity)`` in the order of the purchase."""
    return _rows(
        "SELECT r.public_id, l.line_id, u.quantity FROM goods_return r JOIN returned_line u ON u.goods_return_id = r.id"
        " JOIN purchase_line l ON l.purchase_id = r.purchase_id AND l.position = u.position WHERE r.public_id IN",
        ids,
        order="u.position",
    )


def debts(ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """``(debt, what it came from)``"""
    return _rows("SELECT public_id, source FROM debt WHERE public_id IN", ids)


def repayments(ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """``(repayment, debt, points, member, recorded_at)``"""
    return _rows(
        "SELECT r.public_id, d.public_id, r.points, m.public_id, r.created_at FROM debt_repayment r"
        " JOIN debt d ON d.id = r.debt_id JOIN member m ON m.id = d.member_id WHERE r.public_id IN",
        ids,
        1,
    )


def adjustments(ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """``(adjustment, issuer, points, member, decided_at)`` of those that are posted"""
    return _rows(
        "SELECT a.public_id, i.public_id, a.points, m.public_id, a.decided_at FROM adjustment a"
        " JOIN partner i ON i.id = a.issuer_id JOIN member m ON m.id = a.member_id"
        " WHERE a.status = 'posted' AND a.public_id IN",
        ids,
        1,
    )


def gifts(ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """``(gift, points, member, given_at)`` for every recipient who has it"""
    return _rows(
        "SELECT g.public_id, g.points, m.public_id, r.given_at FROM gift g JOIN gift_recipient r ON r.gift_id = g.id"
        " JOIN member m ON m.id = r.member_id WHERE r.given_at IS NOT NULL AND g.public_id IN",
        ids,
        1,
    )


def transfers(ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """``(transfer, sender, recipient, points, created_at)``"""
    return _rows(
        "SELECT t.public_id, s.public_id, r.public_id, t.points, t.created_at FROM transfer t"
        " JOIN member s ON s.id = t.sender_id JOIN member r ON r.id = t.recipient_id WHERE t.public_id IN",
        ids,
        1,
    )


def redemptions(ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """``(redemption, partner, points, reference, member, document_hash, occurred_at, recorded_at, reversed_at)``"""
    return _rows(
        "SELECT r.public_id, r.partner_id, r.points, r.reference, m.public_id, r.document_hash, r.occurred_at,"
        " r.recorded_at, r.reversed_at FROM redemption r JOIN member m ON m.id = r.member_id WHERE r.public_id IN",
        ids,
        3,
    )


def tier_purchases(ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """``(tier purchase, tier, points, member, created_at)``"""
    return _rows(
        "SELECT t.public_id, t.tier, t.paid_points, m.public_id, t.created_at FROM tier_purchase t"
        " JOIN member m ON m.id = t.member_id WHERE t.public_id IN",
        ids,
        1,
    )


def lapses(entries: Sequence[int]) -> list[tuple[Any, ...]]:
    """``(entry, moment)`` at which what the entry used was to lapse: it may have been put off afterwards."""
    return _rows(
        "SELECT u.entry_id, l.expires_at FROM lot_use u JOIN lot l ON l.entry_id = u.lot_id WHERE u.entry_id IN",
        entries,
        1,
    ) + _rows(
        "SELECT u.entry_id, x.previous_expires_at FROM lot_use u JOIN lot_extension x ON x.lot_id = u.lot_id"
        " WHERE u.entry_id IN",
        entries,
        1,
    )


def _entries(rest: str, *parameters: Any) -> list[OriginatedEntry]:
    rows = execute(f"{_ENTRIES} {rest}", parameters).fetchall()
    return [OriginatedEntry._make((*row[:-2], _moment(row[-2]), _moment(row[-1]))) for row in rows]


def _rows(query: str, ids: Sequence[Any], moments: int = 0, order: str = "") -> list[tuple[Any, ...]]:
    """What the query says of these ids, at most ``_CHUNK``; its last columns are so many moments."""
    ordered = f" ORDER BY {order}" if order else ""
    rows = execute(f"{query} ({placeholders(len(ids))}){ordered}", ids).fetchall() if ids else []
    cut = -moments or None
    return [(*row[:cut], *(value and _moment(value) for value in row[cut:])) if moments else tuple(row) for row in rows]


def _moment(value: Any) -> str:
    # In SQLite a moment stands as ``to_column`` wrote it.
    return to_column(value) if is_postgresql() else value
