"""``coalition settle verify``: recompute a statement from its lines and the chain alone.

It reads no database, and imports nothing that could. It also runs by itself, with the same options:
``python scripts/verify_statement.py LINES --rpc URL --contract ADDRESS …``.
"""

import json
import sys
from itertools import chain
from pathlib import Path
from typing import NoReturn

import click
from eth_utils.address import is_address
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from coalition.domain.statements import StatementLine
from coalition.errors import CoalitionError
from coalition.ledger.audit.checks import Check
from coalition.ledger.node import Node
from coalition.ledger.settlement.binding import SettlementContract
from coalition.ledger.settlement.verification import Whose
from coalition.ledger.settlement.verification import verify as check_statement
from coalition.papers.statement_csv import read_lines

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_WIDE = 1000

people = Console(stderr=True)


@click.command(name="verify")
@click.argument("lines", type=_FILE)
@click.option("--rpc", required=True, help="URL of any node of the chain; best, one of your own.")
@click.option("--contract", required=True, help="The settlement contract's address.")
@click.option("--period", type=click.IntRange(1), required=True, help="The period's number.")
@click.option("--partner", type=click.IntRange(0), required=True, help="Your number on the ledger.")
@click.option("--currency", required=True, help="The statement's currency, such as USD.")
@click.option("--earlier", type=_FILE, multiple=True, help="The lines of your earlier statements, the oldest first.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of a table.")
def verify(
    lines: Path,
    rpc: str,
    contract: str,
    period: int,
    partner: int,
    currency: str,
    earlier: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Recompute the statement whose LINES (CSV) you have: its root, every amount, the position, and each entry's place
    on the ledger.

    Exit status 0: no difference. 1: differences. 2: the node could not be asked, or there is no such statement.
    """
    try:
        if not is_address(contract):
            _refuse("invalid_address", f"{contract} is no address of a contract")
        found = check_statement(
            _read(lines),
            list(chain.from_iterable(map(_read, earlier))),
            SettlementContract(Node.at(rpc), contract),
            Whose(period, partner, currency),
        )
    except CoalitionError as error:
        _refuse(error.code, str(error))
    if as_json:
        print(json.dumps([check._asdict() | {"result": _result(check)} for check in found], indent=2, default=str))
    else:
        _print(found)
    sys.exit(1 if any(_differs(check) for check in found) else 0)


def _read(path: Path) -> list[StatementLine]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(read_lines(stream))


def _print(found: list[Check]) -> None:
    table = Table(title="Statement", title_justify="left")
    for column in ("what", "recomputed", "on the chain", "result"):
        table.add_column(column, overflow="fold")
    for check in found:
        table.add_row(check.what, str(check.recomputed), str(check.on_chain), _result(check))
    (Console() if sys.stdout.isatty() else Console(width=_WIDE)).print(table)
    for difference in (line for check in found for line in check.differences):
        print(difference)


def _differs(check: Check) -> bool:
    return bool(check.recomputed != check.on_chain or check.differences)


def _result(check: Check) -> str:
    return "differs" if _differs(check) else "the same"


def _refuse(code: str, reason: str) -> NoReturn:
    people.print(f"[red]{code}[/red]: {escape(reason)}", highlight=False, soft_wrap=True)
    sys.exit(2)


if __name__ == "__main__":
    verify()
