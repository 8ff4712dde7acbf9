"""Badges on the chain: each award and revocation once and in order, for good where nobody but us can move them."""

from itertools import count
from types import SimpleNamespace

import pytest

from coalition.ledger import lanes
from coalition.ledger.contract import BADGES, encode_call
from coalition.ledger.errors import NodeRefused
from coalition.ledger.node import to_hex
from coalition.services import ledger as ledger_service
from coalition.services.badges import BadgeChange, change_badges, member_badges
from coalition.services.members import EnrolMember, enrol_members, member_number
from coalition.services.returns import ReturnGoods, return_goods
from coalition.store import tables
from gamification.engine import run_batch
from gamification.publishing import publish
from tests.integration.gamification.helpers import rule, rule_text

ERC_1155, ERC_1155_METADATA, ERC_5192 = (bytes.fromhex(id_) for id_ in ("d9b67a26", "0e89341c", "b45a3c0e"))


@pytest.fixture
def anna(coalition):
    number = member_number(coalition.anna.id)
    return SimpleNamespace(number=number, address=tables.Member.get_by_id(number).address)


@pytest.fixture
def change(coalition, clock, anna):
    """``change("award", "first")``, by the café and for Anna, unless someone else is named."""
    grants = count(1)

    def change(kind, achievement, member=None):
        entry = BadgeChange(kind, achievement, coalition.cafe.number, member or anna.number, f"grant {next(grants)}")
        change_badges([entry], now=clock.now())

    return change


def number_of(achievement: str) -> int:
    return tables.Badge.get(tables.Badge.code == achievement).id


def held(recorder, address: str, achievement: str) -> int:
    return recorder.badges._read("balanceOf", address, number_of(achievement))


def assert_complete(recorder) -> None:
    """Nothing waits, nothing was refused, and the contract's history is the journal's."""
    last = tables.BadgeBatch.select().order_by(tables.BadgeBatch.sequence.desc()).first()
    assert recorder.badges.next_sequence() == last.sequence + 1
    assert to_hex(recorder.badges.head()) == last.head
    entry = tables.BadgeEntry
    assert not entry.select().where(entry.sequence.is_null() | entry.refused.is_null(False)).exists()


def test_grant__with_a_badge__is_on_the_chain_until_the_goods_come_back(ledger, coalition, clock, buy, anna):
    publish(rule_text(rule("first", reward={"badge": True, "funded_by": {"cafe": 100}})), now=clock.now())
    bought = buy(coalition.cafe, "r-1", 1000)
    run_batch(now=clock.now())
    recorder = ledger.recorder()
    recorder.drain()
    assert held(recorder, anna.address, "first") == 1
    assert recorder.badges._read("issuerOf", number_of("first")) == coalition.cafe.number
    badge = member_badges(anna.number)["first"]
    assert (badge.status, recorder.node.outcome(badge.chain_tx).succeeded) == ("final", True)

    return_goods(ReturnGoods(coalition.cafe.number, bought.id, "back-1", [("1", 1)]), now=clock.now())
    run_batch(now=clock.now())
    recorder.drain()
    assert held(recorder, anna.address, "first") == 0
    assert tables.BadgeBatch.select().count() == 2
    assert_complete(recorder)


def test_drain__awarded_revoked_and_awarded_again_in_one_batch__is_held_once(ledger, change, anna):
    for kind in ("award", "revocation", "award"):
        change(kind, "first")
    change("award", "second")
    change("revocation", "second")
    recorder = ledger.recorder()
    recorder.drain()

    assert tables.BadgeBatch.get().entries == 5
    assert (held(recorder, anna.address, "first"), held(recorder, anna.address, "second")) == (1, 0)
    assert_complete(recorder)


def test_drain__more_badges_than_a_batch_takes__several_in_order(ledger, coalition, clock, change, monkeypatch):
    monkeypatch.setattr(lanes, "BADGES_A_BATCH", 3)
    phones = [EnrolMember(phone=f"+7916{number:07d}") for number in range(8)]
    members = [member_number(id_) for id_ in enrol_members(phones, coalition.cafe.number, now=clock.now()).values()]
    for member in members:
        change("award", "first", member)
    change("revocation", "first", members[0])
    recorder = ledger.recorder()
    recorder.drain()

    sizes = [batch.entries for batch in tables.BadgeBatch.select().order_by(tables.BadgeBatch.sequence)]
    assert sizes == [3, 3, 3]
    addresses = [tables.Member.get_by_id(member).address for member in members]
    assert [held(recorder, address, "first") for address in addresses] == [0] + [1] * 7
    assert_complete(recorder)


def test_largest_batch__of_badges_and_members_all_new__fits_into_a_transaction(ledger, coalition, clock, change):
    phones = [EnrolMember(phone=f"+7916{number:07d}") for number in range(lanes.BADGES_A_BATCH)]
    members = enrol_members(phones, coalition.cafe.number, now=clock.now()).values()
    for number, member in enumerate(members):
        change("award", f"badge-{number}", member_number(member))
    recorder = ledger.recorder()
    recorder.drain()

    assert tables.BadgeBatch.get().entries == lanes.BADGES_A_BATCH
    assert_complete(recorder)


@pytest.mark.parametrize("done", [[], ["_sign_new"], ["_sign_new", "_send"]], ids=["observed", "signed", "sent"])
def test_step__killed_anywhere__the_next_recorder_records_each_badge_once(ledger, change, anna, done):
    recorder = ledger.recorder()
    recorder.drain()
    change("award", "first")
    recorder._observe()
    for step in done:
        getattr(recorder, step)()

    successor = ledger.recorder()
    successor.drain()

    assert held(successor, anna.address, "first") == 1
    assert tables.ChainTx.select().where(tables.ChainTx.badges.is_null(False)).count() == 1
    assert_complete(successor)


def test_entry__that_the_contract_refuses__is_set_aside_and_the_others_go_on(ledger, change, anna):
    change("award", "first")
    recorder = ledger.recorder()
    recorder.drain()
    # As if the journal had forgotten that Anna has it.
    first = tables.BadgeEntry.get()
    bad = tables.BadgeEntry.create(
        kind="award", badge=first.badge_id, member=anna.number, grant="?", recorded_at=first.recorded_at
    )
    change("award", "second")
    recorder.drain()

    assert tables.BadgeEntry.get_by_id(bad.id).refused.startswith("BadgeHeld(")
    assert (held(recorder, anna.address, "first"), held(recorder, anna.address, "second")) == (1, 1)
    # What is confirmed by the last look is final with the next.
    recorder.step()
    assert member_badges(anna.number)["second"].status == "final"


def test_badge__on_the_chain__is_locked_and_described_by_the_api(ledger, change, anna):
    change("award", "first")
    recorder = ledger.recorder()
    recorder.drain()
    read, badge = recorder.badges._read, number_of("first")

    assert read("locked", badge) is True
    assert [read("supportsInterface", id_) for id_ in (ERC_1155, ERC_1155_METADATA, ERC_5192)] == [True] * 3
    assert read("uri", badge) == "http://127.0.0.1:8000/v1/badges/{id}"


@pytest.mark.parametrize("by", ["safeTransferFrom", "safeBatchTransferFrom", "setApprovalForAll"])
def test_badge__passed_on__refused_even_to_its_member(ledger, change, anna, by):
    change("award", "first")
    recorder = ledger.recorder()
    recorder.drain()
    ledger.chain.fund(anna.address)
    badge, other = number_of("first"), recorder.badges.address
    arguments = {
        "safeTransferFrom": (anna.address, other, badge, 1, b""),
        "safeBatchTransferFrom": (anna.address, other, [badge], [1], b""),
        "setApprovalForAll": (other, True),
    }
    data = to_hex(encode_call(by, *arguments[by], contract=BADGES))

    with pytest.raises(NodeRefused, match=r"BadgesDoNotMove\(\)"):
        recorder.node.request("eth_call", {"from": anna.address, "to": other, "data": data}, "latest")


def test_badge__set_aside__is_listed_with_the_refused_and_recorded_on_request(ledger, change):
    recorder = ledger.recorder()
    change("award", "first")
    recorder.drain()
    change("award", "second")
    bad = tables.BadgeEntry.select().order_by(tables.BadgeEntry.id.desc()).get()
    tables.BadgeEntry.update(refused="EnforcedPause()").where(tables.BadgeEntry.id == bad.id).execute()

    assert ledger_service.status().refused == 1
    named = f"award of badge {number_of('second')} for grant grant 2"
    assert ledger_service.refused_entries() == [{"entry": named, "reason": "EnforcedPause()"}]
    assert ledger_service.retry_refused() == 1
    assert (ledger_service.status().refused, ledger_service.refused_entries()) == (0, [])
    recorder.drain()
    assert_complete(recorder)
