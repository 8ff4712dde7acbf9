"""Coupons and perks: given once, claimed once, taken back, over"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import orjson
import pytest

from coalition import events
from coalition.errors import CoalitionError, UnknownMember
from coalition.services.members import EnrolMember, enrol_member, member_number
from coalition.store.database import connection, execute
from gamification import errors, rewards
from gamification.engine import run_to_end
from gamification.reward_list import rewards_of
from gamification.rewards import (
    RewardWin,
    claim_own_reward,
    claim_reward,
    expire_rewards,
    issue_rewards,
    revoke_rewards,
)
from gamification.rules.coupon_codes import read_code
from gamification.rules.rewards import Coupon, Perk
from gamification.schema import migrate
from gamification.store.reward_tables import Reward
from gamification.stream import CONSUMER
from tests.integration.gamification.envelopes import news, valid
from tests.integration.gamification.grants_made import DOORS, grant, publish_version

COFFEE = Coupon(
    title={"en": "A coffee", "ru": "Кофе"},
    partner="cafe",
    valid_days=30,
    terms={"en": "Not on Sundays", "ru": "Кроме воскресений"},
)
SEAT = Perk(title={"en": "A better seat", "ru": "Место получше"}, valid_days=7)


@pytest.fixture
def anna(coalition):
    return member_number(coalition.anna.id)


@pytest.fixture
def code(coalition, clock, anna):
    """Of a coffee at the cafe that Anna has won."""
    return issue(clock, RewardWin(gra(1), anna, [COFFEE]))[0].code


def gra(number):
    return f"gra_{number:026d}"


def issue(clock, *wins):
    issue_rewards(wins, clock.now())
    return list(Reward.select().order_by(Reward.id))


def claim(code, partner, clock):
    return claim_reward(code, partner.number, locale="en", now=clock.now())


def listed(coalition, clock, partner=None, locale="en"):
    return rewards_of(coalition.anna.id, partner=partner and partner.number, locale=locale, now=clock.now())


def test_issue_rewards__a_coupon_and_a_perk__are_the_members_with_codes_until_the_end_of_their_last_day(
    coalition, clock, anna
):
    issue(clock, RewardWin(gra(1), anna, [COFFEE, SEAT]))

    seat, coffee = listed(coalition, clock)
    assert (coffee.kind, coffee.title, coffee.terms, coffee.honoured_by) == (
        "coupon", "A coffee", "Not on Sundays", "cafe"
    )  # fmt: skip
    assert (seat.kind, seat.title, seat.terms, seat.honoured_by) == ("perk", "A better seat", None, None)
    assert {coffee.grant, seat.grant} == {gra(1)}
    assert (coffee.issued_at, coffee.valid_until) == (clock.now(), datetime(2026, 4, 2, tzinfo=UTC))
    assert seat.valid_until == datetime(2026, 3, 10, tzinfo=UTC)
    assert read_code(coffee.code) == coffee.code != seat.code
    assert coffee.state == seat.state == "issued"
    assert [reward.title for reward in listed(coalition, clock, locale="ru")] == ["Место получше", "Кофе"]


def test_issue_rewards__tells_the_stream_and_keeps_the_code_to_itself(coalition, clock, anna, code):
    (event,) = news("reward.issued")
    assert valid(event)
    assert event["member"] == coalition.anna.id
    assert event["partner"] == coalition.cafe.id
    assert event["data"] == {
        "reward": Reward.get().public_id,
        "grant": gra(1),
        "kind": "coupon",
        "title": {"en": "A coffee", "ru": "Кофе"},
        "honoured_by": "cafe",
        "valid_until": "2026-04-02T00:00:00.000Z",
        "state": "issued",
    }
    assert code not in orjson.dumps(event).decode()


def test_issue_rewards__the_same_grant_again__gives_nothing_more(coalition, clock, anna, code):
    issue(clock, RewardWin(gra(1), anna, [COFFEE]))
    assert Reward.select().count() == len(news("reward.issued")) == 1


def test_issue_rewards__of_nothing__does_nothing(coalition, clock, anna):
    issue(clock)
    issue(clock, RewardWin(gra(1), anna, []))
    assert not Reward.select().exists()


def test_issue_rewards__a_code_that_somebody_has__is_made_anew(coalition, clock, anna, code, monkeypatch):
    other = "7777-7777-7777"
    made = iter([code, other])
    monkeypatch.setattr(rewards, "new_code", lambda: next(made))
    _, second = issue(clock, RewardWin(gra(2), anna, [COFFEE]))
    assert second.code == other


def test_issue_rewards__many_at_once__each_has_its_own(coalition, clock, anna):
    wins = [RewardWin(gra(number), anna, [COFFEE, SEAT]) for number in range(600)]
    assert len({reward.code for reward in issue(clock, *wins)}) == 1200
    assert len(news("reward.issued")) == 1200


def test_claim_reward__at_the_till_that_honours_it__ends_it(coalition, clock, code):
    clock.advance(timedelta(days=3))
    claimed = claim(code.lower().replace("-", " "), coalition.cafe, clock)

    assert (claimed.state, claimed.claimed_at, claimed.claimed_by) == ("claimed", clock.now(), "cafe")
    assert listed(coalition, clock) == [claimed]
    (event,) = news("reward.claimed")
    assert valid(event)
    assert (event["partner"], event["data"]["state"]) == (coalition.cafe.id, "claimed")


def test_claim_reward__that_every_partner_honours__is_the_tills(coalition, clock, anna):
    (seat,) = issue(clock, RewardWin(gra(1), anna, [SEAT]))
    assert claim(seat.code, coalition.grocer, clock).claimed_by == "grocer"
    assert news("reward.claimed")[0]["partner"] == coalition.grocer.id
    assert news("reward.issued")[0]["partner"] == coalition.operator.id


def refused(reason, act, *given):
    """What is refused for that reason leaves the rewards and the stream as they were."""
    before = list(Reward.select().dicts()), count_events()
    with pytest.raises(reason) as refusal:
        act(*given)
    assert (list(Reward.select().dicts()), count_events()) == before
    return refusal.value


def count_events():
    return execute("SELECT COUNT(*) FROM event").fetchone()[0]


def test_claim_reward__twice__refused_and_says_when_it_was(coalition, clock, code):
    claim(code, coalition.cafe, clock)
    clock.advance(timedelta(hours=1))
    refusal = refused(errors.RewardClaimed, claim, code, coalition.cafe, clock)
    assert refusal.claimed_at == clock.now() - timedelta(hours=1)


def test_claim_reward__of_another_partner__refused_and_says_whose(coalition, clock, code):
    assert refused(errors.RewardNotHonoured, claim, code, coalition.cinema, clock).partner == "cafe"


def test_claim_reward__mistyped__refused(coalition, clock, code):
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    refused(errors.InvalidRewardCode, claim, wrong, coalition.cafe, clock)


def test_claim_reward__that_nobody_has__refused(coalition, clock, code):
    Reward.delete().execute()
    refused(errors.UnknownReward, claim, code, coalition.cafe, clock)


def test_claim_reward__the_last_moment__is_in_time_and_the_next_is_not(coalition, clock, anna, code):
    (_, second) = issue(clock, RewardWin(gra(2), anna, [COFFEE]))
    clock.advance(datetime(2026, 4, 2, tzinfo=UTC) - timedelta(milliseconds=1) - clock.now())
    assert claim(code, coalition.cafe, clock).state == "claimed"

    clock.advance(timedelta(milliseconds=1))
    refusal = refused(errors.RewardExpired, claim, second.code, coalition.cafe, clock)
    assert refusal.valid_until == clock.now()
    assert listed(coalition, clock)[0].state == "expired"


def test_claim_reward__taken_back__refused(coalition, clock, code):
    revoke_rewards([gra(1)], clock.now())
    refused(errors.RewardRevoked, claim, code, coalition.cafe, clock)


@pytest.mark.parametrize("undoing", ["purchase.returned", "event.withdrawn"])
def test_claim_reward__while_something_may_yet_take_it_away__refused_until_the_engine_has_looked(
    coalition, clock, anna, code, undoing
):
    seat = issue(clock, RewardWin(gra(2), anna, [SEAT]))[1]
    run_to_end(now=clock.now())
    append(undoing, anna, clock)
    assert refused(errors.RewardBeingChecked, claim, code, coalition.cafe, clock).retry_after_s == 2
    refused(
        errors.RewardBeingChecked,
        lambda: claim_own_reward(seat.public_id, anna, locale="en", now=clock.now()),
    )
    revoke_rewards([gra(2)], clock.now())
    refused(errors.RewardRevoked, claim, seat.code, coalition.cafe, clock)

    events.move_cursor(CONSUMER, events.read_after(0, 1000)[-1].id)
    assert claim(code, coalition.cafe, clock).state == "claimed"


def test_claim_reward__while_others_or_other_things_wait__ends_it(coalition, clock, anna, code):
    boris = member_number(enrol_member(EnrolMember("+79261111111"), coalition.cafe.number, now=clock.now()).id)
    append("purchase.returned", boris, clock)
    append("purchase.recorded", anna, clock)
    assert claim(code, coalition.cafe, clock).state == "claimed"


def append(type_, member, clock):
    event = events.NewEvent(type_, "test", f"{type_}:{member}", member, 1, {}, clock.now())
    events.append([event], clock.now())


def test_claim_reward__at_two_tills_at_once__one_gets_it(coalition, clock, anna):
    (seat,) = issue(clock, RewardWin(gra(1), anna, [SEAT]))
    tills = [coalition.cafe, coalition.grocer] * 3
    answers, together = [], Barrier(len(tills))

    def stand(till):
        together.wait()
        try:
            with connection():
                answers.append(claim(seat.code, till, clock).claimed_by)
        except CoalitionError as refusal:
            answers.append(refusal.code)

    threads = [Thread(target=stand, args=(till,)) for till in tills]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    winners = [answer for answer in answers if not answer.startswith("reward_claimed")]
    assert len(answers) == len(tills)
    assert winners == [listed(coalition, clock)[0].claimed_by]
    assert len(news("reward.claimed")) == 1


def test_claim_own_reward__that_every_partner_honours__needs_no_till(coalition, clock, anna):
    (seat,) = issue(clock, RewardWin(gra(1), anna, [SEAT]))
    claimed = claim_own_reward(seat.public_id, anna, locale="ru", now=clock.now())

    assert (claimed.state, claimed.claimed_by, claimed.title) == ("claimed", None, "Место получше")
    assert valid(news("reward.claimed")[0])


def test_claim_own_reward__of_a_partner__refused(coalition, clock, anna, code):
    id_ = Reward.get().public_id
    refused(errors.RewardNotHonoured, lambda: claim_own_reward(id_, anna, locale="en", now=clock.now()))


def test_claim_own_reward__of_somebody_else__refused(coalition, clock, anna):
    (seat,) = issue(clock, RewardWin(gra(1), anna, [SEAT]))
    bob = enrol_member(EnrolMember(phone="+79161234568"), coalition.cinema.number, now=clock.now())
    number = member_number(bob.id)
    refused(errors.UnknownReward, lambda: claim_own_reward(seat.public_id, number, locale="en", now=clock.now()))


def test_revoke_rewards__takes_back_what_nobody_claimed_and_names_the_rest(coalition, clock, anna, code):
    wins = [RewardWin(gra(2), anna, [COFFEE, SEAT]), RewardWin(gra(3), anna, [SEAT])]
    first, second, third, _ = issue(clock, *wins)
    claim(code, coalition.cafe, clock)

    taken = revoke_rewards([gra(1), gra(2)], clock.now())
    assert (taken.revoked, taken.claimed_before) == ((second.public_id, third.public_id), (first.public_id,))
    assert [reward.state for reward in listed(coalition, clock)] == ["issued", "revoked", "revoked", "claimed"]
    assert [event["data"]["reward"] for event in news("reward.revoked")] == [second.public_id, third.public_id]
    assert all(map(valid, news("reward.revoked")))

    assert revoke_rewards([gra(1), gra(2)], clock.now()).revoked == ()
    assert revoke_rewards([], clock.now()).revoked == ()
    assert len(news("reward.revoked")) == 2


def test_expire_rewards__whose_last_day_is_over__a_part_at_a_time(coalition, clock, anna, code):
    issue(clock, *(RewardWin(gra(number), anna, [SEAT]) for number in range(2, 5)))
    assert expire_rewards(now=clock.now()) == 0

    clock.advance(timedelta(days=8))
    assert [expire_rewards(now=clock.now(), limit=2) for _ in range(3)] == [2, 1, 0]
    assert [reward.state for reward in listed(coalition, clock)] == ["expired"] * 3 + ["issued"]
    revoke_rewards([gra(2)], clock.now())
    assert listed(coalition, clock)[2].state == "expired"


def test_valid_until__is_midnight_of_the_programmes_zone(coalition, clock, anna, till):
    till.rules("time_zone: Europe/Moscow\n")
    clock.advance(timedelta(hours=13))  # 22:00 in UTC, and tomorrow in Moscow
    (seat,) = issue(clock, RewardWin(gra(1), anna, [replace(SEAT, valid_days=0)]))
    assert seat.valid_until == datetime(2026, 3, 3, 21, tzinfo=UTC)


def test_rewards_of__a_partner__sees_what_it_honours_and_the_codes_of_its_own(coalition, clock, anna):
    won = grant(coalition, publish_version(DOORS, now=clock.now()), DOORS, now=clock.now())
    code = issue(clock, RewardWin(won.id, anna, [COFFEE, SEAT, replace(COFFEE, partner="cinema")]))[0].code

    seat, coffee = listed(coalition, clock, coalition.cafe)
    assert (seat.kind, seat.code) == ("perk", None)
    assert (coffee.kind, coffee.code) == ("coupon", code)
    assert len(listed(coalition, clock)) == 3
    assert [reward.kind for reward in listed(coalition, clock, coalition.grocer)] == ["perk"]


def test_rewards_of__nobody__refused(coalition, clock):
    with pytest.raises(UnknownMember):
        rewards_of("mem_0", partner=None, locale="en", now=clock.now())


def test_migrations__leave_nothing_to_do(store):
    assert migrate() == []
