"""Looking into the books: what stands in the tables, and what must hold of it whatever has happened."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import orjson
import pytest

from coalition.errors import CoalitionError
from coalition.store.database import database, execute, from_column


def contents() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the coalition and of gamification."""
    names = [name for name in database.get_tables() if not name.endswith("_migration")]
    return {name: sorted(map(tuple, execute(f"SELECT * FROM {name}").fetchall()), key=repr) for name in names}


@contextmanager
def refused(reason: type[CoalitionError]) -> Iterator[pytest.ExceptionInfo[CoalitionError]]:
    """What is done inside is refused for that reason, and leaves every table as it was."""
    before = contents()
    with pytest.raises(reason) as refusal:
        yield refusal
    assert contents() == before


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


def journal() -> list[tuple[str, int, int, int]]:
    """(kind, issuer, partner, points) of every entry there is, in the journal's order."""
    rows = execute("SELECT kind, issuer_id, partner_id, points FROM entry ORDER BY id").fetchall()
    return [tuple(row) for row in rows]


def news(type_: str) -> list[dict[str, Any]]:
    """The attributes of every event of this type, in the stream's order."""
    rows = execute("SELECT attributes FROM event WHERE type = ? ORDER BY id", (type_,)).fetchall()
    return [orjson.loads(attributes) for (attributes,) in rows]


def sums(statement: str) -> dict[Any, int]:
    """``{key: sum}`` of a statement's rows, without the zeros."""
    found: dict[Any, int] = {}
    for *key, points in execute(statement).fetchall():
        name = tuple(key)
        found[name] = found.get(name, 0) + int(points)
    return {name: points for name, points in found.items() if points}


TAKING = "('redemption', 'accrual_reversal', 'expiry', 'adjustment_decrease')"


def assert_books_balance() -> None:
    """Double entry; balances, debts and holds that equal their parts; lots that equal their uses; and purchases."""
    _assert_journal_balances()
    _assert_lots_balance()
    _assert_members_balance()
    _assert_purchases_balance()


def _assert_journal_balances() -> None:
    assert not sums("SELECT entry_id, points FROM posting"), "an entry's postings do not sum to zero"
    outstanding = sums("SELECT id, outstanding FROM partner")
    assert outstanding == sums("SELECT issuer_id, remaining FROM lot")
    assert outstanding == sums("SELECT issuer_id, -points FROM posting WHERE account <> 'member'")
    moved = sums(f"SELECT id, points FROM entry WHERE kind IN {TAKING} OR kind = 'redemption_reversal'")
    assert moved == sums("SELECT entry_id, points FROM lot_use"), "an entry is not the sum of what it moved"
    owed = sums("SELECT issuer_id, redeemer_id, points FROM posting WHERE account = 'redeemed'")
    assert min(owed.values(), default=0) >= 0, "an issuer is owed for redemptions"


def _assert_lots_balance() -> None:
    used = sums(
        f"SELECT u.lot_id, CASE WHEN e.kind IN {TAKING} THEN u.points ELSE -u.points END"
        " FROM lot_use u JOIN entry e ON e.id = u.entry_id"
    )
    assert used == sums("SELECT entry_id, points - remaining FROM lot"), "what a lot lacks was not used"
    strangers = execute(
        "SELECT COUNT(*) FROM lot_use u JOIN entry e ON e.id = u.entry_id JOIN lot l ON l.entry_id = u.lot_id"
        " WHERE e.issuer_id <> l.issuer_id OR e.member_id <> l.member_id"
    ).fetchone()[0]
    assert strangers == 0, "an entry used a lot of another issuer or member"
    assert count("lot", "remaining < held OR held < 0 OR remaining > points") == 0
    assert count("lot", "pending_until IS NOT NULL AND held > 0") == 0, "a hold sets pending points aside"
    held = sums("SELECT u.lot_id, u.points FROM held_lot u JOIN hold h ON h.id = u.hold_id WHERE h.status = 'open'")
    assert held == sums("SELECT entry_id, held FROM lot")
    assert sums("SELECT id, points FROM hold") == sums("SELECT hold_id, points FROM held_lot")


def _assert_members_balance() -> None:
    balances = sums("SELECT id, balance FROM member")
    assert balances == sums("SELECT member_id, remaining FROM lot"), "balances are not the sum of the lots"
    assert balances == sums("SELECT member_id, points FROM posting WHERE account = 'member'")
    assert sums("SELECT id, pending FROM member") == sums(
        "SELECT member_id, remaining FROM lot WHERE pending_until IS NOT NULL"
    )
    assert sums("SELECT id, held FROM member") == sums("SELECT member_id, held FROM lot")
    assert sums("SELECT id, debt FROM member") == sums("SELECT member_id, remaining FROM debt")
    assert sums("SELECT id, points - remaining FROM debt") == sums("SELECT debt_id, points FROM debt_repayment")
    assert sums("SELECT public_id, points FROM debt_repayment") == sums(
        "SELECT source, points FROM entry WHERE SUBSTR(source, 1, 3) = 'rep'"
    )
    assert count("member", "balance < pending + held OR pending < 0 OR held < 0 OR debt < 0") == 0
    assert count("debt", "remaining < 0 OR remaining > points") == 0
    assert count("cap_use", "points < 0") == 0


def _assert_purchases_balance() -> None:
    accrued = sums("SELECT public_id, points_accrued FROM purchase")
    assert accrued == sums("SELECT source, points FROM entry WHERE kind = 'accrual'")
    assert accrued == sums("SELECT p.public_id, a.points FROM award a JOIN purchase p ON p.id = a.purchase_id"), (
        "the awards are not the purchase's points"
    )
    assert sums("SELECT public_id, points_redeemed FROM purchase") == sums(
        "SELECT source, points FROM entry WHERE kind = 'redemption' AND SUBSTR(source, 1, 3) = 'pur'"
    )
    assert sums("SELECT public_id, discount_minor FROM purchase") == sums(
        "SELECT p.public_id, l.discount_minor FROM purchase_line l JOIN purchase p ON p.id = l.purchase_id"
    )
    assert count("event", "type = 'purchase.recorded'") == count("purchase")
    assert count("event", "type = 'purchase.returned'") == count("goods_return")
    assert sums("SELECT id, points_given_back FROM purchase") == sums(
        "SELECT purchase_id, points_given_back FROM goods_return"
    )
    assert sums("SELECT public_id, points_given_back FROM goods_return") == sums(
        "SELECT source, points FROM entry WHERE kind = 'redemption_reversal' AND SUBSTR(source, 1, 3) = 'ret'"
    )
    assert sums("SELECT id, points_reversed FROM goods_return") == sums(
        "SELECT goods_return_id, points FROM award_reversal"
    )
    assert sums("SELECT id, refunded_minor FROM purchase") == sums(
        "SELECT purchase_id, refund_minor + deducted_minor FROM goods_return"
    )
    too_much = execute(
        "SELECT COUNT(*) FROM purchase_line l JOIN (SELECT r.purchase_id, u.position, SUM(u.quantity) AS quantity"
        " FROM returned_line u JOIN goods_return r ON r.id = u.goods_return_id GROUP BY r.purchase_id, u.position) b"
        " ON b.purchase_id = l.purchase_id AND b.position = l.position"
        " WHERE b.quantity > CASE WHEN l.quantity < 1 THEN 1 ELSE l.quantity END"
    ).fetchone()[0]
    assert too_much == 0, "more came back than was bought"
