"""``coalition record``: bring the chain up to the journal, then end."""

import time
from dataclasses import asdict

import click

from coalition.config import Settings
from coalition.ledger.errors import LeaseHeld
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
    waiting = ledger.status().backlog
    with progress_bar("recording", waiting) as show:
        while True:
            try:
                with recording(settings) as recorder:
                    recorder.drain(lambda state: show(waiting - state.backlog))
                return
            except LeaseHeld as held:
                status = ledger.status()
                show(waiting - status.backlog)
                if status.backlog == status.in_flight == 0:
                    return
                people.print(f"waiting for {held.holder}, which is recording", style="dim")
                time.sleep(_LOOK_AGAIN_S)
