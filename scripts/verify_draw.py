"""``coalition verify-draw``: recompute a prize draw from its published tickets and the chain alone.

It reads no database, and imports nothing that could. It also runs by itself, with the same options:
``python scripts/verify_draw.py TICKETS --rpc URL --contract ADDRESS``.
"""

import json
import sys
from typing import BinaryIO, NoReturn

import click
from eth_utils.address import is_address
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from coalition.domain.draws import TicketList
from coalition.errors import CoalitionError
from coalition.ledger.audit.checks import Check
from coalition.ledger.draws.binding import DrawsContract
from coalition.ledger.draws.verification import Verified, verify
from coalition.ledger.errors import WrongContract
from coalition.ledger.node import Node

_WIDE = 1000
_ADVICE = {
    "wrong_contract": "Take contract and chain_id from GET /v1/draws/{id}, and a node of that chain.",
    "not_committed": "Compare draw and contract with those of GET /v1/draws/{id}; before it is committed to there is"
    " nothing to check.",
    "not_drawn_yet": "GET /v1/draws/{id} says which block counts, and until when it must be revealed; check then.",
    "invalid_ticket_list": "Take GET /v1/draws/{id}/tickets.json as it comes, unchanged.",
    "node_unavailable": "Check the URL after --rpc, or take another node of the chain.",
    "node_refused": "Take another node of the chain, one that answers for old blocks too.",
}
"""What whoever checks can do about it, by the code of the refusal."""

people = Console(stderr=True)


@click.command(name="verify-draw")
@click.argument("tickets", type=click.File("rb"))
@click.option("--rpc", required=True, help="URL of any node of the chain; best, one of your own.")
@click.option("--contract", required=True, help="The address of the contract of draws.")
@click.option(
    "--winner", "announced", multiple=True, help="A ticket announced to have won; for each, best prize first."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
def verify_draw(tickets: BinaryIO, rpc: str, contract: str, announced: tuple[str, ...], as_json: bool) -> None:
    """Check a draw by its published TICKETS (tickets.json, or - for standard input): their root, the commitment to the
    secret, the block's hash, the seed, the order of the tickets, and who has won.

    Exit status 0: all is as it should be. 1: something differs. 2: it could not be checked: wrong options, no such draw
    or no winners yet, or no answer of the node.
    """
    try:
        if not is_address(contract):
            _refuse("invalid_address", f"{contract} is no address of a contract")
        published = TicketList.from_json(tickets.read())
        found = verify(published, DrawsContract(Node.at(rpc), contract), announced)
    except CoalitionError as error:
        # What our own operator would have to do about a wrong contract helps nobody else.
        reason = f"There is no contract of our draws at {contract}." if isinstance(error, WrongContract) else str(error)
        _refuse(error.code, f"{reason.rstrip('.')}. {_ADVICE.get(error.code, '')}".rstrip())
    if as_json:
        checks = [check._asdict() | {"result": _result(check)} for check in found.checks]
        document = {
            "checks": checks,
            "facts": [fact._asdict() for fact in found.facts],
            "winners": [ticket._asdict() for ticket in found.winners],
        }
        print(json.dumps(document, indent=2, default=str))
    else:
        _print(published.draw, found)
    sys.stdout.flush()
    sys.exit(1 if any(_differs(check) for check in found.checks) else 0)


def _print(draw: str, found: Verified) -> None:
    stdout = Console() if sys.stdout.isatty() else Console(width=_WIDE)
    rows = [(check.what, _short(check.recomputed), _short(check.on_chain), _result(check)) for check in found.checks]
    _table(stdout, f"Draw {draw}", ("what", "recomputed", "on the chain, or announced", "result"), rows)
    _table(stdout, "Told, and not compared with anything", ("what", "value"), found.facts)
    won = [(place, *ticket) for place, ticket in enumerate(found.winners, 1)]
    _table(stdout, "Winners", ("place", "serial", "ticket", "member"), won)


def _table(stdout: Console, title: str, columns: tuple[str, ...], rows: object) -> None:
    table = Table(title=escape(title), title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:  # type: ignore[attr-defined]
        table.add_row(*(escape(str(cell)) for cell in row))
    stdout.print(table)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 100 else f"{text[:100]}…"


def _differs(check: Check) -> bool:
    return bool(check.recomputed != check.on_chain or check.differences)


def _result(check: Check) -> str:
    return "differs" if _differs(check) else "the same"


def _refuse(code: str, reason: str) -> NoReturn:
    people.print(f"[red]{code}[/red]: {escape(reason)}", highlight=False, soft_wrap=True)
    sys.exit(2)


if __name__ == "__main__":
    verify_draw()
