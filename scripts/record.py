"""``coalition record``: bring the chain up to the journal, then end."""

import time
from dataclasses import asdict

import click

from coalition.config import Settings
from coalition.ledger.errors import LeaseHeld
from coalition.ledger.recorder import Progress, Recorder
from coalition.services import ledger
from scripts.composition import open_coalition, recording
from scripts.output import json_option, people, print_json, progress_bar, refusals_exit

_LOOK_AGAIN_S = 0.2


@click.command()
@json_option
@refusals_exit
def record(as_json: bool) -> None:
    """Record every journal entry that waits on the token ledger, then end.

    Where a worker is running, it does the work, and this command waits until it is done.
    """
    settings = Settings.from_environment()
    open_coalition(settings)
    drain(settings)
    status = ledger.status()
    if as_json:
        print_json(asdict(status))
    else:
        print(f"The ledger is complete: next batch {status.next_sequence}, head {status.head}")


def drain(settings: Settings) -> None:
    """Returns when the chain has confirmed every entry that the journal has."""
    while True:
        try:
            with recording(settings) as recorder:
                drain_visibly(recorder, "recording", ledger.status().backlog)
            return
        except LeaseHeld as held:
            status = ledger.status()
            if status.backlog == status.in_flight == 0:
                return
            people.print(f"waiting for {held.holder}, which is recording {status.backlog} entries", style="dim")
            time.sleep(_LOOK_AGAIN_S)


def drain_visibly(recorder: Recorder, description: str, entries: int) -> None:
    """Record everything that waits, these many entries, with a progress bar."""
    done = 0

    def count(progress: Progress) -> None:
        nonlocal done
        done += progress.entries
        show(done)

    with progress_bar(description, entries) as show:
        recorder.drain(count)
