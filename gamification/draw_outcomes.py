"""What has become of prize draws on the chain, and who has won. The chain is asked elsewhere, and this kept."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson

from coalition.domain.draws import Ticket, TicketList, winners
from coalition.store.database import transaction
from gamification.draw_prizes import PrizeState, give_draw_prizes, prize_state
from gamification.draws import DrawState, find_draw, lock_draw, ticket_list
from gamification.errors import DrawWithoutTickets, WrongDrawState
from gamification.rules.draws import Draw
from gamification.store.draw_tables import DrawTicket, DrawWinner, PrizeDraw

TRANSITIONS: dict[DrawState, frozenset[DrawState]] = {
    DrawState.OPEN: frozenset({DrawState.CLOSED}),
    DrawState.CLOSED: frozenset({DrawState.COMMITTED}),
    # To itself where the hash of the block was lost, and a later one counts.
    DrawState.COMMITTED: frozenset({DrawState.COMMITTED, DrawState.DRAWN, DrawState.VOID}),
    DrawState.DRAWN: frozenset(),
    DrawState.VOID: frozenset({DrawState.COMMITTED}),
}
"""What may become of a draw."""


@dataclass(frozen=True, slots=True)
class OnChain:
    """A draw as the chain has it. Hashes are hexadecimal with their prefix, None while they are not known."""

    chain_id: int
    contract: str
    commitment: str
    block: int
    deadline: datetime
    attempts: int
    rearms: int
    secret: str | None = None
    block_hash: str | None = None
    seed: str | None = None


@dataclass(frozen=True, slots=True)
class Winner:
    """Who has won at ``place``, counted from 1. ``member`` is the coalition's number; the list has ``ticket``.

    A prize that is held says why, by the code of a refusal."""

    place: int
    ticket: Ticket
    member: int
    prize: int
    state: PrizeState
    held_because: str | None = None


@dataclass(frozen=True, slots=True)
class DrawView:
    """A draw, how far it is, and who has won; ``winners_to_be`` is how many are to win."""

    draw: Draw
    state: DrawState
    opened_at: datetime
    closed_at: datetime | None
    drawn_at: datetime | None
    root: str | None
    tickets: int | None
    winners_to_be: int | None
    on_chain: OnChain | None
    winners: tuple[Winner, ...]


def list_draws() -> list[DrawView]:
    """All draws, the youngest first."""
    return [_view(row) for row in PrizeDraw.select().order_by(PrizeDraw.opened_at.desc(), PrizeDraw.id)]


def get_draw(draw: str) -> DrawView:
    """:raises UnknownDraw: there is no such draw."""
    return _view(find_draw(draw))


def committed_draws() -> dict[str, OnChain]:
    """The draws that wait to be revealed, by their ids."""
    return {row.id: _on_chain(row) for row in PrizeDraw.select().where(PrizeDraw.state == DrawState.COMMITTED)}


def to_be_committed(draw: str) -> tuple[TicketList, int]:
    """The list, and how many win.

    :raises WrongDrawState: it is not closed, or is committed to already.
    :raises DrawWithoutTickets: nobody has a ticket.
    """
    found = find_draw(draw)
    _require(found, DrawState.COMMITTED)
    if found.state == DrawState.COMMITTED:
        raise WrongDrawState(draw=draw, state=found.state, wanted=DrawState.COMMITTED)
    if not found.tickets or found.winners is None:
        raise DrawWithoutTickets(draw=draw)
    return ticket_list(draw), found.winners


def note_committed(draw: str, on_chain: OnChain) -> None:
    """Afterwards the draw is committed to, or committed to still, by this block.

    :raises WrongDrawState: it is neither closed, nor void, nor committed to.
    """
    _note(draw, DrawState.COMMITTED, on_chain)


def note_void(draw: str, on_chain: OnChain) -> None:
    """Afterwards the draw is void: its tickets wait for the next attempt.

    :raises WrongDrawState: it was not committed to.
    """
    _note(draw, DrawState.VOID, on_chain)


def note_drawn(draw: str, on_chain: OnChain, order: Iterable[int], *, now: datetime) -> list[Winner]:
    """Afterwards the draw is over, and those have won who come first in this order of places in the list.

    A member wins once, however many tickets of theirs come first. What they have won is given at once, as far as its
    sponsors can pay and time suffices; the rest is due, and ``give_draw_prizes`` gives it.

    :raises WrongDrawState: it was not committed to.
    """
    with transaction():
        found = _note(draw, DrawState.DRAWN, on_chain, drawn_at=now)
        published = Draw.from_document(orjson.loads(found.document))
        won = winners(ticket_list(draw).tickets, order, found.winners or 0)
        ours = DrawTicket.public_id.in_([each.ticket for each in won])
        ids = {row.public_id: row.id for row in DrawTicket.select().where(ours)}
        for place, ticket in enumerate(won):
            row = {"draw": draw, "place": place, "ticket": ids[ticket.ticket], "prize": published.prize_at(place)}
            DrawWinner.create(**row, due_at=now, force_insert=True)
    # Not in the transaction above, which holds the draw: whoever works for members takes their locks first.
    give_draw_prizes(now=now)
    return _winners(draw)


def _note(draw: str, state: DrawState, on_chain: OnChain, **more: Any) -> PrizeDraw:
    with transaction():
        lock_draw(draw)
        found = find_draw(draw)
        _require(found, state)
        PrizeDraw.update(state=state, **asdict(on_chain), **more).where(PrizeDraw.id == draw).execute()
    return found


def _require(found: PrizeDraw, wanted: DrawState) -> None:
    if wanted not in TRANSITIONS[DrawState(found.state)]:
        raise WrongDrawState(draw=found.id, state=found.state, wanted=wanted)


def _view(row: PrizeDraw) -> DrawView:
    return DrawView(
        draw=Draw.from_document(orjson.loads(row.document)),
        state=DrawState(row.state),
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        drawn_at=row.drawn_at,
        root=row.root,
        tickets=row.tickets,
        winners_to_be=row.winners,
        on_chain=None if row.contract is None else _on_chain(row),
        winners=tuple(_winners(row.id)),
    )


def _on_chain(row: PrizeDraw) -> OnChain:
    return OnChain(**{name: getattr(row, name) for name in OnChain.__slots__})


def _winners(draw: str) -> list[Winner]:
    rows = DrawWinner.select(DrawWinner, DrawTicket).join(DrawTicket).where(DrawWinner.draw == draw)
    return [
        Winner(
            row.place + 1,
            Ticket(row.ticket.serial, row.ticket.public_id, row.ticket.member_hash),
            row.ticket.member_id,
            row.prize,
            prize_state(row.due_at, row.held_because),
            row.held_because,
        )
        for row in rows.order_by(DrawWinner.place)
    ]
