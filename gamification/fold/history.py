"""A member's history: what happened, without what was undone afterwards."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from coalition.events import Event
from gamification.fold.catalogue import Eras
from gamification.fold.player import Player

PURCHASE_RECORDED = "purchase.recorded"
PURCHASE_RETURNED = "purchase.returned"
WITHDRAWN = "event.withdrawn"
UNDOING = frozenset({PURCHASE_RETURNED, WITHDRAWN})


class Past(NamedTuple):
    """An event, and what is ``left`` of it if it was ``undone`` in part; None if in whole."""

    event: Event
    undone: bool = False
    left: Any = None


def past(events: Sequence[Event]) -> list[Past]:
    """The events in their order, each with what later ones of them have left of it."""
    left: dict[str, Any] = {}
    for event in events:
        if event.type == PURCHASE_RETURNED:
            left[_purchase(event)] = event.attributes["after"]
        elif event.type == WITHDRAWN:
            left[event.attributes["event"]] = None
    return [_past(event, left) for event in events if event.type not in UNDOING]


def _past(event: Event, left: Mapping[str, Any]) -> Past:
    """Purchases are called by their own ids where goods come back, and by their events' where they are withdrawn."""
    if event.public_id in left:
        return Past(event, True, left[event.public_id])
    if event.type == PURCHASE_RECORDED and _purchase(event) in left:
        return Past(event, True, left[_purchase(event)])
    return Past(event)


def play_history(player: Player, events: Sequence[Event], eras: Eras) -> None:
    """Play all that happened up to the last of the events, each as the rules of its time judged it."""
    for era_events in _by_era(past(events), eras):
        catalogue = eras.at(era_events[0].event.id)
        whole: list[Event] = []
        for event, undone, remaining in era_events:
            if not undone:
                whole.append(event)
                continue
            player.play(whole, catalogue)
            whole = []
            player.play_undone(event, remaining, catalogue)
        player.play(whole, catalogue)


def _by_era(history: Iterable[Past], eras: Eras) -> Iterator[list[Past]]:
    era: list[Past] = []
    catalogue = None
    for each in history:
        running = eras.at(each.event.id)
        if era and running is not catalogue:
            yield era
            era = []
        catalogue = running
        era.append(each)
    if era:
        yield era


def _purchase(event: Event) -> str:
    purchase: str = event.attributes.get("purchase", "")
    return purchase
