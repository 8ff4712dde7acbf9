"""Somebody who posts what Anna did, a day after she enrolled; and Bob, who is new."""

from datetime import timedelta

import pytest

from coalition.clock import ManualClock
from coalition.services.members import EnrolMember, Member, enrol_member
from tests.conftest import Coalition
from tests.integration.acts.helpers import Poster


@pytest.fixture
def post(coalition: Coalition, clock: ManualClock) -> Poster:
    clock.advance(timedelta(days=1))
    return Poster(coalition, clock)


@pytest.fixture
def bob(coalition: Coalition, clock: ManualClock) -> Member:
    return enrol_member(EnrolMember(phone="+79161234568", name="Bob"), coalition.cinema.number, now=clock.now())
