"""``coalition achievements``: the rules that members win by, and what they have come to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from coalition import events
from coalition.config import Settings
from gamification.explaining import explain as explain_achievement
from gamification.publishing import publish as publish_rules
from gamification.publishing import read_file
from gamification.rebuilding import check as check_progress
from gamification.rulebook import last_event_read
from gamification.trying import Trial, try_rules
from scripts.composition import CLOCK, open_coalition
from scripts.documents import FILE
from scripts.grant_reviews import release, reviews, revoke
from scripts.output import json_option, print_json, print_table, progress_bar, refusals_exit

LOCALE = click.Choice(["en", "ru"])


@click.group()
def achievements() -> None:
    """Achievements, challenges, levels, referrals, leaderboards and draws, which are published as data."""


@achievements.command()
@click.argument("file", type=FILE)
@json_option
@refusals_exit
def lint(file: Path, as_json: bool) -> None:
    """Check all of FILE against the partners and rules there are; nothing is published."""
    open_coalition(Settings.from_environment())
    rules = read_file(file)
    found = {
        "achievements": [rule.id for rule in rules.achievements if not rule.challenge],
        "challenges": [rule.id for rule in rules.achievements if rule.challenge],
        "leaderboards": [board.id for board in rules.leaderboards],
        "draws": [draw.id for draw in rules.draws],
        "levels": rules.levels is not None,
        "referral": rules.referral is not None,
    }
    if as_json:
        print_json(found)
    else:
        counted = [f"{len(names)} {kind}" for kind, names in found.items() if isinstance(names, list) and names]
        print(f"{file.name} has no mistakes: {', '.join(counted) or 'levels or a referral only'}")


@achievements.command()
@click.argument("file", type=FILE)
@click.option("--back-fill", is_flag=True, help="New versions judge all that ever happened, too; see `try` before.")
@json_option
@refusals_exit
def publish(file: Path, back_fill: bool, as_json: bool) -> None:
    """Check all of FILE and publish it; mistakes are named by line and key, and the running rules stay as they are."""
    open_coalition(Settings.from_environment())
    with _members_bar() as show:
        summary = publish_rules(file, now=CLOCK.now(), back_fill=back_fill, progress=show if back_fill else None)
    if as_json:
        parts = {"published": summary.published, "unchanged": summary.unchanged}
        print_json({name: [rule._asdict() for rule in rules] for name, rules in parts.items()})
        return
    for rule in summary.published:
        print(f"published {rule.rule}, version {rule.version}")
    print(f"{len(summary.unchanged)} unchanged")
    if back_fill:
        print(f"{summary.granted} grants for what had been deserved before")


@achievements.command(name="try")
@click.argument("file", type=FILE)
@json_option
@refusals_exit
def try_(file: Path, as_json: bool) -> None:
    """Judge all that ever happened by FILE, and tell who would have won what and who would have paid; nothing changes.

    Exits with 1 where a budget would have run out.
    """
    open_coalition(Settings.from_environment())
    with _members_bar() as show:
        trials = try_rules(file, progress=show)
    if as_json:
        print_json([asdict(trial) for trial in trials])
    else:
        header = ("rule", "members", "winners", "grants", "points", "top tenth", "over budget on", "paid by")
        print_table("Would have won", header, [_row(trial) for trial in trials])
    if any(trial.over_budget_on for trial in trials):
        raise SystemExit(1)


@achievements.command()
@click.argument("member")
@click.argument("achievement")
@click.option("--locale", type=LOCALE, default="en", show_default=True)
@json_option
@refusals_exit
def explain(member: str, achievement: str, locale: str, as_json: bool) -> None:
    """Why MEMBER has ACHIEVEMENT or not, by which events, what is missing, and when it can come."""
    open_coalition(Settings.from_environment())
    found = explain_achievement(member, achievement, locale=locale, now=CLOCK.now())
    if as_json:
        print_json(asdict(found))
        return
    print(f"{found.title}: {found.description}")
    for tier in found.earned:
        period = f" for {tier.period}" if tier.period else ""
        held = f", held: {tier.held_because}" if tier.held_because else ""
        print(f"  tier {tier.tier}{period}: {tier.earned_at:%Y-%m-%d}, {tier.points} points{held}")
        print(f"    by {_events(tier.counted)}")
    for reason in found.reasons:
        print(f"  {reason.text}")
    if found.tier is not None:
        print(f"  towards tier {found.tier}: {_events(found.counted)}")
    if found.possible_from:
        print(f"  possible from {found.possible_from}")


@achievements.command()
@json_option
@refusals_exit
def check(as_json: bool) -> None:
    """Fold every member's history anew and compare it with what is kept; exits with 1 where they differ."""
    open_coalition(Settings.from_environment())
    with _members_bar() as show:
        differences = check_progress(progress=show)
    if as_json:
        print_json([asdict(difference) for difference in differences])
    else:
        for difference in differences:
            print(f"{difference.member}: {difference.what}: kept {difference.kept}, folded {difference.folded}")
        print(f"{len(differences)} differences")
    if differences:
        raise SystemExit(1)


for command in (reviews, release, revoke):
    achievements.add_command(command)


@contextmanager
def _members_bar() -> Iterator[Any]:
    with progress_bar("members", len(events.all_members(last_event_read()))) as show:
        done = 0

        def tell(members: int) -> None:
            nonlocal done
            done += members
            show(done)

        yield tell


def _row(trial: Trial) -> tuple[Any, ...]:
    paid = ", ".join(f"{name} {points}" for name, points in trial.by_sponsor.items())
    share = f"{trial.top_tenth_bps / 100:.1f} %"
    return (
        trial.rule,
        trial.members,
        trial.winners,
        trial.grants,
        trial.points,
        share,
        trial.over_budget_on or "",
        paid,
    )


def _events(counted: list[Any]) -> str:
    shown = [f"{each.type} on {each.day}" for each in counted[-5:]]
    more = f"{len(counted) - 5} earlier and " if len(counted) > 5 else ""
    return more + ", ".join(shown) if shown else "nothing yet"
