"""What can go wrong between a draw and the chain. All of these concern the operator, or whoever checks a draw."""

from dataclasses import dataclass

from coalition.errors import CoalitionError


@dataclass
class BlockNotThere(CoalitionError):
    code = "block_not_there"
    template = (
        "The winners of {draw} follow from block {block}, and the chain is at {last}: give the command again once it"
        " is past it."
    )
    draw: str
    block: int
    last: int


@dataclass
class NotCommitted(CoalitionError):
    code = "not_committed"
    template = "The contract at {address} knows nothing of draw {draw}."
    address: str
    draw: str


@dataclass
class AnotherSecret(CoalitionError):
    """Nothing was revealed."""

    code = "another_secret"
    template = (
        "The secret that is kept here for {draw} is not the one that {address} has the commitment of: bring keys/ back"
        " from your backup."
    )
    address: str
    draw: str


@dataclass
class AnotherCommitment(CoalitionError):
    """Somebody else with the role has committed to the draw, or it was done from another data directory."""

    code = "another_commitment"
    template = "The contract at {address} has another commitment for {draw} than the one that is kept here."
    address: str
    draw: str


@dataclass
class AnotherList(CoalitionError):
    """Nothing was revealed."""

    code = "another_list"
    template = "The tickets of {draw} that are kept here are not those that {address} has the root of."
    address: str
    draw: str


@dataclass
class NotDrawnYet(CoalitionError):
    """``status`` is the contract's: none, committed or void."""

    code = "not_drawn_yet"
    template = "Draw {draw} has no winners: for the contract it is {status}."
    draw: str
    status: str
