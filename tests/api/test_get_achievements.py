"""GET /v1/members/{id}/achievements, GET /v1/members/{id}/level"""

import pytest

from gamification import progress, publishing
from gamification.engine import run_batch
from gamification.progress import MemberAchievements
from tests.api.callers import refused
from tests.integration.gamification.helpers import Shop, rule_text


def test_get_achievements__nothing_published__nothing_to_show(cafe, coalition):
    shown = cafe.get(f"/v1/members/{coalition.anna.id}/achievements").get_json()
    assert shown == {"member": coalition.anna.id, "earned": [], "in_progress": []}


@pytest.mark.parametrize(
    ("accepted", "locale"), [("ru-RU,ru;q=0.9,en;q=0.8", "ru"), ("en", "en"), ("de", "en"), (None, "en")]
)
def test_get_achievements__by_accept_language__in_that_language(cafe, coalition, monkeypatch, accepted, locale):
    asked = []
    monkeypatch.setattr(
        progress,
        "achievements",
        lambda member, *, locale, now, partner: asked.append(locale) or MemberAchievements(member, [], []),
    )
    headers = {"Accept-Language": accepted} if accepted else {}
    cafe.get(f"/v1/members/{coalition.anna.id}/achievements", headers=headers)
    assert asked == [locale]


def test_get_level__of_a_new_member__is_the_first(operator, coalition):
    level = operator.get(f"/v1/members/{coalition.anna.id}/level").get_json()
    assert (level["member"], level["level"], level["experience"]) == (coalition.anna.id, 1, 0)


def test_get_level__a_partner__sees_the_next_and_not_how_far_it_is(cafe, operator, coalition, clock):
    source = {"on": "purchase.recorded", "each": 120}
    levels = {"highest": 4, "formula": {"first_step": 100, "add": 100}, "experience": [source], "fall": False}
    publishing.publish(rule_text(levels=levels), now=clock.now())
    Shop(coalition, clock).sells(coalition.cinema)
    run_batch(now=clock.now())
    path = f"/v1/members/{coalition.anna.id}/level"
    whole = {"member": coalition.anna.id, "level": 2, "level_at": 100, "next_level_at": 300}
    assert cafe.get(path).get_json() == whole | {"experience": None, "remaining": None}
    assert operator.get(path).get_json() == whole | {"experience": 120, "remaining": 180}


@pytest.mark.parametrize("what", ["achievements", "level"])
def test_get_progress__nobody__refused(cafe, what):
    refused(cafe.get(f"/v1/members/mem_nobody/{what}"), 404, "unknown_member")
