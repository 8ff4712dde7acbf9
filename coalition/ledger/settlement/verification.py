"""A statement recomputed from its lines and the chain alone, for the partner it is about.

The chain has every entry's terms, and of each statement its root and position. So lines are compared with both: what is
missing, invented, told twice or priced otherwise shows. What nothing can be compared with is told as a fact.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from coalition.domain.entries import KINDS, EntryKind
from coalition.domain.packing import PackedEntry, unpack
from coalition.domain.rate_cards import OPERATOR, POOL, Cause, redeemed_points
from coalition.domain.statement_position import position, problem
from coalition.domain.statements import StatementLine, statement_root
from coalition.errors import UnknownPeriod
from coalition.ledger.audit.checks import Check
from coalition.ledger.chain_history import Seen, read_batches, read_changes
from coalition.ledger.contract import Contract
from coalition.ledger.errors import WrongContract
from coalition.ledger.node import Node, to_hex, to_int
from coalition.ledger.settlement.binding import PeriodState, SettlementContract
from coalition.ledger.settlement.events import ClaimedIn, Stated, read_events

_LISTED = 20
_CLOCKS_S = 3600
"""An entry happened before the block that has it, but for clocks that differ by less than this."""

Word = tuple[int, PackedEntry]
"""An entry, in the batch of this sequence."""


class Whose(NamedTuple):
    """Which statement the contract is asked for."""

    period: int
    partner: int
    currency: str


class Fact(NamedTuple):
    """What the lines or the chain say, and nothing is there to compare it with."""

    what: str
    value: Any


class Verified(NamedTuple):
    checks: list[Check]
    facts: list[Fact]


def verify(
    lines: Sequence[StatementLine],
    earlier: Sequence[Sequence[StatementLine]],
    settlement: SettlementContract,
    whose: Whose,
    seen: Seen = lambda _: None,
) -> Verified:
    """Every check of the statement with these lines.

    :param earlier: The lines of each of the partner's other statements, up to this period and in any currency.
    :raises WrongContract: there is no settlement contract of ours, or no ledger of ours that it settles.
    :raises UnknownPeriod: the contract has not closed the period.
    """
    if not settlement.is_deployed():
        raise WrongContract(address=settlement.address)
    ledger = Contract.at(settlement.node, settlement.ledger())
    if not ledger.is_deployed():
        raise WrongContract(address=ledger.address)
    period = settlement.period(whose.period)
    if not period.closed:
        raise UnknownPeriod(period=str(whose.period))
    found = _Verification(lines, earlier, settlement, ledger, period, whose)
    found.read(seen)
    return Verified(list(found.checks()), list(found.facts()))


@dataclass
class _Verification:
    lines: Sequence[StatementLine]
    others: Sequence[Sequence[StatementLine]]
    settlement: SettlementContract
    ledger: Contract
    period: PeriodState
    whose: Whose
    stated: list[Stated] = field(default_factory=list)
    claimed: list[ClaimedIn] = field(default_factory=list)
    times: dict[Word, list[int]] = field(default_factory=dict)

    def read(self, seen: Seen) -> None:
        """Ask the chain for all that concerns the partner: its entries and their times, what was stated and claimed."""
        for event in read_events(self.settlement):
            if event.period > self.whose.period:
                continue
            if isinstance(event, ClaimedIn):
                self.claimed.append(event)
            elif event.partner == self.whose.partner:
                self.stated.append(event)
        last = self.settlement.node.latest_block().number
        events = [
            event
            for event in read_changes(self.ledger, 0, last)
            if event.name == "Recorded" and event.number <= self.period.sequence
        ]
        found: list[tuple[int, Word]] = []
        for batch in read_batches(self.ledger, events, seen):
            if batch.call is not None and batch.call.words is not None:
                for entry in unpack(batch.call.words):
                    # Any may be the pool's and the operator's.
                    if self.whose.partner in (POOL, OPERATOR, entry.issuer, entry.partner):
                        found.append((batch.block, (batch.sequence, entry)))
        times = _times(self.settlement.node, sorted({block for block, _ in found}))
        for block, word in found:
            self.times.setdefault(word, []).append(times[block])

    def checks(self) -> Iterator[Check]:
        (state,) = self.settlement.statements(self.whose.period, [(self.whose.partner, self.whose.currency)])
        yield Check("Merkle root of the lines", "0x" + statement_root(self.lines).hex(), to_hex(state.root))
        yield self._roots_check()
        yield self._position_check(state.position_minor)
        yield self._unique_check()
        yield self._sides_check()
        yield self._price_check()
        yield self._presence_check()
        if not self.missing:
            yield self._completeness_check()
            yield self._claims_check()

    def facts(self) -> Iterator[Fact]:
        whose = self.whose
        for each in self.stated:
            if (each.period, each.currency) == (whose.period, whose.currency):
                what = "minor units of the position that rest on no claimed points; nothing on the chain bounds them"
                yield Fact(what, each.other_minor)
        converted = [line for line in self.lines if line.micros and not line.price_micros]
        by_entry = [line for line in converted if line.sequence is not None and line.cause != Cause.FEE_TURNOVER]
        yield Fact("lines not checked (converted): their price was in another currency", len(by_entry))
        rest = len(converted) - len(by_entry)
        yield Fact("lines not checked (no price by the point): shares, monthly fees, guarantees, corrections", rest)
        if self.missing:
            names = ", ".join(f"{each.currency} of period {each.period}" for each in self.missing)
            yield Fact("not checked: entries and claims that are in no statement; give --earlier", names)
        late = [word for word, time in self._unknown if not self._is_over(time)]
        yield Fact("entries so late that they may be in the next period, and in none of these statements", len(late))
        for (issuer, redeemer), points in zip(self._pairs, self.settlement.unclaimed(self._pairs), strict=True):
            yield Fact(f"points of {issuer} at {redeemer} on the ledger by now that no period has claimed", points)
        yield Fact("settled on the chain", self.settlement.is_settled(whose.period))

    @cached_property
    def missing(self) -> list[Stated]:
        """The partner's other statements, up to this period, whose lines were not given."""
        given = {statement_root(lines) for lines in self.others}
        own = (self.whose.period, self.whose.currency)
        empty = statement_root([])
        return [
            each for each in self.stated if (each.period, each.currency) != own and each.root not in {*given, empty}
        ]

    @cached_property
    def _earlier(self) -> list[StatementLine]:
        """Lines of statements before this one in its currency, by what the chain has of their roots."""
        roots = {
            each.root
            for each in self.stated
            if each.period < self.whose.period and each.currency == self.whose.currency
        }
        return [line for lines in self.others if statement_root(lines) in roots for line in lines]

    @cached_property
    def _all(self) -> list[StatementLine]:
        return [*self.lines, *chain.from_iterable(self.others)]

    @cached_property
    def _unknown(self) -> list[tuple[Word, int]]:
        """Entries on the ledger up to the period's last batch that are in none of these statements, and their times."""
        known = Counter(word for _, word in _words(self._all))
        # Of those that are alike the latest is the one that is missing.
        return [(word, time) for word, times in self.times.items() for time in sorted(times)[known[word] :]]

    @property
    def _pairs(self) -> list[tuple[int, int]]:
        """Issuer and redeemer, one of which is the partner; of the pool's there are too many."""
        pairs = {
            (word[1].issuer, word[1].partner) for word in self.times if redeemed_points(EntryKind(word[1].kind), 1)
        }
        return sorted(pair for pair in pairs if self.whose.partner in pair and pair[0] != pair[1])

    def _is_over(self, time: int) -> bool:
        """Whether what was recorded at this time had happened before the period ended, whatever the clocks."""
        return time + _CLOCKS_S <= self.period.ends_at

    def _roots_check(self) -> Check:
        known = {each.root for each in self.stated}
        strangers = [place for place, lines in enumerate(self.others, 1) if statement_root(lines) not in known]
        differences = [f"earlier statement {place}: the chain has no such statement of yours" for place in strangers]
        count = len(self.others)
        return Check("earlier statements by their Merkle roots", count, count - len(strangers), differences)

    def _position_check(self, on_chain: int) -> Check:
        recomputed = position(self.whose.partner, self.lines, self._earlier)
        told = []
        if recomputed != on_chain and any(each.currency == self.whose.currency for each in self.missing):
            told = ["position: fractions carried from earlier periods count as well; give --earlier"]
        return Check(f"position in minor units of {self.whose.currency}", recomputed, on_chain, told)

    def _unique_check(self) -> Check:
        keys = Counter((line.id, line.cause, line.counterparty) for line in self._all)
        twice = [key for key, times in keys.items() if times > 1]
        differences = [f"{id_}: told more than once for {cause or 'nothing'}" for id_, cause, _ in twice[:_LISTED]]
        return Check("lines that are told once, in all these statements", len(self._all), len(keys), differences)

    def _sides_check(self) -> Check:
        wrong = [(line.id, told) for line in self.lines if (told := problem(self.whose.partner, line))]
        differences = [f"{id_}: {told}" for id_, told in wrong[:_LISTED]]
        count = len(self.lines)
        return Check("lines whose payer and payee follow from their cause", count - len(wrong), count, differences)

    def _price_check(self) -> Check:
        priced = [line for line in self.lines if line.price_micros]
        wrong = [line.id for line in priced if abs(line.micros) != line.points * line.price_micros]
        differences = [f"{line}: points times price is another amount" for line in wrong[:_LISTED]]
        what = "lines with a price whose amount is points times price"
        return Check(what, len(priced) - len(wrong), len(priced), differences)

    def _presence_check(self) -> Check:
        """Whether each entry of these statements is in its batch, on these terms, and is not another entry as well."""
        told = sorted(set(_words(self._all)))
        left = Counter({word: len(times) for word, times in self.times.items()})
        missing = []
        for id_, word in told:
            if left[word]:
                left[word] -= 1
            else:
                missing.append((id_, word[0]))
        differences = [f"{id_}: batch {sequence} has no such entry" for id_, sequence in missing[:_LISTED]]
        return Check("entries of these statements in their batches", len(told), len(told) - len(missing), differences)

    def _completeness_check(self) -> Check:
        """Whether all is told that the ledger had of the partner's before the period was over."""
        partner = self.whose.partner
        due = [
            word for word, time in self._unknown if self._is_over(time) and partner in (word[1].issuer, word[1].partner)
        ]
        differences = [
            f"batch {sequence}: {EntryKind(entry.kind).name.lower()} of {entry.points} points of {entry.issuer} at"
            f" {entry.partner} is in no statement"
            for sequence, entry in due[:_LISTED]
        ]
        return Check("entries on the ledger in time that are in no statement", 0, len(due), differences)

    def _claims_check(self) -> Check:
        """Whether more points were claimed at the partner than its lines have; less may be, where some were undone."""
        told: Counter[int] = Counter()
        for line in chain(self.lines, self._earlier):
            if line.cause == Cause.REDEMPTION and line.partner == self.whose.partner and line.kind in KINDS:
                told[line.issuer or 0] += redeemed_points(KINDS[line.kind], line.points)
        claimed: Counter[int] = Counter()
        for _, claim in self.claimed:
            if (claim.redeemer, claim.currency) == (self.whose.partner, self.whose.currency):
                claimed[claim.issuer] += claim.points
        more = {issuer: points for issuer, points in claimed.items() if points > told[issuer]}
        differences = [
            f"points of {issuer}: {points} were claimed for you, your lines have {told[issuer]}"
            for issuer, points in sorted(more.items())
        ]
        return Check("issuers of whose points no more was claimed", len(claimed) - len(more), len(claimed), differences)


def _words(lines: Iterable[StatementLine]) -> set[tuple[str, Word]]:
    """Each entry once, by its id: it may be several lines."""
    return {(line.id, _word(line)) for line in lines if line.sequence is not None and line.kind in KINDS}


def _word(line: StatementLine) -> Word:
    address = bytes.fromhex((line.member or "").removeprefix("0x"))
    entry = PackedEntry(KINDS[line.kind], line.issuer or 0, line.partner or 0, line.points, address)
    return line.sequence or 0, entry


def _times(node: Node, blocks: Sequence[int]) -> dict[int, int]:
    method = "eth_getBlockByNumber"
    results = node.request_all(method, [(hex(block), False) for block in blocks])
    found = [node.understood(method, result, lambda block: to_int(block["timestamp"])) for result in results]
    return dict(zip(blocks, found, strict=True))
