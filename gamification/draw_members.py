"""The draws in which a member has tickets, with what the member needs to be found in the published lists, and has won.

A ticket's number or name leads to what the list calls the member, and from there to all that member's tickets. So only
members themselves and operators see those; a partner sees how many there are, and what of its own prizes was won.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import orjson

from coalition.services.members import member_number
from coalition.services.partners import list_partners
from gamification.draw_prizes import PrizeState, prize_state
from gamification.draws import DrawState, MemberTicket, tickets_of
from gamification.rules.draws import Draw, DrawPrize
from gamification.store.draw_tables import DrawTicket, DrawWinner, PrizeDraw


class TicketState(StrEnum):
    """What is ``withdrawn`` is in no list; what has ``won`` was drawn first of the member's."""

    VALID = "valid"
    WITHDRAWN = "withdrawn"
    WON = "won"


@dataclass(frozen=True, slots=True)
class WonPrize:
    """``place`` is counted from 1. ``reward`` is the perk that the prize is; None if it is points, or not given yet."""

    place: int
    ticket: str
    prize: DrawPrize
    state: PrizeState
    given_at: datetime | None
    reward: str | None


@dataclass(frozen=True, slots=True)
class MemberDraw:
    """``member`` is what the list calls the member. ``tickets`` are those by name, the youngest first."""

    draw: Draw
    state: DrawState
    member: str
    salt: str
    tickets: tuple[MemberTicket, ...]
    won: tuple[WonPrize, ...]

    @property
    def valid(self) -> int:
        """How many tickets take part."""
        return sum(not ticket.withdrawn for ticket in self.tickets)

    def state_of(self, ticket: MemberTicket) -> TicketState:
        if ticket.withdrawn:
            return TicketState.WITHDRAWN
        return TicketState.WON if any(won.ticket == ticket.id for won in self.won) else TicketState.VALID

    def is_given_by(self, partner: int) -> bool:
        """Whether the prizes are those of the partner with this number."""
        return any(each.number == partner and each.name == self.draw.partner for each in list_partners())


def draws_of(member_id: str) -> list[MemberDraw]:
    """The draws of which the member has ever had a ticket; that first of which the first ticket is the youngest.

    :raises UnknownMember: no member has this id.
    """
    member = member_number(member_id)
    tickets: dict[str, list[MemberTicket]] = {}
    for ticket in reversed(tickets_of(member, member_id)):
        tickets.setdefault(ticket.draw, []).append(ticket)
    won = _won(member)
    rows = {row.id: row for row in _draws_of(member)}
    return [
        MemberDraw(
            draw=_published(rows[draw]),
            state=DrawState(rows[draw].state),
            member=some[0].member_hash,
            salt=some[0].salt,
            tickets=tuple(reversed(some)),
            won=tuple(won.get(draw, ())),
        )
        for draw, some in reversed(tickets.items())
    ]


def _draws_of(member: int) -> list[PrizeDraw]:
    return list(PrizeDraw.select().join(DrawTicket).where(DrawTicket.member_id == member).distinct())


def _won(member: int) -> dict[str, list[WonPrize]]:
    """By draw, what the member has won."""
    rows = (
        DrawWinner.select(DrawWinner, DrawTicket, PrizeDraw)
        .join(DrawTicket)
        .switch(DrawWinner)
        .join(PrizeDraw)
        .where(DrawTicket.member_id == member)
        .order_by(DrawWinner.draw, DrawWinner.place)
    )
    found: dict[str, list[WonPrize]] = {}
    for row in rows:
        prize = WonPrize(
            place=row.place + 1,
            ticket=row.ticket.public_id,
            prize=_published(row.draw).prizes[row.prize],
            state=prize_state(row.due_at, row.held_because),
            given_at=row.given_at,
            reward=row.reward,
        )
        found.setdefault(row.draw.id, []).append(prize)
    return found


def _published(row: PrizeDraw) -> Draw:
    return Draw.from_document(orjson.loads(row.document))
