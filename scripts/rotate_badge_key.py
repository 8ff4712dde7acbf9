"""``coalition rotate-badge-key``: sign badges with a new key from now on."""

import click

from coalition.config import Settings
from gamification.badge_keys import BadgeKeys
from scripts.composition import CLOCK, open_coalition
from scripts.output import json_option, print_json, refusals_exit


@click.command(name="rotate-badge-key")
@json_option
@refusals_exit
def rotate_badge_key(as_json: bool) -> None:
    """Make a new key of this data directory, which signs badges from now on. What older keys signed stays valid."""
    settings = Settings.from_environment()
    open_coalition(settings)
    keys = BadgeKeys.of(settings)
    address = keys.address(keys.rotate(now=CLOCK.now()))
    if as_json:
        print_json({"key": address})
    else:
        print(f"Badges are signed by a new key: {address}")
