"""The simulator lives the same life again for the same seed, and finds a recorder that is not safe."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from coalition.clock import ManualClock
from coalition.ledger.lease import Lease
from coalition.ledger.orders import Orders
from coalition.ledger.outbox import Outbox
from tests.simulation.process import founded
from tests.simulation.simulator import START, run

SEEDS = range(8)
"""A few of the lives that `make simulate` lives; all that it finds wrong is found there."""


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    with founded(ManualClock(START)) as path:
        yield path


@pytest.mark.parametrize("seed", SEEDS)
def test_recorder__whatever_happens__every_invariant_holds(template, seed):
    life = run(seed, template)

    assert life.failure is None, "\n".join(life.log)
    assert life.head


def test_seed__again__the_same_steps_and_the_same_head(template):
    first, second = (run(7, template) for _ in range(2))

    assert (first.log, first.head, first.occurred) == (second.log, second.head, second.occurred)


def test_seed__another__another_life(template):
    assert run(7, template).log != run(8, template).log


CARELESS = {
    "never looks whether its blocks still are": (Outbox, "take_back_from_other_blocks", 0),
    "never raises a fee": (Outbox, "replace", None),
    "does not care who holds the lease": (Lease, "hold", None),
    "believes a failure before it is final": (Orders, "_is_settled", True),
}


@pytest.mark.parametrize(("owner", "name", "answer"), CARELESS.values(), ids=CARELESS)
def test_recorder__careless__is_found_out(template, owner, name, answer):
    with patch.object(owner, name, lambda *_, **__: answer):
        assert any(run(seed, template).failure for seed in range(60))
