"""A ledger that stands on a chain in this process, and knows the usual coalition: made once, and as good as new after.

Nothing but its partners is recorded on it.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from coalition.clock import Clock
from coalition.config import IN_PROCESS_URL, Settings
from coalition.ledger.chains import Chain, open_chain
from coalition.ledger.keys import Keyring
from coalition.ledger.lease import RECORDER, Lease
from coalition.ledger.recorder import Recorder
from coalition.store import tables
from coalition.store.database import is_postgresql
from tests.rows import Rows, every_row, write


class Deployment(NamedTuple):
    """The chain, the directory of the keys, and the rows by which the journal knows of it."""

    chain: Chain
    keys: Path
    rows: Rows


def nothing(*_: Any) -> None:
    """Does nothing."""


@dataclass
class Deployments:
    """By kind of database, moment and what else was done. The directory is for their keys."""

    directory: Path
    made: dict[tuple[bool, datetime, str], Deployment] = field(default_factory=dict)

    @contextmanager
    def open(
        self,
        data_directory: Path,
        clock: Clock,
        done: str = "",
        do: Callable[[], None] = nothing,
        then: Callable[[Recorder], None] = nothing,
    ) -> Iterator[Chain]:
        """Inside, the ledger of a coalition that had none stands on this chain.

        With a name for what is done, the coalition did that before it was recorded, and what is to be done then was
        done with the recorder.
        """
        settings = Settings(data_directory, "", IN_PROCESS_URL, 0, 0)
        key = is_postgresql(), clock.now(), done
        if key not in self.made and not _is_as_founded():
            # Others would find on their chain what is on this one: it is for this test alone.
            with open_chain(settings) as chain:
                yield chain
            return
        if key in self.made:
            shutil.copytree(self.made[key].keys, data_directory / "keys")
            write(self.made[key].rows)
        else:
            self.made[key] = self._make(settings, clock, do, then)
        chain = self.made[key].chain
        snapshot = chain.node.request("evm_snapshot")
        try:
            yield chain
        finally:
            chain.node.request("evm_revert", snapshot)

    def _make(
        self, settings: Settings, clock: Clock, do: Callable[[], None], then: Callable[[Recorder], None]
    ) -> Deployment:
        before = every_row()
        do()
        # It is there as long as this process is, and needs no end.
        chain = open_chain(settings).__enter__()
        recorder = Recorder(chain, settings, Keyring(settings), clock, Lease(RECORDER))
        recorder.drain()
        then(recorder)
        tables.Lease.delete().execute()
        keys = self.directory / str(len(self.made))
        shutil.copytree(settings.data_dir / "keys", keys)
        news = {table: [row for row in rows if row not in before.get(table, ())] for table, rows in every_row().items()}
        return Deployment(chain, keys, {table: rows for table, rows in news.items() if rows})


def _is_as_founded() -> bool:
    """Whether nothing is to be recorded but its four partners, each of which joined."""
    return tables.PartnerChange.select().count() == 4 and not tables.Entry.select().exists()
