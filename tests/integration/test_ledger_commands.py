"""``coalition ledger``: what operators do with the ledger's contracts, each command as a process of its own."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from eth_account import Account

from coalition.clock import ManualClock, SystemClock
from coalition.config import IN_PROCESS_URL, ROLES, Settings
from coalition.ledger import administration, deployments
from coalition.ledger.chains import LOCAL_CHAIN_ID, open_chain
from coalition.ledger.contract import ROLE_HASHES, History, encode_call
from coalition.ledger.deployments import account_of
from coalition.ledger.in_process import in_process_node
from coalition.ledger.keys import Keyring
from coalition.ledger.node import Node, NodeRefused
from coalition.store import tables
from coalition.store.database import execute
from tests.integration.ledger.conftest import needs_anvil
from tests.integration.test_commands_lifecycle import Run, runner

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def run(till, database_url: str, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(SystemClock, "now", lambda self: clock.now())
    return runner(
        {
            "COALITION_DATA_DIR": str(tmp_path),
            "COALITION_DATABASE_URL": database_url,
            "COALITION_CHAIN_URL": IN_PROCESS_URL,
        }
    )


@pytest.fixture
def recorded(run, coalition, till) -> None:
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 40)
    assert run("record").status == 0


def status(run: Run) -> dict:
    return run("ledger", "status", "--json").document


def test_status__of_a_complete_ledger__tells_where_it_is_and_that_nothing_waits(run, recorded):
    told = status(run)
    assert (told["backlog"], told["in_flight"], told["refused"], told["lost"]) == (0, 0, 0, 0)
    assert told["contract"] == tables.Deployment.get().contract
    assert "next sequence" in run("ledger", "status").out


def test_accounts__before_there_is_a_ledger__are_made_once_and_used_by_it(run, coalition, till):
    made = run("ledger", "accounts", "--json").document
    assert tuple(made) == ROLES
    assert len(set(made.values())) == len(ROLES)
    till.sell(coalition.cinema, 1000)
    assert run("record").status == 0
    assert {role: account_of(role) for role in ROLES} == made
    assert run("ledger", "accounts", "--json").document == made


def test_rebuild__to_a_new_contract__has_the_same_history_there(run, coalition, till, recorded):
    before = status(run)
    till.sell(coalition.grocer, 1000)

    said = run("ledger", "rebuild", "--json")

    after = status(run)
    assert (said.status, said.document["differences"]) == (0, 0)
    assert after["next_sequence"] == before["next_sequence"] + 1
    first = tables.Batch.select().order_by(tables.Batch.sequence.desc()).offset(1).first()
    assert first.head == before["head"]


def test_rebuild__dry_run__says_what_would_be_and_changes_nothing(run, recorded):
    before = status(run), tables.ChainTx.select().count()
    said = run("ledger", "rebuild", "--dry-run")
    assert said.status == 0
    assert "2 entries would be replayed" in said.err
    assert (status(run), tables.ChainTx.select().count()) == before


def test_rebuild__to_roots_only_and_back__keeps_the_head(run, recorded):
    head = status(run)["head"]
    for mode in ("roots", "full"):
        assert run("ledger", "rebuild", "--mode", mode).status == 0
        assert (tables.Deployment.get().mode, status(run)["head"]) == (mode, head)


def test_rebuild__while_a_worker_records__refused(run, clock, recorded):
    execute(
        "INSERT INTO lease (name, holder, expires_at) VALUES ('recorder', 'another:1', ?)",
        ("2999-01-01T00:00:00.000Z",),
    )
    said = run("ledger", "rebuild")
    assert (said.status, "lease_held" in said.err) == (2, True)


@pytest.mark.parametrize("role", ROLES)
def test_rotate__any_role__the_new_account_does_the_work_and_the_old_one_may_not(run, coalition, till, recorded, role):
    old = account_of(role)

    said = run("ledger", "rotate", role, "--json")

    assert said.document == {"role": role, "account": account_of(role), "before": old}
    assert old != account_of(role)
    till.sell(coalition.grocer, 1000)
    assert run("record").status == 0
    assert run("reconcile").status == 0
    revoked = tables.ChainTx.select().where(tables.ChainTx.purpose.startswith("revokeRole"))
    assert {tx.status for tx in revoked} == {"final"}
    assert {tx.purpose for tx in revoked} == {
        f"revokeRole on {name}" for name in ("PointsLedger", "AchievementBadges")[: 1 if role == "registrar" else 2]
    }


def test_rotate__to_an_account_without_a_key__refused_and_nothing_changes(run, recorded):
    said = run("ledger", "rotate", "recorder", "--to", "0x" + "11" * 20)
    assert (said.status, "missing_key" in said.err) == (2, True)
    assert run("reconcile").status == 0


def test_pause__sales_go_on__and_are_recorded_after_unpause(run, coalition, till, recorded):
    assert run("ledger", "pause").status == 0
    till.sell(coalition.cinema, 1000)

    refused = run("record")

    assert (refused.status, "EnforcedPause" in refused.err) == (2, True)
    assert status(run)["refused"] == 0
    assert run("ledger", "unpause").status == 0
    assert run("record").status == 0
    assert run("reconcile", "--json").document["differences"] == 0


def test_retry__an_entry_that_was_refused__is_recorded(run, coalition, till, recorded):
    sale = till.sell(coalition.cinema, 1000)
    entry = tables.Entry.get(tables.Entry.source == sale.id)
    tables.RefusedEntry.create(entry=entry.id, reason="LimitExceeded()", refused_at=till.clock.now(), force_insert=True)
    assert run("record").status == 0
    assert status(run)["refused_entries"] == [{"entry": entry.public_id, "reason": "LimitExceeded()"}]

    assert json.loads(run("ledger", "retry", "--json").out) == {"entries": 1}

    assert run("record").status == 0
    assert tables.Entry.get_by_id(entry.id).sequence_id is not None
    assert run("reconcile").status == 0


# On a chain of others, where gas costs


URL = "http://node.invalid"
PASSPHRASE = "correct horse"


class Killed(Exception):
    pass


class Network:
    """A chain that outlives the commands, on which an account has only what somebody gives it."""

    def __init__(self, data_dir: Path) -> None:
        self.node = in_process_node(LOCAL_CHAIN_ID, 10**30)
        self.keyring = Keyring(Settings(data_dir, "", URL, 0, 0, key_passphrase=PASSPHRASE))

    def fund(self, account: str) -> None:
        (rich,) = self.node.request("eth_accounts")[:1]
        gift = {"from": rich, "to": account, "value": hex(10**20), "gas": hex(21_000)}
        self.node.request("eth_sendTransaction", gift)

    @property
    def contracts(self) -> tuple[History, History]:
        found = tables.Deployment.get()
        return deployments.ledger_at(self.node, found), deployments.badges_at(self.node, found)

    def holders(self, role: str, *accounts: str) -> list[set[str]]:
        """Which of these accounts have the role, on either contract."""
        return [{account for account in accounts if each.has_role(role, account)} for each in self.contracts]

    def send_as(self, role: str, to: str, calldata: bytes = b"") -> None:
        """Somebody uses the key of this role behind our back."""
        account = account_of(role)
        fees = {"maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**12}
        place = {"type": 2, "chainId": LOCAL_CHAIN_ID, "nonce": self.node.nonce(account), "value": 0}
        fields = place | fees | {"gas": 500_000, "to": to, "data": calldata}
        self.node.send(self.keyring.signer(account).sign(fields).signed_bytes)

    def meddle(self, monkeypatch: pytest.MonkeyPatch, before: Callable[[], None], *, times: int) -> None:
        """Each of the next transactions that are sent finds that something was before it."""
        send_all, left = self.node.send_all, iter(range(times))

        def meddled(transactions: Sequence[bytes]) -> list[NodeRefused | None]:
            if next(left, None) is not None:
                monkeypatch.setattr(self.node, "send_all", send_all)
                before()
                monkeypatch.setattr(self.node, "send_all", meddled)
            return send_all(transactions)

        monkeypatch.setattr(self.node, "send_all", meddled)


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    monkeypatch.setattr("coalition.ledger.keys._COST", 2**10)
    network = Network(tmp_path)
    monkeypatch.setattr(Node, "at", lambda url, *_: network.node)
    return network


@pytest.fixture
def away(till, coalition, database_url: str, tmp_path: Path, clock: ManualClock, network: Network, monkeypatch) -> Run:
    """A command of a coalition that has recorded a sale there; no worker runs."""
    monkeypatch.setattr(SystemClock, "now", lambda self: clock.now())
    run = runner(
        {
            "COALITION_DATA_DIR": str(tmp_path),
            "COALITION_DATABASE_URL": database_url,
            "COALITION_CHAIN_URL": URL,
            "COALITION_KEY_PASSPHRASE": PASSPHRASE,
        }
    )
    for account in run("ledger", "accounts", "--json").document.values():
        network.fund(account)
    till.sell(coalition.cinema, 1000)
    assert run("record").status == 0
    return run


def new_account(network: Network) -> str:
    """One with a key here, and something to pay with."""
    account = network.keyring.new_account("recorder")
    network.fund(account)
    return account


def diverge(network: Network) -> None:
    """With the recorder's key somebody records nonsense as the next batch of badges."""
    _, badges = network.contracts
    word = ((1 << 248) | (1 << 232) | (5 << 160) | 7).to_bytes(32)
    calldata = encode_call("record", badges.next_sequence(), word, contract=badges.name)
    network.send_as("recorder", badges.address, calldata)


def test_pause__the_recorders_key_was_misused__stops_everything_all_the_same(away, network):
    diverge(network)
    assert "ledger_diverged" in away("record").err

    assert away("ledger", "pause").status == 0

    assert [each.is_paused() for each in network.contracts] == [True, True]


def test_rotate__the_recorders_key_was_misused__takes_the_role_from_it(away, network):
    old, new = account_of("recorder"), new_account(network)
    diverge(network)

    assert away("ledger", "rotate", "recorder", "--to", new).status == 0

    assert network.holders("recorder", old, new) == [{new}, {new}]


def test_pause__somebody_else_used_the_pausers_key__goes_on_behind_that(away, network):
    for _ in range(3):
        network.send_as("pauser", account_of("pauser"))
    assert away("ledger", "pause").status == 0
    assert [each.is_paused() for each in network.contracts] == [True, True]


@pytest.mark.parametrize("times", [1, 2])
def test_pause__its_nonce_is_taken_meanwhile__signed_again(away, network, monkeypatch, times):
    network.meddle(monkeypatch, lambda: network.send_as("pauser", account_of("pauser")), times=times)
    assert away("ledger", "pause").status == 0
    assert [each.is_paused() for each in network.contracts] == [True, True]


def test_pause__its_nonce_is_taken_again_and_again__refused(away, network, monkeypatch):
    network.meddle(monkeypatch, lambda: network.send_as("pauser", account_of("pauser")), times=99)
    said = away("ledger", "pause")
    assert (said.status, "transaction_refused" in said.err) == (2, True)


def test_pause__again__signs_nothing(away):
    away("ledger", "pause")
    signed = tables.ChainTx.select().count()
    assert away("ledger", "pause").status == 0
    assert tables.ChainTx.select().count() == signed


def test_pause__the_role_is_lost__refused_with_the_contracts_words_and_nothing_is_signed(away, network):
    signed = tables.ChainTx.select().count()
    ledger, _ = network.contracts
    revoke = encode_call("revokeRole", ROLE_HASHES["pauser"], account_of("pauser"), contract=ledger.name)
    network.send_as("admin", ledger.address, revoke)

    said = away("ledger", "pause")

    assert (said.status, "AccessControlUnauthorizedAccount" in said.err) == (2, True)
    assert tables.ChainTx.select().count() == signed


def test_pause__the_chain_stands_still__says_what_is_under_way_and_ends(away, network, monkeypatch):
    monkeypatch.setattr(administration, "_WAIT_S", 0)
    with monkeypatch.context() as still:
        still.setattr(network.node, "send_all", lambda transactions: [None] * len(transactions))
        said = away("ledger", "pause")
    assert (said.status, "still_under_way" in said.err) == (2, True)
    assert "pause on PointsLedger, pause on AchievementBadges" in said.err.replace("\n", " ")

    signed = tables.ChainTx.select().count()
    assert away("ledger", "pause").status == 0
    assert tables.ChainTx.select().count() == signed


def test_pause__while_it_waits__says_so(away, network, monkeypatch):
    monkeypatch.setattr(administration, "_TELL_AFTER_S", 0)
    monkeypatch.setattr(administration, "_LOOK_AGAIN_S", 0)
    send_all, held = network.node.send_all, []

    def late(transactions: Sequence[bytes]) -> list[NodeRefused | None]:
        held.extend(transactions)
        return [None] * len(transactions)

    monkeypatch.setattr(network.node, "send_all", late)
    monkeypatch.setattr(administration.time, "sleep", lambda _: send_all(held))
    said = away("ledger", "pause")
    assert (said.status, "waiting for the chain: pause on PointsLedger" in said.err) == (0, True)


def test_pause__the_node_serves_another_chain__refused(away, network, monkeypatch):
    monkeypatch.setattr(network.node, "chain_id", lambda: 1)
    assert "wrong_chain" in away("ledger", "pause").err


def test_pause__before_there_is_a_ledger__refused(away):
    deployments.unbind()
    assert "no_ledger" in away("ledger", "pause").err


@pytest.mark.parametrize("handed_over", [False, True])
@pytest.mark.parametrize("role", ROLES)
def test_rotate__killed_amid_it__the_same_again_finishes_it(away, network, monkeypatch, role, handed_over):
    old, new = account_of(role), new_account(network)
    kill_rotate(away, monkeypatch, role, new, handed_over=handed_over)

    assert away("ledger", "rotate", role, "--to", new).status == 0

    assert account_of(role) == new
    assert set().union(*network.holders(role, old, new)) == {new}


def test_rotate__to_a_third_account_after_one_was_killed__nobody_else_keeps_the_role(away, network, monkeypatch):
    first, second, third = account_of("recorder"), new_account(network), new_account(network)
    kill_rotate(away, monkeypatch, "recorder", second, handed_over=False)

    assert away("ledger", "rotate", "recorder", "--to", third).status == 0

    assert network.holders("recorder", first, second, third) == [{third}, {third}]


def test_rotate__somebody_gave_the_role_to_a_stranger__taken_from_the_stranger(away, network):
    ledger, _ = network.contracts
    stranger, new = "0x" + "11" * 20, new_account(network)
    calldata = encode_call("grantRole", ROLE_HASHES["recorder"], stranger, contract=ledger.name)
    network.send_as("admin", ledger.address, calldata)
    assert ledger.has_role("recorder", stranger)

    assert away("ledger", "rotate", "recorder", "--to", new).status == 0

    assert not ledger.has_role("recorder", stranger)


def test_rotate__the_old_account_cannot_pay_for_what_it_signed__loses_the_role_all_the_same(away, network, monkeypatch):
    old, new = account_of("pauser"), new_account(network)
    monkeypatch.setattr(administration, "_WAIT_S", 0)
    send_all = network.node.send_all
    monkeypatch.setattr(network.node, "send_all", lambda transactions: [None] * len(transactions))
    assert "still_under_way" in away("ledger", "pause").err

    def poor(transactions: Sequence[bytes]) -> list[NodeRefused | None]:
        (sender,) = {Account.recover_transaction(each) for each in transactions}
        if sender != old:
            return send_all(transactions)
        return [NodeRefused("eth_sendRawTransaction", "insufficient funds")] * len(transactions)

    monkeypatch.setattr(network.node, "send_all", poor)
    monkeypatch.setattr(administration, "_WAIT_S", 120)

    assert away("ledger", "rotate", "pauser", "--to", new).status == 0

    assert network.holders("pauser", old, new) == [{new}, {new}]


def test_rotate__to_an_account_without_money__refused_before_anything_is_given_to_it(away, network):
    old = account_of("recorder")
    signed = tables.ChainTx.select().count()

    said = away("ledger", "rotate", "recorder")

    (new,) = set(re.findall("--to (0x[0-9a-fA-F]{40})", said.err))
    assert (said.status, f"The account {new} cannot pay" in said.err) == (2, True)
    assert (account_of("recorder"), tables.ChainTx.select().count()) == (old, signed)

    network.fund(new)
    assert away("ledger", "rotate", "recorder", "--to", new).status == 0
    assert network.holders("recorder", old, new) == [{new}, {new}]


def test_rotate__recording_goes_on_with_the_new_account(away, network, coalition, till):
    new = new_account(network)
    assert away("ledger", "rotate", "recorder", "--to", new).status == 0
    till.sell(coalition.grocer, 1000)
    assert away("record").status == 0
    assert tables.ChainTx.select().where(tables.ChainTx.account == new, tables.ChainTx.status == "final").exists()
    assert away("reconcile").status == 0


def kill_rotate(away: Run, monkeypatch: pytest.MonkeyPatch, role: str, to: str, *, handed_over: bool) -> None:
    """The command is killed when it has given the account the role, before or after our own books say so."""

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as killing:
        if handed_over:
            killing.setattr(administration.Administrator, "_holders", kill)
        else:
            killing.setattr(deployments, "hand_over", kill)
        with pytest.raises(Killed):
            away("ledger", "rotate", role, "--to", to)
    assert (account_of(role) == to) is handed_over


@needs_anvil
def test_pause__on_a_chain_of_ours_whose_recorder_halts__stops_everything_all_the_same(
    till, coalition, database_url: str, tmp_path: Path
):
    run = runner({"COALITION_DATA_DIR": str(tmp_path), "COALITION_DATABASE_URL": database_url})
    till.sell(coalition.cinema, 1000)
    assert run("record").status == 0
    settings = Settings(tmp_path, database_url, None, 0, 0)
    network = Network(tmp_path)
    network.keyring = Keyring(settings)
    with open_chain(settings) as chain:
        network.node = chain.node
        diverge(network)

    assert run("ledger", "pause").status == 0

    with open_chain(settings) as chain:
        network.node = chain.node
        assert [each.is_paused() for each in network.contracts] == [True, True]


# Rebuilding


def test_rebuild__a_chain_of_ours_with_confirmations_asked_for__ends(recorded, database_url, tmp_path):
    run = runner(
        {
            "COALITION_DATA_DIR": str(tmp_path),
            "COALITION_DATABASE_URL": database_url,
            "COALITION_CHAIN_URL": IN_PROCESS_URL,
            "COALITION_CONFIRMATIONS": "3",
        }
    )
    assert run("ledger", "rebuild").status == 0


def test_rebuild__an_account_cannot_pay__refused_before_others_that_write_have_to_wait(away, network, monkeypatch):
    before = tables.Deployment.get().contract
    monkeypatch.setattr(network.node, "balance", lambda account: 0)
    monkeypatch.setattr(deployments, "unbind", lambda: pytest.fail("it was begun"))
    assert "account_unfunded" in away("ledger", "rebuild").err
    assert tables.Deployment.get().contract == before
