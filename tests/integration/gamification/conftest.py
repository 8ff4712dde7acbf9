"""The usual coalition with a shop that sells, and a way to publish rules in a line."""

from collections.abc import Callable
from typing import Any

import pytest

from coalition.clock import ManualClock
from gamification import publishing
from tests.conftest import Coalition
from tests.integration.gamification.helpers import Shop, rule_text


@pytest.fixture
def publish(coalition: Coalition, clock: ManualClock) -> Callable[..., publishing.PublishSummary]:
    def publish(*rules: dict[str, Any], **others: Any) -> publishing.PublishSummary:
        return publishing.publish(rule_text(*rules, **others), now=clock.now())

    return publish


@pytest.fixture
def shop(coalition: Coalition, clock: ManualClock) -> Shop:
    return Shop(coalition, clock)
