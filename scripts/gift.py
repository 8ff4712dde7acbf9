"""``coalition gift``: points for everybody, or for a segment of the members."""

from dataclasses import asdict
from datetime import datetime

import click

from coalition.config import Settings
from coalition.errors import GiftDecided
from coalition.services import gifts
from coalition.services.gifts import Decision, Gift, GivePoints, Segment
from coalition.services.partners import OPERATOR, partner_named
from scripts.adjust import LISTED, deciding, operator_option
from scripts.composition import CLOCK, open_coalition
from scripts.output import (
    DAY,
    GroupWithDefault,
    as_told,
    dry_run_option,
    json_option,
    print_json,
    progress_bar,
    refusals_exit,
)


@click.group(cls=GroupWithDefault)
def gift() -> None:
    """Give points to everybody, or to a segment of the members.

    \b
    coalition gift POINTS --reason TEXT [--issuer NAME] [--tier NAME] [--bought-at NAME]
                   [--enrolled-before DAY] [--as NAME] [--dry-run]

    A gift of more points in all than the programme lets one operator give waits until another has approved it. The
    worker gives what is approved; "coalition gift give" does it at once.
    """


@gift.command()
@click.argument("points", type=int)
@click.option("--issuer", default=OPERATOR, show_default=True, help="The partner at whose cost it is.")
@click.option("--reason", required=True, help="Why; it stays in the books.")
@click.option("--tier", help="Only members of this tier.")
@click.option("--bought-at", help="Only members who have bought from this partner.")
@click.option("--enrolled-before", type=DAY, help="Only members enrolled before this day.")
@operator_option
@dry_run_option
@json_option
@refusals_exit
def new(
    points: int,
    issuer: str,
    reason: str,
    tier: str | None,
    bought_at: str | None,
    enrolled_before: datetime | None,
    by: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Propose POINTS for each of the segment; the word "new" may be left out."""
    open_coalition(Settings.from_environment())
    segment = Segment(
        tier, bought_at and partner_named(bought_at).id, enrolled_before.date() if enrolled_before else None
    )
    with as_told(dry_run):
        proposed = gifts.propose_gift(
            GivePoints(partner_named(issuer).id, points, reason, by, segment), now=CLOCK.now()
        )
    _tell(proposed, dry_run, as_json)


@gift.command()
@deciding
def approve(id_: str, by: str, dry_run: bool, as_json: bool) -> None:
    """Approve the gift ID, which another operator has proposed."""
    _decide(id_, "approved", by, dry_run, as_json)


@gift.command()
@deciding
def reject(id_: str, by: str, dry_run: bool, as_json: bool) -> None:
    """Reject the gift ID: it will never be given."""
    _decide(id_, "rejected", by, dry_run, as_json)


@gift.command()
@click.argument("id_", metavar="ID")
@json_option
@refusals_exit
def give(id_: str, as_json: bool) -> None:
    """Give the approved gift ID to everyone who does not have it yet; repeated, it goes on where it stopped."""
    open_coalition(Settings.from_environment())
    with progress_bar("members", gifts.get_gift(id_).recipients) as show:
        try:
            given = gifts.give(id_, now=CLOCK.now(), progress=show)
        except GiftDecided:
            # The worker gives it too, and may have come to the end first.
            given = gifts.get_gift(id_)
            if given.status != "given":
                raise
    _tell(given, dry_run=False, as_json=as_json)


@gift.command(name="list")
@json_option
@refusals_exit
def list_(as_json: bool) -> None:
    """The last hundred gifts, the youngest first."""
    open_coalition(Settings.from_environment())
    found = gifts.list_gifts(limit=LISTED, cursor=None).data
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        for each in found:
            print(f"{_line(each)}, asked for by {each.requested_by}: {each.reason}")


def _decide(id_: str, decision: Decision, by: str, dry_run: bool, as_json: bool) -> None:
    open_coalition(Settings.from_environment())
    with as_told(dry_run):
        decided = gifts.decide_gift(id_, decision, by, now=CLOCK.now())
    _tell(decided, dry_run, as_json)


def _tell(told: Gift, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json({**asdict(told), "dry_run": dry_run})
        return
    print(_line(told))
    if told.status == "proposed" and not dry_run:
        print(f"another operator approves it: coalition gift approve {told.id}")


def _line(told: Gift) -> str:
    return f"{told.id} {told.status}, {told.points} points each, given to {told.given} of {told.recipients}"
