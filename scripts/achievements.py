"""``coalition achievements``: the rules that members win by."""

from pathlib import Path

import click

from coalition.config import Settings
from gamification.publishing import publish as publish_rules
from scripts.composition import CLOCK, open_coalition
from scripts.documents import FILE
from scripts.output import json_option, print_json, refusals_exit


@click.group()
def achievements() -> None:
    """Achievements and levels, which are published as data."""


@achievements.command()
@click.argument("file", type=FILE)
@json_option
@refusals_exit
def publish(file: Path, as_json: bool) -> None:
    """Check all of FILE and publish it; mistakes are named by line and key, and the running rules stay as they are."""
    open_coalition(Settings.from_environment())
    summary = publish_rules(file, now=CLOCK.now())
    if as_json:
        print_json({name: [rule._asdict() for rule in rules] for name, rules in summary._asdict().items()})
    else:
        for rule in summary.published:
            print(f"published {rule.rule}, version {rule.version}")
        print(f"{len(summary.unchanged)} unchanged")
