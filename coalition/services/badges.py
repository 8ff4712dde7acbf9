"""Badges: which achievement is which token, and a journal of who was awarded it and who lost it.

The recorder tells the chain, entry by entry and in order. So the journal keeps to what the contract accepts: a member
has a badge at most once, only what they have is revoked, and a badge is for ever the one partner's who issued it first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from coalition.errors import UnknownBadge
from coalition.services.ledger import entry_status
from coalition.store import tables
from coalition.store.database import chunks, execute, insert_rows, lock_name, placeholders, to_column, transaction
from coalition.store.ledger import LIVE

_HIGHEST = (1 << 63) - 1
_COLUMNS = ("kind", "badge_id", "member_id", "grant_id", "recorded_at")


class BadgeChange(NamedTuple):
    """For this grant of it the member is awarded the badge of an achievement, or loses it.

    ``issuer`` is the number of the partner whose badge it is if it is awarded for the first time.
    """

    kind: Literal["award", "revocation"]
    achievement: str
    issuer: int
    member: int
    grant: str


@dataclass(frozen=True, slots=True)
class Badge:
    """``number`` is that of the token; ``issuer`` is the partner's name."""

    number: int
    achievement: str
    issuer: str


@dataclass(frozen=True, slots=True)
class MemberBadge:
    """A badge that a member was awarded, and how far the chain has it; ``refused`` if the contract did not take it."""

    id: int
    status: str
    chain_tx: str | None


def change_badges(changes: Sequence[BadgeChange], *, now: datetime) -> None:
    """Enter the changes into the journal, in this order; a grant may award once and revoke once.

    Left out is what would change nothing: awards to those who have the badge, revocations from those who do not.
    """
    if not changes:
        return
    with transaction():
        lock_name("badges")
        numbers = _numbers(changes)
        held = _held({change.member for change in changes}, numbers.values())
        rows = []
        for kind, achievement, _, member, grant in changes:
            holding = (member, numbers.get(achievement))
            if (kind == "award") == (holding in held):
                continue
            held ^= {holding}
            rows.append((kind, numbers[achievement], member, grant, to_column(now)))
        insert_rows(tables.BadgeEntry, _COLUMNS, rows)


def get_badge(number: int) -> Badge:
    """:raises UnknownBadge: no badge has this number."""
    row = tables.Badge.get_or_none(tables.Badge.id == number) if number <= _HIGHEST else None
    if row is None:
        raise UnknownBadge(badge=str(number))
    return Badge(row.id, row.code, row.issuer.name)


def member_badges(member: int) -> dict[str, MemberBadge]:
    """What the member has been awarded and not lost, by achievement."""
    rows = execute(
        "SELECT b.code, b.id, e.kind, e.refused, t.status, t.hash FROM badge_entry e JOIN badge b ON b.id = e.badge_id"
        f" LEFT JOIN chain_tx t ON t.badges_id = e.sequence AND t.{LIVE} WHERE e.member_id = ? ORDER BY e.id",
        (member,),
    ).fetchall()
    found: dict[str, MemberBadge] = {}
    for achievement, number, kind, refused, status, chain_tx in rows:
        if kind == "award":
            found[achievement] = MemberBadge(number, "refused" if refused else entry_status(status), chain_tx)
        elif not refused:
            found.pop(achievement, None)
    return found


def _numbers(changes: Iterable[BadgeChange]) -> dict[str, int]:
    """``{achievement: number}`` of those that have a badge, or get one now."""
    names = sorted({change.achievement for change in changes})
    rows = execute(f"SELECT code, id FROM badge WHERE code IN ({placeholders(len(names))})", names).fetchall()
    numbers: dict[str, int] = dict(map(tuple, rows))
    for kind, achievement, issuer, *_ in changes:
        if kind == "award" and achievement not in numbers:
            numbers[achievement] = tables.Badge.create(code=achievement, issuer=issuer).id
    return numbers


def _held(members: Iterable[int], badges: Iterable[int]) -> set[tuple[int, int | None]]:
    """The member and the number of each of these badges that one of these members has."""
    wanted, numbers = sorted(members), sorted(badges)
    held: set[tuple[int, int | None]] = set()
    for chunk in chunks(wanted if numbers else ()):
        rows = execute(
            f"SELECT member_id, badge_id, kind FROM badge_entry WHERE member_id IN ({placeholders(len(chunk))})"
            f" AND badge_id IN ({placeholders(len(numbers))}) AND refused IS NULL ORDER BY id",
            [*chunk, *numbers],
        ).fetchall()
        for member, badge, kind in rows:
            (held.add if kind == "award" else held.discard)((member, badge))
    return held
