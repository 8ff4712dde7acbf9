import pytest

from coalition.clock import ManualClock
from tests.conftest import Coalition
from tests.integration.leaderboards.boards import Contest, board


@pytest.fixture
def contest(coalition: Coalition, clock: ManualClock) -> Contest:
    return Contest(coalition, clock, board())
