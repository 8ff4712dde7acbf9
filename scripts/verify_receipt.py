"""``coalition verify-receipt``: check a receipt against the chain alone.

It reads no database, and imports nothing that could. It also runs by itself:
``python scripts/verify_receipt.py RECEIPT --rpc URL``.
"""

import json
import sys
from typing import BinaryIO, NoReturn

import click
import orjson

from coalition.errors import CoalitionError
from coalition.ledger.audit.verification import InvalidReceipt
from coalition.ledger.audit.verification import verify_receipt as verify
from coalition.ledger.node import Node


@click.command(name="verify-receipt")
@click.argument("receipt", type=click.File("rb"))
@click.option("--rpc", required=True, help="URL of any node of the chain; best, one of your own.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def verify_receipt(receipt: BinaryIO, rpc: str, as_json: bool) -> None:
    """Check that the ledger has the entry of RECEIPT (a file, or - for standard input) on the terms that it states.

    Exit status 0: it has. 1: the receipt does not hold. 2: the node could not be asked.
    """
    try:
        document = orjson.loads(receipt.read())
        verify(document, Node.at(rpc))
    except ValueError as error:
        _end(1, as_json, f"The receipt is not JSON: {error}")
    except InvalidReceipt as error:
        _end(1, as_json, str(error))
    except CoalitionError as error:
        _end(2, as_json, str(error))
    entry = document["entry"]
    _end(
        0,
        as_json,
        f"The ledger has {entry['kind']} of {entry['points']} points, entry {entry.get('id')},"
        f" in batch {document['sequence']}, block {document['block']}.",
    )


def _end(status: int, as_json: bool, message: str) -> NoReturn:
    print(json.dumps({"valid": status == 0, "message": message}) if as_json else message)
    sys.exit(status)


if __name__ == "__main__":
    verify_receipt()
