"""Prize draws on either local chain: committed to, revealed, checked by anybody, and each forgery found."""

import json
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

import pytest
from click.testing import CliRunner, Result

from coalition.config import IN_PROCESS_URL, LedgerMode
from coalition.domain.draws import Ticket, TicketList
from coalition.ledger.administration import Administrator, Call
from coalition.ledger.chains import Chain
from coalition.ledger.draws import contracts, drawing, verification
from coalition.ledger.draws.binding import DrawsContract, DrawState, Status, draw_key, order_of, seed_of
from coalition.ledger.draws.errors import (
    AnotherCommitment,
    AnotherList,
    AnotherSecret,
    BlockNotThere,
    NotCommitted,
    NotDrawnYet,
)
from coalition.ledger.errors import MissingKey, NodeUnavailable, TransactionRefused, WrongContract
from coalition.ledger.keys import Keyring
from coalition.ledger.node import Node
from coalition.store import tables
from scripts.verify_draw import verify_draw
from tests.integration.ledger.conftest import NODE_URL, Ledger, needs_anvil, on_both_databases

pytestmark = pytest.mark.skipif(NODE_URL is not None, reason="these make blocks and travel in time")
on_anvil = pytest.mark.parametrize("ledger", [pytest.param(None, marks=needs_anvil, id="anvil")], indirect=True)

ANNA, BORIS, VERA = (sha256(name.encode()).hexdigest() for name in ("anna", "boris", "vera"))
# Anna has so many that she would win twice, if she could.
SPRING = TicketList(
    "spring", tuple(Ticket(n, f"tkt_{n}", {20: BORIS, 21: VERA}.get(n, ANNA)) for n in range(1, 22) if n != 7)
)
WINNERS, DELAY, HOUR_S = 3, 4, 3600


@dataclass
class Draws:
    """The ledger of a test, and its draws."""

    ledger: Ledger

    @property
    def chain(self) -> Chain:
        assert self.ledger.chain is not None
        return self.ledger.chain

    def administrator(self, *, ours: bool = True) -> Administrator:
        chain = replace(self.chain, ours=ours)
        return Administrator(chain, Keyring(self.ledger.settings), self.ledger.clock)

    @property
    def contract(self) -> DrawsContract:
        found = contracts.draws_of(self.administrator())
        assert found is not None
        return found

    def commit(self, tickets: TicketList = SPRING, winners: int = WINNERS) -> DrawState:
        administrator = self.administrator()
        _, state = drawing.commit(administrator, tickets.draw, tickets, winners, DELAY, HOUR_S)
        return state

    def reveal(self, tickets: TicketList = SPRING, *, ours: bool = True) -> DrawState:
        return drawing.reveal(self.administrator(ours=ours), self.contract, tickets)

    def foresee(self, tickets: TicketList = SPRING, *, ours: bool = True) -> Status:
        return drawing.foresee(self.administrator(ours=ours), self.contract, tickets)

    def pin(self, draw: str = "spring", *, ours: bool = True) -> DrawState:
        return drawing.pin(self.administrator(ours=ours), self.contract, draw)

    def pass_blocks(self, count: int) -> None:
        if self.chain.node.url == IN_PROCESS_URL:
            self.chain.node.request("evm_mine", count)
        else:
            self.chain.node.request("anvil_mine", hex(count))

    def pass_deadline(self) -> None:
        deadline = self.contract.draw("spring").deadline
        if self.chain.node.url == IN_PROCESS_URL:
            self.chain.node.request("testing_timeTravel", deadline + 1)
        else:
            self.chain.node.request("evm_setNextBlockTimestamp", deadline + 1)
            self.chain.node.request("evm_mine")

    def verify(self, tickets: TicketList = SPRING, *announced: str) -> verification.Verified:
        return verification.verify(tickets, self.contract, announced)


@pytest.fixture
def draws(ledger, deployments) -> Iterator[Draws]:
    with ledger.has(deployments):
        yield Draws(ledger)


def sent(purpose: str) -> int:
    return tables.ChainTx.select().where(tables.ChainTx.purpose == purpose).count()


def differing(found: verification.Verified) -> list[str]:
    return [check.what for check in found.checks if check.recomputed != check.on_chain]


def test_commit__first_draw__makes_the_contract_and_fixes_all_before_the_block(draws):
    state = draws.commit()
    assert (state.status, state.root, state.tickets, state.winners) == (Status.COMMITTED, SPRING.root, 20, WINNERS)
    assert (state.attempts, state.rearms, state.block_hash, state.secret) == (1, 0, bytes(32), bytes(32))
    assert state.block > draws.chain.node.latest_block().number
    assert draws.contract.ledger() == draws.administrator().ledger.address
    (kept,) = (draws.ledger.settings.data_dir / "keys").glob("draw-*.json")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@on_both_databases
def test_commit__again__sends_nothing_and_keeps_its_secret(draws):
    first = draws.commit()
    assert draws.commit() == first
    assert (sent("create prize draws"), sent("commit on PrizeDraw")) == (1, 1)
    draws.commit(replace(SPRING, draw="summer"))
    assert sent("create prize draws") == 1


def test_commit__interrupted_before_it_was_sent__goes_on_with_the_same_secret(draws, monkeypatch):
    monkeypatch.setattr(Administrator, "call", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        draws.commit()
    monkeypatch.undo()
    draws.commit()
    assert len(list((draws.ledger.settings.data_dir / "keys").glob("draw-*.json"))) == 1


def test_commit__from_another_data_directory__refused(draws):
    draws.commit()
    (kept,) = (draws.ledger.settings.data_dir / "keys").glob("draw-*.json")
    kept.unlink()
    with pytest.raises(AnotherCommitment):
        draws.commit()


@pytest.mark.parametrize("winners", [0, 21])
def test_commit__wrong_number_of_winners__refused_with_the_contracts_words(draws, winners):
    with pytest.raises(TransactionRefused, match=rf"WinnersUnsupported\(tickets=20, winners={winners}\)"):
        draws.commit(winners=winners)
    assert draws.contract.draw("spring").status is Status.NONE


def test_reveal__block_is_there__winners_follow_from_secret_and_block(draws):
    block = draws.commit().block
    state = draws.reveal()
    assert (state.status, state.block) == (Status.DRAWN, block)
    at = draws.chain.node.block(block)
    assert at is not None
    assert "0x" + state.block_hash.hex() == at.hash
    seed = seed_of("spring", state.secret, state.block_hash)
    assert draws.contract.seed("spring") == seed
    assert draws.contract.order("spring", 20) == list(order_of(seed, 20))
    # Whoever asks again is told the same, and nothing is sent.
    assert draws.reveal() == state
    assert sent("reveal on PrizeDraw") == 1


def test_reveal__block_not_there_yet_on_a_chain_of_others__waits_and_tells_nobody(draws):
    block = draws.commit().block
    with pytest.raises(BlockNotThere) as refusal:
        draws.reveal(ours=False)
    assert refusal.value.values["block"] == block
    assert sent("reveal on PrizeDraw") == 0
    draws.pass_blocks(DELAY + 2)
    assert draws.reveal(ours=False).status is Status.DRAWN


def test_reveal__never_committed__refused(draws):
    draws.commit()
    with pytest.raises(NotCommitted):
        draws.reveal(replace(SPRING, draw="summer"))


def test_reveal__list_was_changed_here__refused_and_nothing_revealed(draws):
    draws.commit()
    with pytest.raises(AnotherList):
        draws.reveal(replace(SPRING, tickets=SPRING.tickets[:-1]))
    assert draws.contract.draw("spring").status is Status.COMMITTED


def test_reveal__secret_lost__says_where_it_should_be(draws):
    draws.commit()
    (kept,) = (draws.ledger.settings.data_dir / "keys").glob("draw-*.json")
    kept.unlink()
    with pytest.raises(MissingKey):
        draws.reveal()


def test_reveal__forged_secret__is_told_nobody_and_the_contract_takes_none(draws, monkeypatch):
    draws.commit()
    monkeypatch.setattr(Keyring, "secret", lambda *_: b"\x01" * 32)
    with pytest.raises(AnotherSecret):
        draws.reveal()
    draws.pass_blocks(DELAY + 2)
    forged = Call(draws.contract, "reveal", (draw_key("spring"), b"\x01" * 32), lambda: False)
    reason = draws.administrator().reason_against("registrar", forged)
    assert reason is not None
    assert re.match(r"WrongSecret\(commitment=", reason)


def test_reveal__hash_lost__a_later_block_of_the_series_counts(draws):
    block = draws.commit().block
    if draws.chain.node.url != IN_PROCESS_URL:
        # EIP-2935 keeps so many hashes that making more blocks takes long.
        draws.chain.node.request("anvil_setCode", "0x0000F90827F1C53a10cb7A02335B175320002935", "0x")
    draws.pass_blocks(300)
    state = draws.reveal()
    assert (state.status, state.rearms) == (Status.DRAWN, 1)
    assert (state.block - block) % 256 == 0
    assert state.block > block


def test_reveal__too_late__void_and_drawn_again_with_the_same_tickets_and_another_secret(draws):
    first = draws.commit()
    draws.pass_blocks(DELAY + 2)
    draws.pass_deadline()
    assert draws.reveal().status is Status.VOID
    with pytest.raises(TransactionRefused, match="TicketsChanged"):
        draws.commit(replace(SPRING, tickets=SPRING.tickets[:-1]))
    again = draws.commit()
    assert (again.status, again.attempts, again.root) == (Status.COMMITTED, 2, first.root)
    assert again.commitment != first.commitment
    assert draws.reveal().status is Status.DRAWN
    facts = dict(draws.verify().facts)
    assert facts["times the operator did not reveal in time, before this one"] == 1


def test_reveal__too_late_and_the_secret_lost__is_void_all_the_same(draws):
    draws.commit()
    draws.pass_blocks(DELAY + 2)
    draws.pass_deadline()
    draws.pass_blocks(1)
    (kept,) = (draws.ledger.settings.data_dir / "keys").glob("draw-*.json")
    kept.unlink()
    assert draws.reveal().status is Status.VOID


def test_pin__block_is_there__its_hash_is_kept_and_a_later_reveal_goes_by_it(draws):
    draws.commit()
    pinned = draws.pin()
    assert (pinned.status, any(pinned.block_hash)) == (Status.COMMITTED, True)
    assert draws.pin() == pinned
    assert sent("pin on PrizeDraw") == 1
    draws.pass_blocks(300)
    state = draws.reveal()
    assert (state.status, state.block_hash, state.rearms) == (Status.DRAWN, pinned.block_hash, 0)
    assert draws.pin() == state


def test_pin__needs_no_secret(draws):
    draws.commit()
    (kept,) = (draws.ledger.settings.data_dir / "keys").glob("draw-*.json")
    kept.unlink()
    assert any(draws.pin().block_hash)


def test_pin__block_not_there_or_draw_unknown__refused_and_nothing_sent(draws):
    draws.commit()
    with pytest.raises(BlockNotThere):
        draws.pin(ours=False)
    with pytest.raises(NotCommitted):
        draws.pin("summer")
    assert sent("pin on PrizeDraw") == 0


def test_pin__hash_lost__says_which_later_block_counts(draws):
    block = draws.commit().block
    if draws.chain.node.url != IN_PROCESS_URL:
        draws.chain.node.request("anvil_setCode", "0x0000F90827F1C53a10cb7A02335B175320002935", "0x")
    draws.pass_blocks(300)
    with pytest.raises(TransactionRefused, match="HashLost"):
        draws.foresee()
    with pytest.raises(BlockNotThere) as refusal:
        draws.pin()
    assert (refusal.value.values["block"] - block) % 256 == 0
    assert draws.contract.draw("spring").rearms == 1


def test_foresee__says_what_revealing_would_come_to__and_sends_nothing(draws, monkeypatch):
    draws.commit()
    assert draws.foresee() is Status.DRAWN
    with pytest.raises(BlockNotThere):
        draws.foresee(ours=False)
    draws.pass_blocks(DELAY + 2)
    asked: list[str] = []
    request = Node.request
    monkeypatch.setattr(Node, "request", lambda *given: asked.append(repr(given)) or request(*given))
    before = tables.ChainTx.select().count()
    assert draws.foresee(ours=False) is Status.DRAWN
    assert (tables.ChainTx.select().count(), draws.contract.draw("spring").status) == (before, Status.COMMITTED)
    until_then = len(asked)
    secret = draws.reveal().secret.hex()
    assert [secret in each for each in asked].index(True) >= until_then > 0
    assert draws.foresee() is Status.DRAWN


def test_foresee__pinned__is_as_good_as_there(draws):
    draws.commit()
    draws.pin()
    assert draws.foresee() is Status.DRAWN


def test_foresee__what_revealing_would_refuse__is_refused(draws, monkeypatch):
    draws.commit()
    with pytest.raises(NotCommitted):
        draws.foresee(replace(SPRING, draw="summer"))
    with pytest.raises(AnotherList):
        draws.foresee(replace(SPRING, tickets=SPRING.tickets[:-1]))
    monkeypatch.setattr(Keyring, "secret", lambda *_: b"\x01" * 32)
    with pytest.raises(AnotherSecret):
        draws.foresee()
    monkeypatch.undo()
    draws.pass_blocks(DELAY + 2)
    draws.pass_deadline()
    draws.pass_blocks(1)
    assert draws.foresee() is Status.VOID
    assert draws.contract.draw("spring").status is Status.COMMITTED


def test_commit__in_roots_mode__is_the_admins(ledger):
    ledger.settings = replace(ledger.settings, ledger_mode=LedgerMode.ROOTS)
    ledger.recorder().drain()
    draws = Draws(ledger)
    draws.commit()
    assert draws.reveal().status is Status.DRAWN


@on_anvil
def test_chain_wiped__is_sent_the_commitment_again_and_the_block_is_ahead_again(draws):
    before = draws.commit()
    address = draws.contract.address
    draws.chain.node.request("anvil_reset")
    draws.ledger.recorder().drain()
    again = draws.commit()
    assert draws.contract.address == address
    assert (again.commitment, sent("commit on PrizeDraw")) == (before.commitment, 1)
    assert again.block > draws.chain.node.latest_block().number
    assert draws.reveal().status is Status.DRAWN


def test_contract__another_at_its_address__raises(draws, monkeypatch):
    draws.commit()
    with pytest.raises(WrongContract):
        contracts.contract_at(draws.chain, draws.administrator().ledger.address)
    monkeypatch.setattr(DrawsContract, "ledger", lambda _: "0x" + "11" * 20)
    with pytest.raises(WrongContract):
        draws.commit()


def test_secret__in_no_words_of_ours(draws, caplog, capfd):
    draws.commit()
    secret = draws.reveal().secret.hex()
    (kept,) = (draws.ledger.settings.data_dir / "keys").glob("draw-*.json")
    assert secret not in kept.read_text()
    assert secret not in caplog.text + "".join(capfd.readouterr())


def test_verify__a_fair_draw__has_no_difference_and_nobody_wins_twice(draws):
    draws.commit()
    draws.reveal()
    found = draws.verify()
    assert differing(found) == []
    assert sorted(each.member for each in found.winners) == sorted([ANNA, BORIS, VERA])
    assert {check.what for check in found.checks} >= {
        "Merkle root of the list",
        "commitment to the secret",
        "seed of secret, block hash and draw",
        "first 20 places of the order",
        "the commitment's block comes before the block that counts",
    }
    tickets = [each.ticket for each in found.winners]
    assert differing(draws.verify(SPRING, *tickets)) == []
    assert differing(draws.verify(SPRING, *reversed(tickets))) == ["tickets announced to have won"]


@pytest.mark.parametrize(
    ("tickets", "what"),
    [
        (SPRING.tickets[:-1], ["tickets in the list", "Merkle root of the list"]),
        ((*SPRING.tickets[:-2], SPRING.tickets[-1], SPRING.tickets[-2]), ["Merkle root of the list"]),
        ((*SPRING.tickets[:-1], SPRING.tickets[-1]._replace(member=BORIS)), ["Merkle root of the list"]),
    ],
    ids=["left out", "order", "member"],
)
def test_verify__forged_list__differs_and_names_no_winners(draws, tickets, what):
    draws.commit()
    draws.reveal()
    found = draws.verify(replace(SPRING, tickets=tickets))
    assert (differing(found), found.winners) == (what, [])


@pytest.mark.parametrize(
    ("forged", "what"),
    [
        ({"secret": b"\x01" * 32}, ["commitment to the secret", "seed of", "first 20"]),
        ({"block_hash": b"\x02" * 32}, ["seed of", "first 20", "hash of block"]),
        ({"commitment": b"\x03" * 32}, ["commitment to the secret"]),
    ],
)
def test_verify__node_tells_something_else__differs(draws, monkeypatch, forged, what):
    draws.commit()
    draws.reveal()
    asked = DrawsContract.draw
    monkeypatch.setattr(DrawsContract, "draw", lambda *given: asked(*given)._replace(**forged))
    found = differing(draws.verify())
    assert [any(each.startswith(name) for each in found) for name in what] == [True] * len(what)


def test_verify__committed_when_the_block_was_there__differs(draws, monkeypatch):
    draws.commit()
    block = draws.reveal().block
    monkeypatch.setattr(verification, "_committed_at", lambda *_: block)
    assert differing(draws.verify()) == ["the commitment's block comes before the block that counts"]


def test_verify__node_that_has_no_old_blocks_and_events__says_what_was_not_checked(draws, monkeypatch):
    draws.commit()
    draws.reveal()
    monkeypatch.setattr(verification, "_committed_at", lambda *_: None)
    monkeypatch.setattr(Node, "block", lambda *_: None)
    monkeypatch.setattr(Node, "latest_block", lambda *_: None)
    found = draws.verify()
    assert differing(found) == []
    assert sum(fact.what.startswith("not checked") for fact in found.facts) == 5


def test_verify__not_drawn_yet_or_unknown_or_no_contract__refused(draws):
    draws.commit()
    with pytest.raises(NotDrawnYet, match="committed"):
        draws.verify()
    with pytest.raises(NotCommitted):
        draws.verify(replace(SPRING, draw="summer"))
    with pytest.raises(WrongContract):
        verification.verify(SPRING, DrawsContract(draws.chain.node, "0x" + "11" * 20))


@pytest.fixture
def outsider(draws, tmp_path):
    """Gives the command a list: ``outsider(SPRING, "--json")``."""

    def run(tickets: TicketList | bytes, *options: str, contract: str | None = None) -> Result:
        file = tmp_path / "tickets.json"
        file.write_bytes(tickets if isinstance(tickets, bytes) else tickets.to_json())
        where = ("--rpc", draws.chain.node.url, "--contract", contract or draws.contract.address)
        return CliRunner().invoke(verify_draw, [str(file), *where, *options])

    return run


@on_anvil
def test_command__fair_draw__exits_0_and_tells_who_has_won_and_what_was_not_checked(draws, outsider):
    draws.commit()
    draws.reveal()
    said = outsider(SPRING, "--json")
    assert said.exit_code == 0, said.output
    document = json.loads(said.stdout)
    assert len(document["winners"]) == WINNERS
    assert {check["result"] for check in document["checks"]} == {"the same"}
    shown = outsider(SPRING, *(f"--winner={each['ticket']}" for each in document["winners"]))
    assert shown.exit_code == 0
    for words in ("Draw spring", document["winners"][0]["ticket"], "not checked", "tickets announced to have won"):
        assert words in shown.stdout


@on_anvil
def test_command__anything_forged__exits_1(draws, outsider):
    draws.commit()
    draws.reveal()
    assert outsider(replace(SPRING, tickets=SPRING.tickets[1:])).exit_code == 1
    assert outsider(SPRING, "--winner", "tkt_nobody").exit_code == 1


@on_anvil
def test_command__cannot_be_checked__exits_2_and_says_why(draws, outsider):
    draws.commit()
    for said, code in (
        (outsider(SPRING), "not_drawn_yet"),
        (outsider(b"[]"), "invalid_ticket_list"),
        (outsider(SPRING, contract="0x12"), "invalid_address"),
        (outsider(SPRING, contract="0x" + "11" * 20), "wrong_contract"),
        (outsider(replace(SPRING, draw="summer")), "not_committed"),
    ):
        assert (said.exit_code, said.stderr.split(":")[0]) == (2, code), said.output
        # What the operator would do about it helps nobody else.
        assert "rebuild" not in said.stderr
        assert ("/v1/draws/{id}" in said.stderr) == (code != "invalid_address")


def test_node_away__is_told_by_its_name(draws):
    draws.commit()
    away = Node.at("http://127.0.0.1:9", silence_s=1)
    with pytest.raises(NodeUnavailable):
        verification.verify(SPRING, DrawsContract(away, draws.contract.address))
    administrator = draws.administrator()
    administrator.chain = replace(administrator.chain, node=away)
    with pytest.raises(NodeUnavailable):
        drawing.reveal(administrator, DrawsContract(away, draws.contract.address), SPRING)


def test_outsiders_command__imports_nothing_that_could_read_our_database():
    program = "import sys, scripts.verify_draw; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    ours = ("coalition.store", "coalition.services", "gamification", "partner_api", "scripts.composition")
    assert not [name for name in loaded if name.startswith((*ours, "peewee", "psycopg", "sqlite3"))]
