"""A receipt proves an entry to anyone with a node, and one that was altered in anything proves nothing."""

import copy
import json
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.config import LedgerMode
from coalition.domain.redemption import Exactly
from coalition.errors import EntryNotRecorded, UnknownEntry
from coalition.ledger.audit.verification import InvalidReceipt, verify_receipt
from coalition.ledger.errors import NodeUnavailable
from coalition.services.ledger import receipt
from coalition.store import tables
from scripts.verify_receipt import verify_receipt as verify_receipt_command
from tests.integration.ledger.plain_ledger import PlainLedger, coalition_of_three, entry

Receipt = dict[str, Any]


@pytest.fixture
def entries(coalition, buy) -> list[str]:
    buy(coalition.cinema, "r-1", 1000)
    buy(coalition.cafe, "r-2", 1000, redeem=Exactly(30))
    buy(coalition.grocer, "r-3", 5000)
    return [entry.public_id for entry in tables.Entry.select().order_by(tables.Entry.id)]


def test_receipt__every_entry_of_a_batch__verifies_against_the_chain(ledger, entries):
    recorder = ledger.recorder()
    recorder.drain()

    for entry_id in entries:
        verify_receipt(receipt(entry_id, None), recorder.node)


def test_receipt__not_yet_recorded__says_how_far_the_entry_is(coalition, entries):
    with pytest.raises(EntryNotRecorded, match="pending"):
        receipt(entries[0], None)


def test_receipt__of_others__unknown_to_the_asking_partner(ledger, coalition, entries):
    ledger.recorder().drain()

    assert receipt(entries[0], coalition.cinema.number)["entry"]["id"] == entries[0]
    with pytest.raises(UnknownEntry):
        receipt(entries[0], coalition.grocer.number)


# From here on of ledgers that a test keeps by itself, in either mode.


@pytest.fixture(scope="module", params=LedgerMode)
def plain(request: pytest.FixtureRequest) -> tuple[PlainLedger, list[Receipt]]:
    """A ledger, and the receipts of a batch of five."""
    kept = coalition_of_three(request.param)
    return kept, kept.record(*(entry("accrual", points, id=f"ent_{points}") for points in range(1, 6)))


def test_verify__every_entry_of_a_batch__holds(plain):
    kept, receipts = plain
    for each in receipts:
        verify_receipt(each, kept.node)


def places(document: Any) -> list[tuple[Any, ...]]:
    """Every place in the document, nested ones as well, by the keys that lead there."""
    inside = document.items() if isinstance(document, dict) else enumerate(document)
    found: list[tuple[Any, ...]] = []
    for key, value in inside:
        found.append((key,))
        if isinstance(value, dict | list):
            found += [(key, *rest) for rest in places(value)]
    return found


ASKED = ("eth_chainId", "eth_getCode", "eth_call", "eth_getLogs", "eth_getTransactionByHash")

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


def nearly(value: Any) -> st.SearchStrategy[Any]:
    """What one could take for the value: a digit more or less, in capital letters, or of another type."""
    alike: list[Any] = [str(value), [value], {"value": value}]
    if isinstance(value, int):
        alike += [value + 1, value - 1, -value, value + (1 << 64), float(value), bool(value)]
    if isinstance(value, str):
        digits = value[:-1] + ("0" if value[-1:] != "0" else "1")
        alike += [digits, value.upper(), value.lower(), value + " ", " " + value, value[2:], value[:-2], value + "00"]
    if isinstance(value, list):
        alike += [value[::-1], value[1:], value[:-1], [*value, "0x" + "11" * 32], [*value, *value], "".join(value)]
    if isinstance(value, dict):
        alike += [{**value, "note": "paid"}, list(value.values())]
    return st.sampled_from([each for each in alike if type(each) is not type(value) or each != value])


@settings(max_examples=300)
@given(data=st.data())
def test_verify__altered_in_any_one_field__refused(plain, data):
    kept, receipts = plain
    altered = copy.deepcopy(data.draw(st.sampled_from(receipts)))
    *way, last = data.draw(st.sampled_from(places(altered)))
    holder = altered
    for key in way:
        holder = holder[key]
    true = copy.deepcopy(holder[last])
    if data.draw(st.booleans()):
        del holder[last]
    else:
        value = data.draw(nearly(true) | ANYTHING)
        if type(value) is type(true) and value == true:
            return
        holder[last] = value

    with pytest.raises(InvalidReceipt):
        verify_receipt(altered, kept.node)


@pytest.mark.parametrize("receipt", [None, [], "receipt", 7, {}, {"entry": {}}], ids=str)
def test_verify__no_receipt_at_all__refused(plain, receipt):
    with pytest.raises(InvalidReceipt):
        verify_receipt(receipt, plain[0].node)


def test_verify__with_a_field_more__refused(plain):
    kept, receipts = plain
    with pytest.raises(InvalidReceipt):
        verify_receipt(receipts[0] | {"note": "paid"}, kept.node)


def test_verify__of_another_chain__refused_and_both_named(plain):
    kept, receipts = plain
    elsewhere = kept.seen_through(lambda method, _, result: "0x1" if method == "eth_chainId" else result)
    with pytest.raises(InvalidReceipt, match=r"of chain 31337, the node serves 1\."):
        verify_receipt(receipts[0], elsewhere)


@pytest.mark.parametrize("code", ["0x", "0x6001600155"])
def test_verify__where_other_code_or_none_stands__refused(plain, code):
    kept, receipts = plain
    elsewhere = kept.seen_through(lambda method, _, result: code if method == "eth_getCode" else result)
    with pytest.raises(InvalidReceipt, match="there is no ledger"):
        verify_receipt(receipts[0], elsewhere)


@pytest.mark.parametrize(
    "method", ["eth_chainId", "eth_getCode", "eth_call", "eth_getLogs", "eth_getTransactionByHash"]
)
@pytest.mark.parametrize("garbage", ["0xzz", None, 1.5, [7], {"a": 1}], ids=str)
def test_verify__node_answers_garbage__is_the_nodes_fault_and_not_the_receipts(plain, method, garbage):
    kept, receipts = plain
    node = kept.seen_through(lambda asked, _, result: garbage if asked == method else result)
    with pytest.raises(NodeUnavailable):
        verify_receipt(receipts[0], node)


@pytest.mark.parametrize(
    "content, status",
    [(b"", 1), (b"\xff", 1), (b"[" * 100_000, 1), (b"[]", 1), (b'{"entry": NaN}', 1)],
    ids=["nothing", "not UTF-8", "deep", "a list", "no number"],
)
def test_command__no_receipt__exit_1_and_no_traceback(content, status):
    arguments = ["-", "--rpc", "http://127.0.0.1:1"]
    result = CliRunner().invoke(verify_receipt_command, arguments, input=content)
    assert (result.exit_code, type(result.exception)) == (status, SystemExit)


def test_command__node_silent__exit_2(plain):
    arguments = ["-", "--rpc", "http://127.0.0.1:1"]
    result = CliRunner().invoke(verify_receipt_command, arguments, input=json.dumps(plain[1][0]))
    assert result.exit_code == 2
