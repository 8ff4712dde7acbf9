"""What can go wrong between the journal and the chain. All of these concern the operator, none a till."""

from dataclasses import dataclass

from coalition.errors import CoalitionError


@dataclass
class NodeUnavailable(CoalitionError):
    code = "node_unavailable"
    template = "The node at {url} did not answer: {reason}"
    url: str
    reason: str


@dataclass
class NodeRefused(CoalitionError):
    code = "node_refused"
    template = "The node refused {method}: {reason}"
    method: str
    reason: str


@dataclass
class Underpriced(NodeRefused):
    """The node wants a higher fee, for the transaction itself or for taking it in place of another."""

    code = "underpriced"


@dataclass
class WrongChain(CoalitionError):
    code = "wrong_chain"
    template = (
        "The journal is recorded on chain {expected}; this node serves chain {given}."
        " Point COALITION_CHAIN_URL at the right node."
    )
    expected: int
    given: int


@dataclass
class WrongContract(CoalitionError):
    code = "wrong_contract"
    template = (
        "There is no ledger of ours at {address}, where the journal is recorded: another contract, or one of another"
        " version, or none because creating it failed. coalition ledger rebuild records it on a new one."
    )
    address: str


@dataclass
class AccountUnfunded(CoalitionError):
    code = "account_unfunded"
    template = "The account {address} cannot pay for gas on chain {chain_id}: send it some."
    address: str
    chain_id: int


@dataclass
class ExposedKey(CoalitionError):
    code = "exposed_key"
    template = "Others than its owner can read or change what guards the chain accounts: run chmod 600 {path}"
    path: str


@dataclass
class MissingKey(CoalitionError):
    code = "missing_key"
    template = "The key of {address} is not in {directory}: bring it there from your backup."
    address: str
    directory: str


@dataclass
class DamagedKey(CoalitionError):
    code = "damaged_key"
    template = "{path} is not the keystore that it should be: {reason}. Bring it back from your backup."
    path: str
    reason: str


@dataclass
class MissingPassphrase(CoalitionError):
    code = "missing_passphrase"
    template = (
        "The keys in {directory} need a passphrase: set COALITION_KEY_PASSPHRASE_FILE to {file},"
        " or COALITION_KEY_PASSPHRASE to the passphrase itself."
    )
    directory: str
    file: str


@dataclass
class WrongPassphrase(CoalitionError):
    code = "wrong_passphrase"
    template = "The passphrase does not open {path}."
    path: str


@dataclass
class SignerUnavailable(CoalitionError):
    code = "signer_unavailable"
    template = "The signer at {url} did not sign: {reason}"
    url: str
    reason: str


@dataclass
class SignerAnsweredWrong(CoalitionError):
    code = "signer_answered_wrong"
    template = "What the signer at {url} answered was not used: {reason}."
    url: str
    reason: str


@dataclass
class SignerLacksAccount(CoalitionError):
    code = "signer_lacks_account"
    template = "The signer at {url} has no key of {address}."
    address: str
    url: str


@dataclass
class TransactionRefused(CoalitionError):
    """Nothing is lost: it is tried again once the contract would accept it."""

    code = "transaction_refused"
    template = "The contract does not accept what comes next ({purpose}): {reason}"
    purpose: str
    reason: str


@dataclass
class FeeTooHigh(CoalitionError):
    code = "fee_too_high"
    template = "The node wants more than {offered} wei for gas ({purpose}), which no chain should: look at the node."
    purpose: str
    offered: int


@dataclass
class StillUnderWay(CoalitionError):
    code = "still_under_way"
    template = (
        "In {wait_s} s the chain did not take what {account} has signed: {purposes}. A worker goes on sending it;"
        " look at the node, then give the command again."
    )
    purposes: str
    account: str
    wait_s: int


@dataclass
class NoLedger(CoalitionError):
    code = "no_ledger"
    template = "There is no ledger yet: coalition record, or a worker, makes it."


@dataclass
class LedgerDiverged(CoalitionError):
    code = "ledger_diverged"
    template = "The chain's history is not the journal's: after batch {sequence} there its head is {given}."
    sequence: int
    given: str


@dataclass
class LeaseHeld(CoalitionError):
    code = "lease_held"
    template = "Another process, {holder}, is the recorder."
    holder: str
