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
    template = "The contract at {address} is not the points ledger that the journal is recorded on."
    address: str


@dataclass
class RecorderUnfunded(CoalitionError):
    code = "recorder_unfunded"
    template = "The recorder's account {address} cannot pay for gas on chain {chain_id}: send it some."
    address: str
    chain_id: int


@dataclass
class ExposedKey(CoalitionError):
    code = "exposed_key"
    template = "Others can read the recorder's key: run chmod 600 {path}"
    path: str


@dataclass
class ForeignTransaction(CoalitionError):
    code = "foreign_transaction"
    template = "The chain has a transaction of the recorder's account, nonce {nonce}, that the recorder did not sign."
    nonce: int


@dataclass
class BatchReverted(CoalitionError):
    code = "batch_reverted"
    template = "The contract refused chain transaction {nonce} ({purpose}): {reason}"
    nonce: int
    purpose: str
    reason: str


@dataclass
class LedgerDiverged(CoalitionError):
    code = "ledger_diverged"
    template = "The chain's history after batch {sequence} is not the journal's: its head is {given}, not {expected}."
    sequence: int
    expected: str
    given: str


@dataclass
class LeaseHeld(CoalitionError):
    code = "lease_held"
    template = "Another process, {holder}, is the recorder."
    holder: str
