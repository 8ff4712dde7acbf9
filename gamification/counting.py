"""Counting: moves the counters by what a batch was folded to."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from gamification.folding import Folded
from gamification.moves import Move, settle
from gamification.store.counters import Key, Standing, advance, set_reached


@dataclass(frozen=True, slots=True)
class Counted:
    """What the batch did to the counters, and how they stand after it. Those ``undone`` may have gone down."""

    moves: Mapping[Key, Sequence[Move]]
    standings: Mapping[Key, Standing]
    undone: AbstractSet[Key]

    def before(self, key: Key, standing: Standing) -> Standing:
        """The counter as it stood before the batch, after which it stands so."""
        return standing._replace(reached=standing.reached - sum(amount for _, amount in self.moves.get(key, ())))


def count(folded: Folded) -> Counted:
    """Move the counters. None falls below zero: of a purchase from before its rule there is nothing to undo."""
    moves, undone = folded
    gains = {key: sum([amount for _, amount in found]) for key, found in moves.items()}
    standings = advance(gains)
    corrected: dict[Key, int] = {}
    for key in undone & moves.keys():
        reached, granted = standings[key]
        before = reached - gains[key]
        moves[key] = settle(before, moves[key])
        settled = before + sum(amount for _, amount in moves[key])
        if settled != reached:
            standings[key] = Standing(settled, granted)
            corrected[key] = settled
    set_reached(corrected)
    return Counted(moves, standings, undone & moves.keys())
