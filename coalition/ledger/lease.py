"""A lease: what only one process may do is done by the one that holds it, until it lets go or falls silent."""

import os
import secrets
import socket
from datetime import datetime, timedelta

from coalition.ledger.errors import LeaseHeld
from coalition.store import tables
from coalition.store.database import transaction

RECORDER = "recorder"
TTL = timedelta(seconds=5)
RENEW_AFTER = timedelta(seconds=1.5)


_PROCESS = secrets.token_hex(4)
"""Containers can have one host name, and processes in them one number."""


class Lease:
    """This process's claim to a role. Times are the machine's: the lease measures silence, not business."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{_PROCESS}"
        self._renew_at: datetime | None = None

    def hold(self, now: datetime) -> None:
        """Take the lease, or go on holding it: afterwards nobody else can take it for three seconds or more.

        :raises LeaseHeld: another process has it, or had it since we fell silent: then we must start afresh.
        """
        if self._renew_at is not None and now < self._renew_at:
            return
        ours = tables.Lease.holder == self.holder
        free = ours if self._renew_at else ours | (tables.Lease.expires_at < now)
        with transaction():
            if self._renew_at is None:
                tables.Lease.insert(name=self.name, holder=self.holder, expires_at=now).on_conflict_ignore().execute()
            tables.Lease.update(holder=self.holder, expires_at=now + TTL).where(
                tables.Lease.name == self.name, free
            ).execute()
            row = tables.Lease.get_or_none(tables.Lease.name == self.name)
        held = row is not None and row.holder == self.holder
        self._renew_at = now + RENEW_AFTER if held else None
        if not held:
            raise LeaseHeld(holder=row.holder if row else "that has ended meanwhile")

    def release(self) -> None:
        """Let go; another process may take it at once."""
        self._renew_at = None
        tables.Lease.delete().where(tables.Lease.name == self.name, tables.Lease.holder == self.holder).execute()
