"""``coalition partner``: who takes part."""

from dataclasses import asdict
from datetime import datetime

import click

from coalition.config import Settings
from coalition.services import offboarding, packs
from coalition.services.offboarding import Offboarding, OffboardPartner
from coalition.services.packs import BuyPack, Funding
from coalition.services.partners import UNLIMITED, Kind, list_partners, partner_named, register_partner
from coalition.services.programmes import rulebook
from scripts.adjust import operator_option
from scripts.composition import CLOCK, open_coalition
from scripts.output import DAY, as_told, dry_run_option, json_option, print_json, print_table, refusals_exit


@click.group()
def partner() -> None:
    """Merchants and charities of the coalition."""


@partner.command()
@click.argument("name")
@click.option("--rate-bps", type=int, required=True, help="Points earned per price, in basis points: 100 is 1 %.")
@click.option("--limit", type=int, default=UNLIMITED, help="Points that may be outstanding; default: no limit.")
@click.option(
    "--kind",
    type=click.Choice(["merchant", "charity"]),
    default="merchant",
    show_default=True,
    help="Members give points to charities.",
)
@json_option
@refusals_exit
def add(name: str, rate_bps: int, limit: int, kind: Kind, as_json: bool) -> None:
    """Take NAME into the coalition."""
    open_coalition(Settings.from_environment())
    added = register_partner(name, rate_bps, limit=limit, kind=kind, now=CLOCK.now())
    if as_json:
        print_json(asdict(added))
    else:
        print(f"{added.name} is partner {added.number}, {added.id}")


@partner.command(name="list")
@json_option
@refusals_exit
def list_(as_json: bool) -> None:
    """Everybody who takes part, and the points each has outstanding."""
    open_coalition(Settings.from_environment())
    partners = list_partners()
    if as_json:
        print_json([asdict(each) for each in partners])
    else:
        columns = ("number", "name", "kind", "id", "status", "rate bps", "funding", "outstanding")
        rows = [
            (each.number, each.name, each.kind, each.id, each.status, each.rate_bps, each.funding, each.outstanding)
            for each in partners
        ]
        print_table("Partners", columns, rows)


@partner.command()
@click.argument("name")
@click.option("--points", type=int, required=True, help="How many.")
@click.option("--amount-minor", type=int, required=True, help="What they cost, in minor units.")
@click.option("--currency", help="Of what they cost; default: the programme's.")
@click.option("--reference", required=True, help="The purchase's own name; it is entered once.")
@operator_option
@dry_run_option
@json_option
@refusals_exit
def pack(
    name: str,
    points: int,
    amount_minor: int,
    currency: str | None,
    reference: str,
    by: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Enter a pack of points that NAME has bought in advance."""
    open_coalition(Settings.from_environment())
    now = CLOCK.now()
    currency = currency or rulebook().at(now).currency
    with as_told(dry_run):
        command = BuyPack(partner_named(name).id, points, amount_minor, currency, reference, by)
        bought = packs.buy_pack(command, now=now)
        stands = packs.funding(bought.partner)
    if as_json:
        print_json({**asdict(bought), "dry_run": dry_run})
    else:
        print(f"{bought.id}: {bought.points} points for {bought.amount_minor} {bought.currency}; {_left(stands)}")


@partner.command()
@click.argument("name")
@dry_run_option
@json_option
@refusals_exit
def prepay(name: str, dry_run: bool, as_json: bool) -> None:
    """Let NAME issue only what it has bought in packs from now on."""
    open_coalition(Settings.from_environment())
    with as_told(dry_run):
        stands = packs.switch_to_prepaid(partner_named(name).id, now=CLOCK.now())
    if as_json:
        print_json({**asdict(stands), "dry_run": dry_run})
    else:
        print(f"{stands.name} is {stands.funding}; {_left(stands)}")


@partner.command(name="funding")
@click.argument("name", required=False)
@json_option
@refusals_exit
def funding_(name: str | None, as_json: bool) -> None:
    """What NAME, or every partner, has bought, used and left."""
    open_coalition(Settings.from_environment())
    chosen = [partner_named(name)] if name else list_partners()
    found = [packs.funding(each.id) for each in chosen]
    if as_json:
        print_json([asdict(each) for each in found])
        return
    columns = ("partner", "funding", "bought", "used", "outstanding", "left", "alert")
    rows = [
        (each.name, each.funding, each.bought, each.used, each.outstanding, _or_any(each.left), each.alert)
        for each in found
    ]
    print_table("Funding", columns, rows)


@partner.command()
@click.argument("name")
@click.option("--spendable-until", type=DAY, help="The last local day of its points; needed unless it failed.")
@click.option("--deposit-minor", type=int, help="What is held of its money, in minor units; default: nothing.")
@click.option("--failed", is_flag=True, help="It pays no more than its deposit: the programme's rule applies.")
@operator_option
@dry_run_option
@json_option
@refusals_exit
def offboard(
    name: str,
    spendable_until: datetime | None,
    deposit_minor: int | None,
    failed: bool,
    by: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Have NAME leave: it stops at once, and its points stay spendable at others for a time."""
    open_coalition(Settings.from_environment())
    last_day = spendable_until.date() if spendable_until else None
    with as_told(dry_run):
        command = OffboardPartner(partner_named(name).id, last_day, deposit_minor, failed, by)
        leaving = offboarding.offboard_partner(command, now=CLOCK.now())
    if as_json:
        print_json({**asdict(leaving), "dry_run": dry_run})
    else:
        _print_leaving([leaving])


@partner.command(name="leaving")
@json_option
@refusals_exit
def leaving_(as_json: bool) -> None:
    """Partners that leave or have left: what is still outstanding, and what their deposits cover."""
    open_coalition(Settings.from_environment())
    found = offboarding.list_offboardings(now=CLOCK.now())
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        _print_leaving(found)


def _print_leaving(found: list[Offboarding]) -> None:
    columns = ("partner", "status", "points live until", "outstanding", "worth", "drawn", "deposit", "uncovered", "by")
    rows = [
        (
            each.name,
            each.status,
            each.spendable_until or "their own expiry",
            each.outstanding,
            each.outstanding_minor,
            each.drawn_minor,
            each.deposit_minor,
            each.uncovered_minor,
            each.borne_by or each.name,
        )
        for each in found
    ]
    print_table("Leaving, in minor units", columns, rows)


def _left(stands: Funding) -> str:
    return f"points that it may still issue: {_or_any(stands.left)}"


def _or_any(points: int | None) -> int | str:
    return "any" if points is None else points
