"""Tickets of prize draws, the list that is published, and who is written down to have won."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from coalition.domain.draws import pseudonym
from coalition.services.members import EnrolMember, enrol_member, member_number
from coalition.store.database import execute
from gamification import draw_outcomes
from gamification.draw_outcomes import OnChain, get_draw, list_draws, note_committed, note_drawn, note_void
from gamification.draws import (
    DrawState,
    TicketWin,
    close_draw,
    ensure_draw,
    issue_tickets,
    open_draws,
    ticket_list,
    tickets_of,
    withdraw_tickets,
)
from gamification.errors import (
    DrawHasTickets,
    DrawNotOpen,
    DrawNotOver,
    DrawWithoutTickets,
    TicketsNotPublished,
    UnknownDraw,
    WrongDrawState,
)
from gamification.rules.draws import Draw, DrawPrize

BOTH = {"en": "Some text", "ru": "Какой-то текст"}
SPRING = Draw("spring", BOTH, "cinema", date(2026, 3, 31), (DrawPrize(BOTH, 1), DrawPrize(BOTH, 2, 500)))
ON_CHAIN = OnChain(31337, "0xc", "0xcc", 100, datetime(2026, 4, 8, tzinfo=UTC), 1, 0)
DRAWN = replace(ON_CHAIN, secret="0x5e", block_hash="0xb1", seed="0x5d")


@pytest.fixture
def members(coalition, clock) -> list[str]:
    """Anna, Boris and Vera."""
    others = [
        enrol_member(EnrolMember(phone=phone, name=None), coalition.cinema.number, now=clock.now())
        for phone in ("+79161234568", "+79161234569")
    ]
    return [coalition.anna.id, *(each.id for each in others)]


@pytest.fixture
def win(members, clock) -> Callable[..., list]:
    """``win(0, 2, "gra_1")``: a grant gives the first member two tickets."""

    def win(member: int, tickets: int, grant: str, draw: str = "spring") -> list:
        wins = [TicketWin(grant, member_number(members[member]), tickets)]
        return issue_tickets(draw, wins, now=clock.now())

    return win


@pytest.fixture
def spring(coalition, clock) -> Draw:
    ensure_draw(SPRING, now=clock.now())
    return SPRING


@pytest.fixture
def over(clock) -> None:
    clock.advance(datetime(2026, 4, 1, tzinfo=UTC) - clock.now())


def tables() -> list:
    names = ("prize_draw", "draw_ticket", "draw_winner")
    return [execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in names]


def serials() -> list[int]:
    return [each.serial for each in ticket_list("spring").tickets]


def test_issue__to_several__are_numbered_from_1_and_name_nobody(spring, win, members):
    first, second = win(0, 2, "gra_1")
    (third,) = win(1, 1, "gra_2")
    assert [first.serial, second.serial, third.serial] == [1, 2, 3]
    assert first.member_hash == second.member_hash != third.member_hash
    assert first.id.startswith("tkt_")
    # With what she is told, Anna finds herself; nobody else is told it.
    assert first.member_hash == pseudonym("spring", members[0], first.salt)
    assert first.salt != third.salt


def test_issue__same_grant_again__gives_nothing_twice(spring, win):
    win(0, 2, "gra_1")
    before = tables()
    assert win(0, 2, "gra_1") == []
    assert tables() == before


def test_issue__same_grant_twice_at_once__gives_nothing_twice(spring, members, clock):
    twice = [TicketWin("gra_1", member_number(members[0]), 1)] * 2
    assert len(issue_tickets("spring", twice, now=clock.now())) == 1


def test_issue__more_grants_than_one_question_may_name__each_has_its_tickets(spring, members, clock):
    many = [TicketWin(f"gra_{number}", member_number(members[0]), 1) for number in range(1_201)]
    assert len(issue_tickets("spring", many, now=clock.now())) == 1_201
    assert issue_tickets("spring", many, now=clock.now()) == []
    assert withdraw_tickets([each.grant for each in many], now=clock.now()) == 1_201


def test_issue__unknown_draw__refused(win):
    with pytest.raises(UnknownDraw):
        win(0, 1, "gra_1", "autumn")


def test_issue__closed_draw__refused_and_nothing_changes(spring, win, over, clock):
    win(0, 1, "gra_1")
    close_draw("spring", now=clock.now())
    before = tables()
    with pytest.raises(DrawNotOpen):
        win(1, 1, "gra_2")
    assert tables() == before
    assert open_draws() == {}


def test_ensure__again__changes_what_is_published_while_it_is_open(spring, clock):
    assert open_draws() == {"spring": SPRING.closes_on}
    ensure_draw(spring, now=clock.now() + timedelta(days=1))
    later = replace(spring, closes_on=date(2026, 4, 30))
    ensure_draw(later, now=clock.now())
    (view,) = list_draws()
    assert (view.draw, view.opened_at) == (later, clock.now())


def test_ensure__of_a_closed_draw__same_again_is_nothing_and_another_refused(spring, win, over, clock):
    close_draw("spring", now=clock.now())
    ensure_draw(spring, now=clock.now())
    before = tables()
    with pytest.raises(DrawNotOpen):
        ensure_draw(replace(spring, prizes=spring.prizes[:1]), now=clock.now())
    assert tables() == before


@pytest.mark.parametrize(
    "worse",
    [
        {"prizes": SPRING.prizes[:1]},
        {"prizes": (replace(SPRING.prizes[0], points=5), SPRING.prizes[1])},
        {"partner": None},
        {"closes_on": date(2026, 3, 30)},
    ],
)
def test_ensure__other_prizes_or_less_time__only_while_there_are_no_tickets(spring, win, clock, worse):
    other = replace(spring, **worse)
    assert ensure_draw(other, now=clock.now()) == (2, True)
    assert ensure_draw(spring, now=clock.now()) == (3, True)
    win(0, 1, "gra_1")
    before = tables()
    with pytest.raises(DrawHasTickets) as refused:
        ensure_draw(other, now=clock.now())
    assert refused.value.values == {"draw": "spring", "closes_on": spring.closes_on}
    assert tables() == before
    assert ensure_draw(spring, now=clock.now()) == (3, False)
    withdraw_tickets(["gra_1"], now=clock.now())
    assert ensure_draw(other, now=clock.now()) == (4, True)


def test_ensure__other_words_or_more_time__whatever_tickets_there_are(spring, win, clock):
    win(0, 1, "gra_1")
    longer = replace(spring, title={**BOTH, "en": "Better"}, closes_on=date(2026, 4, 30))
    assert ensure_draw(longer, now=clock.now()) == (2, True)


def test_withdraw__before_it_closes__tickets_are_not_in_the_list(spring, win, over, clock):
    win(0, 2, "gra_1")
    win(1, 1, "gra_2")
    assert withdraw_tickets(["gra_1", "gra_none"], now=clock.now()) == 2
    assert withdraw_tickets(["gra_1"], now=clock.now()) == 0
    assert win(0, 2, "gra_1") == []
    # Numbers are given once.
    (third,) = win(2, 1, "gra_3")
    close_draw("spring", now=clock.now())
    assert (third.serial, serials()) == (4, [3, 4])


def test_withdraw__after_it_closed__tickets_stay(spring, win, over, clock):
    win(0, 1, "gra_1")
    ensure_draw(replace(spring, id="summer"), now=clock.now())
    win(0, 1, "gra_1", "summer")
    close_draw("spring", now=clock.now())
    published = ticket_list("spring").to_json()
    assert withdraw_tickets(["gra_1"], now=clock.now()) == 1
    assert ticket_list("spring").to_json() == published


def test_tickets_of__a_member__with_what_shows_which_are_theirs(spring, win, members, clock):
    win(0, 1, "gra_1")
    win(1, 1, "gra_2")
    win(0, 1, "gra_3")
    withdraw_tickets(["gra_3"], now=clock.now())
    told = tickets_of(member_number(members[0]), members[0])
    assert [(each.serial, each.grant, each.withdrawn) for each in told] == [(3, "gra_3", True), (1, "gra_1", False)]
    assert {each.draw for each in told} == {"spring"}
    assert told[1].member_hash == pseudonym("spring", members[0], told[1].salt)


@pytest.mark.parametrize("moment", ["2026-03-02T00:00Z", "2026-03-31T23:59:59Z", "2026-04-01T02:59:59+03:00"])
def test_close__before_its_last_day_is_over__refused(spring, win, moment):
    with pytest.raises(DrawNotOver):
        close_draw("spring", now=datetime.fromisoformat(moment))
    assert get_draw("spring").state is DrawState.OPEN


def test_close__list_is_published_once_and_its_root_kept(spring, win, over, clock):
    win(0, 2, "gra_1")
    with pytest.raises(TicketsNotPublished):
        ticket_list("spring")
    closed = close_draw("spring", now=clock.now())
    found = get_draw("spring")
    assert closed == ticket_list("spring")
    assert (found.state, found.root, found.tickets, found.closed_at) == (
        DrawState.CLOSED,
        closed.root.hex(),
        2,
        clock.now(),
    )
    # Of three prizes, one goes to nobody.
    assert found.winners_to_be == 2
    with pytest.raises(DrawNotOpen):
        close_draw("spring", now=clock.now())


def test_commit__of_a_draw_without_tickets__refused(spring, over, clock):
    close_draw("spring", now=clock.now())
    with pytest.raises(DrawWithoutTickets):
        draw_outcomes.to_be_committed("spring")


def test_commit__of_an_open_draw_or_one_committed_to__refused(spring, win, over, clock):
    win(0, 1, "gra_1")
    with pytest.raises(WrongDrawState):
        draw_outcomes.to_be_committed("spring")
    with pytest.raises(WrongDrawState):
        note_committed("spring", ON_CHAIN)
    close_draw("spring", now=clock.now())
    assert draw_outcomes.to_be_committed("spring") == (ticket_list("spring"), 1)
    note_committed("spring", ON_CHAIN)
    with pytest.raises(WrongDrawState):
        draw_outcomes.to_be_committed("spring")
    assert get_draw("spring").on_chain == ON_CHAIN


@pytest.fixture
def committed(spring, win, over, clock) -> None:
    """Two tickets of Anna, then one each of Boris and Vera."""
    win(0, 2, "gra_1")
    win(1, 1, "gra_2")
    win(2, 1, "gra_3")
    close_draw("spring", now=clock.now())
    note_committed("spring", ON_CHAIN)


def test_drawn__in_an_order__a_member_wins_once_and_the_first_the_best_prize(committed, members, clock):
    won = note_drawn("spring", DRAWN, [1, 0, 3, 2], now=clock.now())
    numbers = [member_number(member) for member in members]
    assert [(each.place, each.ticket.serial, each.member, each.prize) for each in won] == [
        (1, 2, numbers[0], 0),
        (2, 4, numbers[2], 1),
        (3, 3, numbers[1], 1),
    ]
    found = get_draw("spring")
    assert (found.state, found.on_chain, found.winners) == (DrawState.DRAWN, DRAWN, tuple(won))


def test_drawn__again_or_void_after_it__refused_and_nothing_changes(committed, clock):
    note_drawn("spring", DRAWN, range(4), now=clock.now())
    before = tables()
    for refused in (
        lambda: note_drawn("spring", DRAWN, [3, 2, 1, 0], now=clock.now()),
        lambda: note_void("spring", ON_CHAIN),
        lambda: note_committed("spring", ON_CHAIN),
    ):
        with pytest.raises(WrongDrawState):
            refused()
    assert tables() == before


def test_void__is_committed_to_again_with_the_same_tickets(committed, clock):
    before = ticket_list("spring")
    note_void("spring", ON_CHAIN)
    assert get_draw("spring").state is DrawState.VOID
    assert draw_outcomes.to_be_committed("spring") == (before, 3)
    note_committed("spring", replace(ON_CHAIN, attempts=2))
    note_committed("spring", replace(ON_CHAIN, attempts=2, rearms=1, block=356))
    found = get_draw("spring").on_chain
    assert found is not None
    assert (found.attempts, found.rearms, found.block) == (2, 1, 356)


def test_lists__the_youngest_first(spring, clock):
    clock.advance(timedelta(seconds=1))
    ensure_draw(replace(spring, id="summer"), now=clock.now())
    assert [view.draw.id for view in list_draws()] == ["summer", "spring"]
