"""Brings a draw to the chain, and its secret when it is time: the same call again goes on where one has ended."""

from eth_utils.address import to_checksum_address

from coalition.config import IN_PROCESS_URL, LedgerMode
from coalition.domain.draws import TicketList
from coalition.ledger import deployments
from coalition.ledger.administration import Administrator, Call
from coalition.ledger.chains import Chain
from coalition.ledger.draws.binding import DrawsContract, DrawState, Status, commitment_of, draw_key, draws_creation
from coalition.ledger.draws.errors import AnotherCommitment, AnotherList, AnotherSecret, BlockNotThere, NotCommitted
from coalition.ledger.errors import NoLedger, TransactionRefused, WrongContract
from coalition.ledger.outbox import LOST, REVERTED, Order
from coalition.store.tables import ChainTx

_CREATION = "create prize draws"
_CREATION_GAS = 3_000_000
_COMMIT_GAS = 300_000
_TRIES = 3
"""Of creating the contract, whose nonce somebody else's transaction takes; and of blocks whose hash was lost."""


def draws_of(administrator: Administrator) -> DrawsContract | None:
    """The contract of draws of this deployment, once there is one: the outbox says where it was created.

    :raises WrongContract: what stands there is another's.
    """
    live = (ChainTx.purpose == _CREATION) & ChainTx.status.not_in((REVERTED, LOST))
    made = ChainTx.select(ChainTx.account, ChainTx.nonce).where(live).order_by(ChainTx.id.desc()).first()
    if made is None:
        return None
    contract = DrawsContract(administrator.chain.node, deployments.created_address(made.account, made.nonce))
    if not contract.node.code(contract.address):
        return None
    if not contract.is_deployed() or contract.ledger() != administrator.ledger.address:
        raise WrongContract(address=contract.address)
    return contract


def ensure_draws(administrator: Administrator) -> DrawsContract:
    """The contract of draws, which is created now if the deployment has none.

    :raises WrongContract: there is no ledger of ours, or another contract stands where ours should.
    """
    if not administrator.ledger.is_deployed():
        raise WrongContract(address=administrator.ledger.address)
    # It may be on its way, or the chain may have lost it.
    administrator.catch_up("admin")
    for _ in range(_TRIES):
        if contract := draws_of(administrator):
            return contract
        code = draws_creation(administrator.ledger.address)
        administrator.create("admin", Order(_CREATION, None, code, _CREATION_GAS), lambda address: None)
    if contract := draws_of(administrator):
        return contract
    raise NoLedger()


def contract_at(chain: Chain, address: str) -> DrawsContract:
    """The contract in which a draw was committed to.

    :raises WrongContract: there is none of ours on this chain.
    """
    contract = DrawsContract(chain.node, to_checksum_address(address))
    if not contract.is_deployed():
        raise WrongContract(address=contract.address)
    return contract


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
    draw, state = tickets.draw, contract.draw(tickets.draw)
    if state.status is Status.NONE:
        raise NotCommitted(address=contract.address, draw=draw)
    if state.status is not Status.COMMITTED:
        return state
    if state.root != tickets.root:
        raise AnotherList(address=contract.address, draw=draw)
    secret = administrator.keyring.secret(_secret_name(contract, draw, state.attempts))
    if state.commitment != commitment_of(draw, secret, contract.address, administrator.chain.node.chain_id()):
        raise AnotherSecret(address=contract.address, draw=draw)
    for _ in range(_TRIES):
        if contract.draw(draw).status is not Status.COMMITTED:
            break
        # First, so that the secret is not shown to a node before the block is there.
        _reach(administrator.chain, contract, draw)
        _step(administrator, contract, draw, secret)
    return contract.draw(draw)


def _step(administrator: Administrator, contract: DrawsContract, draw: str, secret: bytes) -> None:
    """Reveal; or where it is too late say so, and where the hash was lost have a later block count."""
    key, role = draw_key(draw), _role(administrator)

    def is_over() -> bool:
        return contract.draw(draw).status is not Status.COMMITTED

    call = Call(contract, "reveal", (key, secret), is_over)
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
    if is_over():
        return
    if reason.startswith("TooLate("):
        administrator.call(role, [Call(contract, "declareVoid", (key,), is_over)])
    elif reason.startswith("HashLost("):
        lost = contract.draw(draw).block
        administrator.call(role, [Call(contract, "rearm", (key,), lambda: contract.draw(draw).block != lost)])
    else:
        raise TransactionRefused(purpose=call.purpose, reason=reason)


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
