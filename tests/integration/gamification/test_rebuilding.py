"""Progress is a cache: what it lacks, and what comes too late for it, is found again in the member's history."""

import pytest

from coalition.services.members import EnrolMember, enrol_member
from coalition.store.database import execute
from gamification.engine import BatchSummary, run_batch
from gamification.progress import achievements, level
from gamification.store.progress import forget_states
from tests.integration.gamification.helpers import counters, elements, grants, rule, standing, states, utc

LEVELS = {"highest": 9, "formula": {"first_step": 2}, "experience": [{"on": "purchase.recorded", "each": 1}]}
RULES = (
    rule("monthly", window="month", tiers=[1, 2]),
    rule("curious", measure={"distinct": "categories"}, tiers=[3]),
    rule("row", measure={"streak": "month"}, tiers=[2, 3], requires=["monthly"]),
    rule("busy", window={"days": 20}, tiers=[2], repeat="monthly"),
)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """What is read and written here is read and written by the other tests on both databases."""
    url: str = request.getfixturevalue("sqlite_url")
    return url


@pytest.mark.parametrize("limit", [1, 100])
def test_late__by_years__counts_where_it_belongs(shop, publish, coalition, clock, limit):
    publish(*RULES, levels=LEVELS)
    days = [(2026, 1, 20), (2024, 6, 1), (2026, 2, 3), (2024, 6, 9), (2024, 7, 1), (2025, 12, 31)]
    for number, day in enumerate(days):
        shop.sells(coalition.cafe, at=utc(*day), categories=(str(number % 3),))
    while run_batch(now=clock.now(), limit=limit).events:
        pass
    assert standing() == [
        ("busy", 1, "2024-06"),
        ("busy", 1, "2026-02"),
        ("curious", 1, ""),
        ("monthly", 1, "2024-06"),
        ("monthly", 1, "2024-07"),
        ("monthly", 1, "2025-12"),
        ("monthly", 1, "2026-01"),
        ("monthly", 1, "2026-02"),
        ("monthly", 2, "2024-06"),
        ("row", 1, ""),
        ("row", 2, ""),
    ]
    assert level(coalition.anna.id).experience == 6
    assert states() == ["granted"] * 11


def test_late__to_what_was_forgotten__does_not_win_twice(shop, publish, coalition, clock):
    publish(rule("monthly", window="month"))
    for _ in range(2):
        for month in (1, 12):
            shop.sells(coalition.cafe, at=utc(2025, month, 5))
            run_batch(now=clock.now())
    assert grants() == [("monthly", 1, "2025-01"), ("monthly", 1, "2025-12")]
    assert counters() == [("monthly", "2025-12", 2)]


def test_forgotten_progress__is_made_anew_with_the_next_event(shop, publish, coalition, clock):
    publish(*RULES, levels=LEVELS)
    for month in (1, 2):
        shop.sells(coalition.cafe, at=utc(2026, month, 5))
    left = shop.sells(coalition.cafe, at=utc(2026, 2, 6), categories=("tea", "milk"))
    shop.takes_back(left, categories=("tea",))
    run_batch(now=clock.now())
    before = execute("SELECT state FROM member_progress").fetchone()[0]
    forget_states()
    assert level(coalition.anna.id).experience == 0
    shop.tells("member.moved", time_zone="UTC")
    assert run_batch(now=clock.now()) == BatchSummary(events=1, grants=0, points_rewarded=0)
    shown = achievements(coalition.anna.id, locale="en", now=utc(2026, 2, 10))
    assert {goal.id: goal.value for goal in shown.in_progress} == {"curious": 2, "row": 2}
    assert level(coalition.anna.id).experience == 3
    assert elements()["curious"] == ["bread", "tea"]
    after = execute("SELECT state FROM member_progress").fetchone()[0]
    assert before.count("[") + 1 == after.count("[")


def test_return__with_progress_forgotten__undoes_the_purchase_all_the_same(shop, publish, coalition, clock):
    publish(rule("twice", tiers=[1, 2]))
    shop.sells(coalition.cafe)
    bought = shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    forget_states()
    shop.takes_back(bought)
    assert run_batch(now=clock.now()).revoked == 1
    assert (standing(), counters()) == ([("twice", 1, "")], [("twice", "", 1)])


def test_member__without_any_history__begins_with_the_first_event(shop, publish, coalition, clock):
    boris = enrol_member(EnrolMember(phone="+79160000001"), coalition.cafe.number, now=clock.now())
    publish(rule("first"))
    shop.sells(coalition.cafe, member=boris.id)
    run_batch(now=clock.now())
    assert execute("SELECT COUNT(*) FROM member_progress").fetchone()[0] == 1
    assert achievements(coalition.anna.id, locale="en", now=clock.now()).earned == []


def test_event__of_no_concern_to_any_rule__leaves_no_row(shop, publish, coalition, clock):
    publish(rule("guest", on="visit.checked_in"))
    shop.sells(coalition.cafe)
    assert run_batch(now=clock.now()).events == 1
    assert execute("SELECT COUNT(*) FROM member_progress").fetchone()[0] == 0


def test_forgotten_progress__of_before_the_rules__is_judged_by_the_rules_of_its_time(shop, publish, coalition, clock):
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    publish(rule("often", tiers=[3]))
    for _ in range(2):
        shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    publish(rule("often", tiers=[1]))
    forget_states()
    shop.sells(coalition.grocer)
    run_batch(now=clock.now())
    assert counters() == [("often", "", 3)]
    assert grants() == [("often", 1, "")]
    (event,) = execute("SELECT event_id FROM achievement_grant").fetchone()
    assert event == 4
