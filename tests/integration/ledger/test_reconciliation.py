"""Reconciliation finds any difference between journal and chain, and names it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from peewee import IntegrityError

from coalition.config import IN_PROCESS_URL, LedgerMode, Settings
from coalition.domain.redemption import Exactly
from coalition.ledger.contract import Contract
from coalition.ledger.errors import NodeRefused, NodeUnavailable
from coalition.ledger.node import Node
from coalition.ledger.outbox import RECORDED
from coalition.ledger.reconciliation.reconcile import reconcile
from coalition.ledger.recorder import Recorder
from coalition.services.adjustments import AdjustPoints, adjust_points
from coalition.services.expiry import expire_points, extend_lot
from coalition.services.gifts import GivePoints, give, propose_gift
from coalition.services.paid_tiers import BuyTier, buy_tier
from coalition.services.partners import set_limit, set_status
from coalition.services.redemptions import reverse_redemption
from coalition.services.transfers import TransferPoints, transfer_points
from coalition.store import origins, tables
from coalition.store.database import execute
from coalition.store.trial import undone
from gamification.engine import run_to_end
from gamification.giving import reward_documents
from gamification.publishing import publish
from tests.integration.gamification.helpers import rule, rule_text
from tests.integration.ledger.conftest import Ledger, on_both_databases
from tests.integration.ledger.plain_ledger import Lie, seen_through

DAY = timedelta(days=1)


@pytest.fixture
def in_process(tmp_path, coalition, clock) -> Iterator[Ledger]:
    opened = Ledger(Settings(tmp_path, "", IN_PROCESS_URL, 0, 0), clock)
    yield opened
    opened.close()


@pytest.fixture
def recorded(in_process, coalition, buy, deployments):
    with in_process.has(deployments, "two purchases", lambda: buy_two(coalition, buy)):
        yield in_process.recorder()


def buy_two(coalition, buy) -> None:
    buy(coalition.cinema, "r-1", 1000)
    buy(coalition.cafe, "r-2", 1000, redeem=Exactly(30))


def record_two(ledger, coalition, buy):
    buy_two(coalition, buy)
    recorder = ledger.recorder()
    recorder.drain()
    return recorder


def tamper(*statements: str) -> None:
    """What somebody with the database's password could do."""
    execute("PRAGMA foreign_keys = OFF")
    execute("DROP TRIGGER IF EXISTS entry_unchanged")
    execute("DROP TRIGGER IF EXISTS entry_kept")
    for statement in statements:
        execute(statement)


def entry(id_: int) -> str:
    return execute("SELECT public_id FROM entry WHERE id = ?", (id_,)).fetchone()[0]


OTHER = "has another id, source, document hash or time than when it was recorded"
TAMPERING = {
    "points of an entry": ("UPDATE entry SET points = points + 1 WHERE id = 2", "redemption of 31 points"),
    "issuer of an entry": ("UPDATE entry SET issuer_id = 4 WHERE id = 2", "issuer 4"),
    "kind of an entry": ("UPDATE entry SET kind = 'expiry' WHERE id = 2", "is expiry of 30 points"),
    "an entry made into none": ("UPDATE entry SET kind = 'theft' WHERE id = 2", "is nothing that can be recorded"),
    "time of an entry": ("UPDATE entry SET occurred_at = '2020-01-01T00:00:00.000Z' WHERE id = 2", OTHER),
    "hash of a document": ("UPDATE entry SET document_hash = 'ff' WHERE id = 2", OTHER),
    "an entry taken out": ("UPDATE entry SET sequence = NULL WHERE id = 2", "waits for a batch again"),
}


@pytest.mark.parametrize("statement, named", TAMPERING.values(), ids=TAMPERING)
def test_reconcile__tampered_entry__first_bad_entry_named_with_its_place(recorded, statement, named):
    assert reconcile(recorded.contract).differences == []
    bad = entry(2)
    tamper(statement)
    result = reconcile(recorded.contract)
    assert result.differences[0].startswith(f"entry {bad} (batch 1, place ")
    assert named in result.differences[0]
    assert result.first_bad_entry == bad


TAMPERING_ELSEWHERE = {
    "balance of a member": ("UPDATE member SET balance = balance + 1", "has a balance of 119"),
    "remains of a lot": ("UPDATE lot SET remaining = remaining + 1 WHERE entry_id = 1", "lots of 119"),
    "root of a batch": ("UPDATE batch SET root = '0x00'", "another root"),
    "head of a batch": ("UPDATE batch SET head = '0x00'", "another head"),
    "leaf hashes": ("UPDATE batch SET leaves = x'00'", "other leaf hashes than its entries have"),
    "points of a purchase": ("UPDATE purchase SET points_accrued = 9999 WHERE id = 1", "9999 points accrued"),
    "points outstanding": ("UPDATE partner SET outstanding = outstanding + 1 WHERE id = 2", "outstanding"),
    "limit of a partner": (
        "UPDATE partner SET limit_points = 7 WHERE id = 2",
        "with a limit of 7, and its last",
    ),
    "limit told": ("UPDATE partner_change SET limit_points = 7 WHERE partner_id = 2", "limit of partner 2: 7 in the"),
    "batch of an entry": ("DELETE FROM batch", "batch 1 is on the chain and not in the journal"),
}


@pytest.mark.parametrize("statement, named", TAMPERING_ELSEWHERE.values(), ids=TAMPERING_ELSEWHERE)
def test_reconcile__tampered_row__named(recorded, statement, named):
    tamper(statement)
    result = reconcile(recorded.contract)
    assert any(named in difference for difference in result.differences)
    assert result.first_bad_entry is None


def test_reconcile__entry_deleted__told_by_its_place_and_what_the_chain_has_of_it(recorded):
    tamper("DELETE FROM entry WHERE id = 2")
    result = reconcile(recorded.contract)
    assert result.differences[0].startswith(
        "the entry recorded in batch 1 at place 1, redemption of 30 points, issuer 2, partner 3, member 0x"
    )
    assert result.first_bad_entry is None


def test_reconcile__entry_inserted__named(recorded):
    tamper(
        "INSERT INTO entry SELECT id + 10, public_id || 'x', kind, issuer_id, partner_id, member_id, points,"
        " source || 'x', document_hash, occurred_at, recorded_at, sequence FROM entry WHERE id = 1"
    )
    result = reconcile(recorded.contract)
    assert "place 3) was not among those recorded" in result.differences[0]
    assert result.first_bad_entry == entry(11)


def test_reconcile__entries_in_another_order__named_with_both_places(recorded):
    tamper("UPDATE entry SET id = 9 WHERE id = 2")
    result = reconcile(recorded.contract)
    assert result.differences[0] == f"entry {entry(3)} (batch 1, place 1) was recorded at place 2"
    assert result.first_bad_entry == entry(3)


def test_reconcile__address_of_a_member_changed__their_entries_named(recorded):
    tamper(
        "UPDATE member SET address = substr(address, 1, 41) || CASE substr(address, 42) WHEN '0' THEN '1' ELSE '0' END"
    )
    result = reconcile(recorded.contract)
    assert result.first_bad_entry == entry(1)
    assert [difference for difference in result.differences if difference.startswith("entry ")][2:]


def test_reconcile__leaf_hashes_tampered_with_too__the_words_on_the_chain_name_the_entry(recorded):
    tamper("UPDATE entry SET points = points + 1 WHERE id = 2", "UPDATE batch SET leaves = x'00'")
    result = reconcile(recorded.contract)
    assert "redemption of 31 points" in result.differences[0]
    assert result.first_bad_entry == entry(2)
    assert any("nor do the leaf hashes kept of them" in difference for difference in result.differences)


def test_reconcile__several_batches_tampered_with__the_first_is_told_first(recorded, coalition, buy):
    buy(coalition.grocer, "r-3", 10_000)
    recorded.drain()
    tamper("UPDATE entry SET document_hash = 'ff' WHERE id IN (1, 4)", "UPDATE batch SET root = '0x00'")
    result = reconcile(recorded.contract)
    assert [difference.split(" (")[0] for difference in result.differences[:4]] == [
        f"entry {entry(1)}",
        f"entry {entry(1)}",
        "batch 1 is kept in the journal with another root than it has on the chain",
        f"entry {entry(4)}",
    ]


def test_reconcile__entries_not_yet_recorded__counted_as_pending_and_no_difference(ledger, coalition, buy):
    recorder = record_two(ledger, coalition, buy)
    buy(coalition.grocer, "r-3", 10_000)
    result = reconcile(recorder.contract)
    assert (result.pending, result.differences) == (1, [])
    assert result.total_supply == result.sum_of_balances == 118


def test_reconcile__document_of_an_entry_not_yet_recorded_changed__named(recorded, coalition, buy):
    buy(coalition.grocer, "r-3", 10_000)
    tamper("UPDATE purchase_line SET amount_minor = 1 WHERE purchase_id = 3")
    result = reconcile(recorded.contract)
    assert result.differences[0].startswith(f"entry {entry(4)} (in no batch yet) comes from purchase pur_")
    assert result.first_bad_entry == entry(4)
    assert reconcile(recorded.contract, quick=True).differences == []


def test_reconcile__batch_and_change_of_a_partner_on_their_way__pending_and_no_difference(recorded, coalition, buy):
    buy(coalition.grocer, "r-3", 10_000)
    set_limit(coalition.cafe.id, 500)
    recorded._sign_new()
    result = reconcile(recorded.contract)
    assert (result.pending, result.differences) == (1, [])


@pytest.mark.parametrize("status", ["reverted", "lost"])
@pytest.mark.parametrize("pending", [1, 0], ids=["batch", "change"])
def test_reconcile__what_carried_a_batch_or_a_change_came_to_nothing__no_difference(
    recorded, coalition, buy, pending, status
):
    if pending:
        buy(coalition.grocer, "r-3", 10_000)
    else:
        set_limit(coalition.cafe.id, 500)
    recorded._sign_new()
    unconfirmed = tables.ChainTx.status.not_in(RECORDED)
    assert tables.ChainTx.update(status=status, block_number=1).where(unconfirmed).execute() == 1
    result = reconcile(recorded.contract)
    assert (result.pending, result.differences) == (pending, [])
    tables.ChainTx.update(sequence=None, change=None).where(unconfirmed).execute()
    result = reconcile(recorded.contract)
    assert (result.pending, result.differences) == (pending, [])


def test_reconcile__change_told_before_an_older_one_of_the_partner__each_counts_for_what_it_changed(
    recorded, coalition
):
    set_status(coalition.cafe.id, "suspended")
    suspension = tables.PartnerChange.select().order_by(tables.PartnerChange.id.desc()).first()
    set_limit(coalition.cafe.id, 500)
    tables.PartnerChange.update(told=True).where(tables.PartnerChange.id == suspension.id).execute()
    recorded.drain()
    assert reconcile(recorded.contract).differences == []


def test_reconcile__node_lags_behind__what_it_has_not_heard_of_is_pending(recorded, coalition, buy):
    known = recorded.node.latest_block()
    buy(coalition.grocer, "r-3", 10_000)
    set_limit(coalition.cafe.id, 500)
    recorded.drain()

    def lag(method: str, _: list[Any], result: Any) -> Any:
        return {**result, "number": hex(known.number)} if method == "eth_getBlockByNumber" else result

    result = reconcile(seen_by(recorded, lag))
    assert (result.pending, result.differences) == (1, [])


def seen_by(recorder: Recorder, lie: Lie) -> Contract:
    """The ledger as a node shows it that tells something else."""
    return Contract(seen_through(recorder.node, lie), recorder.contract.address)


@pytest.mark.parametrize("method", ["eth_getLogs", "eth_getTransactionByHash"])
@pytest.mark.parametrize("garbage", [None, "0xzz", 7, [7], {"a": 1}, [{"topics": []}]], ids=str)
def test_reconcile__node_answers_garbage__named(recorded, method, garbage):
    lying = seen_by(recorded, lambda asked, _, result: garbage if asked == method else result)
    with pytest.raises(NodeUnavailable, match=method):
        reconcile(lying)


def test_reconcile__node_searches_few_blocks_at_once__is_asked_for_few(recorded):
    def limited(method: str, parameters: list[Any], result: Any) -> Any:
        if method == "eth_getLogs":
            (asked,) = parameters
            if int(asked["toBlock"], 16) > int(asked["fromBlock"], 16):
                raise NodeRefused(method, "query exceeds the range of blocks")
        return result

    assert reconcile(seen_by(recorded, limited)).differences == []


def test_reconcile__transaction_of_a_batch_calls_something_else__told(recorded):
    def lie(method: str, _: list[Any], result: Any) -> Any:
        return {**result, "input": "0x12345678"} if method == "eth_getTransactionByHash" else result

    result = reconcile(seen_by(recorded, lie))
    assert any("which does not call record" in difference for difference in result.differences)
    assert result.entries == 3


def test_purchases__one_with_a_lower_id_commits_between_two_reads__the_others_are_read(coalition, buy, monkeypatch):
    """As on PostgreSQL, where transactions end in another order than they took ids."""

    def with_one_late(statement: str, parameters: Sequence[Any]) -> Any:
        rows = execute(statement, parameters).fetchall()
        return SimpleNamespace(fetchall=lambda: rows[:1] + rows[2:] if "FROM purchase p" in statement else rows)

    for number in range(3):
        buy(coalition.cinema, f"r-{number}", 1000)
    monkeypatch.setattr("coalition.store.origins.execute", with_one_late)
    ((first, third),) = origins.purchases()
    assert [len(purchase.lines) for purchase in (first, third)] == [1, 1]


def test_reconcile__chain_lacks_a_batch_that_it_had__named(recorded, coalition, buy):
    buy(coalition.grocer, "r-3", 10_000)
    recorded._sign_new()
    tables.ChainTx.update(status="final", block_number=1).where(tables.ChainTx.sequence == 2).execute()
    differences = reconcile(recorded.contract).differences
    assert "batch 2 with 1 entries is in the journal and not on the chain" in differences


def test_reconcile__entry_set_aside__told_with_the_reason(recorded, coalition, buy, clock):
    buy(coalition.grocer, "r-3", 10_000)
    tables.RefusedEntry.create(entry=4, reason="PartnerIsSuspended(4)", refused_at=clock.now(), force_insert=True)
    (difference,) = reconcile(recorded.contract).differences
    assert difference == f"entry {entry(4)} is set aside, because the contract refuses it: PartnerIsSuspended(4)"


def test_reconcile__roots_only__entry_named_and_totals_said_to_be_left_out(tmp_path, coalition, clock, buy):
    ledger = Ledger(Settings(tmp_path, "", IN_PROCESS_URL, 0, 0, LedgerMode.ROOTS), clock)
    buy(coalition.cinema, "r-1", 1000)
    buy(coalition.cinema, "r-2", 1000)
    recorder = ledger.recorder()
    recorder.drain()
    result = reconcile(recorder.contract)
    assert (result.differences, result.total_supply, "obligations" in result.not_compared) == ([], None, True)
    tamper("UPDATE entry SET points = points + 1 WHERE id = 2")
    result = reconcile(recorder.contract)
    assert result.differences[0] == f"entry {entry(2)} (batch 1, place 1) is not as it was recorded"
    ledger.close()


RULES = """
accrual: {pending_days: 3}
expiry: {lifetime_months: 2}
transfers: {allowed: true}
returns: {spent_points: deduct_from_refund}
tiers: {levels: [{name: bronze}, {name: gold, price_points: 20, term_months: 1}]}
"""
REWARD = {"points": 20, "funded_by": {"partner": 100}, "badge": True}


@pytest.fixture
def everything(in_process, till, coalition, clock, monkeypatch):
    """A journal with every kind of document, recorded."""
    till.rules(RULES)
    publish(rule_text(rule("first", reward=REWARD)), now=clock.now())
    bob = till.enrol(2)
    set_limit(coalition.grocer.id, 5000)
    set_status(coalition.grocer.id, "suspended")
    set_status(coalition.grocer.id, "active")
    first = till.sell(coalition.cinema, 3000, 2000)
    run_to_end(now=clock.now())
    clock.advance(4 * DAY)
    second = till.sell(coalition.cafe, 10_000, redeem=120)
    till.capture(coalition.cinema, till.hold(coalition.cinema, 40), 30)
    till.hold(coalition.cinema, 10, ttl_s=90 * 86_400)
    spent = till.redeem(coalition.grocer, 150)
    reverse_redemption(spent.redemption.id, coalition.grocer.number, now=clock.now())
    till.redeem(coalition.grocer, 300)
    till.take_back(coalition.cinema, first, "2", "1")
    for points in (70, -30):
        command = AdjustPoints(coalition.anna.id, coalition.cafe.id, points, "a mistake", "key_1")
        adjust_points(command, now=clock.now())
    gift = propose_gift(GivePoints(coalition.operator.id, 250, "New Year", "key_1"), now=clock.now())
    give(gift.id, now=clock.now())
    buy_tier(BuyTier(coalition.cinema.number, coalition.anna.id, "gold", "points", "t-1"), now=clock.now())
    transfer_points(TransferPoints(coalition.cinema.number, coalition.anna.id, bob.id, 60, "t-1"), now=clock.now())
    till.take_back(coalition.cafe, second, "1")
    run_to_end(now=clock.now())
    extend_lot(entry(1), clock.now() + 100 * DAY, "patience", "key_1", now=clock.now())
    clock.advance(80 * DAY)
    assert expire_points(now=clock.now()) > 0
    recorder = in_process.recorder()
    recorder.drain()
    remember_answers(recorder.node, monkeypatch)
    return lambda: reconcile(recorder.contract, others=reward_documents)


def remember_answers(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chain stands still from now on, and the in-process one is slow: each question is asked once."""
    ask, answers = node._server.ask, {}

    def remembered(method: str, parameters: Sequence[Any]) -> Any:
        question = repr((method, parameters))
        if question not in answers:
            answers[question] = ask(method, parameters)
        return answers[question]

    monkeypatch.setattr(node._server, "ask", remembered)


UNCOVERED = {
    "batch": {"formed_at"},
    "purchase": {"available_at"},
    "purchase_line": {"name", "discounted", "excluded_by"},
    "goods_return": {"points_written_off"},
    "debt": {"held", "created_at"},
    "adjustment": {"id", "reason", "requested_by", "decided_by", "created_at"},
    "gift": {"segment", "reason", "status", "requested_by", "decided_by", "created_at", "decided_at"},
    "transfer": {"id", "partner_id", "reference"},
    "tier_purchase": {"id", "partner_id", "paid_minor", "reference", "starts_at", "ends_at"},
    "redemption": {"id", "till_id"},
}
"""Columns that nothing else tells of: what stands there can be changed unnoticed."""
DOCUMENTED = (
    *("entry", "batch", "purchase", "purchase_line", "goods_return", "returned_line", "redemption", "debt"),
    *("debt_repayment", "adjustment", "gift", "gift_recipient", "transfer", "tier_purchase"),
)
MOMENT = "2020-01-01T00:00:00.000Z"


@on_both_databases
def test_reconcile__every_kind_of_document_recorded__no_differences(everything):
    sources = execute("SELECT DISTINCT substr(source, 1, 3) FROM entry").fetchall()
    assert {prefix for (prefix,) in sources} == {prefix for _, prefix in HASHED} | {"deb", "exp"}
    assert everything().differences == []


def other(value: Any, type_: str, reference: tuple[str, str] | None) -> Any:
    """Another value of the column's type; of a foreign key, one that is there."""
    if reference:
        table, key = reference
        found = execute(f"SELECT {key} FROM {table} WHERE {key} <> ? ORDER BY {key} LIMIT 1", (value,)).fetchone()
        return found[0] if found else value + 1000
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if value is None:
        return 1 if "INT" in type_ else MOMENT
    if isinstance(value, int):
        return 1 - value if "BOOL" in type_ else value + 1
    return MOMENT if value.startswith("2026-") else value + "x"


def changes(table: str) -> Iterator[tuple[str, str, Any]]:
    """For each column of the table: its name, the statement that changes it in the first row, and the new value."""
    columns = execute(f"PRAGMA table_info({table})").fetchall()
    references = {row[3]: (row[2], row[4] or "id") for row in execute(f"PRAGMA foreign_key_list({table})").fetchall()}
    keys = [name for _, name, *_, key in columns if key]
    first = execute(f"SELECT * FROM {table} ORDER BY {', '.join(keys)} LIMIT 1").fetchone()
    row = {column[1]: value for column, value in zip(columns, first, strict=True)}
    where = " AND ".join(f"{key} = {row[key]!r}" for key in keys)
    for _, name, type_, *_ in columns:
        yield name, f"UPDATE {table} SET {name} = ? WHERE {where}", other(row[name], type_, references.get(name))


def unnoticed(everything, table: str) -> Iterator[str]:
    for column, statement, value in changes(table):
        with undone():
            try:
                execute(statement, (value,))
            except IntegrityError:
                execute(statement, (value + 1000,))
            result = everything()
            if not result.differences:
                yield column
            # An entry that is in no batch there is, is missing from its own.
            elif table == "entry" and column != "sequence":
                assert result.first_bad_entry == entry(1002 if column == "id" else 1)


def test_reconcile__any_column_of_any_document_changed__is_noticed(everything):
    tamper()
    assert {table: found for table in DOCUMENTED if (found := set(unnoticed(everything, table)))} == UNCOVERED
    assert everything().differences == []


HASHED = {
    ("purchase", "pur"): "receipt_id",
    ("purchase_line", "pur"): "sku",
    ("goods_return", "ret"): "return_id",
    ("returned_line", "ret"): "quantity",
    ("redemption", "red"): "reference",
    ("debt_repayment", "rep"): "points",
    ("adjustment", "adj"): "points",
    ("gift", "gft"): "points",
    ("transfer", "trf"): "points",
    ("tier_purchase", "tpu"): "tier",
    ("achievement_grant", "gra"): "period",
}


def test_reconcile__document_changed__its_first_entry_named(everything):
    tamper()
    for (table, prefix), column in HASHED.items():
        (statement, value) = next(each[1:] for each in changes(table) if each[0] == column)
        with undone():
            execute(statement, (value,))
            named = everything().first_bad_entry
        (first,) = execute(
            "SELECT public_id FROM entry WHERE substr(source, 1, 3) = ? ORDER BY id LIMIT 1", (prefix,)
        ).fetchone()
        assert named == first, table


@pytest.mark.parametrize("table", ["batch", "badge_batch"])
def test_reconcile__batch_formed_that_no_transaction_carries__pending_and_no_difference(everything, table):
    names = [name for _, name, *_ in execute(f"PRAGMA table_info({table})").fetchall()]
    values = ", ".join("2" if name == "sequence" else name for name in names)
    execute(f"INSERT INTO {table} SELECT {values} FROM {table} WHERE sequence = 1")
    assert everything().differences == []


TAMPERING_BADGES = {
    "UPDATE badge_entry SET kind = 'theft' WHERE id = 1": "has other entries, or another head",
    "UPDATE badge_entry SET member_id = 2 WHERE id = 1": "holds badge 1 in the journal, and not so on the chain",
    "UPDATE badge_batch SET head = '0x00'": "has other entries, or another head",
    "UPDATE badge SET issuer_id = 2": "badge 1 is partner 2's in the journal",
    "UPDATE badge_entry SET refused = 'BadgeHeld' WHERE id = 1": "is refused: BadgeHeld",
    "DELETE FROM badge_batch": "the journal has 0 batches of badges, the chain 1",
}


def test_reconcile__badges_tampered_with__told(everything):
    tamper()
    for statement, named in TAMPERING_BADGES.items():
        with undone():
            execute(statement)
            differences = everything().differences
        assert any(named in difference for difference in differences), (statement, differences)
