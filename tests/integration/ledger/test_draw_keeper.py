"""What a worker does for prize draws in its quiet moments: reveals what is due, or pins it, and costs nothing else."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from coalition.config import IN_PROCESS_URL
from coalition.ledger.administration import Administrator
from coalition.ledger.draws import contracts, drawing
from coalition.ledger.errors import NodeUnavailable
from coalition.ledger.keys import Keyring
from coalition.ledger.node import Node
from coalition.services.members import member_number
from coalition.store import tables
from gamification.draw_outcomes import get_draw, note_committed, to_be_committed
from gamification.draws import DrawState, TicketWin, close_draw, ensure_draw, issue_tickets
from gamification.rules.draws import Draw, DrawPrize
from scripts import draw_chain, worker
from scripts.draw_chain import DrawKeeper, on_chain
from tests.integration.ledger.conftest import NODE_URL, on_both_databases

pytestmark = [
    pytest.mark.skipif(NODE_URL is not None, reason="these make blocks and travel in time"),
    pytest.mark.parametrize("ledger", [IN_PROCESS_URL], indirect=True),
]

BOTH = {"en": "Some text", "ru": "Какой-то текст"}
SPRING = Draw("spring", BOTH, "cinema", date(2026, 3, 31), (DrawPrize(BOTH, 1, 500),))


class Keeping:
    """A keeper whose time passes by hand, on a chain where Anna's draw is committed to."""

    def __init__(self, ledger, coalition, monkeypatch):
        self.ledger, self.recorder, self.keeper = ledger, ledger.recorder(), DrawKeeper()
        self.recorder.drain()
        self.moment = 1000.0
        monkeypatch.setattr(draw_chain.time, "monotonic", lambda: self.moment)
        monkeypatch.setattr(draw_chain, "CLOCK", ledger.clock)
        ensure_draw(SPRING, now=ledger.clock.now())
        wins = [TicketWin("gra_1", member_number(coalition.anna.id), 2)]
        issue_tickets("spring", wins, now=ledger.clock.now())
        ledger.clock.advance(datetime(2026, 4, 1, tzinfo=UTC) - ledger.clock.now())
        close_draw("spring", now=ledger.clock.now())

    @property
    def administrator(self) -> Administrator:
        return Administrator(self.recorder.chain, Keyring(self.ledger.settings), self.ledger.clock)

    def commit(self) -> None:
        contract, state = drawing.commit(self.administrator, "spring", *to_be_committed("spring"), 4, 3600)
        note_committed("spring", on_chain(contract, "spring", state))

    def pass_blocks(self, count: int = 6) -> None:
        self.recorder.node.request("evm_mine", count)

    def pass_deadline(self) -> None:
        known = get_draw("spring").on_chain
        assert known is not None
        self.recorder.node.request("testing_timeTravel", int(known.deadline.timestamp()) + 1)
        self.pass_blocks(1)

    def lose_secret(self) -> None:
        (kept,) = (self.ledger.settings.data_dir / "keys").glob("draw-*.json")
        kept.rename(kept.with_suffix(".away"))

    def find_secret(self) -> None:
        (kept,) = (self.ledger.settings.data_dir / "keys").glob("draw-*.away")
        kept.rename(kept.with_suffix(".json"))

    def tend(self, after_s: float = 2) -> bool:
        self.moment += after_s
        return self.keeper.tend(self.recorder)

    @property
    def state(self) -> DrawState:
        return get_draw("spring").state

    @property
    def is_pinned(self) -> bool:
        known = get_draw("spring").on_chain
        assert known is not None
        return any(contracts.contract_at(self.recorder.chain, known.contract).draw("spring").block_hash)


@pytest.fixture
def keeping(ledger, coalition, monkeypatch):
    return Keeping(ledger, coalition, monkeypatch)


def sent(purpose: str) -> int:
    return tables.ChainTx.select().where(tables.ChainTx.purpose == purpose).count()


@on_both_databases
def test_tend__block_is_there__is_revealed_once_and_the_winner_has_the_prize(keeping):
    keeping.commit()
    keeping.pass_blocks()
    assert keeping.tend()
    assert keeping.state is DrawState.DRAWN
    assert tables.Entry.select().where(tables.Entry.kind == "reward", tables.Entry.points == 500).count() == 1
    assert not keeping.tend()
    assert sent("reveal on PrizeDraw") == 1


def test_tend__nothing_is_committed_to__asks_no_chain(keeping, monkeypatch):
    monkeypatch.setattr(Node, "request", lambda *_: pytest.fail("the chain was asked"))
    assert not keeping.tend()


def test_tend__within_a_second__does_not_even_look(keeping, monkeypatch):
    keeping.commit()
    keeping.tend()
    monkeypatch.setattr(draw_chain.draw_outcomes, "committed_draws", lambda: pytest.fail("the database was asked"))
    assert not keeping.tend(after_s=0.5)


def test_tend__block_not_there__waits_and_makes_none(keeping):
    keeping.commit()
    last = keeping.recorder.node.latest_block().number
    assert not keeping.tend()
    assert (keeping.state, keeping.recorder.node.latest_block().number) == (DrawState.COMMITTED, last)


def test_tend__secret_is_elsewhere__is_pinned_and_revealed_when_it_is_back(keeping):
    keeping.commit()
    keeping.lose_secret()
    keeping.pass_blocks()
    assert keeping.tend()
    assert (keeping.state, keeping.is_pinned) == (DrawState.COMMITTED, True)
    keeping.find_secret()
    # Not again at once: a person has to do something.
    assert not keeping.tend()
    assert keeping.tend(after_s=600)
    assert keeping.state is DrawState.DRAWN


def test_tend__forged_secret__nobody_wins_and_the_refusal_is_told_with_its_place(keeping, monkeypatch):
    keeping.commit()
    keeping.pass_blocks()
    told = []
    monkeypatch.setattr(draw_chain.log, "error", lambda event, **more: told.append((event, more)))
    monkeypatch.setattr(Keyring, "secret", lambda *_: b"\x01" * 32)
    assert keeping.tend()
    (event, more) = told[0]
    known = get_draw("spring").on_chain
    assert known is not None
    assert (event, more["draw"], more["code"], len(told)) == ("draw.not_revealed", "spring", "another_secret", 1)
    assert known.contract in more["reason"]
    assert (keeping.state, keeping.is_pinned, sent("reveal on PrizeDraw")) == (DrawState.COMMITTED, True, 0)


@pytest.mark.parametrize("secret_is_here", [True, False])
def test_tend__time_to_reveal_is_over__is_void(keeping, secret_is_here):
    keeping.commit()
    keeping.pass_blocks()
    keeping.pass_deadline()
    if not secret_is_here:
        keeping.lose_secret()
    assert keeping.tend()
    assert keeping.state is DrawState.VOID
    keeping.moment += 600
    assert not keeping.tend()


def test_tend__hash_lost__notes_the_later_block_that_counts_or_is_drawn_by_it(keeping):
    keeping.commit()
    keeping.lose_secret()
    keeping.pass_blocks(300)
    before = get_draw("spring").on_chain
    assert keeping.tend()
    after = get_draw("spring").on_chain
    assert before is not None
    assert after is not None
    assert (after.rearms, (after.block - before.block) % 256) == (1, 0)
    assert after.block > before.block


def test_tend__committed_to_in_a_contract_that_is_gone__is_told_and_left(keeping, monkeypatch):
    keeping.commit()
    keeping.pass_blocks()
    known = get_draw("spring").on_chain
    assert known is not None
    note_committed("spring", replace(known, contract="0x" + "11" * 20))
    assert keeping.tend()
    assert not keeping.tend()
    assert keeping.state is DrawState.COMMITTED


def test_tend__node_away__is_the_recorders_to_tell(keeping, monkeypatch):
    keeping.commit()
    keeping.pass_blocks()

    def away(*_):
        raise NodeUnavailable(url="somewhere", reason="silent")

    monkeypatch.setattr(Node, "request", away)
    with pytest.raises(NodeUnavailable):
        keeping.tend()
    monkeypatch.undo()


def test_worker__in_a_quiet_moment__tends_the_draws(keeping, monkeypatch, tmp_path):
    found = worker.Worker(keeping.ledger.settings)
    monkeypatch.setattr(worker, "CLOCK", keeping.ledger.clock)
    keeping.commit()
    keeping.pass_blocks()
    keeping.recorder.drain()
    for _ in range(20):
        keeping.moment += 2
        found._step(keeping.recorder)
    assert keeping.state is DrawState.DRAWN
