"""Where this journal is recorded: the chain, the contracts on it, and which account has which role."""

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from rlp import encode as rlp_encode

from coalition.config import ROLES, LedgerMode
from coalition.ledger import contract as calls
from coalition.ledger.contract import BADGES, Contract, History
from coalition.ledger.keys import Keyring
from coalition.ledger.node import Node
from coalition.ledger.outbox import Order
from coalition.store.database import execute
from coalition.store.tables import ChainTx, Deployment, LedgerAccount, PartnerChange, ReplacedTx

_CREATION_GAS = 6_000_000


def deployment() -> Deployment | None:
    """The chain and contracts that this journal is recorded on, once there are any."""
    return Deployment.get_or_none()


def account_of(role: str) -> str:
    """The account that has the role now."""
    address: str = execute("SELECT address FROM ledger_account WHERE role = ?", (role,)).fetchone()[0]
    return address


def hand_over(role: str, account: str) -> None:
    """From now on this account has the role."""
    LedgerAccount.update(address=account).where(LedgerAccount.role == role).execute()


def ensure_accounts(keyring: Keyring) -> dict[str, str]:
    """The account of each role; those that are missing are made now, and stay, whether or not there is a ledger yet."""
    known = {row.role: row.address for row in LedgerAccount.select()}
    for role in ROLES:
        if role not in known:
            known[role] = keyring.new_account(role)
            LedgerAccount.create(role=role, address=known[role], force_insert=True)
    return known


def ledger_at(node: Node, found: Deployment) -> Contract:
    return Contract(node, found.contract, LedgerMode(found.mode))


def badges_at(node: Node, found: Deployment) -> History:
    return History(node, found.badges, BADGES)


def bind(chain_id: int, mode: LedgerMode, admin: str, admin_nonce: int) -> Deployment:
    """From now on this journal is recorded on the contracts that the admin's next two transactions create."""
    contract, badges = (created_address(admin, admin_nonce + number) for number in range(2))
    found: Deployment = Deployment.create(
        chain_id=chain_id,
        mode=mode,
        contract=contract,
        badges=badges,
        force_insert=True,
    )
    return found


def creation_orders(mode: LedgerMode, accounts: dict[str, str], badge_uri: str) -> tuple[Order, Order]:
    """The two transactions that create a new ledger and its badges."""
    ledger = calls.ledger_creation(mode, **accounts)
    badges = calls.badges_creation(badge_uri, accounts["admin"], accounts["recorder"], accounts["pauser"])
    return (
        Order("create ledger", None, ledger, _CREATION_GAS),
        Order("create badges", None, badges, _CREATION_GAS),
    )


def created_address(account: str, nonce: int) -> str:
    """Where a contract stands that this transaction creates."""
    return to_checksum_address(keccak(rlp_encode([bytes.fromhex(account[2:]), nonce]))[12:])


def unbind() -> None:
    """Forget the chain and the contracts; what is recorded there is to be recorded again, in the same batches."""
    for table in (ReplacedTx, ChainTx, Deployment):
        table.delete().execute()
    PartnerChange.update(told=False).execute()
