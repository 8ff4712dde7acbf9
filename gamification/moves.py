"""Moves: by how much each event of a batch raises or lowers something that never falls below zero.

The order of the events is kept because the moment of crossing a threshold is that of one event, however the stream was
cut.
"""

from collections.abc import Iterable

Move = tuple[int, int]
"""The position of an event in the batch, and how much it added; what it took away is below zero."""


def settle(start: int, moves: Iterable[Move]) -> list[Move]:
    """One move for each event, in the order of the events; none takes more than there is."""
    by_event: dict[int, int] = {}
    for position, amount in moves:
        by_event[position] = by_event.get(position, 0) + amount
    settled: list[Move] = []
    for position, amount in sorted(by_event.items()):
        if real := max(amount, -start):
            settled.append((position, real))
            start += real
    return settled
