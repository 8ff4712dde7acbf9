"""Looking into the books: what stands in the tables, and what must hold of it whatever has happened."""

from collections import Counter
from datetime import datetime
from typing import Any

from coalition.store import tables
from coalition.store.database import execute, from_column


def contents() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the coalition."""
    names = [table._meta.table_name for table in tables.ALL_TABLES]
    return {name: sorted(map(tuple, execute(f"SELECT * FROM {name}").fetchall()), key=repr) for name in names}


def count(table: str, where: str = "1 = 1") -> int:
    return execute(f"SELECT COUNT(*) FROM {table} WHERE {where}").fetchone()[0]


def balance_of(member: str) -> int:
    return execute("SELECT balance FROM member WHERE public_id = ?", (member,)).fetchone()[0]


def lots_of(member: str) -> list[tuple[int, int, int, datetime]]:
    """(issuer, points, remaining, expires_at) of every lot the member ever got, the oldest first."""
    rows = execute(
        "SELECT l.issuer_id, l.points, l.remaining, l.expires_at FROM lot l JOIN member m ON m.id = l.member_id"
        " WHERE m.public_id = ? ORDER BY l.entry_id",
        (member,),
    ).fetchall()
    return [(issuer, points, remaining, from_column(expires_at)) for issuer, points, remaining, expires_at in rows]


def entries_of(source: str) -> list[tuple[str, int, int, int]]:
    """(kind, issuer, partner, points) of the entries that come from a purchase, in the journal's order."""
    rows = execute(
        "SELECT kind, issuer_id, partner_id, points FROM entry WHERE source = ? ORDER BY id", (source,)
    ).fetchall()
    return [tuple(row) for row in rows]


def sums(statement: str) -> Counter[Any]:
    """``{key: sum}`` of a statement's rows, without the zeros."""
    found: Counter[Any] = Counter()
    for *key, points in execute(statement).fetchall():
        found[tuple(key)] += int(points)
    return Counter({key: points for key, points in found.items() if points})


def assert_books_balance() -> None:
    """Double entry, balances that equal their lots and their postings, lots that equal their uses, and debts."""
    assert not sums("SELECT entry_id, points FROM posting"), "an entry's postings do not sum to zero"
    balances = sums("SELECT id, balance FROM member")
    assert balances == sums("SELECT member_id, remaining FROM lot"), "balances are not the sum of the lots"
    assert balances == sums("SELECT member_id, points FROM posting WHERE account = 'member'")
    outstanding = sums("SELECT id, outstanding FROM partner")
    assert outstanding == sums("SELECT issuer_id, remaining FROM lot")
    assert outstanding == sums("SELECT issuer_id, -points FROM posting WHERE account <> 'member'")

    used = sums("SELECT lot_id, points FROM lot_use")
    assert used == sums("SELECT entry_id, points - remaining FROM lot"), "what a lot lacks was not used"
    redeemed = sums("SELECT id, points FROM entry WHERE kind = 'redemption'")
    assert redeemed == sums("SELECT entry_id, points FROM lot_use"), "a redemption is not the sum of its lots"
    strangers = execute(
        "SELECT COUNT(*) FROM lot_use u JOIN entry e ON e.id = u.entry_id JOIN lot l ON l.entry_id = u.lot_id"
        " WHERE e.issuer_id <> l.issuer_id OR e.member_id <> l.member_id"
    ).fetchone()[0]
    assert strangers == 0, "an entry used a lot of another issuer or member"
    assert execute("SELECT COUNT(*) FROM lot WHERE remaining < 0 OR remaining > points").fetchone()[0] == 0

    bought = "SELECT public_id, points_accrued, points_redeemed FROM purchase"
    accrued = sums(f"SELECT public_id, points_accrued FROM ({bought}) AS p")
    assert accrued == sums("SELECT source, points FROM entry WHERE kind = 'accrual'")
    assert accrued == sums(
        "SELECT p.public_id, l.points FROM purchase_line l JOIN purchase p ON p.id = l.purchase_id"
    ), "the lines' points are not the purchase's"
    assert sums(f"SELECT public_id, points_redeemed FROM ({bought}) AS p") == sums(
        "SELECT source, points FROM entry WHERE kind = 'redemption'"
    )
    assert sums("SELECT public_id, discount_minor FROM purchase") == sums(
        "SELECT p.public_id, l.discount_minor FROM purchase_line l JOIN purchase p ON p.id = l.purchase_id"
    )
    assert count("event", "type = 'purchase.recorded'") == count("purchase")
