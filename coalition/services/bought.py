"""Whether a member has bought something: what a review of it stands on."""

from dataclasses import dataclass
from datetime import datetime

from coalition.store.database import execute, to_column

_BOUGHT = """
SELECT p.public_id, l.line_id, l.sku, l.category FROM purchase p JOIN purchase_line l ON l.purchase_id = p.id
WHERE p.member_id = ? AND p.partner_id = ? AND p.occurred_at <= ? AND l.amount_minor >= 0 AND {item}
AND (SELECT COALESCE(SUM(r.quantity), 0) FROM returned_line r JOIN goods_return g ON g.id = r.goods_return_id
     WHERE g.purchase_id = p.id AND r.position = l.position) < CASE WHEN l.quantity > 1 THEN l.quantity ELSE 1 END
ORDER BY p.occurred_at DESC, p.id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class BoughtItem:
    """A line of a purchase, of which the member has kept some; ``purchase`` is the public id."""

    purchase: str
    line_id: str
    sku: str
    category: str


def bought_sku(member: int, partner: int, sku: str, until: datetime) -> BoughtItem | None:
    """The last that the member bought of it with the partner by then; None if none, or if all of it came back."""
    return _found("l.sku = ?", member, partner, until, sku)


def bought_line(member: int, partner: int, purchase: str, line_id: str, until: datetime) -> BoughtItem | None:
    """This line, if it is of a purchase of the member's with the partner by then; None if all of it came back."""
    return _found("p.public_id = ? AND l.line_id = ?", member, partner, until, purchase, line_id)


def _found(item: str, member: int, partner: int, until: datetime, *named: str) -> BoughtItem | None:
    parameters = (member, partner, to_column(until), *named)
    row = execute(_BOUGHT.format(item=item), parameters).fetchone()
    return row and BoughtItem(*row)
