"""What a rule says of reversals, what is withdrawn, and levels that fall or do not."""

from datetime import timedelta

import pytest

from coalition import events
from coalition.services import badges
from coalition.services.balances import balance
from coalition.services.members import member_number
from coalition.store.database import execute
from gamification import stream
from gamification.engine import run_batch
from gamification.explaining import explain
from gamification.giving import release_held
from gamification.progress import level
from gamification.reviewing import revoke_by_operator
from tests.integration.gamification.helpers import counters, elements, grants, rule, standing, states, utc

POINTS = {"points": 10, "funded_by": {"operator": 100}}


def news(type_: str) -> list[events.Event]:
    return [event for event in events.read_after(0, 1000) if event.type == type_]


@pytest.mark.parametrize(
    ("on_reversal", "state", "points", "experience"),
    [("claw_back", "revoked", 0, 0), ("revoke", "revoked", 10, 0), ("keep", "granted", 10, 5)],
)
def test_return__of_a_rule__unwinds_what_the_rule_says(
    shop, publish, coalition, clock, on_reversal, state, points, experience
):
    publish(rule("first", reward={**POINTS, "badge": True}, experience=5, on_reversal=on_reversal))
    shop.takes_back(shop.sells(coalition.cafe))
    for _ in range(2):
        run_batch(now=clock.now(), limit=1)
    assert states() == [state]
    assert balance(coalition.anna.id, now=clock.now()).available == points
    assert level(coalition.anna.id).experience == experience
    held = badges.member_badges(member_number(coalition.anna.id))
    assert set(held) == ({"first"} if on_reversal == "keep" else set())


def test_return__of_part_of_what_a_rule_keeps__goes_on_counting_all_of_it(shop, publish, coalition, clock):
    publish(
        rule("kept", measure={"sum": "payable_minor"}, tiers=[99_999], on_reversal="keep"),
        rule("other", measure={"sum": "payable_minor"}, tiers=[99_999]),
    )
    shop.takes_back(shop.sells(coalition.cafe, payable_minor=700), payable_minor=400)
    shop.takes_back(shop.sells(coalition.cafe, payable_minor=30))
    run_batch(now=clock.now())
    assert counters() == [("kept", "", 730), ("other", "", 400)]


def test_revoked__over_the_rules_that_keep_their_points__is_another_reward(shop, publish, coalition, clock):
    """Whoever keeps the points may win them again: such a rule is for where nothing comes back in bad faith."""
    publish(rule("first", reward=POINTS, on_reversal="revoke"))
    shop.takes_back(shop.sells(coalition.cafe))
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert states() == ["revoked", "granted"]
    assert balance(coalition.anna.id, now=clock.now()).available == 20


def test_return__while_the_reward_waits__leaves_nothing_to_release(shop, publish, coalition, clock):
    publish(rule("first", reward=POINTS, hold_s=3600))
    shop.takes_back(shop.sells(coalition.cafe))
    run_batch(now=clock.now())
    assert states() == ["revoked"]
    assert release_held(now=clock.now() + timedelta(days=1)) == 0
    assert execute("SELECT COUNT(*) FROM entry").fetchone()[0] == 0


def test_withdrawn__event__counts_no_longer(shop, publish, coalition, clock):
    levels = {"highest": 3, "formula": {"first_step": 2}, "experience": [{"on": "visit.checked_in", "each": 2}]}
    publish(
        rule("guest", on="visit.checked_in", measure={"distinct": "store"}, tiers=[1, 2], reward=POINTS), levels=levels
    )
    visits = [shop.tells("visit.checked_in", partner="cafe", store=store) for store in ("north", "south")]
    run_batch(now=clock.now())
    assert standing() == [("guest", 1, ""), ("guest", 2, "")]
    shop.tells("event.withdrawn", event=visits[0].public_id)
    assert run_batch(now=clock.now()).revoked == 1
    assert (standing(), elements()) == ([("guest", 1, "")], {"guest": ["south"]})
    assert (level(coalition.anna.id).experience, level(coalition.anna.id).level) == (2, 2)
    assert balance(coalition.anna.id, now=clock.now()).available == 10


def test_withdrawn__an_act__is_undone_for_what_came_after_it(shop, publish, coalition, clock):
    publish(rule("daily", window="day", tiers=[9]))
    moved = shop.tells("member.moved", time_zone="Asia/Tokyo", at=utc(2026, 1, 1))
    shop.sells(coalition.cafe, at=utc(2026, 1, 1, 20))
    run_batch(now=clock.now())
    assert counters() == [("daily", "2026-01-02", 1)]
    shop.tells("event.withdrawn", event=moved.public_id)
    run_batch(now=clock.now())
    assert counters() == [("daily", "2026-01-01", 1)]


@pytest.mark.parametrize("fall", [True, False])
def test_level__experience_is_lost__falls_or_stays_as_the_rules_say(shop, publish, coalition, clock, fall):
    source = {"on": "purchase.recorded", "each": 10}
    publish(levels={"highest": 4, "formula": {"first_step": 10}, "experience": [source], "fall": fall})
    bought = [shop.sells(coalition.cafe) for _ in range(2)]
    run_batch(now=clock.now())
    for each in bought:
        shop.takes_back(each)
    run_batch(now=clock.now())
    anna = coalition.anna.id
    assert (level(anna).level, level(anna).experience) == ((1, 0) if fall else (3, 0))
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert (level(anna).level, level(anna).experience) == ((2, 10) if fall else (3, 10))
    assert [event.attributes["level"] for event in news(stream.LEVEL_CHANGED)] == ([2, 3, 2, 1, 2] if fall else [2, 3])


def test_level__that_does_not_fall__stays_when_the_history_is_read_again(shop, publish, coalition, clock):
    source = {"on": "purchase.recorded", "each": 10}
    publish(levels={"highest": 4, "formula": {"first_step": 10}, "experience": [source], "fall": False})
    shop.takes_back(shop.sells(coalition.cafe))
    run_batch(now=clock.now())
    assert level(coalition.anna.id).level == 2
    shop.sells(coalition.cafe, at=utc(2020, 1, 1))
    run_batch(now=clock.now())
    assert (level(coalition.anna.id).level, level(coalition.anna.id).experience) == (2, 10)
    assert [event.attributes["level"] for event in news(stream.LEVEL_CHANGED)] == [2]


def test_revoked__by_an_operator__is_not_won_again_by_buying_anew(shop, publish, coalition, clock):
    publish(rule("first", reward=POINTS))
    bought = shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    (grant,) = execute("SELECT public_id FROM achievement_grant").fetchone()
    revoke_by_operator(grant, "fraud", clock.now())
    explained = explain(coalition.anna.id, "first", locale="ru", now=clock.now())
    assert [each.code for each in explained.reasons] == ["revoked"] and not explained.earned
    shop.takes_back(bought)
    run_batch(now=clock.now())
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert (grants(), states()) == ([("first", 1, "")], ["revoked"])
    assert balance(coalition.anna.id, now=clock.now()).available == 0
