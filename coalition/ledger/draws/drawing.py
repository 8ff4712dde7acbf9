"""Brings a draw to the chain, and its secret when it is time: the same call again goes on where one has ended."""

from coalition.config import IN_PROCESS_URL, LedgerMode
from coalition.domain.draws import TicketList
from coalition.ledger.administration import Administrator, Call
from coalition.ledger.chains import Chain
from coalition.ledger.draws.binding import DrawsContract, DrawState, Status, commitment_of, draw_key
from coalition.ledger.draws.contracts import ensure_draws
from coalition.ledger.draws.errors import AnotherCommitment, AnotherList, AnotherSecret, BlockNotThere, NotCommitted
from coalition.ledger.errors import TransactionRefused

_COMMIT_GAS = 300_000
_TRIES = 3
"""Of blocks whose hash was lost."""


def commit(
    administrator: Administrator, draw: str, tickets: TicketList, winners: int, delay: int, notice_s: int
) -> tuple[DrawsContract, DrawState]:
    """Afterwards the chain has root and number of the tickets, the number of winners, the commitment to a secret that
    is kept beside the keys, and the block that counts: ``delay`` blocks after that of the commitment. There are
    ``notice_s`` seconds to reveal.

    :raises AnotherCommitment: the contract has one that is not of our secret.
    :raises TransactionRefused: the contract does not accept it, as where a draw was void and the tickets are others.
    :raises MissingPassphrase: there is none that the secret can be kept under.
    """
    contract = ensure_draws(administrator)
    before = contract.draw(draw)
    attempt = before.attempts + (before.status in (Status.NONE, Status.VOID))
    secret = administrator.keyring.new_secret(_secret_name(contract, draw, attempt))
    commitment = commitment_of(draw, secret, contract.address, administrator.chain.node.chain_id())

    def is_done() -> bool:
        state = contract.draw(draw)
        is_there = state.status in (Status.COMMITTED, Status.DRAWN)
        if is_there and state.commitment != commitment:
            raise AnotherCommitment(address=contract.address, draw=draw)
        return is_there

    terms = (commitment, tickets.root, len(tickets.tickets), winners)
    call = Call(contract, "commit", (draw_key(draw), terms, delay, notice_s), is_done, _COMMIT_GAS)
    administrator.call(_role(administrator), [call])
    return contract, contract.draw(draw)


def reveal(administrator: Administrator, contract: DrawsContract, tickets: TicketList) -> DrawState:
    """Afterwards the draw of these tickets is drawn, or void because its time is over: its state says which.

    :raises BlockNotThere: the block that counts is not there yet, and not ours to make; or its hash was lost, and now a
        later one counts.
    :raises NotCommitted: the contract does not know the draw.
    :raises AnotherList: it has the root of another list.
    :raises AnotherSecret: it has the commitment of another secret; ours is told nobody.
    :raises MissingKey: the secret is not here.
    """
    draw, state = tickets.draw, _state_of(contract, tickets)
    if state.status is not Status.COMMITTED:
        return state
    if _is_late(administrator, contract, draw):
        # For which nobody needs the secret.
        _declare_void(administrator, contract, draw)
        return contract.draw(draw)
    secret = _secret(administrator, contract, draw, state)
    for _ in range(_TRIES):
        if contract.draw(draw).status is not Status.COMMITTED:
            break
        # First, so that the secret is not shown to a node before the block is there.
        _reach(administrator.chain, contract, draw)
        _step(administrator, contract, draw, secret)
    return contract.draw(draw)


def foresee(administrator: Administrator, contract: DrawsContract, tickets: TicketList) -> Status:
    """What ``reveal`` would make of the draw now: drawn, or void. Nothing is sent, and no node is shown the secret.

    :raises BlockNotThere, NotCommitted, AnotherList, AnotherSecret, MissingKey: as ``reveal`` would.
    :raises TransactionRefused: the hash of the block was lost: a later block is to count.
    """
    draw, state = tickets.draw, _state_of(contract, tickets)
    if state.status is not Status.COMMITTED:
        return state.status
    if _is_late(administrator, contract, draw):
        return Status.VOID
    _secret(administrator, contract, draw, state)
    last = administrator.chain.node.latest_block().number
    if last <= state.block:
        if administrator.chain.ours:
            return Status.DRAWN
        raise BlockNotThere(draw=draw, block=state.block, last=last)
    call = _pinning(contract, draw)
    reason = None if call.is_done() else administrator.reason_against(_role(administrator), call)
    if reason:
        raise TransactionRefused(purpose=call.purpose, reason=reason)
    return Status.DRAWN


def pin(administrator: Administrator, contract: DrawsContract, draw: str) -> DrawState:
    """Afterwards the contract keeps the hash of the block that counts, whose secret can be revealed until the deadline.

    :raises BlockNotThere: as in ``reveal``.
    :raises NotCommitted: the contract does not know the draw.
    """
    state = contract.draw(draw)
    if state.status is Status.NONE:
        raise NotCommitted(address=contract.address, draw=draw)
    call, role = _pinning(contract, draw), _role(administrator)
    if state.status is not Status.COMMITTED or call.is_done():
        return state
    _reach(administrator.chain, contract, draw)
    administrator.catch_up(role)
    reason = administrator.reason_against(role, call)
    if reason is not None and reason.startswith("HashLost("):
        _rearm(administrator, contract, draw)
        last = administrator.chain.node.latest_block().number
        raise BlockNotThere(draw=draw, block=contract.draw(draw).block, last=last)
    administrator.call(role, [call])
    return contract.draw(draw)


def _state_of(contract: DrawsContract, tickets: TicketList) -> DrawState:
    """The draw of this list as the contract has it; while it may still be drawn, the contract has this list's root."""
    state = contract.draw(tickets.draw)
    if state.status is Status.NONE:
        raise NotCommitted(address=contract.address, draw=tickets.draw)
    if state.status is Status.COMMITTED and state.root != tickets.root:
        raise AnotherList(address=contract.address, draw=tickets.draw)
    return state


def _secret(administrator: Administrator, contract: DrawsContract, draw: str, state: DrawState) -> bytes:
    """The secret that was committed to."""
    secret = administrator.keyring.secret(_secret_name(contract, draw, state.attempts))
    if state.commitment != commitment_of(draw, secret, contract.address, administrator.chain.node.chain_id()):
        raise AnotherSecret(address=contract.address, draw=draw)
    return secret


def _step(administrator: Administrator, contract: DrawsContract, draw: str, secret: bytes) -> None:
    """Reveal; or where it is too late say so, and where the hash was lost have a later block count."""
    role, call = _role(administrator), _ending(contract, draw, "reveal", secret)
    # What was signed before, and the chain lost, comes there first.
    administrator.catch_up(role)
    reason = administrator.reason_against(role, call)
    if reason is None:
        try:
            administrator.call(role, [call])
            return
        except TransactionRefused as refusal:
            # Blocks have come since, and with them the end of the time to reveal.
            reason = refusal.reason
    if call.is_done():
        return
    if reason.startswith("TooLate("):
        _declare_void(administrator, contract, draw)
    elif reason.startswith("HashLost("):
        _rearm(administrator, contract, draw)
    else:
        raise TransactionRefused(purpose=call.purpose, reason=reason)


def _is_late(administrator: Administrator, contract: DrawsContract, draw: str) -> bool:
    return administrator.reason_against(_role(administrator), _ending(contract, draw, "declareVoid")) is None


def _declare_void(administrator: Administrator, contract: DrawsContract, draw: str) -> None:
    administrator.call(_role(administrator), [_ending(contract, draw, "declareVoid")])


def _rearm(administrator: Administrator, contract: DrawsContract, draw: str) -> None:
    lost = contract.draw(draw).block
    call = Call(contract, "rearm", (draw_key(draw),), lambda: contract.draw(draw).block != lost)
    administrator.call(_role(administrator), [call])


def _ending(contract: DrawsContract, draw: str, function: str, *arguments: bytes) -> Call:
    """What ends a draw: that it is over."""
    key = draw_key(draw)
    return Call(contract, function, (key, *arguments), lambda: contract.draw(draw).status is not Status.COMMITTED)


def _pinning(contract: DrawsContract, draw: str) -> Call:
    return Call(contract, "pin", (draw_key(draw),), lambda: any(contract.draw(draw).block_hash))


def _reach(chain: Chain, contract: DrawsContract, draw: str) -> None:
    """Afterwards the chain is past the block that counts. On one of our own nobody else makes blocks, so we do."""
    block, last = contract.draw(draw).block, chain.node.latest_block().number
    if last > block:
        return
    if not chain.ours:
        raise BlockNotThere(draw=draw, block=block, last=last)
    missing = block + 1 - last
    if chain.node.url == IN_PROCESS_URL:
        chain.node.request("evm_mine", missing)
    else:
        chain.node.request("anvil_mine", hex(missing))


def _secret_name(contract: DrawsContract, draw: str, attempt: int) -> str:
    """Each attempt has a secret of its own; one that is made and not yet committed to is found again."""
    return f"draw-{draw_key(draw).hex()[:16]}-{contract.address.lower()}-{attempt}"


def _role(administrator: Administrator) -> str:
    """Who commits: a ledger that keeps roots has no registrar."""
    return "registrar" if administrator.ledger.mode is LedgerMode.FULL else "admin"
