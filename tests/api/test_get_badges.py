"""GET /v1/badges/{id}, and what members have of it"""

import pytest

from coalition.store import tables
from coalition.store.database import execute
from gamification.engine import run_batch
from gamification.publishing import publish
from tests.api.callers import refused
from tests.integration.gamification.helpers import rule, rule_text

SHINING = rule(
    "shining",
    title={"en": "Shining", "ru": "Сияние"},
    description={"en": "Buy something", "ru": "Купите что-нибудь"},
    reward={"badge": True, "funded_by": {"cinema": 100}},
)


@pytest.fixture
def number(coalition, clock, cinema, receipt):
    """The number of the badge that Anna has for a purchase."""
    publish(rule_text(SHINING), now=clock.now())
    cinema.post("/v1/purchases", receipt)
    run_batch(now=clock.now())
    return tables.Badge.get().id


def test_get_badge__without_a_key__is_erc_1155_metadata_that_any_page_may_read(stranger, number):
    response = stranger.get(f"/v1/badges/{number}")

    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.get_json() == {
        "name": "Shining",
        "description": "Buy something",
        "properties": {"achievement": "shining", "issuer": "cinema"},
    }


def test_get_badge__in_russian__says_it_in_russian(stranger, number):
    shown = stranger.get(f"/v1/badges/{number}", headers={"Accept-Language": "ru-RU, en;q=0.5"}).get_json()
    assert (shown["name"], shown["description"]) == ("Сияние", "Купите что-нибудь")


def test_get_badge__rule_has_new_words__they_are_the_badges(stranger, clock, number):
    publish(rule_text({**SHINING, "title": {"en": "Bright", "ru": "Ярко"}}), now=clock.now())
    assert stranger.get(f"/v1/badges/{number}").get_json()["name"] == "Bright"


@pytest.mark.parametrize("form", ["171", "171.json", f"{171:064x}", f"{171:064X}", f"{171:064x}.json"])
def test_get_badge__id_as_wallets_write_it__is_understood(stranger, clock, number, form):
    publish(rule_text({**SHINING, "id": "bright"}), now=clock.now())
    tables.Badge.create(id=171, code="bright", issuer=1, force_insert=True)
    assert stranger.get(f"/v1/badges/{form}").get_json()["properties"]["achievement"] == "bright"


@pytest.mark.parametrize(
    "badge", ["0", "2", "9" * 22, "f" * 64, "1" * 63, "0x1", "-1", "+1", "one", "١", "1.xml", ".json", "{id}"]
)
def test_get_badge__none__refused(stranger, number, badge):
    problem = refused(stranger.get(f"/v1/badges/{badge}"), 404, "unknown_badge")
    assert problem["detail"].startswith("No badge has the number ")


def test_get_badge__not_yet_awarded__refused(stranger, clock, coalition):
    publish(rule_text(SHINING), now=clock.now())
    refused(stranger.get("/v1/badges/1"), 404, "unknown_badge")


@pytest.mark.parametrize(
    ("chain_status", "status"),
    [
        (None, "pending"),
        ("signed", "submitted"),
        ("submitted", "submitted"),
        ("confirmed", "confirmed"),
        ("final", "final"),
    ],
)
def test_get_achievements__with_a_badge__tells_its_token_and_how_far_the_chain_has_it(
    cafe, cinema, coalition, clock, number, chain_status, status
):
    if chain_status:
        tables.BadgeBatch.create(sequence=1, entries=1, head="0x", formed_at=clock.now(), force_insert=True)
        execute("UPDATE badge_entry SET sequence = 1")
        tables.ChainTx.create(
            account="0xr",
            nonce=0,
            purpose="record badges 1",
            badges=1,
            hash="0xtx",
            signed_bytes=b"",
            max_fee=0,
            status=chain_status,
            signed_at=clock.now(),
        )
    (earned,) = cinema.get(f"/v1/members/{coalition.anna.id}/achievements").get_json()["earned"]

    assert earned["badge"] is True
    assert earned["token"] == {"id": number, "status": status, "chain_tx": "0xtx" if chain_status else None}
    # What the cinema's purchase has won; when that was is not for the cafe.
    (earned,) = cafe.get(f"/v1/members/{coalition.anna.id}/achievements").get_json()["earned"]
    assert earned["token"] == {"id": number, "status": status, "chain_tx": None}


def test_get_achievements__the_contract_refused_the_badge__says_so(cafe, coalition, number):
    execute("UPDATE badge_entry SET refused = 'IssuerMismatch(1, 2, 3)'")
    (earned,) = cafe.get(f"/v1/members/{coalition.anna.id}/achievements").get_json()["earned"]
    assert earned["token"] == {"id": number, "status": "refused", "chain_tx": None}


def test_get_achievements__without_a_badge__has_no_token(cafe, cinema, coalition, clock, receipt):
    publish(rule_text(rule("plain")), now=clock.now())
    cinema.post("/v1/purchases", receipt)
    run_batch(now=clock.now())
    (earned,) = cafe.get(f"/v1/members/{coalition.anna.id}/achievements").get_json()["earned"]
    assert (earned["badge"], earned["token"]) == (False, None)
