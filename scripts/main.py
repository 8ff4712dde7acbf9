"""``coalition``: every operators' command under one name."""

import click

from scripts.achievements import achievements
from scripts.adjust import adjust
from scripts.demo import demo
from scripts.draw import draw
from scripts.export_purchases import export_purchases
from scripts.gift import gift
from scripts.init import init
from scripts.key import key
from scripts.ledger import ledger
from scripts.partner import partner
from scripts.party import party
from scripts.programme import programme
from scripts.rate_card import exchange_rate, rate_card
from scripts.reconcile import reconcile
from scripts.record import record
from scripts.replay import replay
from scripts.report import report
from scripts.rotate_badge_key import rotate_badge_key
from scripts.settle import settle
from scripts.up import up
from scripts.verify_badge import verify_badge
from scripts.verify_draw import verify_draw
from scripts.verify_receipt import verify_receipt


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run a coalition of merchants that share one purse of points.

    Settings come from the environment: COALITION_DATA_DIR (default var/), COALITION_DATABASE_URL (default SQLite in the
    data directory), COALITION_CHAIN_URL (default: an anvil that is started, else an EVM inside the process),
    COALITION_PORT (8000), COALITION_CONFIRMATIONS (blocks above an entry until it is final; 0 on a local chain).
    """


COMMANDS = (
    up,
    demo,
    init,
    programme,
    partner,
    key,
    achievements,
    adjust,
    gift,
    replay,
    record,
    reconcile,
    settle,
    rate_card,
    exchange_rate,
    party,
    report,
    ledger,
    verify_receipt,
    verify_badge,
    draw,
    verify_draw,
    rotate_badge_key,
    export_purchases,
)
for command in COMMANDS:
    main.add_command(command)
