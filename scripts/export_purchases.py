"""``coalition export-purchases``: a partner's own purchases, for ``coalition ledger audit --purchases``.

The partner runs it with its key against the API; it reads no database. It also runs by itself:
``python scripts/export_purchases.py --api URL > purchases.jsonl``.
"""

import os
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import click
import orjson
import requests
from requests.exceptions import RequestException

API_KEY = "COALITION_API_KEY"

_PAGE = 100
_TIMEOUT_S = 30
_RECORDED = ("confirmed", "final")


@click.command(name="export-purchases")
@click.option("--api", required=True, help="Where the coalition's API is, such as https://api.example.org.")
def export_purchases(api: str) -> None:
    """Write your purchases with their entries and receipts, JSON Lines, to standard output.

    COALITION_API_KEY has your key. Exit status 2: the API could not be asked.
    """
    key = os.environ.get(API_KEY)
    if not key:
        raise click.UsageError(f"{API_KEY} is not set")
    try:
        for line in export(Api(api, key)):
            click.echo(orjson.dumps(line))
    except (RequestException, ValueError, KeyError, TypeError) as error:
        click.echo(f"the API could not be asked: {type(error).__name__}: {error}", err=True)
        sys.exit(2)


class Api:
    """The coalition's API as one partner sees it."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url.rstrip("/")
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key}"

    def get(self, path: str, **query: Any) -> Any:
        """:raises RequestException: there is no answer, or it is a refusal."""
        answer = self.session.get(self.url + path, params=query, timeout=_TIMEOUT_S, allow_redirects=False)
        answer.raise_for_status()
        return answer.json()

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Every item of a list, whatever its pages."""
        cursor = None
        while True:
            page = self.get(path, limit=_PAGE, **({"cursor": cursor} if cursor else {}))
            yield from page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return


def export(api: Api) -> Iterator[dict[str, Any]]:
    """A line for each purchase, the youngest first."""
    entries_of: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for purchase in api.pages("/v1/purchases"):
        member = purchase["member"]
        if member not in entries_of:
            by_source = entries_of.setdefault(member, {})
            for entry in api.pages(f"/v1/members/{quote(member, safe='')}/entries"):
                by_source.setdefault(entry["source"], []).append(entry)
        yield _line(api, purchase, entries_of[member].get(purchase["id"], []))


def _line(api: Api, purchase: dict[str, Any], entries: list[dict[str, Any]]) -> dict[str, Any]:
    mine = [entry for entry in entries if entry["partner"] == purchase["partner"]]
    recorded = [entry for entry in mine if entry["ledger"]["status"] in _RECORDED]
    waiting = [entry for entry in mine if entry not in recorded]
    receipts = [api.get(f"/v1/ledger/entries/{quote(entry['id'], safe='')}/receipt") for entry in recorded]
    return {
        "purchase": purchase["id"],
        "receipt_id": purchase["receipt_id"],
        "occurred_at": purchase["occurred_at"],
        "entries": [receipt["entry"] for receipt in receipts]
        + [
            {"id": entry["id"], "kind": entry["kind"], "points": entry["points"], "status": entry["ledger"]["status"]}
            for entry in waiting
        ],
        "receipts": receipts,
    }


if __name__ == "__main__":
    export_purchases()
