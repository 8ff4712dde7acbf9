"""A request that comes twice is carried out once, and answered twice.

The claim of the key, the use case and the answer that is kept are one transaction: whatever kills the process leaves
all of them or none, and a client that heard nothing asks again with the same key.

A refusal is not kept. It changed nothing, so there is nothing that could happen twice, and the same request may be
granted later: once the member has the points, or the partner is reinstated.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import IntegrityError, InternalError

from coalition.errors import IdempotencyKeyInFlight, IdempotencyKeyReused
from coalition.store import idempotency as store
from coalition.store.database import transaction

KEPT_FOR = timedelta(days=30)
_ATTEMPTS = 10
"""Each one that fails, another transaction has got through."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a use case answers. ``kept_body`` stands in for ``body`` where that must not be written down: a secret."""

    status: int
    body: str
    kept_body: str | None = None


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """``replayed`` says that the use case ran before, and this is what it answered then."""

    status: int
    body: str
    replayed: bool


def run_once(owner: str, key: str, request_hash: str, action: Callable[[], Answer], *, now: datetime) -> GivenAnswer:
    """Run the action if this owner's key is new, else repeat the first answer.

    :raises IdempotencyKeyReused: the key came before with another request.
    :raises IdempotencyKeyInFlight: the first request is still running.
    :raises CoalitionError: the action refused; nothing is written and the key is as new.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _run(owner, key, request_hash, action, now)
        except (IntegrityError, InternalError):
            # Another transaction wrote the same receipt or number first, and this one is undone; in PostgreSQL it could
            # not even be asked what the other wrote. Run anew, the action finds it, and refuses in its own words.
            continue
    return _run(owner, key, request_hash, action, now)


def forget_old_answers(*, now: datetime) -> int:
    """Drop the answers that are kept no longer; returns how many."""
    return store.drop_answers_before(now - KEPT_FOR)


def _run(owner: str, key: str, request_hash: str, action: Callable[[], Answer], now: datetime) -> GivenAnswer:
    with transaction():
        if not store.claim(owner, key):
            raise IdempotencyKeyInFlight(key=key)
        kept = store.kept_answer(owner, key)
        if kept and kept.created_at < now - KEPT_FOR:
            store.drop_answer(owner, key)
        elif kept:
            if kept.request_hash != request_hash:
                raise IdempotencyKeyReused(key=key)
            return GivenAnswer(kept.status, kept.body, replayed=True)
        answer = action()
        row = store.AnswerRow(request_hash, answer.status, answer.kept_body or answer.body, now)
        store.keep_answer(owner, key, row)
        return GivenAnswer(answer.status, answer.body, replayed=False)
