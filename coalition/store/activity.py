"""Totals by partner number, out of purchases and postings."""

from coalition.store.database import execute


def receipts() -> dict[int, int]:
    return _by_partner("SELECT partner_id, COUNT(*) FROM purchase GROUP BY partner_id")


def issued() -> dict[int, int]:
    """Points brought into the world, less those taken back."""
    return _by_partner("SELECT issuer_id, -SUM(points) FROM posting WHERE account = 'issued' GROUP BY issuer_id")


def redeemed() -> dict[int, int]:
    """Points taken in at the partner's tills, less those given back."""
    return _by_partner("SELECT redeemer_id, SUM(points) FROM posting WHERE account = 'redeemed' GROUP BY redeemer_id")


def _by_partner(query: str) -> dict[int, int]:
    return {partner: int(total) for partner, total in execute(query).fetchall()}
