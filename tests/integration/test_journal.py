"""The journal is append-only, and its two ways of telling the accounts agree."""

from datetime import timedelta

import pytest
from peewee import DatabaseError

from coalition.domain.entries import EntryKind, postings
from coalition.ids import new_id
from coalition.services.journal import JournalSession, Source
from coalition.services.members import member_number
from coalition.store.database import execute, to_column, transaction
from coalition.store.journal import EntryRow, insert_entries
from tests.integration.books import contents, count


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM entry",
        "UPDATE entry SET points = points + 1",
        "UPDATE entry SET points = points",
        *(
            f"UPDATE entry SET {column} = {column}"
            for column in (
                "id",
                "public_id",
                "kind",
                "issuer_id",
                "partner_id",
                "member_id",
                "source",
                "document_hash",
                "occurred_at",
                "recorded_at",
            )
        ),
        "INSERT INTO entry SELECT * FROM entry ON CONFLICT (id) DO UPDATE SET points = 1000000",
    ],
)
def test_entry__changed_or_deleted_by_whoever__refused_by_the_database(coalition, till, statement):
    till.sell(coalition.cinema, 1000)
    before = contents()
    if "ON CONFLICT" in statement:
        # SQLite's grammar needs the WHERE here.
        statement = statement.replace("FROM entry ON", "FROM entry WHERE true ON")
    with pytest.raises(DatabaseError, match="append-only"), transaction():
        execute(statement)
    assert contents() == before


def test_entry__its_place_on_the_ledger__is_set_later(coalition, till, clock):
    till.sell(coalition.cinema, 1000)
    execute(
        "INSERT INTO batch (sequence, entries, root, head, formed_at) VALUES (1, 1, '', '', ?)",
        (to_column(clock.now()),),
    )
    execute("UPDATE entry SET sequence = 1")
    assert count("entry", "sequence = 1") == 1


def test_posting_view__every_kind_of_entry__agrees_with_the_domain(coalition, clock):
    member, issuer, partner = member_number(coalition.anna.id), coalition.grocer.number, coalition.cafe.number
    now = to_column(clock.now())
    with transaction():
        insert_entries(
            [
                EntryRow(
                    new_id("ent"), kind.name.lower(), issuer, partner, member, 100 + kind, f"s-{kind}", "", now, now
                )
                for kind in EntryKind
            ]
        )
    told = execute(
        "SELECT e.kind, p.account, p.issuer_id, p.redeemer_id, p.member_id, p.points"
        " FROM posting p JOIN entry e ON e.id = p.entry_id"
    ).fetchall()
    expected = {
        (kind.name.lower(), account.name, account.issuer, account.redeemer, account.member, points)
        for kind in EntryKind
        for account, points in postings(kind, issuer, partner, member, 100 + kind)
    }
    assert {tuple(row) for row in told} == expected
    assert len(told) == 2 * len(EntryKind)


def test_source__gives_an_issuers_points_once(coalition, till, clock):
    def reward():
        with transaction():
            session = JournalSession([coalition.anna.id], now=clock.now())
            session.issue(
                EntryKind.REWARD,
                coalition.operator.number,
                session.accounts[coalition.anna.id],
                50,
                Source("gra_1", "", clock.now()),
                expires_at=clock.now() + timedelta(days=1),
            )
            session.write()

    reward()
    before = contents()
    with pytest.raises(DatabaseError, match=r"(?i)unique"):
        reward()
    assert contents() == before


def test_entries__of_one_batch__have_ids_in_their_order(coalition, till):
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cafe, 1000)
    till.sell(coalition.grocer, 1000, redeem=120)
    rows = execute("SELECT id, kind, issuer_id FROM entry ORDER BY id").fetchall()
    assert [tuple(row[1:]) for row in rows] == [
        ("accrual", coalition.cinema.number),
        ("accrual", coalition.cafe.number),
        ("redemption", coalition.cinema.number),
        ("redemption", coalition.cafe.number),
        ("accrual", coalition.grocer.number),
    ]
