"""A statement recomputed from its lines and the chain alone, for the partner it is about.

The chain has every entry's terms, and of each statement its root and position. So lines are compared with both: what is
missing, invented or priced otherwise shows.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from coalition.domain.entries import EntryKind
from coalition.domain.packing import PackedEntry, unpack
from coalition.domain.rate_cards import OPERATOR, POOL
from coalition.domain.statement_position import position
from coalition.domain.statements import StatementLine, statement_root
from coalition.errors import UnknownPeriod
from coalition.ledger.audit.checks import Check
from coalition.ledger.chain_history import Seen, read_batches, read_changes
from coalition.ledger.contract import Contract
from coalition.ledger.node import to_hex
from coalition.ledger.settlement.binding import SettlementContract

_KINDS = {kind.name.lower(): int(kind) for kind in EntryKind}
_LISTED = 20

Word = tuple[int, PackedEntry]
"""An entry, in the batch of this sequence."""


class Whose(NamedTuple):
    """Which statement the contract is asked for."""

    period: int
    partner: int
    currency: str


def verify(
    lines: Sequence[StatementLine],
    earlier: Sequence[StatementLine],
    settlement: SettlementContract,
    whose: Whose,
    seen: Seen = lambda _: None,
) -> list[Check]:
    """Every check of the statement with these lines; ``earlier`` are those of all statements before it, if there are.

    :raises WrongContract: there is no settlement contract, or no ledger that it settles.
    :raises UnknownPeriod: the contract has not closed the period.
    """
    ledger = Contract.at(settlement.node, settlement.ledger())
    period = settlement.period(whose.period)
    if not period.closed:
        raise UnknownPeriod(period=str(whose.period))
    (stated,) = settlement.statements(whose.period, [(whose.partner, whose.currency)])
    on_chain = Counter(_words(ledger, period.sequence, whose.partner, seen))
    return [
        Check("Merkle root of the lines", "0x" + statement_root(lines).hex(), to_hex(stated.root)),
        Check(
            f"position in minor units of {whose.currency}",
            position(whose.partner, lines, earlier),
            stated.position_minor,
        ),
        _price_check(lines),
        _presence_check(lines, on_chain),
        _completeness_check([*earlier, *lines], on_chain),
    ]


def _price_check(lines: Sequence[StatementLine]) -> Check:
    wrong = [line.id for line in lines if line.price_micros and abs(line.micros) != line.points * line.price_micros]
    priced = sum(1 for line in lines if line.price_micros)
    differences = [f"{line}: points times price is another amount" for line in wrong[:_LISTED]]
    return Check("lines with a price whose amount is points times price", priced - len(wrong), priced, differences)


def _presence_check(lines: Iterable[StatementLine], on_chain: Counter[Word]) -> Check:
    """Whether each entry of the statement is in its batch, on the terms of the statement."""
    claimed = {line.id: _word(line) for line in lines if line.sequence is not None}
    left = Counter(on_chain)
    missing = []
    for id_, word in claimed.items():
        if left[word]:
            left[word] -= 1
        else:
            missing.append(id_)
    differences = [f"{id_}: batch {claimed[id_][0]} has no such entry" for id_ in missing[:_LISTED]]
    return Check("entries of the statement in their batches", len(claimed), len(claimed) - len(missing), differences)


def _completeness_check(lines: Iterable[StatementLine], on_chain: Counter[Word]) -> Check:
    """How many entries the chain has of the partner, up to the period's last batch, that are in no statement given.

    They are of later periods, having happened after this one ended, or of earlier ones that were not given.
    """
    known = Counter({line.id: _word(line) for line in lines if line.sequence is not None}.values())
    left = on_chain - known
    count = left.total()
    return Check("entries on the chain that are in none of these statements", count, count)


def _words(ledger: Contract, last_sequence: int, partner: int, seen: Seen) -> Iterator[Word]:
    """The entries that are the partner's business; any may be the pool's and the operator's."""
    events = [
        event
        for event in read_changes(ledger, 0, ledger.node.latest_block().number)
        if event.name == "Recorded" and event.number <= last_sequence
    ]
    for batch in read_batches(ledger, events, seen):
        if batch.call is not None and batch.call.words is not None:
            for entry in unpack(batch.call.words):
                if partner in (POOL, OPERATOR, entry.issuer, entry.partner):
                    yield batch.sequence, entry


def _word(line: StatementLine) -> Word:
    address = bytes.fromhex((line.member or "").removeprefix("0x"))
    entry = PackedEntry(_KINDS[line.kind], line.issuer or 0, line.partner or 0, line.points, address)
    return line.sequence or 0, entry
