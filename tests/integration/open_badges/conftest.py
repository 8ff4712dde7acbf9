"""Anna has won a tier, and somebody issues badges."""

import pytest

from gamification.badge_keys import BadgeKeys
from gamification.open_badges import OpenBadges
from tests.integration.gamification.grants_made import DOORS, grant, publish_version
from tests.integration.open_badges.reading import BASE


@pytest.fixture
def badges(tmp_path):
    return OpenBadges(BadgeKeys(BASE, tmp_path / "keys"))


@pytest.fixture
def version(coalition, clock):
    return publish_version(DOORS, now=clock.now())


@pytest.fixture
def won(coalition, clock, version):
    return grant(coalition, version, DOORS, now=clock.now())


@pytest.fixture
def take_out(badges, coalition, clock, won):
    def take_out(language="en", **given):
        return badges.credential(coalition.anna.id, won.id, language, now=clock.now(), **given)

    return take_out
