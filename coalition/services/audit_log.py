"""The log of what operators, and partners about their statements, did: written with the deed, never changed."""

from datetime import datetime
from typing import Any, NamedTuple

import orjson

from coalition.services.cursors import Page, page, read_cursor
from coalition.store import tables


class Deed(NamedTuple):
    """``by`` is the id of a key; ``subject`` of what it was done to."""

    at: datetime
    by: str
    action: str
    subject: str
    details: dict[str, Any]


def note(action: str, subject: str, details: dict[str, Any], by: str, *, now: datetime) -> None:
    """Write it down, in the transaction of the deed itself."""
    tables.AuditEntry.create(
        at=now, by=by, action=action, subject=subject, details=orjson.dumps(details, default=str).decode()
    )


def list_deeds(cursor: str | None = None, limit: int = 100, subject: str | None = None) -> Page[Deed]:
    """The youngest first; of one ``subject`` if it is given.

    :raises InvalidCursor: the cursor is none of ours.
    """
    after = read_cursor("audit", cursor)
    query = tables.AuditEntry.select().where(tables.AuditEntry.id < after)
    if subject is not None:
        query = query.where(tables.AuditEntry.subject == subject)
    rows = list(query.order_by(tables.AuditEntry.id.desc()).limit(limit + 1))
    shown = page("audit", rows, limit, lambda row: row.id)
    deeds = [Deed(row.at, row.by, row.action, row.subject, orjson.loads(row.details)) for row in shown.data]
    return Page(deeds, shown.next_cursor)
