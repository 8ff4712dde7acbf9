"""What the winners of prize draws are given: points of the draw's sponsor, or a perk; and what the stream is told.

Each prize is given once, whatever is interrupted or done twice: a winner is due until what was given is written down,
in the transaction that gives it, and the journal takes one reward for a ticket.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from coalition import events
from coalition.domain.documents import document_hash
from coalition.services.members import public_ids
from coalition.services.partners import OPERATOR, list_partners
from coalition.services.rewards import Reward, reward_points
from coalition.store.database import execute, execute_many, from_column, lock_name, placeholders, to_column, transaction
from gamification import rewards
from gamification.rewards import RewardWin, issue_rewards
from gamification.rules.draws import Draw, DrawPrize
from gamification.rules.rewards import Perk
from gamification.stream import DRAW_WON, SOURCE

PERK_DAYS = 90
"""For how long a prize that is not points is honoured."""
_TRY_AGAIN = timedelta(minutes=1)
_CHUNK = 500


class PrizeState(StrEnum):
    """``due → given``, or first ``held``, while the sponsor cannot pay."""

    DUE = "due"
    HELD = "held"
    GIVEN = "given"


class _Prize(NamedTuple):
    """Of one winner; ``place`` is counted from 0, as the table has it."""

    draw: Draw
    place: int
    prize: DrawPrize
    ticket: str
    member: int
    held_because: str | None
    drawn_at: datetime

    @property
    def sponsor(self) -> str:
        return self.draw.partner or OPERATOR


def prize_state(due_at: datetime | None, held_because: str | None) -> PrizeState:
    """How far a winner's prize is, by what stands in its row."""
    if due_at is None:
        return PrizeState.GIVEN
    return PrizeState.HELD if held_because else PrizeState.DUE


def give_draw_prizes(*, now: datetime, limit: int = 1000) -> int:
    """Give at most ``limit`` winners what they have won, those first who wait longest; returns how many were given it.

    Points come from the partner that gives the prizes, else from the operator. What it cannot pay now is held, says
    why, and is tried again in a minute.
    """
    # Asked first without a lock: most of the time nothing is due.
    if not _due(now, 1):
        return 0
    with transaction():
        lock_name("prizes of draws")
        due = _due(now, limit)
        # The members of points before anything else: whoever works for members takes their locks first.
        refusals = reward_points(_rewards([each for each in due if each.prize.points]), now=now)
        given = [each for each in due if each.ticket not in refusals]
        perks = [each for each in given if not each.prize.points]
        issue_rewards([RewardWin(each.ticket, each.member, [_perk(each)]) for each in perks], now)
        _note_given(given, rewards.ids_of([each.ticket for each in perks]), now)
        _note_held([(each, refusals[each.ticket].code) for each in due if each.ticket in refusals], now)
        _tell([each for each in due if each.held_because is None], now)
        return len(given)


def prize_documents(tickets: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By the winning ticket, the documents whose hashes are in the ledger, made again from the database."""
    found: list[_Prize] = []
    for start in range(0, len(tickets), _CHUNK):
        some = tickets[start : start + _CHUNK]
        found += _select(f"t.public_id IN ({placeholders(len(some))})", some)
    return _documents([each for each in found if each.prize.points])


def _documents(prizes: Sequence[_Prize]) -> dict[str, dict[str, Any]]:
    members = public_ids({each.member for each in prizes})
    ids = {partner.name: partner.id for partner in list_partners()} if prizes else {}
    return {
        each.ticket: {
            "draw": each.draw.id,
            "ticket": each.ticket,
            "place": each.place + 1,
            "prize": dict(each.prize.title),
            "member": members[each.member],
            "points": each.prize.points,
            "funded_by": {ids[each.sponsor]: each.prize.points},
            "earned_at": to_column(each.drawn_at),
        }
        for each in prizes
    }


def _rewards(prizes: Sequence[_Prize]) -> list[Reward]:
    documents, numbers = _documents(prizes), _numbers()
    return [
        Reward(
            each.ticket,
            documents[each.ticket]["member"],
            {numbers[each.sponsor]: each.prize.points},
            document_hash(documents[each.ticket]),
            each.drawn_at,
        )
        for each in prizes
    ]


def _perk(won: _Prize) -> Perk:
    return Perk(title=won.prize.title, partner=won.draw.partner, valid_days=PERK_DAYS)


def _note_given(given: Sequence[_Prize], reward_ids: dict[str, str], now: datetime) -> None:
    execute_many(
        "UPDATE draw_winner SET due_at = NULL, held_because = NULL, given_at = ?, points = ?, reward = ?"
        " WHERE draw_id = ? AND place = ?",
        ((to_column(now), each.prize.points, reward_ids.get(each.ticket), each.draw.id, each.place) for each in given),
    )


def _note_held(held: Sequence[tuple[_Prize, str]], now: datetime) -> None:
    again = to_column(now + _TRY_AGAIN)
    execute_many(
        "UPDATE draw_winner SET due_at = ?, held_because = ? WHERE draw_id = ? AND place = ?",
        ((again, code, each.draw.id, each.place) for each, code in held),
    )


def _tell(won: Sequence[_Prize], now: datetime) -> None:
    numbers = _numbers()
    news = [
        events.NewEvent(
            type=DRAW_WON,
            source=SOURCE,
            source_event_id=f"{DRAW_WON}:{each.ticket}",
            member=each.member,
            partner=numbers[each.sponsor],
            attributes={
                "draw": each.draw.id,
                "ticket": each.ticket,
                "place": each.place + 1,
                "prize": each.prize.title,
                "points": each.prize.points,
            },
            occurred_at=each.drawn_at,
        )
        for each in won
    ]
    if news:
        events.append(news, now)


def _numbers() -> dict[str, int]:
    return {partner.name: partner.number for partner in list_partners()}


def _due(now: datetime, limit: int) -> list[_Prize]:
    return _select("w.due_at <= ?", [to_column(now)], limit)


def _select(condition: str, parameters: Sequence[Any], limit: int = -1) -> list[_Prize]:
    rows = execute(
        "SELECT d.document, w.place, w.prize, t.public_id, t.member_id, w.held_because, d.drawn_at FROM draw_winner w"
        " JOIN draw_ticket t ON t.id = w.ticket_id JOIN prize_draw d ON d.id = w.draw_id"
        f" WHERE {condition} ORDER BY w.due_at, w.draw_id, w.place" + (" LIMIT ?" if limit >= 0 else ""),
        [*parameters, *([limit] if limit >= 0 else [])],
    ).fetchall()
    return [_prize(*row) for row in rows]


def _prize(
    document: str, place: int, prize: int, ticket: str, member: int, held_because: str | None, drawn_at: Any
) -> _Prize:
    draw = Draw.from_document(orjson.loads(document))
    return _Prize(draw, place, draw.prizes[prize], ticket, member, held_because, from_column(drawn_at))
