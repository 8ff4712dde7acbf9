"""Where the contract of prize draws stands, and making it."""

from eth_utils.address import to_checksum_address

from coalition.ledger import deployments
from coalition.ledger.administration import Administrator
from coalition.ledger.chains import Chain
from coalition.ledger.draws.binding import DrawsContract, draws_creation
from coalition.ledger.errors import NoLedger, WrongContract
from coalition.ledger.outbox import LOST, REVERTED, Order
from coalition.store.tables import ChainTx

_CREATION = "create prize draws"
_CREATION_GAS = 3_000_000
_TRIES = 3
"""Of creating the contract, whose nonce somebody else's transaction takes."""


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
