import orjson
import pytest

from coalition import events
from coalition.domain.programme_document import programme_document
from coalition.domain.purchase import Line
from coalition.services import programmes
from coalition.services.members import EnrolMember, enrol_member
from coalition.services.purchases import RecordPurchase, record_purchase
from coalition.store.database import execute, transaction
from gamification import engine, stream
from gamification.engine import BatchSummary, run_batch, run_to_end
from gamification.event_types import EVENT_TYPES, FieldType
from tests.integration.gamification.helpers import counters, grants, rule, utc

LEVELS = {"highest": 3, "formula": {"first_step": 10}}


def programme_in(zone: str) -> str:
    (programme,) = programmes.rulebook().versions
    return orjson.dumps(programme_document(programme) | {"time_zone": zone}).decode()


def test_batch__count__counts_only_events_that_meet_where(shop, publish, coalition, clock):
    publish(rule("film-lover", where={"partner": "cinema", "payable_minor": {"gte": 500}}, tiers=[2]))
    shop.sells(coalition.cinema, payable_minor=500)
    shop.sells(coalition.cinema, payable_minor=499)
    shop.sells(coalition.cafe, payable_minor=900)
    run_batch(now=clock.now())
    assert counters() == [("film-lover", "", 1)]
    shop.sells(coalition.cinema, payable_minor=501)
    assert run_batch(now=clock.now()) == BatchSummary(events=1, grants=1, points_rewarded=0)


def test_batch__sum__adds_the_field(shop, publish, coalition, clock):
    publish(rule("big-spender", measure={"sum": "payable_minor"}, tiers=[1000, 2000]))
    shop.sells(coalition.cafe, payable_minor=999)
    run_batch(now=clock.now())
    assert grants() == []
    shop.sells(coalition.cafe, payable_minor=1)
    run_batch(now=clock.now())
    assert grants() == [("big-spender", 1, "")]


def test_batch__distinct_partner__counts_each_partner_once_across_batches(shop, publish, coalition, clock):
    publish(rule("three-doors", measure={"distinct": "partner"}, tiers=[3]))
    for partner in (coalition.cafe, coalition.cafe, coalition.grocer):
        shop.sells(partner)
        run_batch(now=clock.now())
    assert counters() == [("three-doors", "", 2)]
    shop.sells(coalition.grocer)
    shop.sells(coalition.cinema)
    run_batch(now=clock.now())
    assert grants() == [("three-doors", 1, "")]


def test_batch__distinct_of_a_list__counts_every_element(shop, publish, coalition, clock):
    publish(rule("curious", measure={"distinct": "categories"}, tiers=[3]))
    shop.sells(coalition.cafe, categories=("bread", "tea"))
    shop.sells(coalition.cafe, categories=("bread", "tea"))
    run_batch(now=clock.now())
    assert counters() == [("curious", "", 2)]
    shop.sells(coalition.grocer, categories=("bread", "milk"))
    run_batch(now=clock.now())
    assert grants() == [("curious", 1, "")]


def test_batch__distinct_of_a_field_that_is_missing__counts_nothing(shop, publish, coalition, clock):
    publish(rule("stores", measure={"distinct": "store"}))
    shop.sells(coalition.cafe, store=None)
    run_batch(now=clock.now())
    assert counters() == []


def test_batch__very_long_element__is_counted_once(shop, publish, coalition, clock):
    publish(rule("curious", measure={"distinct": "categories"}, tiers=[5]))
    for _ in range(2):
        shop.sells(coalition.cafe, categories=("b" * 10_000, "b" * 10_001))
        run_batch(now=clock.now())
    assert counters() == [("curious", "", 2)]


def test_batch__two_members__are_counted_apart(shop, publish, coalition, clock):
    boris = enrol_member(EnrolMember(phone="+79160000001"), coalition.cafe.number, now=clock.now())
    publish(rule("twice", tiers=[2]))
    shop.sells(coalition.cafe)
    shop.sells(coalition.cafe, member=boris.id)
    assert run_batch(now=clock.now()).grants == 0


def test_batch__several_tiers_at_once__grants_each(shop, publish, coalition, clock):
    publish(rule("big-spender", measure={"sum": "payable_minor"}, tiers=[10, 20, 5000]))
    shop.sells(coalition.cafe, payable_minor=25)
    run_batch(now=clock.now())
    assert grants() == [("big-spender", 1, ""), ("big-spender", 2, "")]


def test_batch__month_boundary__begins_anew_in_the_programmes_zone(shop, publish, coalition, clock):
    execute("UPDATE programme SET document = ?", (programme_in("America/New_York"),))
    publish(rule("monthly", window="month", tiers=[2]))
    shop.sells(coalition.cafe, at=utc(2026, 2, 1, 4, 59))  # 31 January, 23:59
    shop.sells(coalition.cafe, at=utc(2026, 2, 1, 5, 0))  # 1 February, 00:00
    run_batch(now=clock.now())
    assert counters() == [("monthly", "2026-01", 1), ("monthly", "2026-02", 1)]
    shop.sells(coalition.cafe, at=utc(2026, 1, 2))
    run_batch(now=clock.now())
    assert grants() == [("monthly", 1, "2026-01")]


@pytest.mark.parametrize(
    ("window", "same", "period"),
    [
        ("day", utc(2026, 3, 1, 23, 59), "2026-03-01"),
        ("week", utc(2026, 2, 23), "2026-W09"),
        ("month", utc(2026, 3, 31), "2026-03"),
        ("year", utc(2026, 12, 31), "2026"),
    ],
)
def test_batch__calendar_window__counts_within_one_period(shop, publish, coalition, clock, window, same, period):
    publish(rule("in-time", window=window, tiers=[2]))
    sunday = utc(2026, 3, 1, 12)
    shop.sells(coalition.cafe, at=sunday)
    shop.sells(coalition.cafe, at=sunday.replace(year=2025))
    shop.sells(coalition.cafe, at=same)
    run_batch(now=clock.now())
    assert grants() == [("in-time", 1, period)]


def test_batch__again__finds_nothing_new(shop, publish, coalition, clock):
    publish(rule("twice", tiers=[2]))
    shop.sells(coalition.cafe)
    assert run_batch(now=clock.now()).events == 1
    assert run_batch(now=clock.now()) == BatchSummary(0, 0, 0)
    assert counters() == [("twice", "", 1)]


def test_batch__crash_before_the_cursor_moves__leaves_no_trace(shop, publish, coalition, clock, monkeypatch):
    publish(
        rule("first", reward={"points": 10, "funded_by": {"operator": 100}}, experience=5),
        rule("curious", measure={"distinct": "categories"}),
    )
    shop.sells(coalition.cafe)
    tables = ("member_progress", "achievement_grant", "entry")

    def sizes() -> list[int]:
        return [execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables]

    def crash(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(events, "move_cursor", crash)
        with pytest.raises(RuntimeError):
            run_batch(now=clock.now())
    assert sizes() == [0, 0, 0]
    assert run_batch(now=clock.now()) == BatchSummary(events=1, grants=2, points_rewarded=10)
    assert sizes() == [1, 2, 1]


def test_batch__its_own_events__come_back_and_count_for_nothing(shop, publish, coalition, clock):
    publish(rule("first", experience=5), levels={**LEVELS, "experience": [{"on": "purchase.recorded", "each": 5}]})
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert events.backlog(stream.CONSUMER) == 2
    assert run_batch(now=clock.now()) == BatchSummary(0, 0, 0)
    assert events.backlog(stream.CONSUMER) == 0


def test_levels__experience_of_events_and_grants__changes_level_at_the_event(shop, publish, coalition, clock):
    source = {"on": "purchase.recorded", "of": "payable_minor", "per": 100, "each": 2}
    publish(rule("second", tiers=[2], experience=3), levels={**LEVELS, "experience": [source]})
    shop.sells(coalition.cafe, payable_minor=399, at=utc(2026, 1, 1))  # 6
    shop.sells(coalition.cafe, payable_minor=99, at=utc(2026, 1, 2))  # 0 and 3 of the grant
    shop.sells(coalition.cafe, payable_minor=100, at=utc(2026, 1, 3))  # 2
    shop.sells(coalition.cafe, payable_minor=90_000, at=utc(2026, 1, 4))
    run_batch(now=clock.now())
    changes = [event for event in events.read_after(0, 100) if event.type == stream.LEVEL_CHANGED]
    assert [(event.occurred_at, event.attributes) for event in changes] == [
        (utc(2026, 1, 3), {"level": 2, "previous_level": 1, "experience": 11}),
        (utc(2026, 1, 4), {"level": 3, "previous_level": 2, "experience": 1811}),
    ]


def test_run_to_end__several_batches__sums_them_up_and_reports_progress(shop, publish, coalition, clock, monkeypatch):
    monkeypatch.setattr(engine, "_CATCHING_UP", 2)
    publish(rule("first", reward={"points": 10, "funded_by": {"operator": 100}}))
    with transaction():
        for _ in range(5):
            shop.sells(coalition.cafe)
    seen: list[int] = []
    assert run_to_end(now=clock.now(), progress=seen.append) == BatchSummary(events=5, grants=1, points_rewarded=10)
    # What the engine has told of the grant and its points is passed over.
    assert seen == [2, 2, 1]


def test_purchase_recorded__by_the_service__has_the_fields_that_rules_may_read(coalition, clock):
    receipt = RecordPurchase(
        partner=coalition.cafe.number,
        member=coalition.anna.id,
        receipt_id="r-1",
        occurred_at=clock.now(),
        currency="USD",
        lines=(Line("1", "espresso", "coffee", 1, 300),),
        store_id="s-1",
    )
    record_purchase(receipt, now=clock.now())
    (recorded,) = events.read_after(0, 10)
    kinds = {FieldType.TEXT: str, FieldType.INTEGER: int, FieldType.TEXTS: list}
    fields = EVENT_TYPES[recorded.type]
    assert {name: type(value) for name, value in recorded.attributes.items()} == {
        name: kinds[field_type] for name, field_type in fields.items()
    }
