"""What teams win together, how it is divided, and what they lose when goods come back."""

from datetime import timedelta

import pytest

from coalition import events
from coalition.services.balances import balance
from coalition.services.members import member_number
from coalition.store.database import execute
from gamification import progress, publishing
from gamification.engine import run_batch
from gamification.explaining import explain
from gamification.giving import release_held
from gamification.reviewing import revoke_by_operator
from gamification.team_members import join_team, show_team
from tests.integration.gamification.envelopes import news, valid
from tests.integration.gamification.helpers import rule_text, utc
from tests.integration.gamification.taking_part import listed, somebody, team_challenge, team_grants, team_up


class Trio:
    """Anna, Boris and Vera in a team, by name."""

    def __init__(self, coalition, clock, shop):
        self.coalition, self.clock, self.shop = coalition, clock, shop
        self.ids = {"Anna": coalition.anna.id} | {name: somebody(coalition, clock.now()) for name in ("Boris", "Vera")}
        self.numbers = {name: member_number(id_) for name, id_ in self.ids.items()}
        self.team = team_up(clock.now(), *self.ids.values())

    def buys(self, name, payable_minor, **given):
        return self.shop.sells(self.coalition.cafe, member=self.ids[name], payable_minor=payable_minor, **given)

    def settle(self, limit=50_000):
        while run_batch(now=self.clock.now(), limit=limit).events:
            pass
        run_batch(now=self.clock.now())

    def granted(self):
        """(name, tier, points) of what stands, in the order of the names."""
        names = {number: name for name, number in self.numbers.items()}
        return sorted(
            (names[member], tier, points) for member, tier, points, state in team_grants() if state == "granted"
        )

    def points(self):
        return [balance(id_, now=self.clock.now()).available for id_ in self.ids.values()]

    def seen(self, name="Anna"):
        return show_team(self.numbers[name], self.team.id)


@pytest.fixture
def form(publish, shop, coalition, clock):
    """Publish a challenge for teams, and let the three take part."""

    def form(split="equal", **given):
        publish(challenges=[team_challenge(split, **given)])
        return Trio(coalition, clock, shop)

    return form


def test_equal__crossed__divides_the_points_to_the_last_one_the_first_to_join_getting_the_rest(form):
    trio = form()
    trio.buys("Anna", 400)
    trio.buys("Vera", 599)
    trio.settle()
    assert team_grants() == []
    assert (trio.seen().value, trio.seen().won) == (999, [])
    trio.buys("Boris", 1)
    trio.settle()
    assert trio.granted() == [("Anna", 1, 34), ("Boris", 1, 33), ("Vera", 1, 33)]
    assert trio.points() == [34, 33, 33]
    assert (trio.seen().value, trio.seen().won) == (1000, [1])
    assert [mate.contributed for mate in trio.seen().members] == [400, 1, 599]


def test_proportional__crossed__divides_by_what_each_has_contributed(form):
    trio = form("proportional")
    trio.buys("Anna", 250)
    trio.buys("Vera", 751)
    trio.settle()
    assert trio.granted() == [("Anna", 1, 25), ("Boris", 1, 0), ("Vera", 1, 75)]
    assert trio.points() == [25, 0, 75]


def test_crossed__the_event_that_did_it__is_the_grants_of_everybody(form):
    trio = form()
    for name in ("Anna", "Boris", "Anna", "Vera"):
        trio.buys(name, 400)
    trio.settle()
    crossing = [event for event in events.read_after(0, 100) if event.type == "purchase.recorded"][2]
    rows = execute("SELECT event_id, partner_id, period FROM achievement_grant").fetchall()
    assert {tuple(row) for row in rows} == {(crossing.id, trio.coalition.cafe.number, trio.team.id)}


@pytest.mark.parametrize("limit", [1, 3, 50_000])
def test_several_tiers__each_once__however_the_stream_is_cut(form, limit):
    trio = form(tiers=[500, 1000, 5000], reward={"points": [30, 90, 900], "funded_by": {"operator": 100}})
    bought = [trio.buys(name, 400) for name in ("Anna", "Boris", "Vera", "Anna")]
    trio.shop.takes_back(bought[3])
    trio.buys("Vera", 900)
    trio.settle(limit)
    assert trio.granted() == [(name, tier, points) for name in trio.ids for tier, points in ((1, 10), (2, 30))]
    assert len(team_grants()) == 6


def test_grants__are_told_with_their_team(form):
    trio = form()
    trio.buys("Anna", 1000)
    trio.settle()
    told = news("challenge.completed")
    assert [(each["data"]["team"], each["data"]["period"]) for each in told] == [(trio.team.id, "")] * 3
    assert all(valid(each) for each in (*told, *news("achievement.granted")))
    assert {each["member"] for each in told} == set(trio.ids.values())
    (earned,) = progress.achievements(trio.ids["Vera"], locale="en", now=trio.clock.now()).earned
    assert (earned.id, earned.challenge, earned.period, earned.points) == ("relay", True, None, 33)


def test_returned__below_the_threshold__is_lost_by_everybody_and_can_be_won_again(form):
    trio = form()
    first = trio.buys("Anna", 600)
    trio.buys("Boris", 500)
    trio.settle()
    assert trio.points() == [34, 33, 33]
    trio.shop.takes_back(first)
    trio.settle()
    assert trio.granted() == []
    assert (trio.points(), trio.seen().value, trio.seen().won) == ([0, 0, 0], 500, [])
    assert [each["data"]["reason"] for each in news("achievement.revoked")] == ["reversal"] * 3
    trio.buys("Vera", 500)
    trio.settle()
    assert trio.granted() == [("Anna", 1, 34), ("Boris", 1, 33), ("Vera", 1, 33)]
    assert trio.points() == [34, 33, 33]


def test_returned__in_part__is_lost_only_below_the_threshold(form):
    trio = form()
    first = trio.buys("Anna", 1200)
    trio.settle()
    left = trio.shop.takes_back(first, payable_minor=1000)
    trio.settle()
    assert len(trio.granted()) == 3
    trio.shop.takes_back(left, payable_minor=999)
    trio.settle()
    assert trio.granted() == []
    assert trio.seen().value == 999


def test_returned__of_a_challenge_that_keeps__changes_nothing(form):
    trio = form(on_reversal="keep")
    first = trio.buys("Anna", 1000)
    trio.settle()
    trio.shop.takes_back(first)
    trio.settle()
    assert len(trio.granted()) == 3


def test_returned__long_after_the_end__is_not_overlooked(form):
    trio = form()
    first = trio.buys("Anna", 1000)
    trio.settle()
    for month in (4, 6, 8, 10):
        trio.buys("Anna", 1, at=utc(2026, month, 1))
    trio.settle()
    trio.shop.takes_back(first, at=utc(2026, 10, 2))
    trio.settle()
    assert (trio.granted(), trio.seen().value) == ([], 0)


@pytest.mark.parametrize("limit", [1, 50_000])
def test_won_and_lost_in_one_batch__leaves_nothing(form, limit):
    trio = form()
    first = trio.buys("Anna", 1000)
    trio.shop.takes_back(first)
    second = trio.buys("Boris", 1000)
    trio.shop.takes_back(second)
    trio.settle(limit)
    assert (trio.granted(), trio.points()) == ([], [0, 0, 0])
    assert len(team_grants()) == 6


@pytest.mark.parametrize("limit", [1, 50_000])
def test_who_joins_after_it_was_won__gets_nothing_but_of_the_next_tier(form, coalition, clock, limit):
    trio = form(most=4, tiers=[1000, 2000])
    trio.buys("Anna", 1000)
    late = somebody(coalition, clock.now())
    trio.ids["Late"] = late
    trio.numbers["Late"] = member_number(late)
    join_team(member_number(late), trio.team.code, now=clock.now())
    trio.settle(limit)
    assert [name for name, _, _ in trio.granted()] == ["Anna", "Boris", "Vera"]
    trio.buys("Late", 1000)
    trio.settle(limit)
    assert [(name, points) for name, tier, points in trio.granted() if tier == 2] == [
        (name, 25) for name in ("Anna", "Boris", "Late", "Vera")
    ]


def test_before_joining__does_not_count(form, coalition, clock, shop):
    trio = form(most=4)
    late = somebody(coalition, clock.now())
    shop.sells(coalition.cafe, member=late, payable_minor=5000)
    join_team(member_number(late), trio.team.code, now=clock.now())
    trio.settle()
    assert trio.seen().value == 0


def test_hold__of_the_rule__waits_for_every_member(form, clock):
    trio = form(hold_s=86_400)
    trio.buys("Anna", 1000)
    trio.settle()
    assert [state for *_, state in team_grants()] == ["held"] * 3
    clock.advance(timedelta(days=1))
    assert release_held(now=clock.now()) == 3
    assert trio.points() == [34, 33, 33]


def test_budget__used_up__holds_the_rest(form):
    trio = form(tiers=[1000, 2000], budget={"points": 150}, reward={"points": 99, "funded_by": {"operator": 100}})
    trio.buys("Anna", 2000)
    trio.settle()
    assert sorted(state for *_, state in team_grants()) == ["granted"] * 4 + ["held"] * 2
    assert sum(trio.points()) == 132


def test_operator__revokes_one__and_the_others_keep_theirs_and_it_is_not_won_again(form, clock):
    trio = form()
    first = trio.buys("Anna", 1000)
    trio.settle()
    (grant,) = execute(
        "SELECT public_id FROM achievement_grant WHERE member_id = ?", (trio.numbers["Boris"],)
    ).fetchone()
    revoke_by_operator(grant, "cheated", clock.now())
    assert [name for name, _, _ in trio.granted()] == ["Anna", "Vera"]
    trio.shop.takes_back(first)
    trio.buys("Vera", 1000)
    trio.settle()
    assert trio.granted() == [("Anna", 1, 34), ("Vera", 1, 33)]


def test_version__with_another_threshold__takes_nothing_and_grants_with_the_next_event(form, publish):
    trio = form()
    trio.buys("Anna", 900)
    trio.settle()
    publish(challenges=[team_challenge(tiers=[800])])
    trio.buys("Vera", 1)
    trio.settle()
    assert len(trio.granted()) == 3
    publish(challenges=[team_challenge(tiers=[2000])])
    trio.buys("Vera", 1)
    trio.settle()
    assert (len(trio.granted()), trio.seen().value) == (3, 902)


def test_version__that_counts_otherwise__begins_anew_and_takes_nothing(form, publish):
    trio = form()
    trio.buys("Anna", 700)
    trio.buys("Boris", 300)
    trio.settle()
    publish(challenges=[team_challenge(measure="count", tiers=[5])])
    trio.buys("Anna", 1)
    trio.settle()
    assert (len(trio.granted()), trio.seen().value) == (3, 1)


def test_list__in_a_team__has_the_teams_value_and_ones_own(form, clock):
    trio = form()
    trio.buys("Anna", 100)
    trio.buys("Boris", 300)
    trio.settle()
    shown = listed(trio.ids["Boris"], "relay", clock.now())
    assert (shown.state, shown.value, shown.remaining) == ("joined", 400, 600)
    assert (shown.team.id, shown.team.name, shown.team.members, shown.team.contributed) == (
        trio.team.id,
        "Our team",
        3,
        300,
    )
    trio.buys("Anna", 600)
    trio.settle()
    assert listed(trio.ids["Boris"], "relay", clock.now()).state == "completed"


def test_explain__for_a_team__goes_by_the_team_and_shows_ones_own_events(form, clock):
    trio = form(tiers=[1000, 2000])
    trio.buys("Anna", 400)
    trio.settle()
    before = explain(trio.ids["Boris"], "relay", locale="en", now=clock.now())
    assert (before.tier, before.value, before.remaining, before.earned) == (1, 400, 600, [])
    trio.buys("Boris", 700)
    trio.settle()
    (earned,) = (won := explain(trio.ids["Anna"], "relay", locale="en", now=clock.now())).earned
    assert (won.tier, won.value, won.remaining, len(won.counted)) == (2, 1100, 900, 1)
    assert (earned.tier, earned.period, len(earned.counted)) == (1, None, 1)
    trio.buys("Boris", 900)
    trio.settle()
    done = explain(trio.ids["Vera"], "relay", locale="en", now=clock.now())
    assert (done.tier, done.value, [reason.code for reason in done.reasons]) == (None, 2000, ["won_for_good"])
    assert [each.counted for each in done.earned] == [[], []]


def test_explain__without_a_team__says_to_join(publish, coalition, clock):
    publish(challenges=[team_challenge()])
    shown = explain(coalition.anna.id, "relay", locale="en", now=clock.now())
    assert (shown.tier, shown.value) == (1, 0)
    assert shown.reasons[0].code == "not_joined"


def test_version__that_counts_otherwise_from_the_beginning__grants_whoever_was_in_the_team_then(form, coalition, clock):
    trio = form(most=4)
    bought = [trio.buys(name, 100) for name in ("Anna", "Vera", "Anna", "Anna")]
    trio.shop.takes_back(bought[2])
    late = member_number(somebody(coalition, clock.now()))
    join_team(late, trio.team.code, now=clock.now())
    trio.settle()
    counting = team_challenge("proportional", most=4, measure="count", tiers=[3, 9])
    publishing.publish(rule_text(challenges=[counting]), now=clock.now(), back_fill=True)
    assert trio.granted() == [("Anna", 1, 67), ("Boris", 1, 0), ("Vera", 1, 33)]
    (crossing,) = {row[0] for row in execute("SELECT event_id FROM achievement_grant").fetchall()}
    purchases = [event.id for event in events.read_after(0, 100) if event.type == "purchase.recorded"]
    assert crossing == purchases[3]
    assert (trio.seen().value, trio.seen().won) == (3, [1])
    trio.shop.takes_back(bought[0])
    trio.settle()
    assert trio.granted() == []
