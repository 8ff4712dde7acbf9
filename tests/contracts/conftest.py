"""The contracts on a chain, as good as new for every test."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.contracts import badges as achievement_badges
from tests.contracts import ledger as points_ledger
from tests.contracts import roots as root_ledger
from tests.contracts.badges import Badges
from tests.contracts.chain import Chain
from tests.contracts.ledger import Ledger
from tests.contracts.roots import Roots


class Contracts(NamedTuple):
    ledger: Ledger
    roots: Roots
    badges: Badges


def opened(chain: Chain) -> Contracts:
    return Contracts(points_ledger.opened(chain), root_ledger.opened(chain), achievement_badges.opened(chain))


@pytest.fixture(scope="session")
def chain() -> Chain:
    return Chain.of_environment()


@pytest.fixture
def contracts(chain: Chain) -> Iterator[Contracts]:
    with chain.fresh(opened) as contracts:
        yield contracts


@pytest.fixture
def ledger(contracts: Contracts) -> Ledger:
    """A `PointsLedger` with three partners."""
    return contracts.ledger


@pytest.fixture
def roots(contracts: Contracts) -> Roots:
    """A `RootLedger`."""
    return contracts.roots


@pytest.fixture
def badges(contracts: Contracts) -> Badges:
    """An `AchievementBadges`."""
    return contracts.badges
