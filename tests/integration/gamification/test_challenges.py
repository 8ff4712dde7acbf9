"""Challenges: joining them, once and in time, and how far one is."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from coalition import events
from coalition.errors import UnknownMember
from coalition.services.members import member_number
from gamification.challenge_list import TeamTerms, list_challenges
from gamification.challenges import Participation, join
from gamification.engine import run_batch
from gamification.errors import ChallengeOver, TeamNeeded, UnknownChallenge
from gamification.explaining import explain
from gamification.progress import achievements, level
from tests.integration.books import refused
from tests.integration.gamification.helpers import BOTH, grants, rule, utc
from tests.integration.gamification.taking_part import challenge, listed, somebody, team_challenge


@pytest.fixture
def anna(coalition):
    return member_number(coalition.anna.id)


def told():
    return [
        (event.type, event.member, event.partner, event.attributes)
        for event in events.read_after(0, 1000)
        if event.type.startswith("challenge.j")
    ]


def test_join__once__is_told_to_the_stream_and_twice_answers_the_same(publish, coalition, clock, anna):
    publish(challenges=[challenge()])
    first = join(anna, "sprint", coalition.cafe.number, now=clock.now())
    clock.advance(timedelta(hours=1))
    assert join(anna, "sprint", coalition.cinema.number, now=clock.now()) == first
    assert first == Participation("sprint", clock.now() - timedelta(hours=1))
    assert told() == [("challenge.joined", anna, coalition.cafe.number, {"challenge": "sprint"})]


@pytest.mark.parametrize("name", ["marathon", "buyer"])
def test_join__no_challenge__refused(publish, coalition, clock, anna, name):
    publish(rule("buyer"), challenges=[challenge()])
    with refused(UnknownChallenge):
        join(anna, name, coalition.cafe.number, now=clock.now())
    assert told() == []


def test_join__for_teams__refused(publish, coalition, clock, anna):
    publish(challenges=[team_challenge()])
    with refused(TeamNeeded):
        join(anna, "relay", coalition.cafe.number, now=clock.now())


def test_join__ended__refused_by_the_members_own_calendar(publish, shop, coalition, clock, anna):
    publish(challenges=[challenge()])
    shop.tells("member.moved", time_zone="Pacific/Honolulu")
    bob = somebody(coalition, clock.now())
    run_batch(now=clock.now())
    april = utc(2026, 4, 1, 3)
    with refused(ChallengeOver) as refusal:
        join(member_number(bob), "sprint", coalition.cafe.number, now=april)
    assert refusal.value.last_day == date(2026, 3, 31)
    assert join(anna, "sprint", coalition.cafe.number, now=april).joined_at == april
    assert join(anna, "sprint", coalition.cafe.number, now=utc(2026, 4, 5)).joined_at == april


def test_list__of_somebody_unknown__refused(publish, clock):
    with refused(UnknownMember):
        list_challenges("mem_nobody", locale="en", now=clock.now())


def test_list__a_challenge__goes_from_open_over_joined_to_completed(publish, shop, coalition, clock, anna):
    publish(challenges=[challenge(tiers=[1, 3], owner="cafe", title={"en": "Sprint", "ru": "Спринт"})])
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    shown = listed(coalition.anna.id, "sprint", clock.now())
    assert (shown.state, shown.value, shown.remaining, shown.places_left) == ("open", 0, 1, None)
    assert (shown.owner, shown.starts_on, shown.ends_on) == ("cafe", date(2026, 3, 1), date(2026, 3, 31))
    assert (shown.title, listed(coalition.anna.id, "sprint", clock.now(), "ru").title) == ("Sprint", "Спринт")
    assert (shown.for_teams, shown.team) == (None, None)

    join(anna, "sprint", coalition.cafe.number, now=clock.now())
    assert listed(coalition.anna.id, "sprint", clock.now()).state == "joined"
    shop.sells(coalition.cafe)
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    shown = listed(coalition.anna.id, "sprint", clock.now())
    assert (shown.state, shown.tier, shown.tiers) == ("joined", 2, 2)
    assert (shown.value, shown.threshold, shown.remaining, shown.points) == (2, 3, 1, 100)

    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert grants() == [("sprint", tier, "2026-03-01..2026-03-31") for tier in (1, 2)]
    for moment in (clock.now(), clock.now() + timedelta(days=60)):
        shown = listed(coalition.anna.id, "sprint", moment)
        assert (shown.state, shown.value, shown.threshold, shown.remaining) == ("completed", 3, 3, 0)


def test_list__for_the_first_ones_only__tells_how_many_places_are_left(publish, shop, coalition, clock):
    publish(challenges=[challenge(join=False, tiers=[1], first=5)])
    assert listed(coalition.anna.id, "sprint", clock.now()).places_left == 5
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert listed(coalition.anna.id, "sprint", clock.now()).places_left == 4


def test_list__the_last_day__is_the_members_own(publish, coalition, clock):
    publish(challenges=[challenge()])
    assert listed(coalition.anna.id, "sprint", utc(2026, 3, 31, 23)).state == "open"
    assert listed(coalition.anna.id, "sprint", utc(2026, 4, 1)).state == "over"


def test_list__nobody_has_to_join__counts_for_everybody(publish, shop, coalition, clock):
    publish(challenges=[challenge(join=False)])
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    shown = listed(coalition.anna.id, "sprint", clock.now())
    assert (shown.state, shown.value) == ("joined", 1)


def test_list__only_the_first__says_how_many_places_are_left(publish, shop, coalition, clock):
    publish(challenges=[challenge(join=False, tiers=[1], first=2)])
    late, *others = (somebody(coalition, clock.now()) for _ in range(3))
    shop.sells(coalition.cafe, member=others[0])
    run_batch(now=clock.now())
    assert listed(late, "sprint", clock.now()).places_left == 1
    shop.sells(coalition.cafe, member=others[1])
    shop.sells(coalition.cafe, member=late)
    run_batch(now=clock.now())
    shown = listed(late, "sprint", clock.now())
    assert (shown.places_left, shown.state, shown.remaining) == (0, "places_gone", 0)


def test_list__hidden__shows_once_it_is_joined(publish, coalition, clock, anna):
    publish(challenges=[challenge(hidden=True), challenge("open-one")])
    assert listed(coalition.anna.id, "sprint", clock.now()) is None
    join(anna, "sprint", coalition.cafe.number, now=clock.now())
    assert listed(coalition.anna.id, "sprint", clock.now()).state == "joined"


def test_list__prerequisites__are_named_until_they_are_earned(publish, shop, coalition, clock):
    publish(rule("buyer"), challenges=[challenge(requires=["buyer"], description=BOTH)])
    assert listed(coalition.anna.id, "sprint", clock.now()).requires == ["buyer"]
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert listed(coalition.anna.id, "sprint", clock.now()).requires == []


def test_list__for_teams__says_so(publish, coalition, clock):
    publish(challenges=[team_challenge("proportional", most=4)])
    shown = listed(coalition.anna.id, "relay", clock.now())
    assert (shown.for_teams, shown.team, shown.state) == (TeamTerms(4, "proportional"), None, "open")


# Who came after the last place.


@pytest.fixture
def race(publish, shop, coalition, clock):
    """Of the one place of a challenge, Anna was the first to get there, and Boris came after; Vera has joined."""
    publish(challenges=[challenge(tiers=[1], first=1)])
    boris, vera = (somebody(coalition, clock.now()) for _ in range(2))
    for each in (coalition.anna.id, boris, vera):
        join(member_number(each), "sprint", coalition.cafe.number, now=clock.now())
    bought = [shop.sells(coalition.cafe, member=each) for each in (coalition.anna.id, boris)]
    run_batch(now=clock.now())
    return SimpleNamespace(anna=coalition.anna.id, boris=boris, vera=vera, bought=bought)


def told_why(member, now, locale="en", **given):
    """The codes of the reasons, and the explanation itself."""
    found = explain(member, "sprint", locale=locale, now=now, **given)
    return [each.code for each in found.reasons], found


def test_explain__came_after_the_last_place__says_so_and_that_it_is_for_good(race, shop, coalition, clock):
    codes, found = told_why(race.boris, clock.now())
    assert (codes, found.earned, found.tier, found.possible_from) == (["places_gone"], [], None, None)
    assert "even if a place becomes free" in found.reasons[0].text
    assert "даже если место освободится" in told_why(race.boris, clock.now(), "ru")[1].reasons[0].text
    assert told_why(race.anna, clock.now())[0] == ["won_for_good"]
    # Neither the place that becomes free nor what he does then changes it, nor what he brings back himself.
    shop.takes_back(race.bought[0])
    more = shop.sells(coalition.cafe, member=race.boris)
    run_batch(now=clock.now())
    assert told_why(race.boris, clock.now())[0] == ["places_gone"]
    assert listed(race.boris, "sprint", clock.now()).places_left == 1
    for each in (race.bought[1], more):
        shop.takes_back(each)
    run_batch(now=clock.now())
    codes, found = told_why(race.boris, clock.now())
    assert (codes, found.possible_from) == (["places_gone"], None)
    assert listed(race.boris, "sprint", clock.now()).state == "places_gone"
    assert grants() == [("sprint", 1, "2026-03-01..2026-03-31")] * 2


def test_explain__all_places_taken__says_what_follows_until_one_becomes_free(race, shop, coalition, clock):
    codes, found = told_why(race.vera, clock.now())
    assert (codes, found.possible_from) == (["places_taken", "remaining"], date(2026, 3, 2))
    assert listed(race.vera, "sprint", clock.now()).state == "joined"
    shop.takes_back(race.bought[0])
    run_batch(now=clock.now())
    assert told_why(race.vera, clock.now())[0] == ["remaining"]
    shop.sells(coalition.cafe, member=race.vera)
    run_batch(now=clock.now())
    assert listed(race.vera, "sprint", clock.now()).state == "completed"
    assert told_why(race.vera, clock.now())[0] == ["won_for_good"]
    # The last day over, it is of no use to speak of places.
    assert told_why(race.anna, utc(2026, 4, 1))[0] == ["ended", "remaining"]


def test_explain__got_there_before_the_place_became_free__came_too_late_as_well(race, shop, coalition, clock):
    shop.sells(coalition.cafe, member=race.vera)
    run_batch(now=clock.now())
    shop.takes_back(race.bought[0])
    run_batch(now=clock.now())
    assert told_why(race.vera, clock.now())[0] == ["places_gone"]
    shop.sells(coalition.cafe)
    run_batch(now=clock.now())
    assert listed(race.anna, "sprint", clock.now()).state == "completed"


def test_came_too_late__what_requires_the_challenge__is_won_all_the_same(publish, shop, coalition, clock):
    publish(rule("after", requires=["sprint"]), challenges=[challenge(tiers=[1], first=1, join=False, experience=7)])
    boris = somebody(coalition, clock.now())
    for member in (boris, coalition.anna.id):
        shop.sells(coalition.cafe, member=member)
    run_batch(now=clock.now())
    assert told_why(coalition.anna.id, clock.now())[0] == ["places_gone"]
    assert [earned.id for earned in achievements(coalition.anna.id, locale="en", now=clock.now()).earned] == ["after"]
    assert level(coalition.anna.id).experience == 7


def test_came_too_late__last_day_over__stays(race, clock):
    april = utc(2026, 4, 1)
    assert listed(race.boris, "sprint", april).state == "places_gone"
    assert told_why(race.boris, april)[0] == ["ended", "places_gone"]


def test_came_too_late__challenge_with_other_dates__is_open_to_who_brought_the_goods_back(
    race, publish, shop, coalition, clock
):
    other_dates = {"from": "2026-03-02", "until": "2026-04-30"}
    publish(challenges=[challenge(tiers=[1], first=9, window=other_dates)])
    assert told_why(race.boris, clock.now())[0] == ["places_gone"]
    shop.takes_back(race.bought[1])
    run_batch(now=clock.now())
    assert told_why(race.boris, clock.now())[0] == ["remaining"]
    assert listed(race.boris, "sprint", clock.now()).state == "joined"
    shop.sells(coalition.cafe, member=race.boris)
    run_batch(now=clock.now())
    assert told_why(race.boris, clock.now())[0] == ["won_for_good"]


def test_came_too_late__tier_that_was_added_without_places__can_be_won(race, publish, shop, coalition, clock):
    publish(challenges=[challenge(tiers=[1, 2, 3])])
    shop.sells(coalition.cafe, member=race.boris)
    run_batch(now=clock.now())
    assert (listed(race.boris, "sprint", clock.now()).state, told_why(race.boris, clock.now())[0]) == (
        "joined",
        ["remaining"],
    )


def test_came_too_late__to_a_partner__is_not_told_where_others_count(race, coalition, clock):
    partner = coalition.cinema.number
    codes, found = told_why(race.boris, clock.now(), partner=partner)
    assert codes == told_why(race.vera, clock.now(), partner=partner)[0] == ["places_taken"]
    assert (found.tier, found.threshold, found.possible_from) == (1, 1, date(2026, 3, 2))
    (shown,) = list_challenges(race.boris, locale="en", now=clock.now(), partner=partner).data
    assert shown.state == "joined"


def test_explain__too_few_days_left_for_a_streak__says_so(publish, shop, coalition, clock):
    publish(challenges=[challenge(measure={"streak": "day"}, tiers=[3], join=False)])
    for day, codes, possible in ((29, ["remaining"], 31), (30, ["remaining", "no_time_left"], None)):
        said, found = told_why(coalition.anna.id, utc(2026, 3, day))
        assert (said, found.possible_from) == (codes, possible and date(2026, 3, possible))
    assert found.reasons[1].text == "There is not enough time left: it ends on 2026-03-31."
    # How long the streak is by now, a partner is not told in this way either.
    said, found = told_why(coalition.anna.id, utc(2026, 3, 30), partner=coalition.cafe.number)
    assert (said, found.possible_from) == ([], date(2026, 3, 30))
