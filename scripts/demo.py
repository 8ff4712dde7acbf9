"""``coalition demo``: four weeks of real purchases become points, debts and achievements, and are served."""

import json
from dataclasses import astuple
from datetime import date

import click

from coalition.config import Settings
from coalition.services import ledger
from coalition.services.activity import activity
from coalition.services.keys import issue_key
from coalition.services.members import members_by_phone
from coalition.services.partners import partner_named
from coalition.services.settlement import settle
from gamification.progress import top_achievements
from scripts.completejourney import CURRENCY, Year, phone
from scripts.composition import CLOCK
from scripts.output import print_table, refusals_exit
from scripts.replay import print_tally, replay_year
from scripts.settle import settlement_document
from scripts.up import Supervisor

FOUR_WEEKS_END = date(2017, 1, 29)
REDEEM_FROM = 500
_HOUSEHOLD = 1
_TOP = 6


@click.command()
@refusals_exit
def demo() -> None:
    """Replay four weeks at nine merchants, show what came of it, and serve it until Ctrl-C."""
    settings = Settings.from_environment()
    print_tally(replay_year(settings, Year(None, FOUR_WEEKS_END), REDEEM_FROM, rewards=True))
    Supervisor(settings).run(lambda: print_summary(settings))


def print_summary(settings: Settings) -> None:
    """Everything a visitor wants to see first."""
    columns = ("merchant", "receipts", "points issued", "redeemed here", "outstanding")
    print_table("Merchants", columns, [astuple(each) for each in activity()])
    document = settlement_document(settle(None, None))
    positions = [(each["partner"], each["points"], each["amount_minor"]) for each in document["positions"]]
    print_table("Net positions (above zero: is owed)", ("merchant", "points", f"minor {CURRENCY}"), positions)
    transfers = [(each["from"], each["to"], each["amount_minor"]) for each in document["transfers"]]
    print_table("Fewest payments that clear them", ("from", "to", f"minor {CURRENCY}"), transfers)
    earned = [(each.title, each.members) for each in top_achievements(_TOP, "en")]
    print_table("Achievements", ("achievement", "members who have it"), earned)
    status = ledger.status()
    print(f"Ledger: chain {status.chain_id}, contract {status.contract}")
    print(f"        next batch {status.next_sequence}, head {status.head}\n")
    address = f"http://127.0.0.1:{settings.port}"
    print(f"API documentation: {address}/docs\n\nA purchase, as the cafe's till would send it:\n\n{_curl(address)}\n")
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
