"""``coalition adjust``: a member's points corrected by hand, with a reason."""

import getpass
from collections.abc import Callable
from dataclasses import asdict

import click

from coalition.config import Settings
from coalition.services import adjustments
from coalition.services.adjustments import Adjustment, AdjustPoints, Decision
from coalition.services.partners import partner_named
from scripts.composition import CLOCK, open_coalition
from scripts.output import GroupWithDefault, as_told, dry_run_option, json_option, print_json, refusals_exit

LISTED = 100


def _at_the_command_line(ctx: click.Context, param: click.Parameter, name: str | None) -> str:
    """How the books name the operator: never as a key is named."""
    try:
        return f"cli:{name or getpass.getuser()}"
    except (KeyError, OSError) as error:
        raise click.BadParameter("the system does not know who you are: say it", ctx, param) from error


operator_option = click.option(
    "--as",
    "by",
    metavar="NAME",
    callback=_at_the_command_line,
    help="Which operator you are; default: the system's user.",
)


def deciding(command: Callable[..., None]) -> Callable[..., None]:
    """What a command takes by which an operator decides on what another has proposed."""
    taking = click.argument("id_", metavar="ID")
    for decorate in (refusals_exit, json_option, dry_run_option, operator_option, taking):
        command = decorate(command)
    return command


@click.group(cls=GroupWithDefault)
def adjust() -> None:
    """Give or take points by hand.

    \b
    coalition adjust MEMBER ISSUER POINTS --reason TEXT [--as NAME] [--dry-run]

    POINTS above zero are given at the cost of ISSUER, a partner's name; below zero they are taken. An adjustment of
    more points than the programme lets one operator move waits until another has approved it.
    """


@adjust.command(context_settings={"ignore_unknown_options": True})
@click.argument("member")
@click.argument("issuer")
@click.argument("points", type=int)
@click.option("--reason", required=True, help="Why; it stays in the books.")
@operator_option
@dry_run_option
@json_option
@refusals_exit
def new(member: str, issuer: str, points: int, reason: str, by: str, dry_run: bool, as_json: bool) -> None:
    """Adjust the points of MEMBER; the word "new" may be left out."""
    open_coalition(Settings.from_environment())
    with as_told(dry_run):
        command = AdjustPoints(member, partner_named(issuer).id, points, reason, by)
        adjustment = adjustments.adjust_points(command, now=CLOCK.now())
    _tell(adjustment, dry_run, as_json)


@adjust.command()
@deciding
def approve(id_: str, by: str, dry_run: bool, as_json: bool) -> None:
    """Post the adjustment ID, which another operator has proposed."""
    _decide(id_, "posted", by, dry_run, as_json)


@adjust.command()
@deciding
def reject(id_: str, by: str, dry_run: bool, as_json: bool) -> None:
    """Reject the adjustment ID: it will never be posted."""
    _decide(id_, "rejected", by, dry_run, as_json)


@adjust.command(name="list")
@json_option
@refusals_exit
def list_(as_json: bool) -> None:
    """The last hundred adjustments, the youngest first."""
    open_coalition(Settings.from_environment())
    found = adjustments.list_adjustments(limit=LISTED, cursor=None).data
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        for each in found:
            print(f"{_line(each)}, asked for by {each.requested_by}: {each.reason}")


def _decide(id_: str, decision: Decision, by: str, dry_run: bool, as_json: bool) -> None:
    open_coalition(Settings.from_environment())
    with as_told(dry_run):
        adjustment = adjustments.decide_adjustment(id_, decision, by, now=CLOCK.now())
    _tell(adjustment, dry_run, as_json)


def _tell(adjustment: Adjustment, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json({**asdict(adjustment), "dry_run": dry_run})
        return
    print(_line(adjustment))
    if adjustment.status == "proposed" and not dry_run:
        print(f"another operator approves it: coalition adjust approve {adjustment.id}")


def _line(adjustment: Adjustment) -> str:
    return f"{adjustment.id} {adjustment.status}, {adjustment.points} points for {adjustment.member}"
