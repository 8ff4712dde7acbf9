"""GET /v1/members/{id}/rewards, POST /v1/rewards/{code}/claim, and what members do themselves"""

import pytest

from coalition import events
from coalition.services.members import member_number
from gamification.rewards import RewardWin, issue_rewards, revoke_rewards
from gamification.rules.rewards import Coupon, Perk
from gamification.store.reward_tables import Reward
from gamification.stream import CONSUMER
from tests.api.callers import refused

GRANT = f"gra_{'0' * 26}"
COFFEE = Coupon(
    title={"en": "A coffee", "ru": "Кофе"},
    partner="cafe",
    valid_days=30,
    terms={"en": "Not on Sundays", "ru": "Кроме воскресений"},
)
SEAT = Perk(title={"en": "A better seat", "ru": "Место получше"}, valid_days=7)


@pytest.fixture
def rewards(coalition, clock):
    """The coffee and the seat that Anna has won."""
    issue_rewards([RewardWin(GRANT, member_number(coalition.anna.id), [COFFEE, SEAT])], clock.now())
    return list(Reward.select().order_by(Reward.id))


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
        "grant": GRANT,
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
    revoke_rewards([GRANT], clock.now())
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
