"""What the services close comes to the settlement contract, and back to whoever verifies it with lines and a node."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from eth_account import Account

from coalition.config import IN_PROCESS_URL, Settings
from coalition.domain.statements import StatementLine, statement_root
from coalition.errors import InvalidPartner, WrongSigner
from coalition.ledger.administration import Administrator
from coalition.ledger.errors import WrongContract
from coalition.ledger.settlement.anchoring import anchor, settlement_of
from coalition.ledger.settlement.binding import Claimed, SettlementContract, Status
from coalition.ledger.settlement.typed_data import sign
from coalition.ledger.settlement.verification import Verified, Whose, verify
from coalition.services import corrections, payments, settlement, settlement_chain, statements
from coalition.services.parties import replace_signer, set_signer
from coalition.services.redemptions import reverse_redemption
from coalition.services.signatures import acknowledgement_of, domain, payment_of
from coalition.store import tables
from scripts import worker as worker_module
from scripts.settle_chain import bring
from scripts.worker import Worker
from tests.integration.settlement.conftest import BY

APRIL, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (4, 5))
POOL, OPERATOR, CINEMA, CAFE = 0, 1, 2, 3
KEY, OTHER_KEY = (Account.from_key(bytes([digit]) * 32) for digit in (5, 6))
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@pytest.fixture
def administrator(office):
    recorder = office.recorder
    return Administrator(recorder.chain, recorder.keyring, office.clock)


@pytest.fixture
def march(office, coalition, till):
    """The café honoured ten and twenty of the cinema's points, which is closed."""
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 10)
    till.redeem(coalition.cafe, 20)
    office.until(APRIL)
    return office.close("2026-03")


def contract(administrator) -> SettlementContract:
    found = settlement_of(administrator)
    assert found is not None
    return found


# Every period that is closed


def test_own_points_that_the_pool_pays__are_claimed(office, coalition, till, administrator):
    office.publish("2026-01-01T00:00Z", funding="at_issuance", breakage="pool")
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cinema, 10)
    till.redeem(coalition.cafe, 20)
    office.until(APRIL)
    march = office.close("2026-03")
    assert bring(administrator) == []
    chained = contract(administrator)
    keys = [(CINEMA, CINEMA, "USD"), (CINEMA, CAFE, "USD")]
    assert chained.claimed_in(keys) == [Claimed(10, 10, 10), Claimed(20, 20, 20)]
    assert chained.unclaimed([key[:2] for key in keys]) == [0, 0]
    for party in (CINEMA, CAFE, POOL):
        found = verify(office.lines(march, party), [], chained, Whose(1, party, "USD"))
        assert differing(found) == []


def test_money_in_a_currency_without_a_price__is_closed(office, coalition, till, administrator):
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 10)
    corrections.correct_between("operator", "cafe", "EUR", 1500, "charged twice", BY, now=office.clock.now())
    office.until(APRIL)
    office.close("2026-03")
    assert bring(administrator) == []
    chained = contract(administrator)
    assert [each.position_minor for each in chained.statements(1, [(OPERATOR, "EUR"), (CAFE, "EUR")])] == [-1500, 1500]


def test_points_that_cost_nothing__are_closed(office, coalition, till, administrator):
    fees = [{"monthly_minor": 100}]
    office.publish("2026-01-01T00:00Z", currency="EUR", issued_micros=0, redeemed_micros=0, fees=fees)
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 10)
    office.until(APRIL)
    office.close("2026-03")
    assert bring(administrator) == []
    assert contract(administrator).period(1).closed


# Signatures


def signed(office, march, key=KEY) -> tuple[str, str, bytes]:
    statement = office.statement(march, CAFE)
    row = tables.Statement.get_by_id(statement.id)
    return statement.id, statement.root, sign(domain(), acknowledgement_of(row), key)


@pytest.mark.parametrize("form", ["v 0 or 1", "upper s"])
def test_signature__in_another_form__is_kept_as_the_contract_takes_it(office, march, administrator, form):
    set_signer("cafe", KEY.address, BY, now=office.clock.now())
    bring(administrator)
    statement, root, made = signed(office, march)
    given = made[:64] + bytes([made[64] - 27])
    if form == "upper s":
        given = made[:32] + (ORDER - int.from_bytes(made[32:64])).to_bytes(32) + bytes([55 - made[64]])
    kept = statements.acknowledge(statement, CAFE, root, "0x" + given.hex(), BY, now=office.clock.now())
    assert kept.signature == "0x" + made.hex()
    assert bring(administrator) == []
    assert contract(administrator).statements(1, [(CAFE, "USD")])[0].status == Status.ACKNOWLEDGED


@pytest.mark.parametrize("change", [lambda made: b"", lambda made: made[:64], lambda made: made[:64] + b"\x25"])
def test_signature__that_is_none__refused(office, march, administrator, change):
    set_signer("cafe", KEY.address, BY, now=office.clock.now())
    bring(administrator)
    statement, root, made = signed(office, march)
    with pytest.raises(WrongSigner):
        statements.acknowledge(statement, CAFE, root, "0x" + change(made).hex(), BY, now=office.clock.now())


def test_signature__that_the_chain_refused__gives_way_to_a_later_one(office, march, administrator):
    set_signer("cafe", KEY.address, BY, now=office.clock.now())
    bring(administrator)
    statement, root, made = signed(office, march)
    statements.acknowledge(statement, CAFE, root, None, BY, now=office.clock.now())
    tables.Statement.update(signature="0x" + "11" * 65).where(tables.Statement.public_id == statement).execute()
    assert [each.purpose for each in bring(administrator)] == ["acknowledge"]
    statements.acknowledge(statement, CAFE, root, "0x" + made.hex(), BY, now=office.clock.now())
    assert bring(administrator) == []


# Keys


@pytest.mark.parametrize("address", ["0x" + "0" * 40, KEY.address.swapcase().replace("X", "x"), "0x12"])
def test_signer__that_is_no_address__refused(office, address):
    with pytest.raises(InvalidPartner):
        set_signer("cafe", address, BY, now=office.clock.now())


def test_signer__another_than_the_contract_may_know__refused(office, march, administrator):
    set_signer("cafe", OTHER_KEY.address, BY, now=office.clock.now())
    set_signer("cafe", KEY.address, BY, now=office.clock.now())
    bring(administrator)
    set_signer("cafe", KEY.address.lower(), BY, now=office.clock.now())
    with pytest.raises(InvalidPartner, match="replace-key"):
        set_signer("cafe", OTHER_KEY.address, BY, now=office.clock.now())
    assert replace_signer("cafe", OTHER_KEY.address, BY, now=office.clock.now()).signer == OTHER_KEY.address


# Verifying


def differing(found: Verified) -> list[str]:
    return [check.what for check in found.checks if check.recomputed != check.on_chain or check.differences]


def facts(found: Verified) -> dict[str, object]:
    return {fact.what: fact.value for fact in found.facts}


@pytest.fixture
def state(office, march, administrator):
    """March on the chain with other lines of a partner, to which the operator has fitted root, positions and claims."""

    def stated(party, lines, position_minor, claims=None):
        (told,) = settlement_chain.described_periods()
        fitted = []
        for each in told.statements:
            minor, root = -position_minor, each.root
            if each.partner == party:
                minor, root = position_minor, statement_root(lines)
            other = each.other_minor + minor - each.position_minor
            fitted.append(replace(each, root=root, position_minor=minor, other_minor=other))
        if claims is not None:
            told = replace(told, claims=claims(told.claims))
        anchor(administrator, [replace(told, statements=tuple(fitted))], {}, settlement_chain.ceilings())
        return verify(lines, [], contract(administrator), Whose(1, party, "USD"))

    return stated


def moving(office, march, party) -> list[StatementLine]:
    return [line for line in office.lines(march, party) if line.cause]


def test_verify__what_is_right__has_no_differences(office, march, state):
    found = state(CAFE, office.lines(march, CAFE), 30)
    assert differing(found) == []
    assert facts(found)["points of 2 at 3 on the ledger by now that no period has claimed"] == 0


def test_verify__lines_told_twice__differ(office, march, state):
    lines = office.lines(march, CINEMA)
    found = state(CINEMA, lines + moving(office, march, CINEMA), -60)
    assert differing(found) == ["lines that are told once, in all these statements"]
    assert facts(found)["minor units of the position that rest on no claimed points; nothing on the chain bounds them"]


def test_verify__an_entry_under_two_names__differs(office, march, state):
    lines = office.lines(march, CINEMA)
    doubled = [replace(line, id=f"{line.id}x") for line in moving(office, march, CINEMA)]
    assert differing(state(CINEMA, lines + doubled, -60)) == ["entries of these statements in their batches"]


@pytest.mark.parametrize(
    "change", [{"counterparty": 4}, {"cause": "subsidy", "counterparty": 1}, {"cause": "breakage"}]
)
def test_verify__money_for_another_cause_or_party__differs(office, march, state, change):
    lines = [replace(line, **change) if line.cause else line for line in office.lines(march, CINEMA)]
    assert "lines whose payer and payee follow from their cause" in differing(state(CINEMA, lines, -30))


def test_verify__the_redeemer_pays__differs(office, march, state):
    lines = [replace(line, micros=-line.micros) for line in office.lines(march, CAFE)]
    assert differing(state(CAFE, lines, -30)) == ["lines whose payer and payee follow from their cause"]


def test_verify__a_converted_line__is_named_as_not_checked(office, march, state):
    lines = [replace(line, price_micros=0) for line in office.lines(march, CAFE)]
    found = state(CAFE, lines, 30)
    assert facts(found)["lines not checked (converted): their price was in another currency"] == 2


def test_verify__a_redemption_left_out__differs_once_it_was_recorded_in_time(office, coalition, till, administrator):
    ends_at = datetime.now(UTC) + timedelta(days=40)
    month = f"{ends_at:%Y-%m}"
    starts_at = ends_at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    office.until(max(starts_at, office.clock.now()))
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 10)
    till.redeem(coalition.cafe, 20)
    over = (starts_at + timedelta(days=32)).replace(day=1)
    office.until(over)
    closed = office.close(month)
    office.recorder.node.request("testing_timeTravel", int(over.timestamp()) + 60)
    (told,) = settlement_chain.described_periods()
    left_out = office.lines(closed, CAFE)[:1]
    fitted = [
        replace(each, root=statement_root(left_out), position_minor=10, other_minor=0)
        if each.partner == CAFE
        else replace(each, position_minor=-10, other_minor=0)
        for each in told.statements
        if each.position_minor
    ]
    claims = tuple(replace(claim, points=10, paid_minor=10, got_minor=10) for claim in told.claims)
    anchor(administrator, [replace(told, statements=tuple(fitted), claims=claims)], {}, settlement_chain.ceilings())
    found = verify(left_out, [], contract(administrator), Whose(1, CAFE, "USD"))
    assert differing(found) == ["entries on the ledger in time that are in no statement"]
    assert facts(found)["points of 2 at 3 on the ledger by now that no period has claimed"] == 20


def test_verify__two_periods__needs_the_earlier_one(office, coalition, till, march, administrator):
    till.redeem(coalition.cafe, 7)
    office.until(MAY)
    april = office.close("2026-04")
    bring(administrator)
    first, second = office.lines(march, CAFE), office.lines(april, CAFE)
    chained, whose = contract(administrator), Whose(2, CAFE, "USD")
    found = verify(second, [first], chained, whose)
    assert (differing(found), len(found.checks)) == ([], 9)
    alone = verify(second, [], chained, whose)
    assert (differing(alone), len(alone.checks)) == ([], 7)
    assert facts(alone)["not checked: entries and claims that are in no statement; give --earlier"] == "USD of period 1"
    strange = verify(second, [first[:1]], chained, whose)
    assert differing(strange) == ["earlier statements by their Merkle roots"]
    again = verify(second, [first, first], chained, whose)
    assert "lines that are told once, in all these statements" in differing(again)


def test_verify__undone_before_it_was_claimed__has_no_differences(office, coalition, till, administrator):
    till.sell(coalition.cinema, 1000)
    undone = till.redeem(coalition.cafe, 10).redemption.id
    till.redeem(coalition.cafe, 20)
    office.until(APRIL)
    march = office.close("2026-03")
    reverse_redemption(undone, None, now=office.clock.now())
    office.recorder.drain()
    assert bring(administrator) == []
    assert differing(verify(office.lines(march, CAFE), [], contract(administrator), Whose(1, CAFE, "USD"))) == []


def test_verify__another_contract__raises(office, march, administrator):
    bring(administrator)
    wrong = SettlementContract(office.recorder.node, office.recorder.contract.address)
    with pytest.raises(WrongContract):
        verify([], [], wrong, Whose(1, CAFE, "USD"))


# The worker


@pytest.fixture
def worker(office, tmp_path, monkeypatch):
    """Whose time passes by hand."""
    found = Worker(Settings(tmp_path, "", IN_PROCESS_URL, 0, 0))
    monkeypatch.setattr(worker_module, "CLOCK", office.clock)
    moment = 1000.0
    monkeypatch.setattr(worker_module.time, "monotonic", lambda: moment)

    def anchors(after_s: float) -> bool:
        nonlocal moment
        moment += after_s
        return found._anchor(office.recorder)

    return anchors


def test_worker__closed_period__is_on_the_contract_once(office, worker, march, administrator):
    assert worker(2)
    assert contract(administrator).period(1).closed
    assert not worker(2)
    assert not worker(3600)


def test_worker__deed_with_a_smaller_number__is_not_missed(office, worker, march, administrator):
    set_signer("cinema", KEY.address, BY, now=office.clock.now())
    late = tables.AuditEntry.select().order_by(tables.AuditEntry.id).first()
    words = {name: getattr(late, name) for name in tables.AuditEntry._meta.sorted_field_names}
    late.delete_instance()
    worker(2)
    set_signer("cafe", KEY.address, BY, now=office.clock.now())
    worker(2)
    tables.AuditEntry.insert(**words).execute()
    assert worker(2)
    assert not worker(2)


def test_worker__refused_for_now__is_tried_again(office, worker, march, administrator):
    office.recorder.drain()
    set_signer("cafe", KEY.address, BY, now=office.clock.now())
    worker(2)
    office.until(MAY)
    assert settlement.settle_accepted(now=office.clock.now()) == 1
    (payment,) = payments.list_payments()
    row = tables.Payment.get()
    signature = "0x" + sign(domain(), payment_of(row), KEY).hex()
    payments.confirm_payment(payment.id, CAFE, signature, BY, now=office.clock.now())
    assert worker(2)
    chained = contract(administrator)
    assert chained.statements(1, [(CAFE, "USD")])[0].paid_minor == 0
    office.recorder.node.request("testing_timeTravel", chained.period(1).deadline + 1)
    assert not worker(60)
    assert worker(600)
    assert chained.statements(1, [(CAFE, "USD")])[0].paid_minor == 30
    assert not worker(3600)
