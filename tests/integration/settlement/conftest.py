"""A coalition whose journal is recorded on the in-process chain, and whose periods are closed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from coalition.clock import ManualClock
from coalition.config import IN_PROCESS_URL, Settings
from coalition.domain.statements import Statement, StatementLine
from coalition.ledger.chains import Chain
from coalition.ledger.keys import Keyring
from coalition.ledger.lease import RECORDER, Lease
from coalition.ledger.recorder import Recorder
from coalition.services import rate_cards, settlement, statements
from coalition.services.settlement import Period
from tests.conftest import Coalition
from tests.integration.conftest import Till

BY = "tests"
MOMENT = timedelta(milliseconds=1)


@dataclass
class Office:
    """Where periods are closed: what it needs of the chain, and the clock that it moves."""

    coalition: Coalition
    clock: ManualClock
    till: Till
    recorder: Recorder

    def until(self, moment: datetime | str) -> None:
        wanted = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        self.clock.advance(wanted - self.clock.now())

    def close(self, name: str) -> Period:
        """Record what there is on the chain, and close the period."""
        self.recorder.drain()
        return settlement.close(name, BY, now=self.clock.now())

    def publish(self, since: datetime | str, **card: Any) -> None:
        document = {"currency": "USD", "issued_micros": 1_000_000, "redeemed_micros": 1_000_000, **card}
        moment = datetime.fromisoformat(since) if isinstance(since, str) else since
        found = rate_cards.draft(orjson.dumps(document).decode(), "card")
        rate_cards.publish_rate_card(found, moment, BY, now=self.clock.now())

    def statement(self, period: Period, party: int, currency: str = "USD") -> Statement:
        issued = statements.list_statements(party, period.number)
        return next(each.statement for each in issued if each.statement.currency == currency)

    def lines(self, period: Period, party: int, currency: str = "USD") -> list[StatementLine]:
        return list(statements.statement_lines(self.statement(period, party, currency), now=self.clock.now()))

    def owed(self, period: Period) -> dict[tuple[int, int, str], int]:
        """By payer, payee and cause, in minor units."""
        found: dict[tuple[int, int, str], int] = {}
        for account, total in settlement.result(period).totals.items():
            pair = (account.payer, account.payee, account.cause.value)
            found[pair] = found.get(pair, 0) + total.amount_minor
        return found


@pytest.fixture
def office(tmp_path: Path, coalition: Coalition, clock: ManualClock, till: Till, deployed_chain: Chain) -> Office:
    settings = Settings(tmp_path, "", IN_PROCESS_URL, 0, 0)
    recorder = Recorder(deployed_chain, settings, Keyring(settings), clock, Lease(RECORDER))
    return Office(coalition, clock, till, recorder)
