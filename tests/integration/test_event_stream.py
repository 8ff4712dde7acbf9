"""The stream of what happened: in order, complete, each event once."""

from datetime import timedelta
from threading import Thread
from time import monotonic

import psycopg
import pytest
from peewee import IntegrityError

from coalition import events
from coalition.events import NewEvent, append, backlog, lock_cursor, move_cursor, read_after, read_members
from coalition.services.members import member_number
from coalition.services.purchases import record_purchases
from coalition.store.database import announce_event_writer, connection, execute, transaction


def test_purchase__tells_the_stream_all_that_rules_may_read(coalition, till, clock):
    till.sell(coalition.cinema, 1000)
    at = clock.now() - timedelta(hours=3)
    bought = till.sell(coalition.cafe, 500, 100, redeem=60, store_id="corner", at=at)
    event = read_after(0, 10)[1]
    assert (event.type, event.partner, event.occurred_at) == ("purchase.recorded", coalition.cafe.number, at)
    assert event.attributes == {
        "purchase": bought.id,
        "partner": "cafe",
        "store": "corner",
        "currency": "USD",
        "total_minor": 600,
        "payable_minor": 540,
        "points_accrued": 27,
        "points_redeemed": 60,
        "lines": 2,
        "categories": ["category"],
    }


def test_stream__is_in_the_order_of_recording_and_read_in_parts(coalition, till, clock):
    yesterday = clock.now() - timedelta(days=1)
    first = till.sell(coalition.cinema, 100)
    batch = record_purchases(
        [till.receipt(coalition.cafe, 100), till.receipt(coalition.cinema, 100, at=yesterday)], now=clock.now()
    )
    expected = [purchase.id for purchase in (first, *batch)]

    assert [event.attributes["purchase"] for event in read_after(0, 100)] == expected
    seen, cursor = [], 0
    while part := read_after(cursor, 2):
        seen += [event.attributes["purchase"] for event in part]
        cursor = part[-1].id
    assert seen == expected
    assert read_after(cursor, 2) == []


def test_transaction__undone__leaves_no_event(coalition, till):
    with pytest.raises(RuntimeError), transaction():
        till.sell(coalition.cinema, 100)
        raise RuntimeError("the till's power failed")
    assert read_after(0, 10) == []
    bought = till.sell(coalition.cinema, 100)
    assert [event.attributes["purchase"] for event in read_after(0, 10)] == [bought.id]


def test_event__of_one_source_and_id__stands_in_the_stream_once(coalition, clock):
    event = NewEvent("visit", "door", "7", 1, coalition.cinema.number, {}, clock.now())
    with transaction():
        append([event], clock.now())
        append([event._replace(source="other door")], clock.now())
    with pytest.raises(IntegrityError), transaction():
        append([event], clock.now())
    assert len(read_after(0, 10)) == 2


def test_append__of_nothing__adds_nothing(coalition, clock):
    with transaction():
        append([], clock.now())
    assert read_after(0, 10) == []


def test_reader__who_asks_without_some_types__comes_to_the_end_nevertheless(coalition, clock):
    def told(*types):
        behind = len(read_after(0, 100))
        with transaction():
            for place, type_ in enumerate(types, behind):
                append([NewEvent(type_, "door", str(place), 1, coalition.cinema.number, {}, clock.now())], clock.now())

    def read(cursor, limit=100):
        found = read_after(cursor, limit, without={"news", "more news"})
        return [event.type for event in found], found[-1].id if found else cursor

    told("visit", "news", "more news", "visit", "news", "news")
    assert read(0, limit=1) == (["visit"], 1)
    assert read(1, limit=1) == (["visit"], 4)
    types, cursor = read(4)
    assert types == ["news"] and read_after(cursor, 100) == []
    assert read(cursor) == ([], cursor)
    told("news", "visit")
    assert read(cursor)[0] == ["visit"]


def visits(coalition, clock, members):
    """One visit of each of these, in this order; returns the events."""
    with transaction():
        for number, member in enumerate(members):
            place = {"door": number}
            append(
                [NewEvent("visit", "door", str(number), member, coalition.cafe.number, place, clock.now())], clock.now()
            )
    return read_after(0, 10_000)


def people(till, count):
    return [member_number(till.enrol(number).id) for number in range(count)]


def test_members__read__one_after_the_other_and_each_in_order(coalition, till, clock):
    anna, boris, vera, gleb = [member_number(coalition.anna.id), *people(till, 3)]
    stream = visits(coalition, clock, [boris, anna, vera, boris, gleb, anna, boris])
    doors = [(event.member, event.attributes["door"]) for event in read_members([boris, anna, boris], stream[-1].id)]
    assert doors == [(anna, 1), (anna, 5), (boris, 0), (boris, 3), (boris, 6)]
    assert [*read_members({anna}, stream[-1].id)] == [stream[1], stream[5]]


def test_members__read_up_to_a_place__nothing_behind_it(coalition, till, clock):
    anna, boris = [member_number(coalition.anna.id), *people(till, 1)]
    stream = visits(coalition, clock, [boris, anna, boris, anna])
    assert [*read_members([anna, boris], stream[2].id)] == [stream[1], stream[0], stream[2]]
    assert [*read_members([anna, boris], 0)] == []


def test_members__read__nobody_or_one_without_events(coalition, till, clock):
    (boris,) = people(till, 1)
    stream = visits(coalition, clock, [boris])
    assert [*read_members([], stream[-1].id)] == []
    assert [*read_members([member_number(coalition.anna.id)], stream[-1].id)] == []


def test_members__read__more_than_one_question_asks_for(coalition, till, clock, monkeypatch):
    monkeypatch.setattr(events, "_MEMBERS_AT_ONCE", 2)
    everybody = people(till, 5)
    stream = visits(coalition, clock, [*everybody, *reversed(everybody)])
    found = [*read_members(everybody * 3, stream[-1].id)]
    assert found == sorted(stream, key=lambda event: (event.member, event.id))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("store")
def test_members__read__by_an_index():
    (plan,) = execute(
        "EXPLAIN QUERY PLAN SELECT attributes FROM event WHERE member_id IN (1, 2) AND id <= 9 ORDER BY member_id, id"
    ).fetchall()
    assert "USING INDEX event_member_id_id (member_id=? AND id<?)" in plan[3]


def test_cursor__begins_at_the_beginning_and_stays_where_it_was_moved(coalition, till):
    for price in (100, 200, 300):
        till.sell(coalition.cinema, price)
    assert backlog("counter") == 3
    with transaction():
        assert lock_cursor("counter") == 0
        move_cursor("counter", read_after(0, 2)[-1].id)
    assert backlog("counter") == 1
    assert backlog("another") == 3
    with transaction():
        (last,) = read_after(lock_cursor("counter"), 10)
        move_cursor("counter", last.id)
    assert backlog("counter") == 0


def test_cursor__of_a_consumer_that_fails__stays_and_the_events_come_again(coalition, till):
    till.sell(coalition.cinema, 100)
    with pytest.raises(RuntimeError), transaction():
        move_cursor("counter", read_after(lock_cursor("counter"), 10)[-1].id)
        raise RuntimeError("the consumer failed")
    assert backlog("counter") == 1
    with transaction():
        assert len(events.read_after(lock_cursor("counter"), 10)) == 1


def until(holds):
    deadline = monotonic() + 30
    while not holds() and monotonic() < deadline:
        pass


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_reader__while_it_reads__no_writer_takes_an_id_that_could_come_out_of_order(coalition, database_url):
    def read():
        with connection():
            read_after(0, 10)

    def write():
        with connection(), transaction():
            announce_event_writer()

    def waiting_for():
        return {
            name
            for (name,) in outside.execute(
                "SELECT wait_event FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'test'"
            )
        }

    reader, writer = Thread(target=read, daemon=True), Thread(target=write, daemon=True)
    with psycopg.connect(database_url, autocommit=True) as outside:
        with psycopg.connect(database_url) as locking:
            locking.execute("LOCK TABLE event IN ACCESS EXCLUSIVE MODE")
            reader.start()
            until(lambda: "relation" in waiting_for() or not reader.is_alive())
            # The reader has waited for all writers and is about to read: the next writer waits for the reader.
            writer.start()
            until(lambda: "advisory" in waiting_for() or not writer.is_alive())
            assert waiting_for() == {"relation", "advisory"}
        reader.join(30)
        writer.join(30)
    assert not reader.is_alive()
    assert not writer.is_alive()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_reader__that_has_read__keeps_no_writer_waiting(coalition, till, database_url):
    with psycopg.connect(database_url, autocommit=True) as outside:

        def advisory_locks():
            return outside.execute("SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone()[0]

        read_after(0, 10)
        assert advisory_locks() == 0
        with transaction():
            read_after(lock_cursor("counter"), 10)
            assert advisory_locks() == 0
            move_cursor("counter", 0)
        assert backlog("counter") == 0
