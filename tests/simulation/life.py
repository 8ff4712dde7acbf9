"""What is told of one seed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class Failure(Exception):
    """What must hold does not, or the recorder does not come to rest."""


@dataclass
class Life:
    """What happened under one seed, and how often; ``head`` is the contract's at the end."""

    seed: int
    log: list[str] = field(default_factory=list)
    steps: int = 0
    occurred: Counter[str] = field(default_factory=Counter)
    head: str = ""
    failure: str | None = None

    def count(self, what: str, times: int = 1) -> None:
        self.occurred[what] += times

    def tell(self, what: str, told: str) -> None:
        self.log.append(f"{self.steps:4}  {what}: {told}")
        self.steps += 1

    def tell_events(self, events: Iterable[Mapping[str, Any]]) -> None:
        """What the recorder wrote into its own log meanwhile."""
        for event in events:
            self.count(event["event"])
            details = {name: value for name, value in event.items() if name not in ("event", "log_level")}
            self.log.append(f"      {event['event']} {details}")
