"""What can go wrong between closed periods and the chain. All of these concern the operator."""

from dataclasses import dataclass

from coalition.errors import CoalitionError


@dataclass
class NothingToSettleBy(CoalitionError):
    code = "nothing_to_settle_by"
    template = (
        "The journal is recorded by its roots only, so no contract knows what partners owe one another: periods are"
        " settled without one."
    )


@dataclass
class LedgerBehind(CoalitionError):
    code = "ledger_behind"
    template = (
        "The chain has the ledger's batches up to {given}, and not yet batch {needed}: a worker brings them; then give"
        " the command again."
    )
    needed: int
    given: int


@dataclass
class PeriodsMissing(CoalitionError):
    code = "periods_missing"
    template = (
        "Period {given} was given where {expected} was due: all periods are brought to the chain, from the first."
    )
    expected: int
    given: int


@dataclass
class SettlementDiverged(CoalitionError):
    """What is closed on the chain cannot be changed; a difference goes into the next period as a correction."""

    code = "settlement_diverged"
    template = "In period {period}, the chain has another statement of party {partner} in {currency} than the journal."
    period: int
    partner: int
    currency: str
