"""A lease: what only one process may do is done by the one that holds it, until it lets go or falls silent."""

import os
import socket
from datetime import datetime, timedelta

from coalition.ledger.errors import LeaseHeld
from coalition.store import tables
from coalition.store.database import transaction

RECORDER = "recorder"
TTL = timedelta(seconds=5)
RENEW_AFTER = timedelta(seconds=1.5)


class Lease:
    """This process's claim to a role. Times are the machine's: the lease measures silence, not business."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.holder = f"{socket.gethostname()}:{os.getpid()}"
        self._renew_at: datetime | None = None

    def hold(self, now: datetime) -> None:
        """Take the lease, or go on holding it: afterwards nobody else can take it for three seconds or more.

        :raises LeaseHeld: another process has it, or took it because we fell silent.
        """
        if self._renew_at is not None and now < self._renew_at:
            return
        with transaction():
            tables.Lease.insert(name=self.name, holder=self.holder, expires_at=now + TTL).on_conflict(
                conflict_target=(tables.Lease.name,),
                update={tables.Lease.holder: self.holder, tables.Lease.expires_at: now + TTL},
                where=(tables.Lease.holder == self.holder) | (tables.Lease.expires_at < now),
            ).execute()
            holder = tables.Lease.get_by_id(self.name).holder
        self._renew_at = now + RENEW_AFTER if holder == self.holder else None
        if holder != self.holder:
            raise LeaseHeld(holder=holder)

    def release(self) -> None:
        """Let go; another process may take it at once."""
        self._renew_at = None
        tables.Lease.delete().where(tables.Lease.name == self.name, tables.Lease.holder == self.holder).execute()
