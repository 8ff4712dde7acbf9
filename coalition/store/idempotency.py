"""The hand-written statements for answers that are given once and kept."""

from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from coalition.store.database import execute, from_column, is_postgresql, to_column


class AnswerRow(NamedTuple):
    request_hash: str
    status: int
    body: str
    created_at: datetime


def claim(owner: str, key: str) -> bool:
    """Whether this transaction is the only one that works on the key; it is until the transaction ends.

    PostgreSQL says so at once, by an advisory lock. In SQLite a transaction has waited for all other writers before it
    began, so whatever they did with the key is there to be read.
    """
    if not is_postgresql():
        return True
    lock = int.from_bytes(sha256(f"{owner}\n{key}".encode()).digest()[:8], signed=True)
    free: bool = execute("SELECT pg_try_advisory_xact_lock(?)", (lock,)).fetchone()[0]
    return free


def kept_answer(owner: str, key: str) -> AnswerRow | None:
    row = execute(
        "SELECT request_hash, status, body, created_at FROM idempotency_key WHERE owner = ? AND key = ?", (owner, key)
    ).fetchone()
    return row and AnswerRow._make((*row[:3], from_column(row[3])))


def keep_answer(owner: str, key: str, row: AnswerRow) -> None:
    execute(
        "INSERT INTO idempotency_key (owner, key, request_hash, status, body, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (owner, key, row.request_hash, row.status, row.body, to_column(row.created_at)),
    )


def drop_answer(owner: str, key: str) -> None:
    execute("DELETE FROM idempotency_key WHERE owner = ? AND key = ?", (owner, key))


def drop_answers_before(moment: datetime) -> int:
    dropped: int = execute("DELETE FROM idempotency_key WHERE created_at < ?", (to_column(moment),)).rowcount
    return dropped
