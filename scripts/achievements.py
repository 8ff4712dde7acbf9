"""``coalition achievements``: the rules that members win by, and what they have come to."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from coalition import events
from coalition.config import Settings
from coalition.services.partners import list_partners
from gamification import event_types
from gamification.explaining import explain as explain_achievement
from gamification.icons import icon_names
from gamification.linting import Remark, remarks
from gamification.publishing import parse, read_file
from gamification.publishing import publish as publish_rules
from gamification.rebuilding import check as check_progress
from gamification.rulebook import last_event_read
from gamification.rules.json_schema import rule_schema
from gamification.surprises import drawn_surprise, follows
from gamification.trying import Trial, try_rules
from scripts.adjust import operator_option
from scripts.composition import CLOCK, open_coalition
from scripts.documents import FILE
from scripts.explanations import explanation_lines
from scripts.grant_reviews import release, reviews, revoke
from scripts.mistakes import mistakes_as_json
from scripts.output import (
    as_told,
    dry_run_option,
    json_option,
    people,
    print_json,
    print_table,
    progress_bar,
    refusals_exit,
)

LOCALE = click.Choice(["en", "ru"])


@click.group()
def achievements() -> None:
    """Achievements, challenges, levels, referrals, leaderboards and draws, which are published as data."""


@achievements.command()
@click.argument("file", type=FILE)
@click.option("--strict", is_flag=True, help="Exit with 1 if there are remarks.")
@json_option
@refusals_exit
@mistakes_as_json
def lint(file: Path, strict: bool, as_json: bool) -> None:
    """Check all of FILE against the partners and rules there are; nothing is published.

    Mistakes are named by line and key, and the exit status is 2. Remarks are about what can be published and is yet
    worth a second look: points without a budget, a prerequisite that nobody sees, rewards for what nobody checks.
    """
    open_coalition(Settings.from_environment())
    now = CLOCK.now()
    rules = read_file(file, now=now)
    found = {
        "achievements": [rule.id for rule in rules.achievements if not rule.challenge],
        "challenges": [rule.id for rule in rules.achievements if rule.challenge],
        "leaderboards": [board.id for board in rules.leaderboards],
        "draws": [draw.id for draw in rules.draws],
        "levels": rules.levels is not None,
        "referral": rules.referral is not None,
    }
    said = remarks(rules, now=now)
    if as_json:
        print_json({**found, "remarks": [asdict(remark) for remark in said]})
    else:
        counted = [f"{len(names)} {kind}" for kind, names in found.items() if isinstance(names, list) and names]
        counted += [kind for kind in ("levels", "referral") if found[kind]]
        print(f"{file.name} has no mistakes: {', '.join(counted)}")
        _say(said)
    if strict and said:
        sys.exit(1)


@achievements.command()
@click.argument("file", type=FILE)
@click.option("--back-fill", is_flag=True, help="New versions judge all that ever happened, too; see `try` before.")
@operator_option
@dry_run_option
@json_option
@refusals_exit
@mistakes_as_json
def publish(file: Path, back_fill: bool, by: str, dry_run: bool, as_json: bool) -> None:
    """Check all of FILE and publish it; mistakes are named by line and key, and the running rules stay as they are.

    With --back-fill whoever has deserved a new version before is granted it now, quietly; their points live from now.
    """
    open_coalition(Settings.from_environment())
    with as_told(dry_run), _members_bar() if back_fill else nullcontext() as show:
        parsed, now = parse(file), CLOCK.now()
        said = remarks(read_file(parsed, now=now), now=now)
        summary = publish_rules(parsed, now=now, by=by, back_fill=back_fill, progress=show)
    if as_json:
        parts = {"published": summary.published, "unchanged": summary.unchanged}
        named = {name: [rule._asdict() for rule in rules] for name, rules in parts.items()}
        said_so = [asdict(remark) for remark in said]
        print_json({**named, "granted": summary.granted, "remarks": said_so, "dry_run": dry_run})
        return
    for rule in summary.published:
        print(f"{'would publish' if dry_run else 'published'} {rule.rule}, version {rule.version}")
    print(f"{len(summary.unchanged)} unchanged")
    if back_fill:
        print(f"{summary.granted} grants for what had been deserved before")
    _say(said)


@achievements.command()
@refusals_exit
def schema() -> None:
    """Print the JSON Schema of rule files, with the event types and partners that there are.

    An editor completes and checks FILE by it where the first line says `# yaml-language-server: $schema=SCHEMA`.
    """
    open_coalition(Settings.from_environment())
    partners = [partner.name for partner in list_partners()]
    print_json(rule_schema(event_types.known(), icons=icon_names(), partners=partners))


@achievements.command(name="try")
@click.argument("file", type=FILE)
@json_option
@refusals_exit
@mistakes_as_json
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
        sys.exit(1)


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
    for line in explanation_lines(found, locale):
        print(line)


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
        sys.exit(1)


@achievements.command()
@click.argument("grant")
@click.option("--seed", help="The rule's seed: check that it was the one, and that it means this.")
@json_option
@refusals_exit
def surprise(grant: str, seed: str | None, as_json: bool) -> None:
    """How GRANT came to its surprise; with --seed, exits with 1 where that does not follow from it."""
    open_coalition(Settings.from_environment())
    found = drawn_surprise(grant)
    fair = None if seed is None else follows(found, seed)
    if as_json:
        print_json({**asdict(found), "draw": found.draw._asdict(), "follows": fair})
    else:
        number, picked = found.draw
        print(f"choice {picked + 1} of {len(found.weights)}, whose weights are {', '.join(map(str, found.weights))}")
        print(f"by number {number}, counted from 0, of {sum(found.weights)}, drawn for {found.occasion}")
        print(f"the SHA-256 of the seed is {found.commitment}")
        if fair is not None:
            print("that follows from the seed" if fair else "that does NOT follow from the seed")
    if fair is False:
        sys.exit(1)


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
    if not trial.tried:
        return (trial.rule, trial.members, *("",) * 5, "teams: not tried")
    paid = ", ".join(f"{name} {points}" for name, points in (trial.by_sponsor or {}).items())
    whole, bps = divmod(trial.top_tenth_bps or 0, 100)
    share = f"{whole}.{bps // 10} %"
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


def _say(said: list[Remark]) -> None:
    for remark in said:
        people.print(f"{remark.rule}: {remark.code}: {remark.text}", style="yellow", markup=False, soft_wrap=True)
