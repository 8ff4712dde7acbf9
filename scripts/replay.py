"""``coalition replay``: a year of real purchases through the services that the API uses."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

import click

from coalition.config import Settings
from coalition.domain.programme import Programme
from coalition.domain.redemption import NOTHING, AsMuchAsPossible, Wish
from coalition.errors import CoalitionError, DuplicateReceipt, PartnerExists
from coalition.services.members import EnrolMember, enrol_members
from coalition.services.partners import OPERATOR, Partner, partner_named, register_partner
from coalition.services.purchases import RecordedPurchase, RecordPurchase, record_purchases
from gamification.engine import run_to_end
from gamification.publishing import ensure_demo_rules
from scripts.completejourney import CURRENCY, RATES_BPS, TIME_ZONE, Receipt, Year, phone
from scripts.composition import CLOCK, open_coalition
from scripts.output import json_option, print_json, print_table, progress_bar, refusals_exit
from scripts.record import drain
from scripts.settle import DAY

REDEEM_SHARE_BPS = 3_000
_CHUNK = 2_000


@dataclass
class Tally:
    """What was newly recorded."""

    receipts: int = 0
    lines: int = 0
    points_accrued: int = 0
    points_redeemed: int = 0

    def add(self, receipt: Receipt, recorded: RecordedPurchase) -> None:
        self.receipts += 1
        self.lines += len(receipt.lines)
        self.points_accrued += recorded.accrual.points
        self.points_redeemed += recorded.points_redeemed


@dataclass
class Replay(Tally):
    """``already_recorded`` receipts were there before; ``elapsed_s`` lasts until the chain has confirmed everything."""

    already_recorded: int = 0
    grants: int = 0
    points_rewarded: int = 0
    elapsed_s: float = 0
    partners: dict[str, Tally] = field(default_factory=dict)


@click.group()
def replay() -> None:
    """Push recorded purchases through the same services as the API."""


@replay.command()
@click.option("--from", "from_", type=DAY, help="First day; default: the first there is.")
@click.option("--to", type=DAY, help="The day after the last; default: no end.")
@click.option("--redeem-from", type=int, help="Members with that many points pay 30 % of a receipt with them.")
@click.option("--no-rewards", is_flag=True, help="Grant achievements without the points that they bring.")
@json_option
@refusals_exit
def completejourney(
    from_: datetime | None, to: datetime | None, redeem_from: int | None, no_rewards: bool, as_json: bool
) -> None:
    """Replay the Complete Journey, a retailer's year, at nine merchants. Doing it twice changes nothing."""
    settings = Settings.from_environment()
    year = Year(from_ and from_.date(), to and to.date())
    result = replay_year(settings, year, redeem_from, rewards=not no_rewards)
    if as_json:
        print_json(asdict(result))
    else:
        print_tally(result)


def replay_year(settings: Settings, year: Year, redeem_from: int | None, *, rewards: bool) -> Replay:
    """Members and merchants are made as needed; afterwards the chain has confirmed every entry."""
    started = time.monotonic()
    open_coalition(settings, Programme(currency=CURRENCY, time_zone=TIME_ZONE))
    merchants = _ensure_merchants()
    ensure_demo_rules(now=CLOCK.now())
    wish = AsMuchAsPossible(redeem_from, REDEEM_SHARE_BPS) if redeem_from is not None else NOTHING
    result = Replay(partners={name: Tally() for name in merchants})
    with progress_bar("purchases", year.receipt_count()) as show:
        for _, receipts in year.days():
            for start in range(0, len(receipts), _CHUNK):
                _record(receipts[start : start + _CHUNK], merchants, wish, result)
            evaluated = run_to_end(now=CLOCK.now(), rewards=rewards)
            result.grants += evaluated.grants
            result.points_rewarded += evaluated.points_rewarded
            show(result.receipts + result.already_recorded)
    drain(settings)
    result.elapsed_s = round(time.monotonic() - started, 3)
    return result


def print_tally(result: Replay) -> None:
    rows = [(name, *asdict(tally).values()) for name, tally in result.partners.items()]
    total = ("total", result.receipts, result.lines, result.points_accrued, result.points_redeemed)
    print_table("Replayed", ("merchant", "receipts", "lines", "points accrued", "points redeemed"), [*rows, total])
    print(f"{result.already_recorded} receipts were recorded before; {result.grants} achievements granted,")
    print(f"{result.points_rewarded} points rewarded; {result.elapsed_s} s until the chain had confirmed everything")


def _ensure_merchants() -> dict[str, Partner]:
    for name, rate_bps in RATES_BPS.items():
        try:
            register_partner(name, rate_bps, now=CLOCK.now())
        except PartnerExists:
            continue
    return {name: partner_named(name) for name in RATES_BPS}


def _record(receipts: Sequence[Receipt], merchants: dict[str, Partner], wish: Wish, result: Replay) -> None:
    operator = partner_named(OPERATOR).number
    now = CLOCK.now()
    households = sorted({receipt.household for receipt in receipts})
    members = enrol_members([EnrolMember(phone=phone(household)) for household in households], operator, now=now)
    commands = [
        RecordPurchase(
            partner=merchants[receipt.merchant].number,
            member=members[phone(receipt.household)],
            receipt_id=receipt.receipt_id,
            occurred_at=receipt.occurred_at,
            currency=CURRENCY,
            lines=receipt.lines,
            store_id=receipt.store_id,
            redeem=wish,
        )
        for receipt in receipts
    ]
    for receipt, outcome in zip(receipts, record_purchases(commands, now=now), strict=True):
        if isinstance(outcome, DuplicateReceipt):
            result.already_recorded += 1
        elif isinstance(outcome, CoalitionError):
            raise outcome
        else:
            result.add(receipt, outcome)
            result.partners[receipt.merchant].add(receipt, outcome)
