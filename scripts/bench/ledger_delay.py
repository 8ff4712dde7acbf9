"""How long an entry waits for the chain: purchases come in at a steady rate, and the worker records them."""

import os
import subprocess
import sys
import time

from coalition.config import Settings
from coalition.domain.purchase import Line
from coalition.errors import CoalitionError
from coalition.ledger.chains import end_process, stop_running_anvil
from coalition.services.members import EnrolMember, enrol_members
from coalition.services.partners import register_partner
from coalition.services.purchases import RecordPurchase, record_purchases
from coalition.store.database import disconnect, execute, from_column
from coalition.store.ledger import has_news
from scripts.composition import CLOCK, open_coalition

PER_SECOND = 500
_TICK_S = 0.1
_SECONDS = 20
_SETTLED_WITHIN_S = 60
_MEMBERS = 2_500


def measure_delay(settings: Settings) -> dict[str, float]:
    """From an entry's ``recorded_at`` to its transaction's ``confirmed_at``, both by this machine's clock."""
    open_coalition(settings)
    now = CLOCK.now()
    cafe = register_partner("cafe", 500, now=now)
    phones = [EnrolMember(phone=f"+1555{number:07d}") for number in range(_MEMBERS)]
    members = list(enrol_members(phones, cafe.number, now=now).values())
    worker = subprocess.Popen([sys.executable, "-m", "scripts.worker"], env=os.environ | settings.to_environment())
    try:
        _wait_until_recorded()
        since = CLOCK.now()
        made = _buy(cafe.number, members)
        _wait_until_recorded()
    finally:
        end_process(worker)
        stop_running_anvil(settings.data_dir / "chain")
    rows = execute(
        "SELECT e.recorded_at, t.confirmed_at FROM entry e JOIN chain_tx t ON t.sequence = e.sequence"
        " WHERE e.recorded_at >= ? AND t.status IN ('confirmed', 'final')",
        (since,),
    ).fetchall()
    delays = sorted((from_column(confirmed) - from_column(recorded)).total_seconds() for recorded, confirmed in rows)
    disconnect()
    return {
        "delay_purchases_per_s": made,
        "delay_p50_ms": 1000 * delays[len(delays) // 2],
        "delay_p99_ms": 1000 * delays[len(delays) * 99 // 100],
    }


def _buy(partner: int, members: list[str]) -> float:
    """Purchases per second that came in."""
    per_tick = int(PER_SECOND * _TICK_S)
    line = Line("1", "latte", "COFFEE", 1, 450)
    started = time.perf_counter()
    for tick in range(int(_SECONDS / _TICK_S)):
        now = CLOCK.now()
        numbers = range(tick * per_tick, (tick + 1) * per_tick)
        commands = [
            RecordPurchase(partner, members[number % len(members)], f"r-{number}", now, "USD", (line,))
            for number in numbers
        ]
        for outcome in record_purchases(commands, now=now):
            if isinstance(outcome, CoalitionError):
                raise outcome
        time.sleep(max(0.0, started + (tick + 1) * _TICK_S - time.perf_counter()))
    return _SECONDS * PER_SECOND / (time.perf_counter() - started)


def _wait_until_recorded() -> None:
    deadline = time.monotonic() + _SETTLED_WITHIN_S
    while has_news() or execute("SELECT COUNT(*) FROM chain_tx WHERE status IN ('signed', 'submitted')").fetchone()[0]:
        if time.monotonic() > deadline:
            raise TimeoutError("the worker does not record")
        time.sleep(_TICK_S)
