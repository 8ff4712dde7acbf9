"""What may tell that two members are one person: statements on the keyed hashes."""

from collections.abc import Collection
from datetime import datetime

from coalition.domain.referrals import Trait
from coalition.store.database import chunks, execute, placeholders, to_column


def keep(member: int, trait: Trait, now: datetime) -> None:
    """The member has the trait; if they had it before, since then."""
    execute(
        "INSERT INTO member_trait (member_id, kind, hash, first_seen_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (member_id, kind, hash) DO NOTHING",
        (member, *trait, to_column(now)),
    )


def any_of(kind: str) -> bool:
    """Whether anybody has a trait of this kind."""
    return execute("SELECT 1 FROM member_trait WHERE kind = ? LIMIT 1", (kind,)).fetchone() is not None


def known(trait: Trait) -> bool:
    """Whether anybody has it."""
    return execute("SELECT 1 FROM member_trait WHERE hash = ? LIMIT 1", (trait.hash,)).fetchone() is not None


def drop_before(moment: datetime) -> int:
    """Forget what was first seen before then; returns how many traits that were."""
    dropped: int = execute("DELETE FROM member_trait WHERE first_seen_at < ?", (to_column(moment),)).rowcount
    return dropped


def traits_of(members: Collection[int]) -> dict[int, set[Trait]]:
    """The traits of those of these members who have any."""
    found: dict[int, set[Trait]] = {}
    for chunk in chunks(members):
        rows = execute(
            f"SELECT member_id, kind, hash FROM member_trait WHERE member_id IN ({placeholders(len(chunk))})", chunk
        ).fetchall()
        for member, kind, hash_ in rows:
            found.setdefault(member, set()).add(Trait(kind, hash_))
    return found


def shared_by_more_than(most: int, traits: Collection[Trait]) -> set[Trait]:
    """Those of the traits that more members have."""
    found: set[Trait] = set()
    for chunk in chunks(trait.hash for trait in traits):
        rows = execute(
            f"SELECT kind, hash FROM member_trait WHERE hash IN ({placeholders(len(chunk))})"
            " GROUP BY kind, hash HAVING COUNT(*) > ?",
            (*chunk, most),
        ).fetchall()
        found |= {Trait(kind, hash_) for kind, hash_ in rows}
    return found


def members_with(traits: Collection[Trait]) -> set[int]:
    """Everybody who has one of them."""
    found: set[int] = set()
    for chunk in chunks(trait.hash for trait in traits):
        rows = execute(
            f"SELECT DISTINCT member_id FROM member_trait WHERE hash IN ({placeholders(len(chunk))})", chunk
        ).fetchall()
        found |= {member for (member,) in rows}
    return found
