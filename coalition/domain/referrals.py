"""Who referred whom, and what tells that two members may be one person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


class Trait(NamedTuple):
    """Something of a member's that another member may have too; ``hash`` is keyed, and differs between the kinds."""

    kind: str
    hash: str


@dataclass(frozen=True, slots=True)
class Person:
    """A member by their number; ``referred_by`` is the number of another."""

    number: int
    name: str | None = None
    birth_date: date | None = None
    email: str | None = None
    referred_by: int | None = None
    traits: frozenset[Trait] = frozenset()


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Everybody near a referral, by number, its two sides among them.

    ``crowded`` are traits of so many members that they are nobody's own: a shop's tablet, a company's card.
    """

    people: Mapping[int, Person]
    crowded: frozenset[Trait] = frozenset()
