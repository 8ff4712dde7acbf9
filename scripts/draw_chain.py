"""Prize draws between the chain and the database: what came of them there is written down here.

In a worker's quiet moments ``DrawKeeper`` does by itself what is due.
"""

import time
from datetime import UTC, datetime

import structlog

from coalition.errors import CoalitionError
from coalition.ledger.administration import Administrator
from coalition.ledger.draws import contracts, drawing
from coalition.ledger.draws.binding import DrawsContract, DrawState, Status, order_of, seed_of
from coalition.ledger.draws.errors import BlockNotThere
from coalition.ledger.errors import NodeUnavailable
from coalition.ledger.node import to_hex
from coalition.ledger.recorder import Recorder
from gamification import draw_outcomes, draws
from gamification.draw_outcomes import OnChain
from gamification.errors import WrongDrawState
from scripts.composition import CLOCK

_LOOK_EVERY_S = 1.0
_WAIT_FOR_BLOCK_S = 10.0
_TRY_AGAIN_S = 600.0
"""What has not succeeded wants a person: a secret from the backup, a role, a ledger."""

log = structlog.get_logger()


class DrawKeeper:
    """Reveals draws whose block has come, and pins the block's hash of those whose secret cannot be had here.

    It makes no blocks: on a chain of our own ``coalition draw reveal`` does.
    """

    def __init__(self) -> None:
        self._look_at = 0.0
        self._again_at: dict[str, float] = {}

    def tend(self, recorder: Recorder) -> bool:
        """Do what is due; whether anything was.

        :raises NodeUnavailable: the chain is not there.
        """
        moment = time.monotonic()
        if moment < self._look_at:
            return False
        self._look_at = moment + _LOOK_EVERY_S
        waiting = {
            name: known
            for name, known in draw_outcomes.committed_draws().items()
            if self._again_at.get(name, 0.0) <= moment
        }
        if not waiting:
            return False
        last, now = recorder.node.latest_block().number, CLOCK.now()
        due = {name: known for name, known in waiting.items() if known.block < last or known.deadline < now}
        for name, known in due.items():
            self._again_at[name] = moment + self._tend(recorder, name, known)
        return bool(due)

    def _tend(self, recorder: Recorder, name: str, known: OnChain) -> float:
        """Returns after how many seconds to look at the draw again, if it is then still committed."""
        try:
            administrator = Administrator(recorder.chain, recorder.keyring, CLOCK)
            contract = contracts.contract_at(recorder.chain, known.contract)
            bring_out(administrator, contract, name)
        except NodeUnavailable:
            raise
        except BlockNotThere as early:
            log.info("draw.waits", draw=name, block=early.block)
            return _WAIT_FOR_BLOCK_S
        except CoalitionError as error:
            log.error("draw.not_revealed", draw=name, code=error.code, reason=str(error))
            return self._pin(recorder, name, known)
        log.info("draw.ended", draw=name, state=draw_outcomes.get_draw(name).state.value)
        return 0.0

    def _pin(self, recorder: Recorder, name: str, known: OnChain) -> float:
        try:
            administrator = Administrator(recorder.chain, recorder.keyring, CLOCK)
            pin(administrator, contracts.contract_at(recorder.chain, known.contract), name)
        except NodeUnavailable:
            raise
        except BlockNotThere:
            return _WAIT_FOR_BLOCK_S
        except CoalitionError as error:
            log.error("draw.not_pinned", draw=name, code=error.code, reason=str(error))
        return _TRY_AGAIN_S


def bring_out(administrator: Administrator, contract: DrawsContract, name: str) -> None:
    """Afterwards the draw is drawn, with its winners, or void, here as on the chain.

    :raises BlockNotThere: the block that counts is not there yet.
    """
    try:
        state = drawing.reveal(administrator, contract, draws.ticket_list(name))
    except BlockNotThere:
        # It may be another than before.
        draw_outcomes.note_committed(name, on_chain(contract, name, contract.draw(name)))
        raise
    try:
        note(contract, name, state)
    except WrongDrawState as refusal:
        # A worker and a person may both have revealed it, which comes to the same.
        if refusal.state not in (draws.DrawState.DRAWN, draws.DrawState.VOID):
            raise


def pin(administrator: Administrator, contract: DrawsContract, name: str) -> None:
    """Afterwards the hash of the block that counts is kept in the contract.

    :raises BlockNotThere: it is not there yet.
    """
    try:
        drawing.pin(administrator, contract, name)
    except BlockNotThere:
        draw_outcomes.note_committed(name, on_chain(contract, name, contract.draw(name)))
        raise


def note(contract: DrawsContract, name: str, state: DrawState) -> None:
    """Write down here how the draw has ended there."""
    outcome = on_chain(contract, name, state)
    if state.status is Status.VOID:
        draw_outcomes.note_void(name, outcome)
    else:
        order = order_of(seed_of(name, state.secret, state.block_hash), state.tickets)
        draw_outcomes.note_drawn(name, outcome, order, now=CLOCK.now())


def on_chain(contract: DrawsContract, name: str, state: DrawState) -> OnChain:
    """What is kept here of a draw on the chain."""
    drawn = state.status is Status.DRAWN
    return OnChain(
        chain_id=contract.node.chain_id(),
        contract=contract.address,
        commitment=to_hex(state.commitment),
        block=state.block,
        deadline=datetime.fromtimestamp(state.deadline, UTC),
        attempts=state.attempts,
        rearms=state.rearms,
        secret=to_hex(state.secret) if drawn else None,
        block_hash=to_hex(state.block_hash) if drawn else None,
        seed=to_hex(seed_of(name, state.secret, state.block_hash)) if drawn else None,
    )
