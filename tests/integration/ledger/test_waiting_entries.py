"""What the recorder reads of the journal is the same from both databases."""

from datetime import timedelta

from coalition.store import ledger as store
from coalition.store import tables
from coalition.store.database import to_column
from tests.integration.ledger.conftest import on_both_databases


@on_both_databases
def test_unrecorded_entries__moment__is_text_as_documents_give_it(coalition, clock, buy):
    clock.advance(timedelta(milliseconds=120))
    buy(coalition.cinema, "r-1", 1000)

    (entry,) = store.unrecorded_entries(10)

    assert entry.occurred_at == to_column(tables.Entry.get().occurred_at) == "2026-03-02T09:00:00.120Z"


@on_both_databases
def test_backlog__several_entries_wait__tells_since_when_the_first_does(coalition, clock, buy):
    assert store.backlog() == (0, None)
    since = clock.now()
    for number in range(3):
        buy(coalition.cinema, f"r-{number}", 1000)
        clock.advance(timedelta(seconds=1))

    assert store.backlog() == (3, since)
