"""GET and POST /v1/achievements, GET /v1/achievements/{id}, GET …/achievements/{id}/explanation"""

from datetime import timedelta

import pytest

from gamification.engine import run_to_end
from gamification.publishing import publish
from tests.api.callers import refused
from tests.integration.gamification.helpers import BOTH, Shop, rule, rule_text

URL = "/v1/achievements"
PAID = {"points": [5, 20], "funded_by": {"operator": 70, "partner": 30}}
DATES = {"from": "2026-03-01", "until": "2026-03-31"}
SEED = {"surprise": {"seed": "very secret", "choices": [{"weight": 1}]}}


@pytest.fixture
def shop(coalition, clock):
    return Shop(coalition, clock)


@pytest.fixture
def rules(coalition, clock):
    """Doors is paid for; race is a challenge; secret is hidden, and needs doors; many is far."""
    race = rule("race", window=DATES, first=3, owner="cafe", icon="trophy")
    text = rule_text(
        rule("doors", title={"en": "Doors", "ru": "Двери"}, measure={"distinct": "partner"}, tiers=[1, 3], reward=PAID),
        rule("secret", hidden=True, reward=SEED, requires=["doors"]),
        rule("many", tiers=[5], window="month", requires=["secret", "lazy"], where={"payable_minor": {"gt": 5}}),
        rule("lazy", title={"en": "Lazy", "ru": "Лентяй"}, tiers=[99]),
        challenges=[race],
    )
    publish(text, now=clock.now())


# What runs.


@pytest.mark.usefixtures("rules")
def test_get_achievements__all_that_run__in_order_page_by_page(cafe, operator):
    for caller in (cafe, operator):
        first = caller.get(URL, query_string={"limit": 3}).get_json()
        second = caller.get(URL, query_string={"limit": 3, "cursor": first["next_cursor"]}).get_json()
        assert [each["id"] for each in first["data"] + second["data"]] == ["doors", "secret", "many", "lazy", "race"]
        assert second["next_cursor"] is None


@pytest.mark.usefixtures("rules")
def test_get_achievement__is_all_that_apps_need(cafe):
    assert cafe.get(f"{URL}/doors", headers={"Accept-Language": "ru"}).get_json() == {
        "id": "doors",
        "version": 1,
        "published_at": "2026-03-02T09:00:00Z",
        "title": "Двери",
        "description": BOTH["ru"],
        "icon": "award",
        "icon_url": "/v1/icons/award.svg",
        "hidden": False,
        "on": "purchase.recorded",
        "where": {},
        "measure": {"kind": "distinct", "field": "partner", "step": None, "freezes": 0},
        "window": {"kind": "lifetime", "days": None, "first": None, "last": None},
        "tiers": [1, 3],
        "requires": [],
        "repeat": "never",
        "times": 1,
        "hold_s": 0,
        "on_reversal": "claw_back",
        "reward": {
            "points": [5, 20],
            "funded_by": {"operator": 70, "partner": 30},
            "experience": [0, 0],
            "badge": False,
            "coupon": None,
            "perk": None,
            "draw": None,
            "surprise": False,
        },
        "budget": {"points": None, "per_member": None},
        "challenge": None,
    }
    race = cafe.get(f"{URL}/race").get_json()
    assert race["window"] == {"kind": "dates", "days": None, "first": "2026-03-01", "last": "2026-03-31"}
    assert race["challenge"] == {"join": True, "owner": "cafe", "first": 3, "team": None}


@pytest.mark.usefixtures("rules")
def test_get_achievement__with_a_surprise__keeps_its_seed(operator):
    response = operator.get(f"{URL}/secret")
    assert response.get_json()["reward"]["surprise"] is True
    assert "very secret" not in response.text


@pytest.mark.usefixtures("rules")
def test_get_achievement__unknown__refused(cafe):
    refused(cafe.get(f"{URL}/windows"), 404, "unknown_achievement")


# Publishing.


def draft(*rules, **others):
    return {"rules": {"achievements": list(rules)}, **others}


def test_post_achievements__new_rules__run_from_now_on(operator, cafe):
    response = operator.post(
        URL, draft(rule("first"), rule("second", reward={"points": 5, "funded_by": {"cafe": 100}}))
    )
    assert response.status_code == 201
    (remark,) = response.get_json().pop("remarks")
    assert (remark["rule"], remark["code"]) == ("second", "no_budget")
    assert response.get_json()["published"] == [{"rule": "first", "version": 1}, {"rule": "second", "version": 1}]
    again = operator.post(URL, draft(rule("first"))).get_json()
    assert (again["published"], again["unchanged"]) == ([], [{"rule": "first", "version": 1}])
    assert [each["id"] for each in cafe.get(URL).get_json()["data"]] == ["first", "second"]


def test_post_achievements__as_text__is_the_same(operator):
    assert operator.post(URL, {"rules": rule_text(rule("first"))}).get_json()["published"][0]["rule"] == "first"
    assert operator.post(URL, draft(rule("first"))).get_json()["unchanged"][0]["rule"] == "first"


def test_post_achievements__is_audited_by_its_key(operator):
    operator.post(URL, draft(rule("first"), dry_run=True))
    assert operator.get("/v1/audit").get_json()["data"] == []
    for _ in range(2):
        operator.post(URL, draft(rule("first")))
    (deed,) = operator.get("/v1/audit").get_json()["data"]
    assert (deed["action"], deed["subject"]) == ("rules.published", "rules")
    assert deed["by"].startswith("key_")
    assert deed["details"]["published"] == [{"rule": "first", "version": 1}]


@pytest.mark.parametrize("rules", ["#" * (1024 * 1024 + 1), {"achievements": ["x" * 1024 * 1024]}])
def test_post_achievements__too_long__refused(operator, nothing_changes, rules):
    with nothing_changes():
        problem = refused(operator.post(URL, {"rules": rules}), 413, "body_too_large")
    assert problem["values"] == {"allowed_bytes": 1024 * 1024}


def test_post_achievements__worse_draw_that_has_tickets__refused(operator, shop, nothing_changes, coalition, clock):
    draw = {"id": "spring", "title": BOTH, "closes_on": "2026-03-31", "prizes": [{"title": BOTH, "winners": 2}]}
    lucky = rule("lucky", reward={"draw_ticket": {"draw": "spring"}})
    operator.post(URL, {"rules": {"achievements": [lucky], "draws": [draw]}})
    shop.sells(coalition.cafe)
    run_to_end(now=clock.now())
    worse = {"rules": {"achievements": [rule("other")], "draws": [{**draw, "closes_on": "2026-03-30"}]}}
    with nothing_changes():
        problem = refused(operator.post(URL, worse), 409, "draw_has_tickets")
    assert problem["values"] == {"draw": "spring", "closes_on": "2026-03-31"}


def test_post_achievements__dry_run__tells_and_publishes_nothing(operator, cafe):
    told = operator.post(URL, draft(rule("first"), dry_run=True)).get_json()
    assert (told["published"], told["dry_run"]) == ([{"rule": "first", "version": 1}], True)
    assert cafe.get(URL).get_json()["data"] == []


def test_post_achievements__back_fill__grants_what_was_deserved(operator, cafe, shop, coalition, clock):
    shop.sells(coalition.cafe)
    run_to_end(now=clock.now())
    for how, granted in (({"dry_run": True}, 1), ({}, 1)):
        assert operator.post(URL, draft(rule("first"), back_fill=True, **how)).get_json()["granted"] == granted
    (earned,) = cafe.get(f"/v1/members/{coalition.anna.id}/achievements").get_json()["earned"]
    assert (earned["id"], earned["icon_url"], earned["challenge"]) == ("first", "/v1/icons/award.svg", False)
    assert earned["grant"].startswith("gra_") and earned["held_until"] is None


@pytest.mark.parametrize(
    ("rules", "pointers"),
    [
        ({}, [""]),
        ({"achievments": []}, ["", "/achievments"]),
        ({"achievements": []}, ["/achievements"]),
        ({"achievements": [rule("a"), 5]}, ["/achievements/1"]),
        ({"achievements": [rule("a"), rule("b", tiers=[])]}, ["/achievements/1/tiers"]),
        (
            {"achievements": [rule("a", where={"any": [{"lines": 1}, {"linse": 1}]})]},
            ["/achievements/0/where/any/1/linse"],
        ),
        ({"achievements": [rule("a", reward={"points": 5})]}, ["/achievements/0/reward/funded_by"]),
        (
            {"achievements": [rule("a", reward={"points": 5, "funded_by": {"no.one/b": 100}})]},
            ["/achievements/0/reward/funded_by/no.one~1b"],
        ),
        (
            {"levels": {"highest": 3}, "challenges": [rule("c")]},
            ["/levels/formula", "/levels/experience", "/challenges/0/window"],
        ),
        ({"achievements": [rule("a", on="review.approved", where={"rating": 5})]}, ["/achievements/0/where/rating"]),
        (
            {"achievements": [rule("a", window={"from": "2026-03-02", "until": "2026-03-01"})]},
            ["/achievements/0/window/until"],
        ),
        ({"achievements": [rule("a", requires=["a"])]}, ["/achievements/0/requires/0"]),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_post_achievements__mistakes__refused_with_a_pointer_to_each(
    operator, nothing_changes, rules, pointers, dry_run
):
    with nothing_changes():
        problem = refused(operator.post(URL, {"rules": rules, "dry_run": dry_run}), 422, "rule_mistakes")
    assert [each["pointer"] for each in problem["errors"]] == [f"/rules{pointer}" for pointer in pointers]
    assert all(each["problem"] in problem["detail"] for each in problem["values"]["mistakes"])
    assert operator.get(URL).get_json()["data"] == []


def test_post_achievements__mistakes_in_text__are_named_by_line(operator):
    problem = refused(operator.post(URL, {"rules": rule_text(rule("a", tiers=[2, 1]))}), 422, "rule_mistakes")
    (error,) = problem["errors"]
    assert error["pointer"] == "/rules"
    assert error["message"].startswith("rules:") and error["message"].endswith("tiers: must ascend")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [({"rules": 5}, "/rules"), ({"rules": None}, "/rules"), ({"back_fill": "yes"}, "/back_fill"), ({"x": 1}, "/x")],
)
def test_post_achievements__malformed__refused_with_a_pointer(operator, nothing_changes, change, pointer):
    with nothing_changes():
        problem = refused(operator.post(URL, draft(rule("a")) | change), 422, "validation_failed")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


# Why.


@pytest.fixture
def bought(shop, rules, coalition, clock):
    """Anna was at the cafe twice and at the cinema once."""
    for partner in (coalition.cafe, coalition.cinema, coalition.cafe):
        shop.sells(partner)
    run_to_end(now=clock.now())


def explained(caller, coalition, achievement, **headers):
    response = caller.get(f"/v1/members/{coalition.anna.id}/achievements/{achievement}/explanation", headers=headers)
    assert response.status_code == 200
    return response.get_json()


@pytest.mark.usefixtures("bought")
def test_explanation__to_operators_and_the_member__has_every_event(operator, annas_session, coalition):
    shown = explained(operator, coalition, "doors")
    own = annas_session.get("/v1/me/achievements/doors/explanation", headers={"Accept-Language": "en"})
    assert own.get_json() == shown
    assert (shown["value"], shown["threshold"], shown["remaining"], shown["tier"]) == (2, 3, 1, 2)
    assert (len(shown["counted"]), shown["others"]) == (3, 0)
    (earned,) = shown["earned"]
    assert (earned["tier"], earned["points"], len(earned["counted"]), earned["others"]) == (1, 5, 1, 0)


@pytest.mark.usefixtures("bought")
def test_explanation__to_a_partner__tells_nothing_of_what_others_count_for(cafe, cinema, grocer, coalition):
    for caller in (cafe, cinema, grocer):
        shown = explained(caller, coalition, "doors")
        assert [shown[each] for each in ("value", "remaining", "counted", "others")] == [None, None, [], None]
        assert (shown["threshold"], shown["tier"], shown["reasons"]) == (3, 2, [])
        (earned,) = shown["earned"]
        assert (earned["tier"], earned["counted"], earned["others"]) == (1, [], None)
        # The first purchase, at the cafe, has won it.
        assert [earned[each] is not None for each in ("grant", "earned_at")] == [caller is cafe] * 2


@pytest.fixture
def cafes_own(clock, shop, coalition):
    """Anna was at the cafe twice and once at the cinema: regular, twin and hush count what she does at the cafe."""
    regular = rule("regular", where={"partner": "cafe"}, tiers=[1, 5])
    twin = rule("twin", where={"all": [{"partner": {"eq": "cafe"}}, {"lines": {"gt": 0}}]}, tiers=[5])
    either = rule("either", where={"any": [{"partner": "cafe"}, {"partner": "grocer"}]}, tiers=[5])
    hush = rule("hush", where={"partner": "cafe"}, hidden=True)
    after = rule("after", requires=["hush", "lost"], tiers=[9])
    lost = rule("lost", where={"not": {"partner": {"in": ["cafe"]}}}, hidden=True, tiers=[9])
    trap = rule("trap", window=DATES, owner="cafe", hidden=True, join=False)
    publish(rule_text(regular, twin, either, hush, lost, after, challenges=[trap]), now=clock.now())
    for partner in (coalition.cafe, coalition.cinema, coalition.cafe):
        shop.sells(partner)
    run_to_end(now=clock.now())


@pytest.mark.usefixtures("cafes_own")
@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_get_achievements__of_a_member__partners_follow_only_what_is_their_own(cafe, cinema, operator, coalition):
    def followed(caller):
        shown = caller.get(f"/v1/members/{coalition.anna.id}/achievements").get_json()
        return {each["id"]: (each["value"], each["remaining"]) for each in shown["in_progress"]}

    everything = {"regular": (2, 3), "twin": (2, 3), "either": (2, 3), "after": (3, 6)}
    nothing = dict.fromkeys(everything, (None, None))
    assert followed(operator) == everything
    assert followed(cafe) == nothing | {"regular": (2, 3), "twin": (2, 3)}
    assert followed(cinema) == nothing
    shown = explained(cafe, coalition, "regular")
    assert (shown["value"], shown["remaining"], len(shown["counted"]), shown["others"]) == (2, 3, 2, 0)
    assert [each["code"] for each in shown["reasons"]] == ["remaining"]


@pytest.mark.usefixtures("cafes_own")
def test_get_achievements__earned_at_another_partner__does_not_say_when(cafe, cinema, annas_session, coalition):
    def earned(caller, path=f"/v1/members/{coalition.anna.id}/achievements"):
        return {each["id"]: each for each in caller.get(path).get_json()["earned"]}

    own, at_cafe, at_cinema = earned(annas_session, "/v1/me/achievements"), earned(cafe), earned(cinema)
    assert set(own) == set(at_cafe) == {"regular", "hush", "trap"}
    assert at_cafe["regular"] == own["regular"] | {"title": BOTH["en"], "description": BOTH["en"]}
    assert set(at_cinema) == {"regular"}
    assert at_cinema["regular"] == at_cafe["regular"] | {"grant": None, "earned_at": None}


def test_hidden_rules__that_were_not_when_they_were_won__are_no_longer_there(cinema, cafe, shop, coalition, clock):
    publish(rule_text(rule("turn", tiers=[1, 5])), now=clock.now())
    shop.sells(coalition.cinema)
    run_to_end(now=clock.now())
    publish(rule_text(rule("turn", tiers=[1, 5], hidden=True, where={"partner": "cafe"})), now=clock.now())
    path = f"/v1/members/{coalition.anna.id}/achievements"
    for caller, goals, status in ((cafe, ["turn"], 200), (cinema, [], 404)):
        shown = caller.get(path).get_json()
        assert [each["id"] for each in shown["earned"]] == ["turn"]
        assert [each["id"] for each in shown["in_progress"]] == goals
        assert caller.get(f"{path}/turn/explanation").status_code == status


@pytest.mark.usefixtures("cafes_own")
def test_hidden_rules__about_another_partner__are_not_there_for_a_partner(cafe, cinema, operator, coalition):
    hidden = {"hush", "trap"}
    for caller, unseen in ((operator, set()), (cafe, set()), (cinema, hidden | {"lost"})):
        listed = {each["id"]: each for each in caller.get(URL).get_json()["data"]}
        assert set(listed) == {"regular", "twin", "either", "hush", "lost", "after", "trap"} - unseen
        assert listed["after"]["requires"] == [each for each in ("hush", "lost") if each not in unseen]
        for each in hidden:
            status = 404 if each in unseen else 200
            assert caller.get(f"{URL}/{each}").status_code == status
            path = f"/v1/members/{coalition.anna.id}/achievements/{each}/explanation"
            assert caller.get(path).status_code == status
        shown = caller.get(f"/v1/members/{coalition.anna.id}/challenges").get_json()["data"]
        assert [each["id"] for each in shown] == ([] if unseen else ["trap"])
        reasons = explained(caller, coalition, "after")["reasons"]
        assert ("requires_hidden" in [each["code"] for each in reasons]) is not unseen.issuperset({"lost"})
        (after,) = (
            each
            for each in caller.get(f"/v1/members/{coalition.anna.id}/achievements").get_json()["in_progress"]
            if each["id"] == "after"
        )
        assert after["requires"] == ([] if unseen else ["lost"])
    page = cinema.get(URL, query_string={"limit": 4}).get_json()
    assert ([each["id"] for each in page["data"]], page["next_cursor"]) == (
        ["regular", "twin", "either", "after"],
        None,
    )


@pytest.mark.usefixtures("bought")
def test_explanation__reasons__name_titles_in_the_language_and_keep_what_is_hidden(annas_session, operator, coalition):
    reasons = explained(operator, coalition, "many")["reasons"]
    assert [(each["code"], each["text"]) for each in reasons] == [
        ("requires", "First earn “Lazy”."),
        ("remaining", "2 to go: 3 of 5."),
    ]
    assert reasons[0]["details"] == {"achievement": "lazy", "title": "Lazy"}
    # Anna's own language, where the client says none.
    own = annas_session.get("/v1/me/achievements/many/explanation").get_json()
    assert own["reasons"][0]["text"] == "Сначала получите «Лентяй»."


@pytest.mark.usefixtures("rules")
def test_explanation__what_is_hidden__is_unknown_and_unnamed_until_it_is_earned(operator, coalition):
    codes = [(each["code"], each["details"]) for each in explained(operator, coalition, "many")["reasons"]]
    assert codes[0] == ("requires_hidden", {})
    path = f"/v1/members/{coalition.anna.id}/achievements/secret/explanation"
    refused(operator.get(path), 404, "unknown_achievement")


@pytest.mark.usefixtures("rules")
def test_explanation__of_nobody_or_nothing__refused(operator, annas_session, coalition):
    refused(operator.get("/v1/members/mem_nobody/achievements/doors/explanation"), 404, "unknown_member")
    refused(
        operator.get(f"/v1/members/{coalition.anna.id}/achievements/windows/explanation"), 404, "unknown_achievement"
    )
    refused(annas_session.get("/v1/me/achievements/windows/explanation"), 404, "unknown_achievement")


def test_explanation__of_a_streak__says_from_when_it_is_possible(operator, cafe, shop, coalition, clock):
    publish(rule_text(rule("row", measure={"streak": "day"}, tiers=[3])), now=clock.now())
    assert explained(operator, coalition, "row")["possible_from"] == "2026-03-04"
    shop.sells(coalition.cafe)
    run_to_end(now=clock.now())
    shown = explained(operator, coalition, "row")
    assert (shown["remaining"], shown["possible_from"]) == (2, "2026-03-04")
    clock.advance(timedelta(days=1))
    assert [explained(each, coalition, "row")["possible_from"] for each in (operator, cafe)] == [
        "2026-03-04",
        "2026-03-03",
    ]
