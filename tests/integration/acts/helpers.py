"""Somebody who posts what Anna did, a day after she enrolled."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import pytest

from coalition import events
from coalition.clock import ManualClock
from coalition.errors import CoalitionError
from coalition.services.members import Member
from coalition.services.partners import Partner
from coalition.store.database import execute
from gamification.acts import posting
from gamification.acts.posting import PostedEvent, PostEvent
from gamification.store.act_tables import ACT_TABLES
from tests.conftest import Coalition
from tests.integration.books import contents


def everything() -> dict[str, Any]:
    """Every row of the coalition's tables and of those of acts."""
    names = [table._meta.table_name for table in ACT_TABLES]
    acts = {name: sorted(map(tuple, execute(f"SELECT * FROM {name}").fetchall()), key=repr) for name in names}
    return contents() | acts


@contextmanager
def refused(reason: type[CoalitionError]) -> Iterator[pytest.ExceptionInfo[Any]]:
    """What is done inside is refused for that reason, and leaves every row as it was."""
    before = everything()
    with pytest.raises(reason) as refusal:
        yield refusal
    assert everything() == before


@dataclass
class Poster:
    coalition: Coalition
    clock: ManualClock
    serial: Iterator[int] = field(default_factory=lambda: count(1))

    def __call__(
        self,
        type_: str,
        by: Partner | None = None,
        *,
        member: Member | None = None,
        at: datetime | None = None,
        event_id: str | None = None,
        **attributes: Any,
    ) -> PostedEvent:
        """The cafe posts it of Anna, now, unless told otherwise."""
        command = PostEvent(
            partner=(by or self.coalition.cafe).number,
            event_id=event_id or f"e-{next(self.serial)}",
            type=type_,
            member=(member or self.coalition.anna).id,
            occurred_at=at or self.clock.now(),
            attributes=attributes,
        )
        return posting.post_event(command, now=self.clock.now())

    def shares(self, **other: Any) -> PostedEvent:
        """An act of which nothing more is asked."""
        return self("social.shared", **{"network": "vk", "what": "badge", **other})


def stream() -> list[events.Event]:
    """What the stream has besides purchases."""
    return [event for event in events.read_after(0, 1000) if not event.type.startswith("purchase.")]


def streamed() -> list[tuple[str, dict[str, Any]]]:
    return [(event.type, event.attributes) for event in stream()]
