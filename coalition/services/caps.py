"""The caps' counters during a transaction: read and locked at its beginning, raised by what it records."""

from collections import Counter
from collections.abc import Iterable, Mapping

from coalition.domain.caps import CapKey, cap_keys
from coalition.domain.conditions import Circumstances
from coalition.domain.programme import Programme
from coalition.services.programmes import Rulebook
from coalition.store import caps as store


class CapBook:
    """What is used of every cap that purchases in these circumstances may touch."""

    def __init__(self, circumstances: Iterable[Circumstances], rules: Rulebook) -> None:
        keys: set[CapKey] = set()
        if any(programme.accrual.caps for programme in rules.versions):
            for each in circumstances:
                keys |= set(cap_keys(rules.at(each.occurred_at), each))
        self._used = Counter(store.lock_uses(keys))
        self._change: Counter[CapKey] = Counter()

    def used(self, programme: Programme, circumstances: Circumstances) -> Mapping[CapKey, int]:
        """What is used of the caps that a purchase in these circumstances falls under."""
        # A tier that an earlier purchase of the transaction brought may open a rule that nobody had foreseen.
        if unforeseen := [key for key in cap_keys(programme, circumstances) if key not in self._used]:
            self._used.update(store.lock_uses(unforeseen))
        return self._used

    def use(self, uses: Mapping[CapKey, int]) -> None:
        """Raise the counters by what a purchase used."""
        self._used.update(uses)
        self._change.update(uses)

    def write(self) -> None:
        store.add_uses(self._change)
