"""The hand-written statements for goods that come back: what is left of a purchase, and what each return undid."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from coalition.domain.lots import LotUse
from coalition.domain.returns import AwardShare, BoughtLine, ReturnedLine
from coalition.store.database import execute, from_column, insert_rows, reserve_ids, to_column
from coalition.store.tables import AwardReversal, GoodsReturn
from coalition.store.tables import ReturnedLine as ReturnedLineTable

GRACE = "grace after a reversal"
"""The reason of an extension that no operator made."""


class BoughtPurchase(NamedTuple):
    """A purchase as returns need it; ``member`` is the public id."""

    id: int
    public_id: str
    member: str
    receipt_id: str
    store_id: str | None
    currency: str
    total_minor: int
    discount_minor: int
    points_redeemed: int
    refunded_minor: int
    points_given_back: int
    occurred_at: datetime


class GoodsReturnRow(NamedTuple):
    public_id: str
    purchase_id: int
    partner_id: int
    return_id: str
    amount_minor: int
    refund_minor: int
    points_reversed: int
    points_owed: int
    points_written_off: int
    points_deducted: int
    deducted_minor: int
    points_given_back: int
    document_hash: str
    occurred_at: str
    recorded_at: str


def bought_purchase(public_id: str, partner: int) -> BoughtPurchase | None:
    """The purchase, if there is one and it is the partner's."""
    row = execute(
        "SELECT p.id, p.public_id, m.public_id, p.receipt_id, p.store_id, p.currency, p.total_minor, p.discount_minor,"
        " p.points_redeemed, p.refunded_minor, p.points_given_back, p.occurred_at"
        " FROM purchase p JOIN member m ON m.id = p.member_id WHERE p.public_id = ? AND p.partner_id = ?",
        (public_id, partner),
    ).fetchone()
    return row and BoughtPurchase._make((*row[:-1], from_column(row[-1])))


def existing_return(partner: int, return_id: str) -> str | None:
    """The public id of the partner's return of that name."""
    row = execute(
        "SELECT public_id FROM goods_return WHERE partner_id = ? AND return_id = ?", (partner, return_id)
    ).fetchone()
    return row and str(row[0])


def bought_lines(purchase: int) -> list[tuple[BoughtLine, str]]:
    """The lines of the purchase in its order, each with its category, and how much of it is back already."""
    returned = dict(
        execute(
            "SELECT l.position, SUM(l.quantity) FROM returned_line l JOIN goods_return r ON r.id = l.goods_return_id"
            " WHERE r.purchase_id = ? GROUP BY l.position",
            (purchase,),
        ).fetchall()
    )
    awards: dict[int, list[AwardShare]] = {}
    for position, *award in execute(
        "SELECT position, rule, issuer_id, points FROM award WHERE purchase_id = ? ORDER BY position, rule, issuer_id",
        (purchase,),
    ).fetchall():
        awards.setdefault(position, []).append(AwardShare(*award))
    rows = execute(
        "SELECT position, line_id, quantity, amount_minor, discount_minor, category FROM purchase_line"
        " WHERE purchase_id = ? ORDER BY position",
        (purchase,),
    ).fetchall()
    return [
        (
            BoughtLine(
                position=position,
                line_id=line_id,
                # Goods that are not counted in pieces come back as one.
                quantity=max(quantity, 1),
                returned=int(returned.get(position, 0)),
                amount_minor=amount_minor,
                discount_minor=discount_minor,
                awards=tuple(awards.get(position, ())),
            ),
            category,
        )
        for position, line_id, quantity, amount_minor, discount_minor, category in rows
    ]


def returned_discount(purchase: int) -> int:
    """The part of the purchase's discount that is on goods that are back."""
    query = (
        "SELECT COALESCE(SUM(l.discount_minor), 0) FROM returned_line l"
        " JOIN goods_return r ON r.id = l.goods_return_id WHERE r.purchase_id = ?"
    )
    return int(execute(query, (purchase,)).fetchone()[0])


def reversed_awards(purchase: int) -> dict[tuple[int, str, int], int]:
    """``{(position, rule, issuer): points}`` that went with goods that are back."""
    rows = execute(
        "SELECT a.position, a.rule, a.issuer_id, SUM(a.points) FROM award_reversal a"
        " JOIN goods_return r ON r.id = a.goods_return_id WHERE r.purchase_id = ?"
        " GROUP BY a.position, a.rule, a.issuer_id",
        (purchase,),
    ).fetchall()
    return {(position, rule, issuer): int(points) for position, rule, issuer, points in rows}


def redeemed_uses(source: str, reversals: Sequence[str]) -> list[LotUse]:
    """What the redemption of that source took from which lots, in the order of spending, less what those reversals
    have given back."""
    given = _uses("redemption_reversal", reversals)
    return [
        use._replace(points=use.points - given.get(use.lot, 0))
        for use in _ordered_uses("redemption", source)
        if use.points > given.get(use.lot, 0)
    ]


def event_of_receipt(source: str, receipt_id: str) -> int | None:
    """The place in the stream of the event that told of the receipt: what was published later never counted it."""
    row = execute("SELECT id FROM event WHERE source = ? AND source_event_id = ?", (source, receipt_id)).fetchone()
    return row and int(row[0])


def returns_of(purchase: int) -> list[str]:
    """The public ids of the returns of a purchase."""
    rows = execute("SELECT public_id FROM goods_return WHERE purchase_id = ? ORDER BY id", (purchase,)).fetchall()
    return [row[0] for row in rows]


def lost_of(lots: Sequence[int]) -> dict[int, int]:
    """``{lot: points}`` that lapsed, or that an operator took: nobody has spent them."""
    found = {}
    for lot in lots:
        row = execute(
            "SELECT COALESCE(SUM(u.points), 0) FROM lot_use u JOIN entry e ON e.id = u.entry_id WHERE u.lot_id = ?"
            " AND (e.kind = 'expiry' OR e.source IN (SELECT public_id FROM adjustment WHERE member_id = e.member_id))",
            (lot,),
        ).fetchone()
        found[lot] = int(row[0])
    return found


def owed_for_held(sources: Sequence[str]) -> dict[int, int]:
    """``{issuer: points}`` that became debts because of these while a hold set them aside."""
    found: dict[int, int] = {}
    for source in sources:
        for issuer, points in execute(
            "SELECT creditor_id, points FROM debt WHERE source = ? AND held = ?", (source, True)
        ).fetchall():
            found[issuer] = found.get(issuer, 0) + points
    return found


def had_grace(lot: int) -> bool:
    """Whether a reversal has let the lot live on already."""
    row = execute("SELECT 1 FROM lot_extension WHERE lot_id = ? AND reason = ? LIMIT 1", (lot, GRACE)).fetchone()
    return row is not None


def insert_return(row: GoodsReturnRow, lines: Iterable[ReturnedLine]) -> None:
    """Write the return down, and what it undid of each line and award."""
    (id_,) = reserve_ids(GoodsReturn, 1)
    lines = list(lines)
    insert_rows(GoodsReturn, ("id", *GoodsReturnRow._fields), [(id_, *row)])
    insert_rows(
        ReturnedLineTable,
        ("goods_return_id", "position", "quantity", "amount_minor", "discount_minor"),
        ((id_, line.position, line.quantity, line.amount_minor, line.discount_minor) for line in lines),
    )
    insert_rows(
        AwardReversal,
        ("goods_return_id", "position", "rule", "issuer_id", "points"),
        ((id_, line.position, *award) for line in lines for award in line.awards),
    )


def add_to_purchase(purchase: int, refunded_minor: int, points_given_back: int) -> None:
    execute(
        "UPDATE purchase SET refunded_minor = refunded_minor + ?, points_given_back = points_given_back + ?"
        " WHERE id = ?",
        (refunded_minor, points_given_back, purchase),
    )


def insert_extension(lot: int, previous: datetime, expires_at: datetime, reason: str, by: str, now: datetime) -> None:
    execute(
        "INSERT INTO lot_extension (lot_id, previous_expires_at, expires_at, reason, by, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (lot, to_column(previous), to_column(expires_at), reason, by, to_column(now)),
    )


def _ordered_uses(kind: str, source: str) -> list[LotUse]:
    rows = execute(
        "SELECT u.lot_id, l.issuer_id, u.points FROM entry e JOIN lot_use u ON u.entry_id = e.id"
        " JOIN lot l ON l.entry_id = u.lot_id WHERE e.source = ? AND e.kind = ? ORDER BY l.expires_at, l.entry_id",
        (source, kind),
    ).fetchall()
    return [LotUse(*row) for row in rows]


def _uses(kind: str, sources: Sequence[str]) -> dict[int, int]:
    found: dict[int, int] = {}
    for source in sources:
        for use in _ordered_uses(kind, source):
            found[use.lot] = found.get(use.lot, 0) + use.points
    return found


def taken_from_lots_of(origin: str) -> dict[int, int]:
    """``{issuer: points}`` that reversals took from the lots that were issued because of the origin."""
    rows = execute(
        "SELECT l.issuer_id, SUM(u.points) FROM entry o JOIN lot l ON l.entry_id = o.id"
        " JOIN lot_use u ON u.lot_id = l.entry_id JOIN entry e ON e.id = u.entry_id"
        " WHERE o.source = ? AND e.kind = 'accrual_reversal' GROUP BY l.issuer_id",
        (origin,),
    ).fetchall()
    return {issuer: int(points) for issuer, points in rows}
