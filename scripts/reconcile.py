"""``coalition reconcile``: the journal against the chain."""

import sys

import click

from coalition.config import IN_PROCESS_URL, Settings
from coalition.ledger.chains import open_chain
from coalition.ledger.deployments import deployment, ledger_at
from coalition.ledger.errors import LeaseHeld
from coalition.ledger.reconciliation import Reconciliation
from coalition.ledger.reconciliation import reconcile as compare
from scripts.composition import open_coalition, recording
from scripts.output import json_option, people, print_json, refusals_exit

_SHOWN = 20


@click.command()
@json_option
@refusals_exit
def reconcile(as_json: bool) -> None:
    """Compare the journal with the chain, entry by entry and total by total; exit status 1 on any difference."""
    settings = Settings.from_environment()
    open_coalition(settings)
    result = _compare(settings)
    show(result, as_json)


def show(result: Reconciliation, as_json: bool) -> None:
    """Print what was compared, and end: with exit status 1 on any difference."""
    if as_json:
        print_json(
            {
                "entries": result.entries,
                "pending": result.pending,
                "differences": len(result.differences),
                "first_differences": result.differences[:_SHOWN],
                "total_supply": result.total_supply,
                "sum_of_balances": result.sum_of_balances,
            }
        )
    else:
        print(f"{result.entries} entries compared, {result.pending} not yet recorded")
        print(f"total supply {result.total_supply}, sum of balances {result.sum_of_balances}")
        print(f"{len(result.differences)} differences")
        for difference in result.differences[:_SHOWN]:
            people.print(f"[red]✗[/red] {difference}", highlight=False, soft_wrap=True)
    sys.exit(1 if result.differences else 0)


def _compare(settings: Settings) -> Reconciliation:
    """A chain of our own first gets back whatever it lost; where a worker is running, that is its business."""
    try:
        with recording(settings) as recorder:
            return compare(recorder.contract)
    except LeaseHeld:
        found = deployment()
        if found is None:
            raise
        with open_chain(settings) as chain:
            if chain.node.url == IN_PROCESS_URL:
                # The chain lives inside the worker, where nobody else can read it.
                raise
            return compare(ledger_at(chain.node, found))
