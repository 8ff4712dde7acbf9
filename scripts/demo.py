"""``coalition demo``: four weeks of real purchases become points, debts and achievements, and are served."""

import json
from dataclasses import asdict
from datetime import date
from typing import Any

import click

from coalition.config import Settings
from coalition.services import ledger
from coalition.services.activity import activity
from coalition.services.keys import issue_key
from coalition.services.members import members_by_phone
from coalition.services.partners import partner_named
from coalition.services.settlement import outlook
from gamification.progress import top_achievements
from scripts.completejourney import CURRENCY, Year, phone
from scripts.composition import CLOCK
from scripts.output import json_option, print_json, print_table, refusals_exit
from scripts.replay import print_tally, replay_year
from scripts.returning import Returning
from scripts.settle_documents import outlook_document
from scripts.up import Supervisor

FOUR_WEEKS_END = date(2017, 1, 29)
REDEEM_FROM = 500
RETURNS_BPS = 200
_HOUSEHOLD = 1
_TOP = 6


@click.command()
@json_option
@refusals_exit
def demo(as_json: bool) -> None:
    """Replay four weeks at nine merchants, show what came of it, and serve it until Ctrl-C."""
    settings = Settings.from_environment()
    replayed = replay_year(settings, Year(None, FOUR_WEEKS_END), REDEEM_FROM, Returning(RETURNS_BPS, 1), rewards=True)
    if as_json:
        Supervisor(settings).run(lambda: print_json({"replay": asdict(replayed), **summary(settings)}))
    else:
        print_tally(replayed)
        Supervisor(settings).run(lambda: print_summary(summary(settings)))


def summary(settings: Settings) -> dict[str, Any]:
    """Everything a visitor wants to see first."""
    address = f"http://127.0.0.1:{settings.port}"
    return {
        "merchants": [asdict(each) for each in activity()],
        "settlement": outlook_document(outlook(None, None, now=CLOCK.now())),
        "achievements": [asdict(each) for each in top_achievements(_TOP, "en")],
        "ledger": asdict(ledger.status()),
        "docs": f"{address}/docs",
        "curl": _curl(address),
    }


def print_summary(shown: dict[str, Any]) -> None:
    columns = ("merchant", "receipts", "points issued", "redeemed here", "outstanding")
    print_table("Merchants", columns, [list(each.values()) for each in shown["merchants"]])
    settlement, chain = shown["settlement"], shown["ledger"]
    positions = [list(each.values()) for each in settlement["positions"]]
    print_table("Net positions (above zero: is owed)", ("merchant", "minor", "currency"), positions)
    transfers = [list(each.values()) for each in settlement["transfers"]]
    print_table("Fewest payments that clear them", ("from", "to", "minor", "currency"), transfers)
    earned = [(each["title"], each["members"]) for each in shown["achievements"]]
    print_table("Achievements", ("achievement", "members who have it"), earned)
    print(f"Ledger: chain {chain['chain_id']}, contract {chain['contract']}")
    print(f"        next batch {chain['next_sequence']}, head {chain['head']}\n")
    print(f"API documentation: {shown['docs']}\n\nA purchase, as the cafe's till would send it:\n\n{shown['curl']}\n")
    print("Ctrl-C ends it.", flush=True)


def _curl(address: str) -> str:
    now = CLOCK.now()
    key = issue_key("partner", partner_named("cafe").id, now=now)
    receipt_id = f"till-1-{int(now.timestamp())}"
    (member,) = members_by_phone([phone(_HOUSEHOLD)]).values()
    purchase = {
        "member": member,
        "receipt_id": receipt_id,
        "occurred_at": now.isoformat(timespec="seconds"),
        "currency": CURRENCY,
        "lines": [{"line_id": "1", "sku": "latte", "category": "COFFEE", "quantity": 1, "amount_minor": 450}],
    }
    return (
        f"curl {address}/v1/purchases \\\n"
        f"  -H 'Authorization: Bearer {key}' \\\n"
        f"  -H 'Idempotency-Key: {receipt_id}' -H 'Content-Type: application/json' \\\n"
        f"  -d '{json.dumps(purchase)}'"
    )
