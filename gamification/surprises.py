"""The log of surprises: which choice each grant drew, so that anybody can compute it again once the seed is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import orjson

from coalition.store.database import insert_rows, to_column
from gamification.errors import UnknownSurprise
from gamification.rules.surprises import Choice, Draw, commitment, draw, verify_choice
from gamification.store.reward_tables import SurpriseLog

_COLUMNS = ("grant_id", "occasion", "version_id", "seed_commitment", "weights", "number", "picked", "recorded_at")


class Surprise(NamedTuple):
    """A grant (its public id) of a rule's version (its row id), and what that version may surprise with.

    The seed decides with the ``occasion``, which stays the same for whoever wins again what they had lost.
    """

    grant: str
    occasion: str
    version: int
    choices: Sequence[Choice]
    seed: str | bytes


@dataclass(frozen=True, slots=True)
class DrawnSurprise:
    """``commitment`` is the SHA-256 of the seed in hexadecimal."""

    grant: str
    occasion: str
    commitment: str
    weights: tuple[int, ...]
    draw: Draw


def draw_surprises(surprises: Sequence[Surprise], *, now: datetime) -> list[Choice]:
    """What each grant gets, in their order; how that came about is in the log, in the caller's transaction."""
    rows, drawn = [], []
    for grant, occasion, version, choices, seed in surprises:
        weights = [choice.weight for choice in choices]
        found = draw(weights, seed, occasion)
        rows.append(
            (grant, occasion, version, commitment(seed), orjson.dumps(weights).decode(), *found, to_column(now))
        )
        drawn.append(choices[found.picked])
    insert_rows(SurpriseLog, _COLUMNS, rows)
    return drawn


def drawn_surprise(grant: str) -> DrawnSurprise:
    """How the grant came to its surprise.

    :raises UnknownSurprise: it came with none.
    """
    row = SurpriseLog.get_or_none(SurpriseLog.grant_id == grant)
    if row is None:
        raise UnknownSurprise(grant=grant)
    weights = tuple(orjson.loads(row.weights))
    return DrawnSurprise(grant, row.occasion, row.seed_commitment, weights, Draw(row.number, row.picked))


def follows(drawn: DrawnSurprise, seed: str | bytes) -> bool:
    """Whether the seed is the one that the log was committed to, and means what the log says."""
    return verify_choice(drawn.weights, seed, drawn.occasion, drawn.commitment, drawn.draw)
