"""However often partners change while the chain is behind, it hears of each change in its place among the entries."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from random import Random
from threading import Thread
from typing import Any

import psycopg
import pytest

from coalition.config import IN_PROCESS_URL
from coalition.errors import CoalitionError, InvalidPartner
from coalition.ledger import partner_changes
from coalition.ledger.reconciliation.reconcile import reconcile
from coalition.services.partners import UNLIMITED, get_partner, list_partners, register_partner, set_limit, set_status
from coalition.store import ledger as store
from coalition.store import tables
from coalition.store.database import connection, transaction
from tests.integration.ledger.conftest import on_both_databases

in_process = pytest.mark.parametrize("ledger", [IN_PROCESS_URL], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def assert_told(recorder) -> None:
    """The chain has every entry, and knows every partner as it is."""
    result = reconcile(recorder.contract)
    assert (result.differences, result.pending) == ([], 0)
    assert result.total_supply == result.sum_of_balances
    on_chain = {each.number: recorder.contract.partner(each.number) for each in list_partners()}
    assert {number: (totals.limit, totals.status) for number, totals in on_chain.items()} == {
        each.number: (each.limit, 1 if each.status == "active" else 2) for each in list_partners()
    }


def assert_recorded(ledger) -> None:
    recorder = ledger.recorder()
    recorder.drain()
    assert_told(recorder)


def reinstated_for_one_sale(coalition, till) -> None:
    set_status(coalition.cinema.id, "active")
    till.sell(coalition.cinema, 1000)
    set_status(coalition.cinema.id, "suspended")


def raised_for_one_sale(coalition, till) -> None:
    set_limit(coalition.cafe.id, 200)
    till.sell(coalition.cafe, 4000)
    till.redeem(coalition.grocer, 150)
    set_limit(coalition.cafe.id, 100)


def entangled(coalition, till) -> None:
    """Both of them, one inside the other, and a partner that joins, sells and is suspended meanwhile."""
    set_status(coalition.cinema.id, "active")
    raised_for_one_sale(coalition, till)
    kiosk = register_partner("kiosk", 1000, limit=10, now=till.clock.now())
    till.sell(kiosk, 100)
    set_limit(kiosk.id, 20)
    till.sell(kiosk, 100)
    till.sell(coalition.cinema, 1000)
    set_status(kiosk.id, "suspended")
    set_status(coalition.cinema.id, "suspended")
    till.sell(coalition.grocer, 100, 2000)


def closed_after_a_sale(coalition, till) -> None:
    till.sell(coalition.grocer, 1000)
    set_status(coalition.grocer.id, "suspended")


MEANWHILE = [reinstated_for_one_sale, raised_for_one_sale, entangled]


@pytest.fixture
def told(ledger, coalition, deployments) -> Iterator[None]:
    """The chain knows the cinema as suspended, and the cafe with a limit of a hundred points."""

    def change() -> None:
        set_status(coalition.cinema.id, "suspended")
        set_limit(coalition.cafe.id, 100)

    with ledger.has(deployments, "told", change, assert_told):
        yield


@pytest.fixture(params=MEANWHILE, ids=lambda each: each.__name__)
def behind(request, told, coalition, till) -> None:
    """More has happened than the chain knows."""
    request.param(coalition, till)


@on_both_databases
@in_process
def test_drain__partners_changed_to_and_fro_while_the_chain_was_behind__all_is_recorded(ledger, behind):
    assert_recorded(ledger)


@on_both_databases
def test_drain__all_of_it_before_the_chain_heard_of_anybody__all_is_recorded(ledger, coalition, till):
    set_status(coalition.cinema.id, "suspended")
    set_limit(coalition.cafe.id, 100)
    raised_for_one_sale(coalition, till)
    reinstated_for_one_sale(coalition, till)
    assert_recorded(ledger)


@on_both_databases
@in_process
def test_recorder__killed_after_each_transaction_that_it_signs__tells_everything_once(ledger, behind, monkeypatch):
    monkeypatch.setattr("coalition.ledger.orders.WINDOW", 1)
    steps = 0
    while not ledger.recorder().step().is_done:
        steps += 1
    assert steps > 1
    assert_recorded(ledger)


@on_both_databases
@in_process
def test_recorder__killed_amid_telling_of_a_change__tells_it_again(ledger, behind, monkeypatch):
    def killed(change: tables.PartnerChange, before_batch: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("coalition.ledger.partner_changes.mark_told", killed)
        with pytest.raises(KeyboardInterrupt):
            ledger.recorder().drain()
    assert_recorded(ledger)


@on_both_databases
def test_restore__of_a_chain_that_was_wiped__tells_it_of_all_changes_again(ledger, behind):
    recorder = ledger.recorder()
    recorder.drain()
    head, sent = recorder.contract.head(), tables.ChainTx.select().count()
    ledger.close()
    shutil.rmtree(ledger.settings.data_dir / "chain", ignore_errors=True)

    ledger.open()
    successor = ledger.recorder()
    assert not successor.contract.is_deployed()
    successor.restore()

    assert (successor.contract.head(), tables.ChainTx.select().count()) == (head, sent)
    assert_told(successor)


@on_both_databases
@in_process
def test_changes__back_to_what_the_chain_knows__are_told_one_by_one(ledger, told, coalition):
    set_limit(coalition.cafe.id, 50)
    set_limit(coalition.cafe.id, 100)
    set_limit(coalition.cafe.id, 100)
    assert_recorded(ledger)
    purposes = [tx.purpose for tx in tables.ChainTx.select().order_by(tables.ChainTx.id)]
    cafe = coalition.cafe.number
    assert purposes[-4:] == [f"suspend {coalition.cinema.number}"] + [f"setLimit {cafe}"] * 3
    assert not store.has_news()


@on_both_databases
@in_process
@pytest.mark.parametrize("seed", range(4))
def test_drain__any_sales_limits_and_suspensions_with_the_chain_near_or_far__no_difference(
    ledger, coalition, till, seed
):
    random = Random(seed)
    people = [coalition.anna, *(till.enrol(number) for number in range(2))]
    bought = []

    def sell() -> None:
        member = random.choice(people)
        redeem = random.choice([0, random.randint(0, till.purse(member).available)])
        partner = random.choice(list_partners()[1:])
        bought.append((partner, till.sell(partner, redeem + 1000 * random.randint(0, 3), to=member, redeem=redeem)))

    def take_back() -> None:
        if bought:
            till.take_back(*bought.pop(random.randrange(len(bought))), "1")

    def limit() -> None:
        partner = random.choice(list_partners())
        set_limit(partner.id, partner.outstanding + random.choice([0, 50, 150, 500]))

    def suspend() -> None:
        set_status(random.choice(list_partners()).id, random.choice(["active", "active", "suspended"]))

    def join() -> None:
        if len(list_partners()) < 7:
            register_partner(f"p-{len(list_partners())}", 1000, limit=random.choice([50, 500]), now=till.clock.now())

    def look() -> None:
        random.choice([ledger.recorder().step, ledger.recorder()._sign_new, ledger.recorder().drain])()

    for _ in range(100):
        with suppress(CoalitionError):
            random.choices([sell, take_back, limit, suspend, join], [10, 3, 3, 4, 1])[0]()
        if random.random() < 0.1:
            look()
    assert tables.Entry.select().count() > 30
    assert_recorded(ledger)


# What PostgreSQL lets happen while the recorder looks


def elsewhere(*works: Callable[[], Any]) -> None:
    """Do this on other connections, all at once, until all is done."""
    raised: list[Exception] = []

    def run(work: Callable[[], Any]) -> None:
        with connection():
            try:
                work()
            except Exception as error:
                raised.append(error)

    threads = [Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert raised == []


@in_process
@on_postgresql
@pytest.mark.parametrize("look", [1, 2])
@pytest.mark.parametrize("question", ["highest_entry", "oldest_untold", "unrecorded_entries"])
@pytest.mark.parametrize("meanwhile", [*MEANWHILE, closed_after_a_sale], ids=lambda each: each.__name__)
def test_look__while_a_partner_changes_and_sells__misses_nothing(
    ledger, told, coalition, till, monkeypatch, question, look, meanwhile
):
    """Right after the recorder has had the answer to one of its questions, with an entry to record or with nothing."""
    module = partner_changes if question == "oldest_untold" else store
    answer = getattr(module, question)
    looks = count(1)

    def interrupted(*arguments: Any, **more: Any) -> Any:
        answered = answer(*arguments, **more)
        if next(looks) == look:
            monkeypatch.undo()
            elsewhere(lambda: meanwhile(coalition, till))
        return answered

    till.sell(coalition.grocer, 1000, to=till.enrol(1))
    recorder = ledger.recorder()
    monkeypatch.setattr(module, question, interrupted)
    recorder._sign_new()
    assert next(looks) == look + 1
    assert_recorded(ledger)


@in_process
@on_postgresql
def test_look__between_an_entry_with_a_lower_id_and_its_commit__records_it_later(ledger, told, coalition, till):
    """A partner that is not concerned takes ids first, and commits after another's change was told."""
    ids = store.highest_entry()
    boris = till.enrol(1)
    with transaction():
        till.sell(coalition.grocer, 10_000, to=boris)
        elsewhere(lambda: reinstated_for_one_sale(coalition, till))
        assert store.highest_entry() == ids + 2
        elsewhere(lambda: ledger.recorder()._sign_new())
    assert_recorded(ledger)


@on_postgresql
def test_limit__lowered_while_a_sale_is_being_recorded__waits_and_is_refused(coalition, till, database_url):
    refusals: list[CoalitionError] = []

    def lower() -> None:
        try:
            set_limit(coalition.cinema.id, 50)
        except CoalitionError as refusal:
            refusals.append(refusal)

    lowering = Thread(target=elsewhere, args=[lower])
    with transaction():
        till.sell(coalition.cinema, 1000)
        lowering.start()
        with psycopg.connect(database_url, autocommit=True) as outside:
            waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'test'"
            while outside.execute(waiting).fetchone() == (0,) and lowering.is_alive():
                pass
    lowering.join(60)
    assert [type(refusal) for refusal in refusals] == [InvalidPartner]
    assert get_partner(coalition.cinema.id).limit == UNLIMITED


@in_process
@on_postgresql
def test_drain__tills_and_operators_at_work_all_the_while__no_difference(ledger, coalition, till):
    people = [coalition.anna, *(till.enrol(number) for number in range(3))]
    shops = (coalition.cinema, coalition.cafe, coalition.grocer)

    def work(number: int) -> Callable[[], None]:
        random = Random(number)

        def sell() -> None:
            till.sell(random.choice(shops), 1000, 10, to=people[number], redeem=random.choice([0, 10]))

        def change() -> None:
            partner = get_partner(random.choice(shops).id)
            set_limit(partner.id, partner.outstanding + random.choice([0, 100, 200]))
            set_status(random.choice(shops).id, random.choice(["active", "active", "suspended"]))

        def all_of_it() -> None:
            for _ in range(40):
                with suppress(CoalitionError):
                    random.choices([sell, change], [3, 1])[0]()

        return all_of_it

    tills = Thread(target=elsewhere, args=[work(number) for number in range(4)], daemon=True)
    recorder = ledger.recorder()
    tills.start()
    while tills.is_alive():
        recorder.step()
    recorder.drain()
    assert_told(recorder)
