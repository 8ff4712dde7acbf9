"""GET /v1/members/{id}/rewards, POST /v1/rewards/{code}/claim, and what members do themselves"""

from base64 import b64decode
from dataclasses import replace

import pytest

from coalition import events
from coalition.services.members import member_number
from gamification.rewards import RewardWin, issue_rewards, revoke_rewards
from gamification.rules.rewards import Coupon, Perk
from gamification.store.reward_tables import Reward
from gamification.store.tables import AchievementGrant
from gamification.stream import CONSUMER
from tests.api.callers import refused
from tests.integration.gamification.grants_made import DOORS, grant, publish_version

COFFEE = Coupon(
    title={"en": "A coffee", "ru": "Кофе"},
    partner="cafe",
    valid_days=30,
    terms={"en": "Not on Sundays", "ru": "Кроме воскресений"},
)
SEAT = Perk(title={"en": "A better seat", "ru": "Место получше"}, valid_days=7)


@pytest.fixture
def give(coalition, clock):
    """Give Anna this for what she did at the cafe, by a rule so changed."""

    def give(*benefits, **changed):
        rule = replace(DOORS, **changed)
        version = publish_version(rule, now=clock.now())
        won = grant(coalition, version, rule, now=clock.now(), partner=coalition.cafe.number)
        issue_rewards([RewardWin(won.id, won.member, benefits)], clock.now())
        return list(Reward.select().order_by(Reward.id))

    return give


@pytest.fixture
def rewards(give):
    """The coffee and the seat that Anna has won."""
    return give(COFFEE, SEAT)


@pytest.fixture
def claim_path(rewards):
    return f"/v1/rewards/{rewards[0].code}/claim"


def contents():
    return list(Reward.select().order_by(Reward.id).dicts())


def test_get_rewards__the_partner_that_honours_it__sees_all_of_it(cafe, coalition, rewards):
    answer = cafe.get(f"/v1/members/{coalition.anna.id}/rewards").get_json()

    seat, coffee = answer["data"]
    assert coffee == {
        "id": rewards[0].public_id,
        "member": coalition.anna.id,
        "grant": rewards[0].grant_id,
        "kind": "coupon",
        "title": "A coffee",
        "terms": "Not on Sundays",
        "honoured_by": "cafe",
        "code": rewards[0].code,
        "state": "issued",
        "issued_at": "2026-03-02T09:00:00Z",
        "valid_until": "2026-04-02T00:00:00Z",
        "claimed_at": None,
        "claimed_by": None,
    }
    assert (seat["honoured_by"], seat["code"]) == (None, None)
    assert answer["next_cursor"] is None


def test_get_rewards__another_partner__sees_only_what_every_partner_honours(cinema, coalition, rewards):
    data = cinema.get(f"/v1/members/{coalition.anna.id}/rewards").get_json()["data"]
    assert [reward["kind"] for reward in data] == ["perk"]


DATED = ("id", "grant", "issued_at", "valid_until")


def pick(reward, names=DATED):
    return tuple(reward[name] for name in names)


def test_get_rewards__what_was_won_elsewhere__does_not_say_what_for_nor_when(
    cafe, cinema, operator, annas_session, coalition, give
):
    own, seat = give(replace(COFFEE, partner="cinema"), SEAT)
    path = f"/v1/members/{coalition.anna.id}/rewards"
    seen = cinema.get(path)
    assert [pick(each) for each in seen.get_json()["data"]] == [(None,) * 4] * 2
    assert [each["code"] for each in seen.get_json()["data"]] == [None, own.code]
    assert not any(told in seen.text for told in (own.public_id, seat.public_id, seat.grant_id, "2026-"))

    dates = ("2026-03-02T09:00:00Z", "2026-03-10T00:00:00Z")
    for who, where in ((cafe, path), (operator, path), (annas_session, "/v1/me/rewards")):
        assert pick(who.get(where).get_json()["data"][0]) == (seat.public_id, seat.grant_id, *dates)


def test_get_rewards__of_what_is_hidden_and_about_another_partner__are_for_others_to_see(
    cafe, cinema, operator, coalition, give
):
    give(SEAT, hidden=True, where={"partner": "cafe"})
    path = f"/v1/members/{coalition.anna.id}/rewards"
    assert [len(who.get(path).get_json()["data"]) for who in (cinema, cafe, operator)] == [0, 1, 1]


def test_get_rewards__a_prize_of_a_draw__is_shown_to_the_draws_partner_alone(cafe, cinema, operator, coalition, clock):
    wins = [(f"tkt_{'1' * 26}", SEAT), (f"tkt_{'2' * 26}", replace(SEAT, partner="cinema"))]
    anna = member_number(coalition.anna.id)
    issue_rewards([RewardWin(ticket, anna, [prize]) for ticket, prize in wins], clock.now())
    path = f"/v1/members/{coalition.anna.id}/rewards"
    seen = [[each["grant"] for each in who.get(path).get_json()["data"]] for who in (cafe, cinema, operator)]
    assert seen == [[], [wins[1][0]], [wins[1][0], wins[0][0]]]


def test_get_rewards__page_by_page__a_cursor_counts_what_is_seen_alone(cinema, coalition, give):
    give(COFFEE, SEAT, SEAT)
    path = f"/v1/members/{coalition.anna.id}/rewards?limit=1"
    cursor = cinema.get(path).get_json()["next_cursor"]
    assert b64decode(cursor) == b"rewards:2"
    last = cinema.get(f"{path}&cursor={cursor}").get_json()
    assert (len(last["data"]), last["next_cursor"]) == (1, None)


@pytest.mark.parametrize("ticket", [False, True])
def test_post_claim__by_another_till_than_it_was_won_at__is_told_the_last_day_and_not_when_it_was_won(
    cinema, rewards, ticket
):
    if ticket:
        AchievementGrant.delete().execute()
        Reward.update(grant_id=f"tkt_{'1' * 26}").execute()
    answer = cinema.post(f"/v1/rewards/{rewards[1].code}/claim").get_json()
    assert pick(answer) == (None, None, None, "2026-03-10T00:00:00Z")
    assert pick(answer, ("title", "code", "state", "claimed_by", "claimed_at")) == (
        "A better seat", rewards[1].code, "claimed", "cinema", "2026-03-02T09:00:00Z"
    )  # fmt: skip


def test_post_claim__claimed_elsewhere__refused_and_does_not_say_when(cafe, cinema, annas_session, rewards):
    path = f"/v1/rewards/{rewards[1].code}/claim"
    assert cafe.post(path).status_code == 201
    problem = refused(cinema.post(path), 409, "reward_claimed_elsewhere")
    assert problem["values"] == {"reward": rewards[1].code}
    assert "2026-" not in str(problem)
    assert "cafe" not in str(problem)
    own = annas_session.post(f"/v1/me/rewards/{rewards[1].public_id}/claim")
    for response in (cafe.post(path), own):
        assert refused(response, 409, "reward_claimed")["values"]["claimed_at"].startswith("2026-03-02T09:00:00")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"state": "claimed"}, "reward_claimed_elsewhere"),
        ({"state": "revoked"}, "reward_revoked"),
        ({"state": "expired"}, "reward_expired"),
        ({"partner_id": 1}, "reward_not_honoured"),
    ],
)
def test_post_claim__refused__calls_the_reward_by_the_code_that_was_shown(cinema, rewards, changed, code):
    Reward.update(**changed).where(Reward.id == rewards[1].id).execute()
    problem = refused(cinema.post(f"/v1/rewards/{rewards[1].code}/claim"), 409, code)
    assert problem["values"]["reward"] == rewards[1].code
    assert rewards[1].public_id not in problem["detail"]


def test_get_rewards__the_operator__sees_everything_in_any_language(operator, coalition, rewards):
    path = f"/v1/members/{coalition.anna.id}/rewards"
    data = operator.get(path, headers={"Accept-Language": "ru"}).get_json()["data"]
    assert [(reward["title"], reward["code"]) for reward in data] == [
        ("Место получше", rewards[1].code),
        ("Кофе", rewards[0].code),
    ]


def test_get_rewards__page_by_page(operator, coalition, rewards):
    path = f"/v1/members/{coalition.anna.id}/rewards?limit=1"
    first = operator.get(path).get_json()
    second = operator.get(f"{path}&cursor={first['next_cursor']}").get_json()
    assert [page["data"][0]["kind"] for page in (first, second)] == ["perk", "coupon"]
    refused(operator.get(f"{path}&cursor=x"), 422, "invalid_cursor")


def test_get_rewards__of_nobody__refused(cafe, rewards):
    refused(cafe.get("/v1/members/mem_0/rewards"), 404, "unknown_member")


def test_post_claim__by_the_till_that_honours_it__ends_it(cafe, claim_path, clock):
    response = cafe.post(claim_path)
    assert response.status_code == 201
    answer = response.get_json()
    assert (answer["state"], answer["claimed_by"], answer["claimed_at"]) == ("claimed", "cafe", "2026-03-02T09:00:00Z")


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_post_claim__the_same_request_again__the_same_answer(cafe, claim_path):
    first, again = (cafe.post(claim_path, idempotency_key="k-1") for _ in range(2))
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_post_claim__another_request__refused_and_says_when_it_was(cafe, claim_path):
    cafe.post(claim_path)
    before = contents()
    problem = refused(cafe.post(claim_path), 409, "reward_claimed")
    assert problem["detail"].endswith(" at 2026-03-02T09:00:00Z.")
    assert problem["values"]["claimed_at"].startswith("2026-03-02T09:00:00")
    assert contents() == before


def test_get_rewards__claimed_elsewhere__says_to_other_partners_neither_where_nor_when(
    cafe, cinema, operator, annas_session, coalition, rewards
):
    assert cafe.post(f"/v1/rewards/{rewards[1].code}/claim").status_code == 201
    seen = []
    for caller, path in ((cafe, f"members/{coalition.anna.id}"), (cinema, f"members/{coalition.anna.id}")):
        seen.append(caller.get(f"/v1/{path}/rewards").get_json()["data"][0])
    seen.append(operator.get(f"/v1/members/{coalition.anna.id}/rewards").get_json()["data"][0])
    seen.append(annas_session.get("/v1/me/rewards").get_json()["data"][0])
    told, kept = ("claimed", "cafe", "2026-03-02T09:00:00Z"), ("claimed", None, None)
    assert [tuple(each[name] for name in ("state", "claimed_by", "claimed_at")) for each in seen] == [
        told,
        kept,
        told,
        told,
    ]


def test_own_rewards__speak_the_members_language(annas_session, rewards):
    assert annas_session.get("/v1/me/rewards").get_json()["data"][0]["title"] == "Место получше"
    english = annas_session.get("/v1/me/rewards", headers={"Accept-Language": "en"}).get_json()
    assert english["data"][0]["title"] == "A better seat"
    claimed = annas_session.post(f"/v1/me/rewards/{rewards[1].public_id}/claim").get_json()
    assert claimed["title"] == "Место получше"


def test_post_claim__of_another_partner__refused_and_says_whose(cinema, claim_path):
    before = contents()
    problem = refused(cinema.post(claim_path), 409, "reward_not_honoured")
    assert problem["values"]["partner"] == "cafe"
    assert contents() == before


def test_post_claim__over__refused(cafe, claim_path):
    Reward.update(valid_until=Reward.get().issued_at).execute()
    before = contents()
    problem = refused(cafe.post(claim_path), 409, "reward_expired")
    assert problem["detail"].endswith(" until 2026-03-02T09:00:00Z.")
    assert contents() == before


def test_post_claim__taken_back__refused(cafe, claim_path, clock):
    revoke_rewards([Reward.get().grant_id], clock.now())
    before = contents()
    refused(cafe.post(claim_path), 409, "reward_revoked")
    assert contents() == before


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_post_claim__after_a_return_that_nobody_has_looked_at__refused_for_now(
    cafe, annas_session, rewards, claim_path, coalition, clock
):
    anna = member_number(coalition.anna.id)
    returned = events.NewEvent("purchase.returned", "test", "r-1", anna, 1, {}, clock.now())
    events.append([returned], clock.now())
    before = contents()
    own = f"/v1/me/rewards/{rewards[1].public_id}/claim"
    for response in (cafe.post(claim_path, idempotency_key="k-1"), annas_session.post(own)):
        refused(response, 409, "reward_being_checked")
        assert response.headers["Retry-After"] == "2"
    assert contents() == before

    events.lock_cursor(CONSUMER)
    events.move_cursor(CONSUMER, events.read_after(0, 1000)[-1].id)
    assert cafe.post(claim_path, idempotency_key="k-1").status_code == 201


def test_post_claim__mistyped_or_of_nobody__refused(cafe, rewards):
    refused(cafe.post("/v1/rewards/AAAA-AAAA-AAAA/claim"), 422, "invalid_reward_code")
    code = rewards[0].code
    Reward.delete().execute()
    refused(cafe.post(f"/v1/rewards/{code}/claim"), 404, "unknown_reward")


def test_post_claim__by_an_operator_or_a_stranger__refused(operator, stranger, claim_path):
    refused(operator.post(claim_path), 403, "forbidden")
    refused(stranger.post(claim_path), 401, "unauthenticated")


def test_get_own_rewards__has_every_code(annas_session, rewards):
    data = annas_session.get("/v1/me/rewards").get_json()["data"]
    assert [reward["code"] for reward in data] == [rewards[1].code, rewards[0].code]


def test_post_own_claim__that_every_partner_honours__needs_no_till(annas_session, rewards):
    response = annas_session.post(f"/v1/me/rewards/{rewards[1].public_id}/claim")
    assert response.status_code == 201
    assert (response.get_json()["state"], response.get_json()["claimed_by"]) == ("claimed", None)


def test_post_own_claim__of_one_partner__refused(annas_session, rewards):
    before = contents()
    response = annas_session.post(f"/v1/me/rewards/{rewards[0].public_id}/claim")
    refused(response, 409, "reward_not_honoured")
    refused(annas_session.post("/v1/me/rewards/rwd_0/claim"), 404, "unknown_reward")
    assert contents() == before


def test_own_rewards__with_a_partners_key__refused(cafe, rewards):
    refused(cafe.get("/v1/me/rewards"), 403, "forbidden")
