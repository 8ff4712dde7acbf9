"""The hand-written statements for tiers: what members spent and bought, and what was last announced to them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from coalition.domain.tiers import PaidTier, Spend
from coalition.store.database import chunks, execute, execute_many, from_column, is_postgresql, placeholders, to_column


def spends(members: Sequence[int]) -> Iterator[tuple[int, str, Spend]]:
    """``(member, partner's name, spend)`` of every purchase, net of what came back."""
    for chunk in chunks(members):
        for member, partner, occurred_at, amount_minor in execute(
            "SELECT u.member_id, a.name, u.occurred_at, u.total_minor - u.discount_minor - u.refunded_minor"
            f" FROM purchase u JOIN partner a ON a.id = u.partner_id WHERE u.member_id IN ({placeholders(len(chunk))})"
            " ORDER BY u.member_id, u.occurred_at",
            chunk,
        ).fetchall():
            yield member, partner, Spend(from_column(occurred_at), amount_minor)


def paid_tiers(members: Sequence[int]) -> dict[int, list[PaidTier]]:
    """The tiers that each of the members has bought."""
    found: dict[int, list[PaidTier]] = {}
    for chunk in chunks(members):
        for member, tier, starts_at, ends_at in execute(
            "SELECT member_id, tier, starts_at, ends_at FROM tier_purchase"
            f" WHERE member_id IN ({placeholders(len(chunk))}) ORDER BY id",
            chunk,
        ).fetchall():
            found.setdefault(member, []).append(PaidTier(tier, from_column(starts_at), from_column(ends_at)))
    return found


def announced(members: Sequence[int]) -> dict[int, str | None]:
    """The tier that each of the members was last told."""
    found: dict[int, str | None] = {}
    for chunk in chunks(members):
        rows = execute(f"SELECT id, tier FROM member WHERE id IN ({placeholders(len(chunk))})", chunk).fetchall()
        found.update((id_, tier) for id_, tier in rows)
    return found


def keep(rows: Iterable[tuple[str | None, datetime | None, int]]) -> None:
    """``(tier, when to judge anew, member)``"""
    execute_many(
        "UPDATE member SET tier = ?, tier_until = ? WHERE id = ?",
        ((tier, until and to_column(until), member) for tier, until, member in rows),
    )


def any_ended(now: datetime) -> bool:
    """Whether any member's tier was to be judged anew by now."""
    return execute("SELECT 1 FROM member WHERE tier_until <= ? LIMIT 1", (to_column(now),)).fetchone() is not None


def lock_ended(now: datetime, limit: int) -> list[int]:
    """Members whose tier was to be judged anew by now; nobody else changes them until the transaction ends."""
    lock = " FOR UPDATE" if is_postgresql() else ""
    rows = execute(
        f"SELECT id FROM member WHERE tier_until <= ? ORDER BY public_id LIMIT ?{lock}", (to_column(now), limit)
    ).fetchall()
    return [row[0] for row in rows]


def member_number(public_id: str) -> int | None:
    row: tuple[int] | None = execute("SELECT id FROM member WHERE public_id = ?", (public_id,)).fetchone()
    return row and row[0]
