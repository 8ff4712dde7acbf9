"""``coalition replay``: a year of real purchases through the services that the API uses."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import click

from coalition.config import Settings
from coalition.domain.redemption import NOTHING, AsMuchAsPossible, Wish
from coalition.errors import CoalitionError, DuplicateReceipt, DuplicateReturn, PartnerExists
from coalition.services.members import EnrolMember, enrol_members
from coalition.services.partners import OPERATOR, Partner, partner_named, register_partner
from coalition.services.purchases import RecordedPurchase, RecordPurchase, record_purchases
from coalition.services.returns import ReturnGoods, return_goods
from coalition.store.database import transaction
from gamification.engine import run_to_end
from gamification.publishing import DEMO_RULES, ensure_rules
from scripts.completejourney import CURRENCY, PROGRAMME, RATES_BPS, Receipt, Year, phone
from scripts.composition import CLOCK, open_coalition
from scripts.output import DAY, json_option, print_json, print_table, progress_bar, refusals_exit
from scripts.record import drain
from scripts.returning import NO_RETURNS, Returning, Share

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
        self.points_accrued += recorded.points_accrued
        self.points_redeemed += recorded.points_redeemed


@dataclass
class Replay(Tally):
    """``already_recorded`` receipts were there before; ``elapsed_s`` lasts until the chain has confirmed everything."""

    already_recorded: int = 0
    returns: int = 0
    points_reversed: int = 0
    points_given_back: int = 0
    refunded_minor: int = 0
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
@click.option("--returns", "share_bps", type=Share(), default="0", help="Share of the lines that come back, as 0.02.")
@click.option("--seed", default=1, show_default=True, help="Which lines come back follows from it.")
@click.option("--no-rewards", is_flag=True, help="Grant achievements without the points that they bring.")
@json_option
@refusals_exit
def completejourney(
    from_: datetime | None,
    to: datetime | None,
    redeem_from: int | None,
    share_bps: int,
    seed: int,
    no_rewards: bool,
    as_json: bool,
) -> None:
    """Replay the Complete Journey, a retailer's year, at nine merchants. Doing it twice changes nothing."""
    settings = Settings.from_environment()
    year = Year(from_ and from_.date(), to and to.date())
    result = replay_year(settings, year, redeem_from, Returning(share_bps, seed), rewards=not no_rewards)
    if as_json:
        print_json(asdict(result))
    else:
        print_tally(result)


def replay_year(
    settings: Settings,
    year: Year,
    redeem_from: int | None,
    returning: Returning = NO_RETURNS,
    *,
    rewards: bool,
    rules: Sequence[Path] = (DEMO_RULES,),
) -> Replay:
    """Members, merchants and rules are made as needed; afterwards the chain has confirmed every entry."""
    started = time.monotonic()
    open_coalition(settings, PROGRAMME)
    merchants = _ensure_merchants()
    ensure_rules(rules, now=CLOCK.now())
    wish = AsMuchAsPossible(redeem_from, REDEEM_SHARE_BPS) if redeem_from is not None else NOTHING
    result = Replay(partners={name: Tally() for name in merchants})
    with progress_bar("purchases", year.receipt_count()) as show:
        for _, month in groupby(year.days(), key=lambda each: each[0].replace(day=1)):
            for day, receipts in month:
                for start in range(0, len(receipts), _CHUNK):
                    recorded = _record(receipts[start : start + _CHUNK], merchants, wish, result)
                    returning.bought(recorded, merchants)
                _return(returning.due(day), result)
                show(result.receipts + result.already_recorded)
            _evaluate(result, rewards)
    _return(returning.due(date.max), result)
    _evaluate(result, rewards)
    drain(settings)
    result.elapsed_s = round(time.monotonic() - started, 3)
    return result


def print_tally(result: Replay) -> None:
    rows = [(name, *asdict(tally).values()) for name, tally in result.partners.items()]
    total = ("total", result.receipts, result.lines, result.points_accrued, result.points_redeemed)
    print_table("Replayed", ("merchant", "receipts", "lines", "points accrued", "points redeemed"), [*rows, total])
    if result.returns:
        print(
            f"{result.returns} returns took back {result.points_reversed} points, gave back {result.points_given_back},"
        )
        print(f"and refunded {result.refunded_minor} minor units")
    print(f"{result.already_recorded} receipts were recorded before; {result.grants} achievements granted,")
    print(f"{result.points_rewarded} points rewarded; {result.elapsed_s} s until the chain had confirmed everything")


def _ensure_merchants() -> dict[str, Partner]:
    for name, rate_bps in RATES_BPS.items():
        try:
            register_partner(name, rate_bps, now=CLOCK.now())
        except PartnerExists:
            continue
    return {name: partner_named(name) for name in RATES_BPS}


def _return(commands: Sequence[ReturnGoods], result: Replay) -> None:
    """The returns in one transaction; one that is recorded already is counted no more."""
    with transaction():
        for command in commands:
            try:
                returned = return_goods(command, now=CLOCK.now())
            except DuplicateReturn:
                continue
            result.returns += 1
            result.points_reversed += returned.points_reversed
            result.points_given_back += returned.points_given_back
            result.refunded_minor += returned.refund_minor


def _evaluate(result: Replay, rewards: bool) -> None:
    """Let achievements follow, month by month: a member's progress is then read and written once for all of it."""
    evaluated = run_to_end(now=CLOCK.now(), rewards=rewards)
    result.grants += evaluated.grants
    result.points_rewarded += evaluated.points_rewarded


def _record(
    receipts: Sequence[Receipt], merchants: dict[str, Partner], wish: Wish, result: Replay
) -> list[tuple[Receipt, str]]:
    """Record the receipts; returns each with the id of its purchase, old or new."""
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
    purchases = []
    for receipt, outcome in zip(receipts, record_purchases(commands, now=now), strict=True):
        if isinstance(outcome, DuplicateReceipt):
            result.already_recorded += 1
            purchases.append((receipt, outcome.purchase))
        elif isinstance(outcome, CoalitionError):
            raise outcome
        else:
            result.add(receipt, outcome)
            result.partners[receipt.merchant].add(receipt, outcome)
            purchases.append((receipt, outcome.id))
    return purchases
