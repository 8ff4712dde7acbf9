"""GET /v1/draws, /v1/draws/{id}, /v1/draws/{id}/tickets.json: for anybody"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from coalition.domain.draws import TicketList
from coalition.services.members import member_number
from gamification.draw_outcomes import OnChain, note_committed, note_drawn
from gamification.draws import TicketWin, close_draw, ensure_draw, issue_tickets, ticket_list
from gamification.rules.draws import Draw, DrawPrize
from tests.api.callers import refused

TITLE = {"en": "Spring draw", "ru": "Весенний розыгрыш"}
PRIZE = {"en": "A year of films", "ru": "Год кино"}
SPRING = Draw("spring", TITLE, "cinema", date(2026, 3, 31), (DrawPrize(PRIZE, 1, 500),))
ON_CHAIN = OnChain(31337, "0xc", "0xcc", 100, datetime(2026, 4, 8, tzinfo=UTC), 1, 0)


@pytest.fixture
def spring(coalition, clock):
    """Anna has two tickets of a draw that is open."""
    ensure_draw(SPRING, now=clock.now())
    issue_tickets("spring", [TicketWin("gra_1", member_number(coalition.anna.id), 2)], now=clock.now())
    clock.advance(timedelta(days=31))


def test_get_draw__open__tells_prizes_and_neither_tickets_nor_chain(stranger, spring):
    response = stranger.get("/v1/draws/spring")
    shown = response.get_json()
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert (shown["id"], shown["state"], shown["closes_on"], shown["partner"]) == (
        "spring",
        "open",
        "2026-03-31",
        "cinema",
    )
    assert shown["prizes"] == [{"title": "A year of films", "winners": 1, "points": 500}]
    assert (shown["tickets"], shown["root"], shown["chain"], shown["winners"]) == (None, None, None, [])
    refused(stranger.get("/v1/draws/spring/tickets.json"), 409, "tickets_not_published")


def test_get_draw__in_russian__titles_are(stranger, spring):
    shown = stranger.get("/v1/draws/spring", headers={"Accept-Language": "ru"}).get_json()
    assert (shown["title"], shown["prizes"][0]["title"]) == ("Весенний розыгрыш", "Год кино")


def test_get_tickets__closed__is_the_list_byte_for_byte_and_names_nobody(stranger, spring, coalition, clock):
    closed = close_draw("spring", now=clock.now())
    response = stranger.get("/v1/draws/spring/tickets.json")
    assert (response.content_type, response.data) == ("application/json", closed.to_json())
    assert TicketList.from_json(response.data).root.hex() == stranger.get("/v1/draws/spring").get_json()["root"]
    assert coalition.anna.id not in response.text
    assert coalition.anna.card_number not in response.text


def test_get_draw__committed_and_drawn__tells_all_that_proves_it(stranger, spring, clock):
    close_draw("spring", now=clock.now())
    note_committed("spring", ON_CHAIN)
    shown = stranger.get("/v1/draws/spring").get_json()
    assert (shown["state"], shown["chain"]["block"], shown["chain"]["secret"]) == ("committed", 100, None)
    drawn = replace(ON_CHAIN, secret="0x5e", block_hash="0xb1", seed="0x5d")
    note_drawn("spring", drawn, [1, 0], now=clock.now())
    shown = stranger.get("/v1/draws/spring").get_json()
    assert (shown["state"], shown["chain"]["seed"]) == ("drawn", "0x5d")
    second = ticket_list("spring").tickets[1]
    assert shown["winners"] == [
        {"place": 1, "serial": 2, "ticket": second.ticket, "member": second.member, "prize": "A year of films"}
    ]


def test_get_draws__pages__the_youngest_first(stranger, spring, clock):
    for month in ("summer", "autumn"):
        clock.advance(timedelta(days=1))
        ensure_draw(replace(SPRING, id=month), now=clock.now())
    first = stranger.get("/v1/draws?limit=2").get_json()
    rest = stranger.get(f"/v1/draws?limit=2&cursor={first['next_cursor']}").get_json()
    assert [each["id"] for each in first["data"] + rest["data"]] == ["autumn", "summer", "spring"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("path", ["", "/tickets.json"])
def test_get_draw__unknown__refused(stranger, coalition, path):
    refused(stranger.get(f"/v1/draws/winter{path}"), 404, "unknown_draw")
