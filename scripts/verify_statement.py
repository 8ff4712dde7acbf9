"""``coalition settle verify``: recompute a statement from its lines and the chain alone.

It reads no database, and imports nothing that could. It also runs by itself, with the same options:
``python scripts/verify_statement.py LINES --rpc URL --contract ADDRESS …``.
"""

import json
import re
import sys
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
from coalition.ledger.settlement.verification import Verified, Whose
from coalition.ledger.settlement.verification import verify as check_statement
from coalition.papers.statement_csv import read_lines

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_WIDE = 1000
_CURRENCY = re.compile("[A-Z]{3}")

people = Console(stderr=True)


@click.command(name="verify")
@click.argument("lines", type=_FILE)
@click.option("--rpc", required=True, help="URL of any node of the chain; best, one of your own.")
@click.option("--contract", required=True, help="The settlement contract's address.")
@click.option("--period", type=click.IntRange(1, 2**32 - 1), required=True, help="The period's number.")
@click.option("--partner", type=click.IntRange(0, 2**16 - 1), required=True, help="Your number on the ledger.")
@click.option("--currency", required=True, help="The statement's currency, such as USD.")
@click.option("--earlier", type=_FILE, multiple=True, help="Lines of each other statement of yours until then.")
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
    on the ledger. With all other statements of yours until then, in any currency, it also tells what is in none.

    Exit status 0: no difference. 1: differences. 2: the node could not be asked, or there is no such statement.
    """
    try:
        if not is_address(contract):
            _refuse("invalid_address", f"{contract} is no address of a contract")
        if not _CURRENCY.fullmatch(currency):
            _refuse("invalid_currency", f"{currency} is no currency such as USD")
        found = check_statement(
            _read(lines),
            [_read(path) for path in earlier],
            SettlementContract(Node.at(rpc), contract),
            Whose(period, partner, currency),
        )
    except CoalitionError as error:
        _refuse(error.code, str(error))
    if as_json:
        checks = [check._asdict() | {"result": _result(check)} for check in found.checks]
        facts = [fact._asdict() for fact in found.facts]
        print(json.dumps({"checks": checks, "facts": facts}, indent=2, default=str))
    else:
        _print(found)
    sys.exit(1 if any(_differs(check) for check in found.checks) else 0)


def _read(path: Path) -> list[StatementLine]:
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            return list(read_lines(stream))
    except UnicodeDecodeError as error:
        _refuse("unreadable_statement", f"{path} is not UTF-8: {error}")


def _print(found: Verified) -> None:
    stdout = Console() if sys.stdout.isatty() else Console(width=_WIDE)
    table = Table(title="Statement", title_justify="left")
    for column in ("what", "recomputed", "on the chain", "result"):
        table.add_column(column, overflow="fold")
    for check in found.checks:
        table.add_row(check.what, str(check.recomputed), str(check.on_chain), _result(check))
    stdout.print(table)
    for difference in (line for check in found.checks for line in check.differences):
        print(difference)
    facts = Table(title="Told, and not compared with anything", title_justify="left")
    for column in ("what", "value"):
        facts.add_column(column, overflow="fold")
    for fact in found.facts:
        facts.add_row(fact.what, str(fact.value))
    stdout.print(facts)


def _differs(check: Check) -> bool:
    return bool(check.recomputed != check.on_chain or check.differences)


def _result(check: Check) -> str:
    return "differs" if _differs(check) else "the same"


def _refuse(code: str, reason: str) -> NoReturn:
    people.print(f"[red]{code}[/red]: {escape(reason)}", highlight=False, soft_wrap=True)
    sys.exit(2)


if __name__ == "__main__":
    verify()
