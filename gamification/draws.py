"""Prize draws up to their closing: who has which ticket, and the list that is then published and never changes.

What becomes of a closed draw on the chain is `gamification.draw_outcomes`.
"""

import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NamedTuple

import orjson

from coalition.domain.documents import canonical_json
from coalition.domain.draws import Ticket, TicketList, pseudonym
from coalition.ids import new_id
from coalition.services.members import public_ids
from coalition.store.database import chunks, execute, insert_rows, lock_name, placeholders, to_column, transaction
from gamification.errors import DrawHasTickets, DrawNotOpen, DrawNotOver, TicketsNotPublished, UnknownDraw
from gamification.rules.draws import Draw
from gamification.store.draw_tables import DrawTicket, PrizeDraw

_COLUMNS = ("public_id", "draw_id", "serial", "member_id", "member_hash", "grant_id", "number", "issued_at")


class DrawState(StrEnum):
    """``open``: tickets can be won; ``closed``: the list is fixed; ``committed``: the chain has it, and a secret's
    commitment; ``drawn``: there are winners; ``void``: the secret was not revealed in time, so it is drawn again."""

    OPEN = "open"
    CLOSED = "closed"
    COMMITTED = "committed"
    DRAWN = "drawn"
    VOID = "void"


class TicketWin(NamedTuple):
    """A grant that gives a member so many tickets."""

    grant: str
    member: int
    tickets: int


@dataclass(frozen=True, slots=True)
class MemberTicket:
    """A ticket as its member is told of it: with the salt, SHA-256 gives what the list calls the member."""

    id: str
    draw: str
    serial: int
    grant: str
    member: int
    salt: str
    member_hash: str
    withdrawn: bool = False


def ensure_draw(draw: Draw, *, now: datetime) -> tuple[int, bool]:
    """Afterwards there is this draw, as it is published now; the same again changes nothing. Returns its version, and
    whether that is new.

    :raises DrawNotOpen: it is closed, and was published with other words, dates or prizes.
    :raises DrawHasTickets: members have tickets of it, and would have other prizes, or less time.
    """
    document = canonical_json(draw.to_document()).decode()
    with transaction():
        lock_draw(draw.id)
        found = PrizeDraw.get_or_none(PrizeDraw.id == draw.id)
        if found is None:
            row = {"id": draw.id, "document": document, "state": DrawState.OPEN, "salt": secrets.token_hex(32)}
            PrizeDraw.create(**row, opened_at=now, force_insert=True)
            return 1, True
        if found.document == document:
            return found.version, False
        if found.state != DrawState.OPEN:
            raise DrawNotOpen(draw=draw.id, state=found.state)
        _check_promised(Draw.from_document(orjson.loads(found.document)), draw)
        version = found.version + 1
        PrizeDraw.update(document=document, version=version).where(PrizeDraw.id == draw.id).execute()
        return version, True


def open_draws() -> dict[str, date]:
    """The draws of which tickets can be issued now, each with the last day, UTC, on which they can be won."""
    rows = PrizeDraw.select(PrizeDraw.id, PrizeDraw.document).where(PrizeDraw.state == DrawState.OPEN)
    return {row.id: Draw.from_document(orjson.loads(row.document)).closes_on for row in rows}


def known_draws() -> set[str]:
    """All draws that were ever published."""
    return {row.id for row in PrizeDraw.select(PrizeDraw.id)}


def issue_tickets(draw: str, wins: Sequence[TicketWin], *, now: datetime) -> list[MemberTicket]:
    """Afterwards each of these grants has its tickets, numbered on from the last of the draw; returned are those that
    are new. A grant that had tickets of the draw before, withdrawn or not, gets none.

    :raises UnknownDraw: there is no such draw.
    :raises DrawNotOpen: it is closed; nothing was issued.
    """
    with transaction():
        lock_draw(draw)
        salt = _open(draw).salt
        served = _served(draw, [win.grant for win in wins])
        ids = public_ids({win.member for win in wins})
        serial = execute("SELECT COALESCE(MAX(serial), 0) FROM draw_ticket WHERE draw_id = ?", (draw,)).fetchone()[0]
        issued: list[MemberTicket] = []
        rows = []
        for grant, member, count in wins:
            if grant in served:
                continue
            served.add(grant)
            told = member_salt(salt, ids[member])
            called = pseudonym(draw, ids[member], told)
            for number in range(1, count + 1):
                serial += 1
                ticket = MemberTicket(new_id("tkt"), draw, serial, grant, member, told, called)
                issued.append(ticket)
                rows.append((ticket.id, draw, serial, member, called, grant, number, to_column(now)))
        insert_rows(DrawTicket, _COLUMNS, rows)
    return issued


def withdraw_tickets(grants: Collection[str], *, now: datetime) -> int:
    """Afterwards tickets of these grants are in no list to come; returns how many were withdrawn.

    Those of a draw that is closed stay: its list is published, and what is drawn by it must not change.
    """
    withdrawn = 0
    with transaction():
        for some in chunks(sorted(grants)):
            ours = f"grant_id IN ({placeholders(len(some))}) AND withdrawn_at IS NULL"
            draws = execute(f"SELECT DISTINCT draw_id FROM draw_ticket WHERE {ours} ORDER BY draw_id", some).fetchall()
            for (draw,) in draws:
                lock_draw(draw)
                if PrizeDraw.get_by_id(draw).state == DrawState.OPEN:
                    statement = f"UPDATE draw_ticket SET withdrawn_at = ? WHERE {ours} AND draw_id = ?"
                    withdrawn += execute(statement, (to_column(now), *some, draw)).rowcount
    return withdrawn


def tickets_of(member: int, member_id: str) -> list[MemberTicket]:
    """All tickets of the member, also known as ``member_id``, the youngest first."""
    rows = (
        DrawTicket.select(DrawTicket, PrizeDraw.id, PrizeDraw.salt)
        .join(PrizeDraw)
        .where(DrawTicket.member_id == member)
        .order_by(DrawTicket.id.desc())
    )
    return [
        MemberTicket(
            row.public_id,
            row.draw_id,
            row.serial,
            row.grant_id,
            member,
            member_salt(row.draw.salt, member_id),
            row.member_hash,
            row.withdrawn_at is not None,
        )
        for row in rows
    ]


def close_draw(draw: str, *, now: datetime) -> TicketList:
    """Afterwards the list of tickets is fixed: those that were not withdrawn.

    :raises UnknownDraw: there is no such draw.
    :raises DrawNotOpen: it is closed already.
    :raises DrawNotOver: its last day is not over.
    """
    with transaction():
        lock_draw(draw)
        found = _open(draw)
        published = Draw.from_document(orjson.loads(found.document))
        if now.astimezone(UTC).date() <= published.closes_on:
            raise DrawNotOver(draw=draw, closes_on=published.closes_on)
        tickets = _list(draw)
        # With fewer tickets than prizes, some prizes go to nobody.
        winners = min(published.winners, len(tickets.tickets))
        fixed = {"root": tickets.root.hex(), "tickets": len(tickets.tickets), "winners": winners}
        values = fixed | {"state": DrawState.CLOSED, "closed_at": now}
        PrizeDraw.update(**values).where(PrizeDraw.id == draw).execute()
    return tickets


def ticket_list(draw: str) -> TicketList:
    """The published list, the same at any time.

    :raises UnknownDraw: there is no such draw.
    :raises TicketsNotPublished: it is not closed.
    """
    if find_draw(draw).state == DrawState.OPEN:
        raise TicketsNotPublished(draw=draw)
    return _list(draw)


def member_salt(salt: str, member_id: str) -> str:
    """What the member is told, and nobody else can work out: a partner who knows the member's id finds nobody."""
    return hmac.digest(bytes.fromhex(salt), member_id.encode(), "sha256").hex()


def find_draw(draw: str) -> PrizeDraw:
    """:raises UnknownDraw: there is no such draw."""
    found = PrizeDraw.get_or_none(PrizeDraw.id == draw)
    if found is None:
        raise UnknownDraw(draw=draw)
    return found


def lock_draw(draw: str) -> None:
    """Only one transaction at a time goes on from here for this draw."""
    lock_name(f"prize draw {draw}")


def _check_promised(before: Draw, after: Draw) -> None:
    """What tickets were won for stays."""
    same_prizes = (before.prizes, before.partner) == (after.prizes, after.partner)
    if same_prizes and after.closes_on >= before.closes_on:
        return
    if DrawTicket.select().where((DrawTicket.draw == after.id) & DrawTicket.withdrawn_at.is_null()).exists():
        raise DrawHasTickets(draw=after.id, closes_on=before.closes_on)


def _open(draw: str) -> PrizeDraw:
    found = find_draw(draw)
    if found.state != DrawState.OPEN:
        raise DrawNotOpen(draw=draw, state=found.state)
    return found


def _served(draw: str, grants: Sequence[str]) -> set[str]:
    """Those of the grants that have tickets of the draw."""
    found: set[str] = set()
    for some in chunks(grants):
        statement = f"SELECT grant_id FROM draw_ticket WHERE draw_id = ? AND grant_id IN ({placeholders(len(some))})"
        found.update(grant for (grant,) in execute(statement, (draw, *some)).fetchall())
    return found


def _list(draw: str) -> TicketList:
    statement = (
        "SELECT serial, public_id, member_hash FROM draw_ticket"
        " WHERE draw_id = ? AND withdrawn_at IS NULL ORDER BY serial"
    )
    return TicketList(draw, tuple(Ticket(*row) for row in execute(statement, (draw,)).fetchall()))
