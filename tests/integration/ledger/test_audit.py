"""An outsider recomputes the ledger from the chain alone, and finds every difference, whoever made it."""

import json
import subprocess
import sys
from typing import Any

import pytest
from click.testing import CliRunner
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_utils.crypto import keccak

import scripts.audit
from coalition.config import LedgerMode
from coalition.ledger.audit.audit import NOT_ON_CHAIN, audit
from coalition.ledger.audit.purchases import InvalidExport, PurchaseAudit, audit_purchases, read_export
from coalition.ledger.audit.verification import packed
from coalition.ledger.contract import encode_call
from coalition.ledger.errors import NodeRefused, NodeUnavailable, WrongContract
from coalition.ledger.node import Node, to_hex
from tests.integration.ledger.plain_ledger import (
    ANNA,
    BORIS,
    CAFE,
    CINEMA,
    GROCER,
    Entry,
    Lie,
    PlainLedger,
    coalition_of_three,
    entry,
)

RECORDED = to_hex(keccak(text="Recorded(uint64,bytes32,bytes32,uint256)"))
TRANSFER = to_hex(keccak(text="Transfer(address,address,uint256)"))


@pytest.fixture(scope="module")
def ledger() -> PlainLedger:
    return coalition_of_three()


@pytest.fixture(scope="module")
def roots_ledger() -> PlainLedger:
    return coalition_of_three(LedgerMode.ROOTS)


def test_audit__of_every_kind_of_entry__finds_no_difference(ledger):
    result = audit(ledger.node, ledger.address)

    assert result.differences == []
    assert [(total.number, *total.recomputed) for total in result.partners] == [
        (CINEMA, 97, 20, 3, 1000, 1),
        (CAFE, 56, 20, 0, 400, 1),
        (GROCER, 0, 0, 0, 1000, 2),
    ]
    assert [tuple(debt) for debt in result.obligations] == [(CINEMA, CAFE, 20, 20), (CAFE, GROCER, 20, 20)]
    assert result.statement()["total_supply"] == "110"


def test_audit__of_roots_only__compares_head_and_roots_and_says_what_it_cannot(ledger, roots_ledger):
    result = audit(roots_ledger.node, roots_ledger.address)

    assert result.differences == []
    assert result.head == audit(ledger.node, ledger.address).head
    assert [check.what for check in result.checks if check.on_chain == NOT_ON_CHAIN] == [
        "total supply",
        "balances of members",
        "totals of partners",
        "obligations",
    ]


def test_audit__of_a_new_ledger__finds_nothing_and_no_difference():
    new = PlainLedger()
    assert audit(new.node, new.address).differences == []


def test_audit__while_the_recorder_goes_on__is_of_the_block_it_began_with():
    growing = coalition_of_three()
    seen: list[str] = []

    def goes_on(method: str, parameters: list[Any], result: Any) -> Any:
        if method == "eth_getLogs" and not seen:
            seen.append(method)
            growing.record(entry("accrual", 40))
        return result

    result = audit(growing.seen_through(goes_on), growing.address)

    assert (result.differences, result.statement()["total_supply"]) == ([], "110")
    assert audit(growing.node, growing.address).statement()["total_supply"] == "150"


def test_digest__of_two_auditors__agrees_and_another_history_has_another(ledger):
    digest = audit(ledger.node, ledger.address).digest()
    assert audit(ledger.node, ledger.address).digest() == digest

    longer = coalition_of_three()
    longer.record(entry("accrual", 1))
    assert audit(longer.node, longer.address).digest() != digest


def stored(function: str, *arguments: Any, word: int = 0) -> Lie:
    """Another number than the contract has in storage."""

    def lie(method: str, parameters: list[Any], result: Any) -> Any:
        if method != "eth_call" or parameters[0]["data"] != to_hex(encode_call(function, *arguments)):
            return result
        data = bytearray.fromhex(to_hex(result)[2:])
        data[32 * word + 31] ^= 1
        return to_hex(bytes(data))

    return lie


def calldata(change: Any) -> Lie:
    """The second batch came with other calldata than the chain took."""

    def lie(method: str, parameters: list[Any], result: Any) -> Any:
        if method != "eth_getTransactionByHash":
            return result
        data = to_hex(result.get("input") or result["data"])
        if int(data[10:74], 16) != 2:
            return result
        altered = {key: value for key, value in result.items() if key != "data"}
        return altered | {"input": change(data)}

    return lie


def logs(topic: str, change: Any) -> Lie:
    def lie(method: str, parameters: list[Any], result: Any) -> Any:
        if method != "eth_getLogs" or topic not in parameters[0]["topics"][0]:
            return result
        return change([dict(log) for log in result])

    return lie


def with_word(data: str, word: str) -> str:
    return data[:-64] + word


TAMPERING: dict[str, tuple[Lie, str]] = {
    "supply": (stored("totalSupply"), "the total supply: 110 as recomputed, 111 on the chain"),
    "balance": (stored("balanceOf", ANNA), f"member {ANNA} has 81 points as recomputed, 80 on the chain"),
    "issued": (stored("partner", CINEMA), "partner 1 is recomputed with issued 97 and not 96"),
    "redeemed": (stored("partner", CINEMA, word=1), "partner 1 is recomputed with redeemed 20 and not 21"),
    "expired": (stored("partner", CINEMA, word=2), "partner 1 is recomputed with expired 3 and not 2"),
    "limit": (stored("partner", CAFE, word=3), "partner 2 is recomputed with limit 400 and not 401"),
    "status": (stored("partner", GROCER, word=4), "partner 3 is recomputed with status 2 and not 3"),
    "obligation": (stored("obligation", CINEMA, CAFE), "issuer 1 owes redeemer 2 20 points as recomputed, 21 on"),
    "head": (stored("head"), "the head: 0x"),
    "root": (stored("rootOf", 2), "batch 2 was recorded with root"),
    "sequence": (stored("nextSequence"), "the chain has batch None where batch 4 belongs"),
    "words": (calldata(lambda data: data[:-1] + "b"), "batch 2 leads to head"),
    "points": (calldata(lambda data: with_word(data, "03" + "0001" * 2 + f"{6:014x}" + ANNA[2:])), "Transfer event 6"),
    "another call": (calldata(lambda data: "0x12345678" + data[10:]), "which does not call record"),
    "cut calldata": (calldata(lambda data: data[:-64]), "which does not call record"),
    "missing batch": (logs(RECORDED, lambda found: found[:2] + found[3:]), "batch"),
    "missing transfer": (logs(TRANSFER, lambda found: found[:-1]), "there are 10 entries and 9 Transfer events"),
    "one transfer more": (logs(TRANSFER, lambda found: [*found, found[-1]]), "Transfer event 11 is not that"),
}


@pytest.mark.parametrize("lie, named", TAMPERING.values(), ids=TAMPERING)
def test_audit__a_chain_that_contradicts_itself__named(ledger, lie, named):
    result = audit(ledger.seen_through(lie), ledger.address)

    assert any(named in difference for difference in result.differences), result.differences


BROKEN = {
    "member below zero": ([entry("redemption", 101)], "has -1 points"),
    "outstanding below zero": ([entry("expiry", 51, issuer=CAFE)], "partner 2 has -1 points outstanding"),
    "limit": ([entry("reward", 901)], "above its limit 1000"),
    "obligation": ([entry("redemption_reversal", 1, partner=CAFE)], "owes redeemer 2 -1 points"),
    "unknown partner": ([entry("accrual", 1, issuer=9)], "partner 9 takes part while unknown"),
    "no points": ([entry("accrual", 0)], "is none"),
    "nobody": ([entry("accrual", 1, member="0x" + "0" * 40)], "is none"),
    "put right later in the batch": ([entry("redemption", 101), entry("accrual", 900)], "has -1 points"),
}


@pytest.mark.parametrize("entries, named", BROKEN.values(), ids=BROKEN)
def test_audit__history_that_breaks_a_rule__named(entries, named):
    ledger = PlainLedger()
    for number in (CINEMA, CAFE, GROCER):
        ledger.call("registerPartner", number, 1000)
    ledger.record(entry("accrual", 100), entry("accrual", 50, issuer=CAFE))
    told = to_hex(b"".join(packed(each) for each in entries))

    def lie(method: str, parameters: list[Any], result: Any) -> Any:
        if method != "eth_getTransactionByHash":
            return result
        data = to_hex(result.get("input") or result["data"])
        length = f"{(len(data) - 10) // 2 - 128 + len(told) // 2 - 1:064x}"
        return {**result, "input": data[: 10 + 192] + length + data[10 + 256 :] + told[2:]}

    differences = audit(ledger.seen_through(lie), ledger.address).differences

    assert any(named in difference and "batch 1, place" in difference for difference in differences), differences


def test_audit__no_ledger_at_the_address__refused(ledger):
    for address in ("0x" + "11" * 20, ledger.account):
        with pytest.raises(WrongContract):
            audit(ledger.node, address)


def test_audit__the_block_is_replaced_meanwhile__refused(ledger):
    asked: list[Any] = []

    def lie(method: str, parameters: list[Any], result: Any) -> Any:
        if method != "eth_getBlockByNumber":
            return result
        asked.append(parameters)
        return result if len(asked) == 1 else {**result, "hash": "0x" + "22" * 32}

    with pytest.raises(NodeUnavailable, match="replaced"):
        audit(ledger.seen_through(lie), ledger.address)


@pytest.mark.parametrize("most", [1, 2, 5])
def test_audit__node_limits_blocks_at_once__asks_for_fewer(ledger, most):
    def lie(method: str, parameters: list[Any], result: Any) -> Any:
        if method == "eth_getLogs" and int(parameters[0]["toBlock"], 16) - int(parameters[0]["fromBlock"], 16) >= most:
            raise NodeRefused("eth_getLogs", f"at most {most} blocks")
        return result

    assert audit(refusing(ledger, lie), ledger.address).differences == []


def refusing(ledger: PlainLedger, lie: Lie) -> Node:
    node = ledger.seen_through(lambda method, parameters, result: result)
    request = node.request

    def refuse(method: str, *parameters: Any) -> Any:
        return lie(method, list(parameters), request(method, *parameters))

    node.request = refuse  # type: ignore[method-assign]
    return node


GARBAGE = {
    "null": None,
    "text": "0xzz",
    "number": 7,
    "list of nothing known": [7],
    "object": {"a": 1},
    "other topics": [{"address": "0x", "topics": [], "data": "0x"}],
}


@pytest.mark.parametrize("method", ["eth_getLogs", "eth_getTransactionByHash", "eth_call", "eth_getBlockByNumber"])
@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_audit__node_answers_garbage__refused_and_named(ledger, method, garbage):
    node = ledger.seen_through(lambda asked, _, result: garbage if asked == method else result)
    with pytest.raises(NodeUnavailable):
        audit(node, ledger.address)


# The partner's own purchases


def exported(*purchases: list[Entry], receipts: list[Any] | None = None) -> list[bytes]:
    return [
        json.dumps({"purchase": f"pur_{number}", "receipt_id": "r", "entries": entries, "receipts": receipts}).encode()
        for number, entries in enumerate(purchases, start=1)
    ]


@pytest.fixture(scope="module")
def bought() -> PlainLedger:
    ledger = PlainLedger()
    for number in (CINEMA, CAFE):
        ledger.call("registerPartner", number, 10_000)
    ledger.record(entry("accrual", 100), entry("accrual", 100), entry("accrual", 70, issuer=CAFE, member=BORIS))
    ledger.record(entry("redemption", 30, partner=CAFE))
    return ledger


def test_purchases__all_on_the_chain__found_each_once(bought):
    lines = exported([entry("accrual", 100)], [entry("accrual", 100)], [entry("redemption", 30, partner=CAFE)])
    result = audit_purchases(read_export(lines), audit(bought.node, bought.address))

    assert (result.purchases, result.entries, result.found, result.differences) == (3, 3, 3, [])
    assert result.not_in_export == [f"accrual of 70 points, issuer 2, partner 2, member {BORIS} (batch 1, place 2)"]


def test_purchases__one_more_than_the_chain_has__missing(bought):
    lines = exported(*[[entry("accrual", 100)]] * 3)
    result = audit_purchases(read_export(lines), audit(bought.node, bought.address))

    assert (result.found, len(result.differences)) == (2, 1)
    assert result.differences == [
        f"purchase pur_3: accrual of 100 points, issuer 1, partner 1, member {ANNA} is not on the chain"
    ]


@pytest.mark.parametrize(
    "mine",
    [
        entry("accrual", 71, issuer=CAFE, member=BORIS),
        entry("accrual", 70, issuer=CAFE, member=ANNA),
        entry("accrual", 70, issuer=CINEMA, partner=CAFE, member=BORIS),
        entry("reward", 70, issuer=CAFE, member=BORIS),
        entry("accrual", 75, issuer=CINEMA, partner=CAFE, member=BORIS),
    ],
    ids=["points", "member", "issuer", "kind", "issuer and points"],
)
def test_purchases__there_under_other_terms__both_named(bought, mine):
    result = audit_purchases(read_export(exported([mine])), audit(bought.node, bought.address))

    (difference,) = result.differences
    assert f"{mine['kind']} of {mine['points']} points" in difference
    assert f"is on the chain as accrual of 70 points, issuer 2, partner 2, member {BORIS}" in difference


def test_purchases__not_recorded_when_exported__counted_and_no_difference(bought):
    waiting = {"kind": "accrual", "points": 5, "status": "pending"}
    result = audit_purchases(read_export(exported([waiting])), audit(bought.node, bought.address))

    assert (result.unrecorded, result.differences) == (1, [])


@pytest.mark.parametrize("mode", LedgerMode)
def test_purchases__with_receipts__each_verified(mode):
    ledger = PlainLedger(mode)
    if mode is LedgerMode.FULL:
        ledger.call("registerPartner", CINEMA, 1000)
    receipts = ledger.record(entry("accrual", 10), entry("accrual", 20))
    forged = {**receipts[1], "block": 1}
    lines = exported([entry("accrual", 10), entry("accrual", 20)], receipts=[receipts[0], forged])
    result = audit_purchases(read_export(lines), audit(ledger.node, ledger.address))

    assert result.proven == 1
    assert any("is not in block 1" in difference for difference in result.differences)
    assert result.found == (2 if mode is LedgerMode.FULL else 1)


def ledger_of(mode: LedgerMode, *entries: Entry) -> tuple[PlainLedger, list[Any]]:
    """With the receipts of these entries, which are in one batch."""
    ledger = PlainLedger(mode)
    if mode is LedgerMode.FULL:
        ledger.call("registerPartner", CINEMA, 1000)
    return ledger, ledger.record(*entries)


def audited_lines(ledger: PlainLedger, *lines: dict[str, Any]) -> PurchaseAudit:
    encoded = [json.dumps(line).encode() for line in lines]
    return audit_purchases(read_export(encoded), audit(ledger.node, ledger.address))


@pytest.mark.parametrize("mode", LedgerMode)
@pytest.mark.parametrize("ids", [("pur_1", "pur_2"), ("order 1", "order 2"), ("pur_1", "pur_1")])
def test_purchases__two_with_the_receipt_of_one__one_is_proven_and_the_other_told(mode, ids):
    ledger, (receipt,) = ledger_of(mode, entry("accrual", 10))
    lines = [{"purchase": id_, "entries": [entry("accrual", 10)], "receipts": [receipt]} for id_ in ids]
    result = audited_lines(ledger, *lines)

    assert (result.found, result.proven) == (1, 1)
    assert any(ids[1] in difference for difference in result.differences), result.differences


@pytest.mark.parametrize("mode", LedgerMode)
def test_purchases__receipt_twice_for_two_equal_entries__proves_one(mode):
    ledger, receipts = ledger_of(mode, entry("accrual", 10, id="ent_1"), entry("accrual", 10, id="ent_2"))
    line = {"purchase": "pur_1", "entries": [entry("accrual", 10, id="ent_1")] * 2}

    result = audited_lines(ledger, line | {"receipts": [receipts[0]] * 2})

    assert result.proven == 1
    assert "batch 1, place 0 has proved another entry already" in result.differences[0]


@pytest.mark.parametrize("mode", LedgerMode)
def test_purchases__equal_entries_of_which_one_is_named__each_proven_by_its_own_receipt(mode):
    ledger, receipts = ledger_of(mode, entry("accrual", 10, id="ent_1"), entry("accrual", 10, id="ent_2"))
    named = entry("accrual", 10, id="ent_1")
    unnamed = {name: value for name, value in named.items() if name != "id"}
    for entries in ([named, unnamed], [unnamed, named]):
        result = audited_lines(ledger, {"purchase": "pur_1", "entries": entries, "receipts": receipts})
        assert (result.proven, result.differences) == (2, [])


@pytest.mark.parametrize("mode", LedgerMode)
@pytest.mark.parametrize(
    "stated",
    [
        {"id": "ent_other"},
        {"source": "pur_2"},
        {"document_hash": "00" * 32},
        {"occurred_at": "2026-03-02T09:00:01.000Z"},
    ],
    ids=lambda stated: next(iter(stated)),
)
def test_purchases__receipt_of_an_entry_that_differs_in_what_is_stated__proves_nothing(mode, stated):
    ledger, (receipt,) = ledger_of(mode, entry("accrual", 10))
    line = {"purchase": "pur_1", "entries": [entry("accrual", 10) | stated], "receipts": [receipt]}
    result = audited_lines(ledger, line)

    assert result.proven == 0
    assert "but with another id, source, document_hash or time" in result.differences[0]


def test_purchases__numbered_by_the_partner__receipt_may_come_from_any_purchase():
    ledger, (receipt,) = ledger_of(LedgerMode.ROOTS, entry("accrual", 10))
    terms = {name: entry("accrual", 10)[name] for name in ("kind", "issuer", "partner", "member", "points")}
    result = audited_lines(ledger, {"purchase": "order 7", "entries": [terms], "receipts": [receipt]})

    assert (result.found, result.differences) == (1, [])


@pytest.mark.parametrize(
    "line",
    [b"no JSON", b"[]", b"{}", b'{"purchase": "p", "entries": [{}]}', b'{"purchase": 1, "entries": []}', b"\xff"],
)
def test_export__a_line_that_is_no_purchase__named(line):
    with pytest.raises(InvalidExport) as refusal:
        list(read_export([b"\n", line]))
    assert refusal.value.line == 2


# The command


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch):
    def run(node: Node, *arguments: str):
        monkeypatch.setattr(scripts.audit.Node, "at", lambda url: node)
        return CliRunner().invoke(scripts.audit.audit, ["--rpc", "http://node", *arguments])

    return run


def test_command__clean__prints_the_table_and_the_digest(run, ledger):
    result = run(ledger.node, "--contract", ledger.address)

    assert result.exit_code == 0, result.output
    assert audit(ledger.node, ledger.address).digest().hex() in result.stdout
    assert "0 differences" in result.stdout


def test_command__roots_only__says_what_it_cannot_recompute(run, roots_ledger):
    result = run(roots_ledger.node, "--contract", roots_ledger.address)

    assert result.exit_code == 0
    assert "cannot be recomputed" in result.stdout
    assert "Partners" not in result.stdout


def test_command__differences__named_and_exit_1(run, ledger):
    node = ledger.seen_through(stored("totalSupply"))
    result = run(node, "--contract", ledger.address, "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["statement"]["differences"] == 2


@pytest.mark.parametrize("address", ["0x" + "11" * 20, "nonsense"])
def test_command__no_ledger_there__exit_2(run, ledger, address):
    assert run(ledger.node, "--contract", address).exit_code == 2


def test_command__node_silent__exit_2(run):
    assert run(Node.at("http://127.0.0.1:1"), "--contract", "0x" + "11" * 20).exit_code == 2


def test_command__purchases__missing_one_is_exit_1(run, bought, tmp_path):
    (tmp_path / "mine.jsonl").write_bytes(b"\n".join(exported([entry("accrual", 101)])))
    result = run(bought.node, "--contract", bought.address, "--purchases", str(tmp_path / "mine.jsonl"), "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["purchases"]["found"] == 0


def test_command__signed__by_the_account_of_the_keystore(run, ledger, tmp_path, monkeypatch):
    account = Account.create()
    keystore = tmp_path / "auditor.json"
    keystore.write_text(json.dumps(Account.encrypt(account.key, "secret", kdf="pbkdf2", iterations=2)))
    monkeypatch.setenv(scripts.audit.PASSPHRASE, "secret")
    result = run(ledger.node, "--contract", ledger.address, "--sign", str(keystore), "--json")

    document = json.loads(result.stdout)
    message = encode_defunct(hexstr=document["digest"])
    assert Account.recover_message(message, signature=document["signature"]) == document["signer"] == account.address

    monkeypatch.setenv(scripts.audit.PASSPHRASE, "wrong")
    assert run(ledger.node, "--contract", ledger.address, "--sign", str(keystore)).exit_code == 2


@pytest.mark.parametrize("script", ["audit", "verify_receipt"])
def test_outsiders_command__imports_nothing_that_could_read_our_database(script):
    program = f"import sys, scripts.{script}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    ours = ("coalition.store", "coalition.services", "gamification", "partner_api", "scripts.composition")
    others = ("peewee", "psycopg", "sqlite3", "duckdb")
    assert not [name for name in loaded if name.startswith(ours + others)]
