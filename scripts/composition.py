"""Where processes are put together: the only place that knows the settings, the database and the chain at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import gamification.schema
from coalition.clock import SystemClock
from coalition.config import Settings
from coalition.domain.programme import Programme
from coalition.ledger.chains import Chain, open_chain
from coalition.ledger.keys import Keyring
from coalition.ledger.lease import RECORDER, Lease
from coalition.ledger.recorder import Recorder
from coalition.services.partners import ensure_operator
from coalition.services.programmes import ensure_programme
from coalition.store.database import connect
from coalition.store.schema import migrate

CLOCK = SystemClock()


def open_database(settings: Settings) -> None:
    """The database is there, with this version's schema.

    :raises NewerSchema: a newer version has been at it.
    """
    # It will hold members' names and numbers, and the recorder's key.
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    connect(settings.database_url)
    migrate()
    gamification.schema.migrate()


def open_coalition(settings: Settings, programme: Programme | None = None) -> None:
    """Like ``open_database``, and a new data directory has a programme, the default one if none is given."""
    open_database(settings)
    ensure_programme(programme or Programme(), now=CLOCK.now())
    ensure_operator(now=CLOCK.now())


def new_recorder(chain: Chain, settings: Settings, keyring: Keyring, lease: Lease) -> Recorder:
    """The recorder of this data directory, for the process that holds the lease."""
    if chain.ours:
        # It has no blocks but ours, so nothing would ever lie deep enough.
        settings = replace(settings, confirmations=0)
    return Recorder(chain, settings, keyring, CLOCK, lease)


@contextmanager
def recording(settings: Settings) -> Iterator[Recorder]:
    """The recorder of this data directory, on its chain; for the process that holds the lease.

    A chain of our own has, when this begins, all that was ever signed for it.

    :raises LeaseHeld: another process is the recorder.
    """
    lease = Lease(RECORDER)
    lease.hold(CLOCK.now())
    try:
        with open_chain(settings) as chain:
            recorder = new_recorder(chain, settings, Keyring(settings), lease)
            if chain.ours:
                recorder.restore()
            yield recorder
    finally:
        lease.release()
