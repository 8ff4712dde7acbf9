"""What the winners of prize draws get: once each, from the sponsor, and told to the stream."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest

from coalition.domain.documents import document_hash
from coalition.services.balances import balance
from coalition.services.members import EnrolMember, enrol_member, member_number
from coalition.services.partners import set_status
from coalition.store.database import connection, execute
from gamification import draw_outcomes, draw_prizes
from gamification.draw_members import TicketState, draws_of
from gamification.draw_outcomes import OnChain, get_draw, note_committed, note_drawn
from gamification.draw_prizes import PrizeState, give_draw_prizes
from gamification.draws import TicketWin, close_draw, ensure_draw, issue_tickets, ticket_list, withdraw_tickets
from gamification.engine import run_batch
from gamification.errors import WrongDrawState
from gamification.giving import reward_documents
from gamification.reward_list import rewards_of
from gamification.rules.draws import Draw, DrawPrize
from gamification.store.draw_tables import DrawWinner
from scripts.worker import TIMED_WORK
from tests.integration.gamification.envelopes import news, valid

TITLE = {"en": "Spring draw", "ru": "Весенний розыгрыш"}
FILMS = {"en": "A year of films", "ru": "Год кино"}
POINTS = {"en": "Points", "ru": "Баллы"}
SPRING = Draw("spring", TITLE, "cinema", date(2026, 3, 31), (DrawPrize(FILMS, 1), DrawPrize(POINTS, 2, 500)))
ON_CHAIN = OnChain(31337, "0xc", "0xcc", 100, datetime(2026, 4, 8, tzinfo=UTC), 1, 0)
DRAWN = replace(ON_CHAIN, secret="0x5e", block_hash="0xb1", seed="0x5d")


@pytest.fixture
def members(coalition, clock) -> list[str]:
    """Anna, Boris and Vera."""
    others = [
        enrol_member(EnrolMember(phone=phone), coalition.cinema.number, now=clock.now())
        for phone in ("+79161234568", "+79161234569")
    ]
    return [coalition.anna.id, *(each.id for each in others)]


@pytest.fixture
def commit(members, clock) -> Callable[..., None]:
    """Anna has two tickets, then Boris and Vera one each, of a draw that is committed to."""

    def commit(draw: Draw = SPRING) -> None:
        ensure_draw(draw, now=clock.now())
        wins = [TicketWin(f"gra_{n}", member_number(id_), 1 + (n == 0)) for n, id_ in enumerate(members)]
        issue_tickets(draw.id, wins, now=clock.now())
        clock.advance(datetime(2026, 4, 1, 9, tzinfo=UTC) - clock.now())
        close_draw(draw.id, now=clock.now())
        note_committed(draw.id, ON_CHAIN)

    return commit


@pytest.fixture
def drawn(commit, clock) -> Callable[..., None]:
    """Anna wins the first prize, Boris and Vera the others."""

    def drawn(draw: Draw = SPRING) -> None:
        commit(draw)
        note_drawn(draw.id, DRAWN, [1, 0, 2, 3], now=clock.now())

    return drawn


@pytest.fixture
def points(members, clock) -> Callable[[], list[int]]:
    return lambda: [balance(member, now=clock.now()).available for member in members]


def perks(member: str, clock) -> list:
    return rewards_of(member, partner=None, locale="en", now=clock.now())


def journal() -> list[tuple]:
    found = execute("SELECT kind, issuer_id, points, source FROM entry ORDER BY id").fetchall()
    return [tuple(row) for row in found]


def winners() -> list[tuple]:
    return [
        (row.given_at, row.points, bool(row.reward), row.due_at)
        for row in DrawWinner.select().order_by(DrawWinner.place)
    ]


def test_drawn__winners_have_their_prizes_from_the_draws_partner(drawn, points, members, clock, coalition):
    drawn()
    tickets = ticket_list("spring").tickets
    assert points() == [0, 500, 500]
    assert journal() == [("reward", coalition.cinema.number, 500, tickets[place].ticket) for place in (2, 3)]
    (films,) = perks(members[0], clock)
    assert (films.kind, films.title, films.honoured_by, films.grant) == (
        "perk",
        "A year of films",
        "cinema",
        tickets[1].ticket,
    )
    assert (films.valid_until - clock.now()).days == 90
    assert winners() == [(clock.now(), 0, True, None), (clock.now(), 500, False, None), (clock.now(), 500, False, None)]
    assert {each.state for each in get_draw("spring").winners} == {PrizeState.GIVEN}


def test_drawn__of_the_coalition__the_operator_pays_and_every_partner_honours(drawn, points, members, clock, coalition):
    drawn(replace(SPRING, partner=None))
    assert {issuer for _, issuer, *_ in journal()} == {coalition.operator.number}
    (films,) = perks(members[0], clock)
    assert films.honoured_by is None


@pytest.mark.parametrize("sponsor", ["cinema", None])
def test_drawn__rewards_of__show_a_partner_what_the_draw_shows_it(drawn, members, clock, coalition, sponsor):
    drawn(replace(SPRING, partner=sponsor))
    (won,) = draws_of(members[0])
    for partner in (coalition.cinema, coalition.cafe):
        seen = rewards_of(members[0], partner=partner.number, locale="en", now=clock.now())
        assert [(each.id, each.grant) for each in seen] == [
            (prize.reward, prize.ticket) for prize in won.won if won.is_given_by(partner.number)
        ]


def test_drawn__is_told_of_each_winner_in_the_published_form(drawn, members, clock, coalition):
    drawn()
    tickets = ticket_list("spring").tickets
    told = news("draw.won")
    assert all(valid(each) for each in [*told, *news("reward.issued")])
    assert [each["member"] for each in told] == members
    assert [each["data"] for each in told] == [
        {"draw": "spring", "ticket": tickets[1].ticket, "place": 1, "prize": FILMS, "points": 0},
        {"draw": "spring", "ticket": tickets[2].ticket, "place": 2, "prize": POINTS, "points": 500},
        {"draw": "spring", "ticket": tickets[3].ticket, "place": 3, "prize": POINTS, "points": 500},
    ]
    assert {each["partner"] for each in told} == {coalition.cinema.id}
    assert run_batch(now=clock.now()).grants == 0


def test_drawn__again__refused_and_nobody_has_more(drawn, points, clock):
    drawn()
    before = points(), journal(), len(news("draw.won")), winners()
    with pytest.raises(WrongDrawState):
        note_drawn("spring", DRAWN, [3, 2, 1, 0], now=clock.now())
    assert give_draw_prizes(now=clock.now() + timedelta(days=1)) == 0
    assert (points(), journal(), len(news("draw.won")), winners()) == before


@pytest.mark.parametrize("where", ["give_draw_prizes", "_note_given", "_tell"])
def test_drawn__interrupted__is_given_once_when_time_comes(commit, points, members, clock, monkeypatch, where):
    commit()

    def fail(*given, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(draw_outcomes if where == "give_draw_prizes" else draw_prizes, where, fail)
    with pytest.raises(KeyboardInterrupt):
        note_drawn("spring", DRAWN, [1, 0, 2, 3], now=clock.now())
    assert (points(), news("draw.won"), perks(members[0], clock)) == ([0, 0, 0], [], [])
    monkeypatch.undo()
    assert give_draw_prizes in TIMED_WORK
    assert give_draw_prizes(now=clock.now()) == 3
    assert give_draw_prizes(now=clock.now()) == 0
    assert (points(), len(news("draw.won")), len(perks(members[0], clock))) == ([0, 500, 500], 3, 1)


def test_give__a_part_at_a_time__the_best_prize_first(commit, points, clock, monkeypatch):
    commit()
    monkeypatch.setattr(draw_outcomes, "give_draw_prizes", lambda *, now: 0)
    note_drawn("spring", DRAWN, [1, 0, 2, 3], now=clock.now())
    assert [each.state for each in get_draw("spring").winners] == [PrizeState.DUE] * 3
    assert give_draw_prizes(now=clock.now(), limit=2) == 2
    assert points() == [0, 500, 0]
    assert give_draw_prizes(now=clock.now(), limit=2) == 1
    assert points() == [0, 500, 500]


def test_drawn__sponsor_cannot_pay__is_held_with_the_reason_and_given_later_and_told_once(
    commit, points, members, clock, coalition
):
    commit()
    set_status(coalition.cinema.id, "suspended")
    note_drawn("spring", DRAWN, [1, 0, 2, 3], now=clock.now())
    found = get_draw("spring").winners
    assert [(each.state, each.held_because) for each in found] == [
        ("given", None),
        ("held", "partner_suspended"),
        ("held", "partner_suspended"),
    ]
    assert len(perks(members[0], clock)) == 1
    assert len(news("draw.won")) == 3
    set_status(coalition.cinema.id, "active")
    # Not again and again at every tick.
    assert give_draw_prizes(now=clock.now()) == 0
    clock.advance(timedelta(minutes=1))
    assert give_draw_prizes(now=clock.now()) == 2
    assert points() == [0, 500, 500]
    assert len(news("draw.won")) == 3
    assert [each.state for each in get_draw("spring").winners] == [PrizeState.GIVEN] * 3


def test_documents__of_prizes__are_those_whose_hashes_were_recorded(drawn, coalition):
    drawn()
    recorded = dict(execute("SELECT source, document_hash FROM entry").fetchall())
    documents = reward_documents(sorted(recorded))
    assert {ticket: document_hash(document) for ticket, document in documents.items()} == recorded
    (boris,) = [each for each in documents.values() if each["place"] == 2]
    assert (boris["draw"], boris["prize"], boris["funded_by"]) == ("spring", POINTS, {coalition.cinema.id: 500})
    # A perk has none, and what is no ticket neither.
    perk = ticket_list("spring").tickets[1].ticket
    assert reward_documents([perk, "tkt_nothing"]) == {}


def test_draws_of__a_member__tickets_and_what_they_won(drawn, members, clock):
    drawn()
    (found,) = draws_of(members[0])
    tickets = ticket_list("spring").tickets
    assert [(each.serial, found.state_of(each)) for each in found.tickets] == [
        (2, TicketState.WON),
        (1, TicketState.VALID),
    ]
    assert {tickets[0].member, tickets[1].member} == {found.member}
    (won,) = found.won
    assert (won.place, won.ticket, won.prize.title, won.state, won.given_at) == (
        1, tickets[1].ticket, FILMS, PrizeState.GIVEN, clock.now()
    )  # fmt: skip
    assert won.reward == perks(members[0], clock)[0].id
    assert (draws_of(members[1])[0].won[0].prize.points, draws_of(members[1])[0].won[0].reward) == (500, None)


def test_draws_of__several__in_the_order_of_first_tickets_the_youngest_first(members, clock):
    for name in ("spring", "summer", "autumn"):
        ensure_draw(replace(SPRING, id=name), now=clock.now())
    anna = member_number(members[0])
    for grant, name in (("gra_1", "summer"), ("gra_2", "spring"), ("gra_3", "summer")):
        issue_tickets(name, [TicketWin(grant, anna, 1)], now=clock.now())
    withdraw_tickets(["gra_3"], now=clock.now())
    spring, summer = draws_of(members[0])
    assert (spring.draw.id, summer.draw.id) == ("spring", "summer")
    assert [summer.state_of(each) for each in summer.tickets] == ["withdrawn", "valid"]
    assert (summer.valid, summer.won) == (1, ())
    assert draws_of(members[1]) == []


def test_give__by_two_at_once__is_given_once(commit, points, clock, monkeypatch):
    commit()
    monkeypatch.setattr(draw_outcomes, "give_draw_prizes", lambda *, now: 0)
    note_drawn("spring", DRAWN, [1, 0, 2, 3], now=clock.now())
    at_once, given = Barrier(2), []

    def give() -> None:
        with connection():
            at_once.wait()
            given.append(give_draw_prizes(now=clock.now()))

    threads = [Thread(target=give) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == [0, 3]
    assert (points(), len(news("draw.won"))) == ([0, 500, 500], 3)
