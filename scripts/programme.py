"""``coalition programme``: the dated versions of the rules, and what the next one would do."""

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import yaml

from coalition.config import Settings
from coalition.domain.programme import Programme
from coalition.domain.programme_document import programme_document
from coalition.services import programmes
from coalition.services.trial import Outcome, Trial
from scripts.composition import CLOCK, open_coalition
from scripts.documents import FILE, read_document
from scripts.output import (
    DAY,
    as_told,
    dry_run_option,
    json_option,
    people,
    print_json,
    print_table,
    progress_bar,
    refusals_exit,
)


class Moment(click.ParamType[datetime]):
    """A date, or a date and a time, with or without an offset from UTC."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is not a moment such as 2027-01-01 or 2027-01-01T00:00:00+03:00", param, ctx)


@click.group()
def programme() -> None:
    """The rules of the programme. They are published as one document, and take effect at a moment to come."""


@programme.command()
@click.argument("version", type=int, required=False)
@json_option
@refusals_exit
def show(version: int | None, as_json: bool) -> None:
    """Print VERSION, by default the one in force, as a file that could be published again."""
    open_coalition(Settings.from_environment())
    shown = programmes.version(version) if version is not None else _in_force(programmes.versions())
    if as_json:
        print_json(shown._asdict())
    else:
        print(f"# version {shown.version}, in force from {shown.effective_from.isoformat()}")
        print(yaml.safe_dump(shown.document, sort_keys=False, allow_unicode=True), end="")


@programme.command(name="list")
@json_option
@refusals_exit
def list_(as_json: bool) -> None:
    """Every version there is, and from when each is in force."""
    open_coalition(Settings.from_environment())
    versions = programmes.versions()
    in_force = _in_force(versions).version
    rows = [
        {
            "version": each.version,
            "effective_from": each.effective_from.isoformat(timespec="minutes"),
            "published_at": each.published_at.isoformat(timespec="minutes"),
            "status": "in force" if each.version == in_force else "past" if each.version < in_force else "to come",
        }
        for each in versions
    ]
    if as_json:
        print_json(rows)
    else:
        print_table("Versions", list(rows[0]), [list(row.values()) for row in rows])


@programme.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@json_option
@refusals_exit
def diff(before: str, after: str, as_json: bool) -> None:
    """Compare A with B, each the number of a version or a file; exit status 1 if they differ."""
    open_coalition(Settings.from_environment())
    changes = programmes.differences(_document(before), _document(after))
    if as_json:
        print_json([change._asdict() for change in changes])
    else:
        for change in changes:
            print(f"{change.key}: {_value(change.before)} → {_value(change.after)}")
    sys.exit(1 if changes else 0)


@programme.command()
@click.argument("file", type=FILE)
@click.option(
    "--effective-from",
    type=Moment(),
    required=True,
    help="When it takes effect, such as 2027-01-01T00:00:00+03:00; without an offset, in the time zone of FILE.",
)
@dry_run_option
@json_option
@refusals_exit
def publish(file: Path, effective_from: datetime, dry_run: bool, as_json: bool) -> None:
    """Let FILE be the programme from a moment on. What happened before is judged by what was in force then."""
    open_coalition(Settings.from_environment())
    draft = _draft(file)
    if effective_from.tzinfo is None:
        effective_from = effective_from.replace(tzinfo=ZoneInfo(draft.time_zone))
    with as_told(dry_run):
        version, unknown = programmes.publish_programme(draft, effective_from, now=CLOCK.now())
    if as_json:
        print_json({**version._asdict(), "unknown_categories": unknown, "dry_run": dry_run})
    else:
        print(f"version {version.version} takes effect {version.effective_from.isoformat()}")
        _warn_of(unknown)


@programme.command(name="try")
@click.argument("file", type=FILE)
@click.option("--from", "from_", type=DAY, help="First day of the period; default: the beginning.")
@click.option("--to", type=DAY, help="The day after the period; default: no end.")
@click.option("--top", type=click.IntRange(min=0), default=10, show_default=True, help="How many members to name.")
@json_option
@refusals_exit
def try_(file: Path, from_: datetime | None, to: datetime | None, top: int, as_json: bool) -> None:
    """What the purchases of a period would have earned under FILE, against what they did earn. Nothing is changed.

    It is as if nothing else had changed: the points that paid stay as they were, partners have their present rates,
    caps begin with the period, and every funder can pay. Points of goods that came back count as they were bought.
    """
    open_coalition(Settings.from_environment())
    trial = Trial(_draft(file), from_ and from_.date(), to and to.date(), now=CLOCK.now())
    with progress_bar("purchases", len(trial.purchases)) as show_done:
        outcome = trial.run(show_done, top=top)
    if as_json:
        print_json(asdict(outcome))
    else:
        _print_outcome(outcome)


def _print_outcome(outcome: Outcome) -> None:
    totals = [(outcome.purchases, outcome.points_before, outcome.points_after)]
    print_table("Earned", ("purchases", "points before", "points after"), totals)
    columns = ("funder", "points before", "points after", "minor before", "minor after")
    print_table("Cost", columns, [tuple(asdict(cost).values()) for cost in outcome.costs])
    counts = [(outcome.members_gaining, outcome.members_losing, outcome.members_unchanged)]
    print_table("Members", ("gaining", "losing", "as before"), counts)
    for title, changes in (("Gain most", outcome.most_gained), ("Lose most", outcome.most_lost)):
        rows = [(each.member, each.points_before, each.points_after) for each in changes]
        print_table(title, ("member", "points before", "points after"), rows)
    tiers = [(each.before or "lowest", each.after or "lowest", each.members) for each in outcome.tier_changes]
    print_table("Other tiers at the end", ("before", "after", "members"), tiers)
    _warn_of(outcome.unknown_categories)


def _warn_of(categories: tuple[str, ...]) -> None:
    if categories:
        people.print(f"on no receipt so far, misspelt perhaps: {', '.join(categories)}", style="yellow", markup=False)


def _in_force(versions: list[programmes.Version]) -> programmes.Version:
    now = CLOCK.now()
    return [each for each in versions if each.effective_from <= now][-1]


def _document(name: str) -> dict[str, Any]:
    if name.isdecimal():
        return programmes.version(int(name)).document
    return programme_document(_draft(Path(name)))


def _draft(file: Path) -> Programme:
    return programmes.draft(read_document(file), file.name)


def _value(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
