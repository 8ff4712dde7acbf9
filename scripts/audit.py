"""``coalition ledger audit``: recompute the ledger from the chain alone, for whoever wants to check us.

It reads no database, and imports nothing that could. It also runs by itself:
``python scripts/audit.py --rpc URL --contract ADDRESS``.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import click
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from eth_utils.address import is_address
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from coalition.config import LedgerMode
from coalition.errors import CoalitionError
from coalition.ledger.audit.audit import NOT_ON_CHAIN, Audit
from coalition.ledger.audit.audit import audit as recompute
from coalition.ledger.audit.checks import Check
from coalition.ledger.audit.purchases import PurchaseAudit, audit_purchases, read_export
from coalition.ledger.contract import PartnerStatus
from coalition.ledger.node import Node

PASSPHRASE = "COALITION_AUDIT_PASSPHRASE"

_SHOWN = 20
_LISTED = 1000
"""In the JSON document."""
_WIDE = 1000
_HASH_LENGTH = 66

people = Console(stderr=True)


@click.command()
@click.option("--rpc", required=True, help="URL of any node of the chain; best, one of your own.")
@click.option("--contract", required=True, help="The ledger's address.")
@click.option("--from-block", type=click.IntRange(0), default=0, help="A block before the ledger was created.")
@click.option("--purchases", type=click.File("rb"), help="A partner's own purchases, JSON Lines, to look for.")
@click.option("--sign", "keystore", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A keystore.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
def audit(
    rpc: str, contract: str, from_block: int, purchases: BinaryIO | None, keystore: Path | None, as_json: bool
) -> None:
    """Recompute everything that the ledger has from what the chain was told, and compare.

    The digest at the end is the same for every auditor who looks at the same block. With --sign it is signed (EIP-191)
    by the account of KEYSTORE, whose passphrase is asked for unless COALITION_AUDIT_PASSPHRASE has it.

    Exit status 0: no difference. 1: differences. 2: the node could not be asked, or there is no ledger.
    """
    try:
        if not is_address(contract):
            _refuse("invalid_address", f"{contract} is no address of a contract")
        signer = _unlocked(keystore) if keystore else None
        exported = list(read_export(purchases)) if purchases else None
        audited = _audited(Node.at(rpc), contract, from_block)
    except CoalitionError as error:
        _refuse(error.code, str(error))
    found = audit_purchases(exported, audited) if exported is not None else None
    signature = _signed(audited, signer) if signer else None
    if as_json:
        print(json.dumps(_document(audited, found, signature), indent=2, ensure_ascii=False))
    else:
        _print(audited, found, signature)
    sys.exit(1 if audited.differences or (found and found.differences) else 0)


def _audited(node: Node, contract: str, from_block: int) -> Audit:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=people, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        return recompute(node, contract, from_block=from_block, progress=progress)


def _unlocked(keystore: Path) -> LocalAccount:
    passphrase = os.environ.get(PASSPHRASE)
    if passphrase is None:
        passphrase = click.prompt(f"Passphrase of {keystore}", hide_input=True, err=True)
    try:
        account: LocalAccount = Account.from_key(Account.decrypt(keystore.read_text(), passphrase))
    except (ValueError, TypeError, KeyError, NotImplementedError, OSError) as error:
        _refuse("keystore", f"{keystore} does not open: {error}")
    return account


def _signed(audited: Audit, signer: LocalAccount) -> dict[str, str]:
    """``personal_sign`` over the 32 bytes of the digest."""
    signed = signer.sign_message(encode_defunct(audited.digest()))
    return {"signer": signer.address, "signature": "0x" + bytes(signed.signature).hex()}


def _document(audited: Audit, found: PurchaseAudit | None, signature: dict[str, str] | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "statement": audited.statement(),
        "digest": "0x" + audited.digest().hex(),
        "checks": [
            {"what": check.what, "recomputed": check.recomputed, "on_chain": check.on_chain, "result": _result(check)}
            for check in audited.checks
        ],
        "differences": audited.differences[:_LISTED],
    }
    if found is not None:
        document["purchases"] = vars(found) | {
            "differences": found.differences[:_LISTED],
            "not_in_export": found.not_in_export[:_LISTED],
            "not_in_export_count": len(found.not_in_export),
        }
    return document | (signature or {})


def _print(audited: Audit, found: PurchaseAudit | None, signature: dict[str, str] | None) -> None:
    title = f"Ledger {audited.contract} of chain {audited.chain_id}, after block {audited.block.number}"
    rows = [(check.what, check.recomputed, check.on_chain, _result(check)) for check in audited.checks]
    _print_table(title, ("what", "recomputed", "on the chain", "result"), rows)
    if audited.mode is LedgerMode.ROOTS:
        print("This ledger has roots only. Its head and roots prove what was recorded, and in which order;")
        print("balances, totals and obligations can be recomputed only from the entries themselves.")
    else:
        _print_books(audited)
    if found is not None:
        _print_purchases(found)
    print(f"block     {audited.block.hash}")
    print(f"head      0x{audited.head.hex()}")
    print(f"digest    0x{audited.digest().hex()}")
    for name, value in (signature or {}).items():
        print(f"{name:9} {value}")
    print(f"{len(audited.differences)} differences")
    _list(audited.differences, "[red]✗[/red]")


def _print_books(audited: Audit) -> None:
    books = audited.books
    _print_table(
        "Partners",
        ("number", "issued", "redeemed", "expired", "outstanding", "limit", "status", "result"),
        [
            (
                str(number),
                mine.issued,
                mine.redeemed,
                mine.expired,
                books.outstanding(number),
                mine.limit,
                PartnerStatus(mine.status).name.lower(),
                "ok" if mine == given else "differs",
            )
            for number, mine, given in audited.partners
        ],
    )
    _print_table(
        "Obligations",
        ("issuer", "redeemer", "points", "on the chain", "result"),
        [
            (str(issuer), str(redeemer), mine, given, "ok" if mine == given else "differs")
            for issuer, redeemer, mine, given in audited.obligations
        ],
    )


def _print_purchases(found: PurchaseAudit) -> None:
    print(f"{found.purchases} purchases, {found.entries} entries, {found.found} of them on the chain as you have them;")
    print(f"{found.proven} receipts hold; {found.unrecorded} entries were not recorded yet when you exported them")
    print(f"{len(found.differences)} differences from your purchases")
    _list(found.differences, "[red]✗[/red]")
    print(f"{len(found.not_in_export)} accruals and redemptions at your tills are not in the export")
    _list(found.not_in_export, " ")


def _list(things: Sequence[str], mark: str) -> None:
    for thing in things[:_SHOWN]:
        people.print(mark, escape(thing), highlight=False, soft_wrap=True)
    if len(things) > _SHOWN:
        people.print(f"  and {len(things) - _SHOWN} more", style="dim")


def _print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    print(title)
    table = Table()
    for index, column in enumerate(columns):
        numeric = bool(rows) and any(isinstance(row[index], int) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(cell) for cell in row))
    (Console() if sys.stdout.isatty() else Console(width=_WIDE)).print(table)


def _cell(cell: Any) -> str:
    """Numbers with their thousands apart, hashes by their ends."""
    if isinstance(cell, int):
        return f"{cell:,}".replace(",", " ")
    return f"{cell[:10]}…{cell[-8:]}" if len(cell) == _HASH_LENGTH else cell


def _result(check: Check) -> str:
    if check.on_chain == NOT_ON_CHAIN:
        return "cannot be recomputed"
    return f"{len(check.differences)} differ" if check.differences else "ok"


def _refuse(code: str, message: str) -> NoReturn:
    people.print(f"[red]{code}[/red]:", escape(message), highlight=False, soft_wrap=True)
    sys.exit(2)


if __name__ == "__main__":
    audit()
