"""Who referred whom."""

from collections.abc import Callable, Collection
from typing import Any

from coalition.domain.referrals import Neighbourhood, Person, Trait
from coalition.store import tables, traits
from coalition.store.database import chunks, execute, placeholders

DEPTH = 6
"""Referrals from the one in question to the farthest that is looked at."""
NEAR = 500
"""So many people are looked at in each direction; whoever is farther off than all of them is not."""
CROWD = 20
"""A trait of more members than this is nobody's own."""


def neighbourhood(friend: int, referrer: int) -> Neighbourhood:
    """Who referred the referrer, whom the friend referred, and so on, and whoever seems to be one of them."""
    search = _Search()
    near = search.closure({referrer}, _referrers_of) | search.closure({friend}, _referred_by)
    return Neighbourhood(_people(near), frozenset(search.crowded))


def count_referred(member: int) -> int:
    """How many members the member has brought."""
    count: int = execute("SELECT COUNT(*) FROM member WHERE referred_by_id = ?", (member,)).fetchone()[0]
    return count


class _Search:
    """Goes from people to those who seem to be the same, and on by a step; what it finds crowded leads nowhere."""

    def __init__(self) -> None:
        self.crowded: set[Trait] = set()

    def closure(self, start: set[int], step: Callable[[Collection[int]], set[int]]) -> set[int]:
        found = set(start)
        frontier = start
        for _ in range(DEPTH + 1):
            frontier = frontier | (self._alike(frontier) - found)
            found |= frontier
            frontier = step(frontier) - found
            found |= frontier
            if not frontier or len(found) >= NEAR:
                break
        return found

    def _alike(self, members: Collection[int]) -> set[int]:
        theirs = set().union(*traits.traits_of(members).values())
        self.crowded |= traits.shared_by_more_than(CROWD, theirs)
        return traits.members_with(theirs - self.crowded)


def _referrers_of(members: Collection[int]) -> set[int]:
    wanted = sorted(members)[:NEAR]
    rows = execute(
        "SELECT DISTINCT referred_by_id FROM member"
        f" WHERE referred_by_id IS NOT NULL AND id IN ({placeholders(len(wanted))})",
        wanted,
    ).fetchall()
    return {referrer for (referrer,) in rows}


def _referred_by(members: Collection[int]) -> set[int]:
    wanted = sorted(members)[:NEAR]
    rows = execute(
        f"SELECT id FROM member WHERE referred_by_id IN ({placeholders(len(wanted))}) ORDER BY id LIMIT ?",
        (*wanted, NEAR),
    ).fetchall()
    return {friend for (friend,) in rows}


def _people(numbers: Collection[int]) -> dict[int, Person]:
    theirs = traits.traits_of(numbers)
    found: dict[int, Person] = {}
    table = tables.Member
    for some in chunks(sorted(numbers)):
        rows: Any = (
            table.select(table.id, table.name, table.birth_date, table.email, table.referred_by)
            .where(table.id.in_(some))
            .tuples()
        )
        for number, name, birth_date, email, referrer in rows:
            found[number] = Person(number, name, birth_date, email, referrer, frozenset(theirs.get(number, ())))
    return found
