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
from coalition.ledger.node import Node

_WIDE = 1000

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
        _refuse(error.code, str(error))
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
