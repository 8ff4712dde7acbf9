"""Awarding: turns crossings into grants won and lost, event by event, as prerequisites come and go.

Counting never waits for a prerequisite, granting does: a tier that is reached earlier is won by the very event that
wins the prerequisite. A tier that has been won needs its prerequisite no longer, it is lost only by its own counter.
Everything goes by the order of the events, so it does not depend on how the stream was cut into batches.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from gamification.catalogue import Catalogue, Goal
from gamification.crossings import Crossing, Fallen, Reached, counter_of, open_tiers
from gamification.grants import Grant
from gamification.store.counters import Key, Standing


class Before(NamedTuple):
    """What the members of the crossings had before the batch.

    ``held`` tells how many grants of an achievement a member has, ``grants`` are those of the counters that fall.
    ``standings`` has every counter that is crossed, and those that a crossing may release.
    """

    held: Mapping[tuple[int, str], int]
    grants: Mapping[Key, Sequence[Grant]]
    standings: Mapping[Key, Standing]


class Awarding:
    """``won`` and ``lost`` are grants with the positions of their events, ``granted`` is what it makes of counters."""

    def __init__(self, catalogue: Catalogue, before: Before, grant_of: Callable[[Reached], Grant]) -> None:
        self.won: list[tuple[int, Grant]] = []
        self.lost: list[tuple[int, Grant]] = []
        self.granted: dict[Key, int] = {}
        self._catalogue = catalogue
        self._grant_of = grant_of
        self._standings = before.standings
        self._held = Counter(before.held)
        self._grants = {key: list(grants) for key, grants in before.grants.items()}
        self._waiting: dict[tuple[int, int], set[tuple[str, int]]] = {}
        for (member, goal_id, period), standing in before.standings.items():
            for tier in open_tiers(catalogue.by_id[goal_id], standing):
                self._wait(member, goal_id, period, tier)

    def take(self, crossing: Crossing) -> None:
        """Crossings come in their order."""
        if isinstance(crossing, Fallen):
            self._lose(crossing)
        elif self._ready(crossing.member, crossing.goal):
            self._win(crossing)
        else:
            self._wait(*counter_of(crossing), crossing.tier)

    def _win(self, reached: Reached) -> None:
        position, goal, member, _, tier = reached
        key = counter_of(reached)
        # A tier that waited and was released may be reached once more by a later event of the batch.
        if goal.rule.tiers[tier] <= self._granted(key):
            return
        grant = self._grant_of(reached)
        self.won.append((position, grant))
        self.granted[key] = grant.threshold
        self._grants.setdefault(key, []).append(grant)
        self._held[member, goal.rule.id] += 1
        if self._held[member, goal.rule.id] == 1:
            self._release(position, goal, member)

    def _release(self, position: int, goal: Goal, member: int) -> None:
        for dependant in self._catalogue.dependants.get(goal.rule.id, ()):
            if self._ready(member, dependant):
                for period, tier in sorted(self._waiting.pop((member, dependant.id), ())):
                    self._win(Reached(position, dependant, member, period, tier))

    def _lose(self, fallen: Fallen) -> None:
        position, goal, member, period, reached = fallen
        key = counter_of(fallen)
        waiting = self._waiting.get((member, goal.id), set())
        waiting -= {(period, tier) for tier, threshold in enumerate(goal.rule.tiers) if threshold > reached}
        grants = self._grants.get(key, [])
        lost = [grant for grant in grants if grant.threshold > reached]
        if lost:
            self.lost += [(position, grant) for grant in lost]
            self._grants[key] = [grant for grant in grants if grant.threshold <= reached]
            self.granted[key] = max((grant.threshold for grant in self._grants[key]), default=0)
            self._held[member, goal.rule.id] -= len(lost)

    def _wait(self, member: int, goal_id: int, period: str, tier: int) -> None:
        self._waiting.setdefault((member, goal_id), set()).add((period, tier))

    def _ready(self, member: int, goal: Goal) -> bool:
        return all(self._held[member, required] for required in goal.rule.requires)

    def _granted(self, key: Key) -> int:
        return self.granted[key] if key in self.granted else self._standings[key].granted
