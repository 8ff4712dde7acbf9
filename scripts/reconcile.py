"""``coalition reconcile``: the journal against the chain."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import click

from coalition.config import IN_PROCESS_URL, Settings
from coalition.ledger.chains import open_chain
from coalition.ledger.deployments import deployment, ledger_at
from coalition.ledger.errors import LeaseHeld, LedgerDiverged
from coalition.ledger.reconciliation.reconcile import Progress, Reconciliation
from coalition.ledger.reconciliation.reconcile import reconcile as compare
from gamification.giving import reward_documents
from scripts.composition import open_coalition, recording
from scripts.output import json_option, people, print_json, progress_bar, refusals_exit

_SHOWN = 20


@click.command()
@click.option("--quick", is_flag=True, help="Leave out the documents that entries come from.")
@json_option
@refusals_exit
def reconcile(quick: bool, as_json: bool) -> None:
    """Compare the journal with the chain, entry by entry and total by total, and with what entries come from.

    Exit status 1 on any difference. The first ones are those of the first batches.
    """
    settings = Settings.from_environment()
    open_coalition(settings)
    with _told_to_people() as progress:
        result = _compare(settings, quick, progress)
    show(result, as_json)


def show(result: Reconciliation, as_json: bool) -> None:
    """Print what was compared, and end: with exit status 1 on any difference."""
    if as_json:
        print_json(
            {
                "entries": result.entries,
                "pending": result.pending,
                "differences": len(result.differences),
                "first_bad_entry": result.first_bad_entry,
                "first_differences": result.differences[:_SHOWN],
                "not_compared": result.not_compared,
                "total_supply": result.total_supply,
                "sum_of_balances": result.sum_of_balances,
            }
        )
    else:
        print(f"{result.entries} entries compared, {result.pending} not yet recorded")
        if result.total_supply is not None:
            print(f"total supply {result.total_supply}, sum of balances {result.sum_of_balances}")
        if result.not_compared:
            print(f"not compared: {', '.join(result.not_compared)}")
        print(f"{len(result.differences)} differences")
        if result.first_bad_entry:
            print(f"first bad entry {result.first_bad_entry}")
        for difference in result.differences[:_SHOWN]:
            people.print(f"[red]✗[/red] {difference}", highlight=False, soft_wrap=True)
    sys.exit(1 if result.differences else 0)


@contextmanager
def _told_to_people() -> Iterator[Progress]:
    """One bar after the other."""
    with ExitStack() as shown:
        bars: dict[str, Callable[[int], None]] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in bars:
                shown.close()
                bars[what] = shown.enter_context(progress_bar(what, total))
            bars[what](done)

        yield tell


def _compare(settings: Settings, quick: bool, progress: Progress) -> Reconciliation:
    """A chain of our own first gets back whatever it lost; where a worker is running, that is its business."""
    try:
        with recording(settings) as recorder:
            return compare(recorder.contract, others=reward_documents, quick=quick, progress=progress)
    except (LeaseHeld, LedgerDiverged):
        found = deployment()
        if found is None:
            raise
        with open_chain(settings) as chain:
            if chain.node.url == IN_PROCESS_URL:
                # The chain lives inside the worker, where nobody else can read it.
                raise
            return compare(ledger_at(chain.node, found), others=reward_documents, quick=quick, progress=progress)
