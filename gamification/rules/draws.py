"""A prize draw as it is published."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class DrawPrize:
    """What each of ``winners`` winners gets: ``points``, or what the title says where there are none."""

    title: Mapping[str, str]
    winners: int
    points: int = 0


@dataclass(frozen=True)
class Draw:
    """``partner`` gives the prizes, the best first; None where the coalition does. ``closes_on`` is the last day, UTC,
    on which tickets can be won."""

    id: str
    title: Mapping[str, str]
    partner: str | None
    closes_on: date
    prizes: tuple[DrawPrize, ...]

    @property
    def winners(self) -> int:
        return sum(prize.winners for prize in self.prizes)

    def prize_at(self, place: int) -> int:
        """The index of the prize of the winner at this place, counted from 0.

        :raises IndexError: there are not so many winners.
        """
        for index, prize in enumerate(self.prizes):
            if place < prize.winners:
                return index
            place -= prize.winners
        raise IndexError("there is no prize at this place")

    def to_document(self) -> dict[str, Any]:
        return asdict(self) | {"closes_on": self.closes_on.isoformat()}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Draw":
        prizes = tuple(DrawPrize(**prize) for prize in document["prizes"])
        closes_on = date.fromisoformat(document["closes_on"])
        return cls(document["id"], document["title"], document["partner"], closes_on, prizes)
