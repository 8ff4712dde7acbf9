"""GET /v1/me/draws, /v1/members/{id}/draws"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from coalition.domain.draws import pseudonym
from coalition.services.members import member_number
from gamification.draw_outcomes import OnChain, note_committed, note_drawn
from gamification.draws import TicketWin, close_draw, ensure_draw, issue_tickets, ticket_list, withdraw_tickets
from gamification.rules.draws import Draw, DrawPrize
from tests.api.callers import refused

TITLE = {"en": "Spring draw", "ru": "Весенний розыгрыш"}
PRIZE = {"en": "A year of films", "ru": "Год кино"}
SPRING = Draw("spring", TITLE, "cinema", date(2026, 3, 31), (DrawPrize(PRIZE, 1, 500),))
DRAWN = OnChain(
    31337, "0xc", "0xcc", 100, datetime(2026, 4, 8, tzinfo=UTC), 1, 0, secret="0x5e", block_hash="0xb1", seed="0x5d"
)
OWN, ANNAS = "/v1/me/draws", "/v1/members/{}/draws"


@pytest.fixture
def spring(coalition, clock):
    """Anna has three tickets of a draw that is open; one of them was withdrawn."""
    ensure_draw(SPRING, now=clock.now())
    anna = member_number(coalition.anna.id)
    issue_tickets("spring", [TicketWin("gra_1", anna, 2), TicketWin("gra_2", anna, 1)], now=clock.now())
    withdraw_tickets(["gra_2"], now=clock.now())


@pytest.fixture
def drawn(spring, clock):
    """Anna's second ticket has won."""
    clock.advance(timedelta(days=30, hours=1))
    close_draw("spring", now=clock.now())
    note_committed("spring", replace(DRAWN, secret=None))
    note_drawn("spring", DRAWN, [1, 0], now=clock.now())


def only(response):
    assert response.status_code == 200
    (found,) = response.get_json()["data"]
    return found


def test_get_own__has_what_finds_the_member_in_the_list(drawn, annas_session, coalition):
    found = only(annas_session.get(OWN))
    tickets = ticket_list("spring").tickets
    assert (found["draw"], found["title"], found["partner"], found["state"], found["closes_on"]) == (
        "spring", "Spring draw", "cinema", "drawn", "2026-03-31"
    )  # fmt: skip
    assert [(each["serial"], each["state"]) for each in found["tickets"]] == [
        (3, "withdrawn"),
        (2, "won"),
        (1, "valid"),
    ]
    assert [each["ticket"] for each in found["tickets"][1:]] == [tickets[1].ticket, tickets[0].ticket]
    assert found["tickets_valid"] == 2
    assert found["member"] == tickets[0].member == pseudonym("spring", coalition.anna.id, found["salt"])


def test_get_own__has_what_was_won(drawn, annas_session, clock):
    (won,) = only(annas_session.get(OWN))["won"]
    assert won == {
        "place": 1,
        "ticket": ticket_list("spring").tickets[1].ticket,
        "prize": "A year of films",
        "points": 500,
        "state": "given",
        "given_at": clock.now().isoformat().replace("+00:00", "Z"),
        "reward": None,
    }
    assert annas_session.get("/v1/me").get_json()["balance"]["available"] == 500


def test_get_own__in_russian__titles_are(drawn, annas_session):
    found = only(annas_session.get(OWN, headers={"Accept-Language": "ru"}))
    assert (found["title"], found["won"][0]["prize"]) == ("Весенний розыгрыш", "Год кино")


def test_get_own__pages__the_youngest_first(annas_session, coalition, spring, clock):
    anna = member_number(coalition.anna.id)
    for number, name in enumerate(("summer", "autumn"), 3):
        ensure_draw(replace(SPRING, id=name), now=clock.now())
        issue_tickets(name, [TicketWin(f"gra_{number}", anna, 1)], now=clock.now())
    first = annas_session.get(f"{OWN}?limit=2").get_json()
    rest = annas_session.get(f"{OWN}?limit=2&cursor={first['next_cursor']}").get_json()
    assert [each["draw"] for each in first["data"] + rest["data"]] == ["autumn", "summer", "spring"]
    assert rest["next_cursor"] is None


def test_get_own__nothing_of_others(annas_session, bob, coalition, clock):
    ensure_draw(SPRING, now=clock.now())
    issue_tickets("spring", [TicketWin("gra_1", member_number(bob.id), 1)], now=clock.now())
    assert annas_session.get(OWN).get_json() == {"data": [], "next_cursor": None}


def test_get_member__the_operator__sees_tickets_and_no_salt(operator, coalition, drawn):
    found = only(operator.get(ANNAS.format(coalition.anna.id)))
    assert "salt" not in found
    assert [each["serial"] for each in found["tickets"]] == [3, 2, 1]
    assert (found["member"], found["won"][0]["points"]) == (ticket_list("spring").tickets[0].member, 500)


def test_get_member__a_partner__sees_what_was_won_of_its_own_and_nothing_that_finds_the_member(
    cinema, cafe, coalition, drawn
):
    path = ANNAS.format(coalition.anna.id)
    of_cinema, of_cafe = only(cinema.get(path)), only(cafe.get(path))
    assert [each["points"] for each in of_cinema["won"]] == [500]
    assert of_cafe["won"] == []
    for found in (of_cinema, of_cafe):
        assert (found["tickets_valid"], found["tickets"], found["member"], "salt" in found) == (2, None, None, False)
    text = cafe.get(path).text
    assert not any(each.member in text or each.ticket in text for each in ticket_list("spring").tickets)


def test_get_member__unknown_or_a_cursor_of_another_list__refused(operator, coalition, spring):
    refused(operator.get(ANNAS.format(f"mem_{'0' * 26}")), 404, "unknown_member")
    refused(operator.get(ANNAS.format(coalition.anna.id) + "?cursor=x"), 422, "invalid_cursor")
