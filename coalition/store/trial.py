"""What a dry run needs of the database: history to read again, and a way to have done nothing."""

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from coalition.domain.purchase import Line
from coalition.store.database import database, execute, from_column, placeholders, to_column


class Bought(NamedTuple):
    """A purchase as it was recorded; ``spent_minor`` is the money paid for what has not come back.

    ``lines`` and ``discounts``, the parts that points paid, are in the receipt's order; ``cost`` is what each funder,
    by number, gave of ``points``.
    """

    member: int
    partner: int
    store: str | None
    occurred_at: datetime
    spent_minor: int
    points: int
    lines: list[Line]
    discounts: list[int]
    cost: dict[int, int]


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside happens as ever, refusals included, and then never was."""
    with database.atomic() as scope:
        yield
        scope.rollback()


def purchases_between(begin: datetime | None, end: datetime | None) -> tuple[Sequence[int], set[int]]:
    """The purchases from ``begin`` until before ``end``, by number in the order of time; and whose they are."""
    conditions, parameters = ["1 = 1"], []
    if begin is not None:
        conditions.append("occurred_at >= ?")
        parameters.append(to_column(begin))
    if end is not None:
        conditions.append("occurred_at < ?")
        parameters.append(to_column(end))
    cursor = execute(
        f"SELECT id, member_id FROM purchase WHERE {' AND '.join(conditions)} ORDER BY occurred_at, id", parameters
    )
    purchases, members = array("q"), set()
    for purchase, member in cursor:
        purchases.append(purchase)
        members.add(member)
    return purchases, members


def bought(purchases: Sequence[int]) -> list[Bought]:
    """These purchases, in this order."""
    among = f"IN ({placeholders(len(purchases))})"
    found = {}
    for id_, member, partner, store, occurred_at, spent, points in execute(
        "SELECT id, member_id, partner_id, store_id, occurred_at, total_minor - discount_minor - refunded_minor,"
        f" points_accrued FROM purchase WHERE id {among}",
        purchases,
    ).fetchall():
        found[id_] = Bought(member, partner, store, from_column(occurred_at), spent, points, [], [], {})
    for id_, line_id, sku, category, quantity, amount_minor, name, discounted, discount in execute(
        "SELECT purchase_id, line_id, sku, category, quantity, amount_minor, name, discounted, discount_minor"
        f" FROM purchase_line WHERE purchase_id {among} ORDER BY purchase_id, position",
        purchases,
    ).fetchall():
        found[id_].lines.append(Line(line_id, sku, category, quantity, amount_minor, name, bool(discounted)))
        found[id_].discounts.append(discount)
    for id_, issuer, points in execute(
        f"SELECT purchase_id, issuer_id, SUM(points) FROM award WHERE purchase_id {among}"
        " GROUP BY purchase_id, issuer_id",
        purchases,
    ).fetchall():
        found[id_].cost[issuer] = int(points)
    return [found[id_] for id_ in purchases]
