"""Connecting, and what a transaction promises."""

import pytest

from coalition.errors import InvalidSetting
from coalition.services.partners import list_partners, register_partner
from coalition.store.database import connect, disconnect, execute, is_postgresql, transaction
from coalition.store.tables import Entry


@pytest.mark.parametrize("url", ["mysql://host/db", "coalition.db", ""])
def test_connect__to_something_else__refused(url):
    with pytest.raises(InvalidSetting, match="COALITION_DATABASE_URL"):
        connect(url)


def test_connection__is_safe_by_default(database_url):
    connect(database_url)
    if is_postgresql():
        assert execute("SHOW timezone").fetchone()[0] == "UTC"
    else:
        found = [execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")]
        assert found == ["wal", 2, 1]
    disconnect()


def test_transaction__inside_another__is_part_of_that_one(coalition, clock):
    with pytest.raises(RuntimeError), transaction():
        with transaction():
            register_partner("museum", 100, now=clock.now())
        raise RuntimeError("undo all of it")
    assert "museum" not in [partner.name for partner in list_partners()]


@pytest.mark.usefixtures("store")
def test_ids__reserved_one_after_another__are_never_given_twice():
    from coalition.store.database import reserve_ids

    with transaction():
        given = [list(reserve_ids(Entry, count)) for count in (1, 3, 0, 2)]
    if is_postgresql():
        assert given == [[1], [2, 3, 4], [], [5, 6]]
    else:
        # SQLite has one writer at a time: ids count from what stands in the table.
        assert given == [[1], [1, 2, 3], [], [1, 2]]
