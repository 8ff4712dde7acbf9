"""A process that may be killed, the database that it leaves behind, and chance that comes again."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from peewee import SqliteDatabase

from coalition.clock import ManualClock
from coalition.domain.programme import Programme
from coalition.services.members import EnrolMember, enrol_members
from coalition.services.partners import ensure_operator, register_partner
from coalition.services.programmes import create_programme
from coalition.store.database import connect, database, disconnect
from coalition.store.schema import migrate
from coalition.store.tables import Badge

RATES_BPS = {"cinema": 1000, "cafe": 500, "grocer": 100}
MEMBERS = 4
BADGES = 2

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_WRITES = ("INSERT", "UPDATE", "DELETE")


class Crash(BaseException):
    """The process was killed here."""


class Lifetime:
    """Of one process: it may end before or after anything that others can see. A dead one can do nothing more."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.awaited = ""
        self.ended = ""

    def will_end(self, at_moment: int, of: str = "") -> None:
        """It ends at that moment, counted from now; only those with this word count."""
        self.left, self.awaited = at_moment, of

    def begin_anew(self) -> None:
        self.left, self.ended = None, ""

    def passes(self, moment: str) -> None:
        """Returns, unless that was the last moment.

        :raises Crash: it was.
        """
        if self.left is not None and self.awaited in moment:
            self.left -= 1
            if self.left <= 0 and not self.ended:
                self.ended = moment
        self.goes_on()

    def goes_on(self) -> None:
        """Returns as long as the process lives.

        :raises Crash: it does not: this comes from what a process would clean up, if it had not been killed.
        """
        if self.ended:
            raise Crash(self.ended)


LIFE = Lifetime()


class MortalDatabase(SqliteDatabase):
    """A database whose user may be killed before and after all that it writes."""

    def begin(self, lock_type: str | None = None) -> Any:
        LIFE.goes_on()
        super().begin(lock_type)

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        LIFE.goes_on()
        if self.in_transaction() or not sql.lstrip().startswith(_WRITES):
            return super().execute_sql(sql, params)
        LIFE.passes(f"before {sql.split()[0]}")
        cursor = super().execute_sql(sql, params)
        LIFE.passes(f"after {sql.split()[0]}")
        return cursor

    def commit(self) -> Any:
        LIFE.passes("before COMMIT")
        super().commit()
        LIFE.passes("after COMMIT")


class _Serial:
    """Stands in for the making of identifiers: they follow from the seed, and sort by birth like others."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._last = rng.getrandbits(120)

    def __call__(self) -> str:
        self._last += 1 + self._rng.randrange(1 << 40)
        return "".join(_ALPHABET[self._last >> 5 * place & 31] for place in reversed(range(26)))


class _Secrets:
    """Stands in for the module ``secrets``."""

    def __init__(self, rng: Random) -> None:
        self.randbelow = rng.randrange
        self.choice = rng.choice
        self._rng = rng

    def token_hex(self, size: int) -> str:
        return self._rng.randbytes(size).hex()


@contextmanager
def chance_from(rng: Random) -> Iterator[None]:
    """Inside, what is random in the coalition comes from here."""
    with ExitStack() as stack:
        stack.enter_context(patch("coalition.ids.ULID", _Serial(rng)))
        stack.enter_context(patch("coalition.services.members.secrets", _Secrets(rng)))
        stack.enter_context(patch("coalition.store.database.SqliteDatabase", MortalDatabase))
        yield


@contextmanager
def founded(clock: ManualClock) -> Iterator[Path]:
    """A database with partners, members and nothing that happened, to be copied for each seed."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as directory, chance_from(Random("founding")):
        path = Path(directory) / "template.db"
        connect(f"sqlite:///{path}")
        migrate()
        create_programme(Programme(), now=clock.now())
        operator = ensure_operator(now=clock.now())
        for name, rate_bps in RATES_BPS.items():
            register_partner(name, rate_bps, now=clock.now())
        phones = [EnrolMember(phone=f"+7916000000{number}") for number in range(MEMBERS)]
        enrol_members(phones, operator.number, now=clock.now())
        for number in range(1, BADGES + 1):
            Badge.create(code=f"badge {number}", issuer=number)
        disconnect()
        yield path


class Store:
    """A copy of the template, and the process's connection to it, which dies with the process."""

    def __init__(self, template: Path) -> None:
        self.path = template.with_name(f"{os.getpid()}.db")
        shutil.copy(template, self.path)
        self.open()

    def open(self) -> None:
        """As a new process does."""
        connect(f"sqlite:///{self.path}")
        database.execute_sql("PRAGMA synchronous = OFF")

    def abandon(self) -> None:
        """What was not committed is gone."""
        database.connection().rollback()
        disconnect()

    def remove(self) -> None:
        self.abandon()
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink()
