"""The journal of badges against the chain: its history batch by batch, and who holds what."""

from collections import Counter
from collections.abc import Iterator, Sequence

from eth_utils.address import is_hex_address
from eth_utils.crypto import keccak

from coalition.ledger.contract import GENESIS_HEAD, Badges, next_badges_head
from coalition.ledger.lanes import badge_words
from coalition.ledger.reconciliation.differences import Difference
from coalition.store import badges as store
from coalition.store import tables
from coalition.store.badges import BadgeEntry


def compare_badges(contract: Badges, recorded: set[int]) -> Iterator[Difference]:
    """The chain has of its history only the head; so the first batch that differs is found by the heads kept here.

    Batches that the chain does not have are left out, but for those that are ``recorded`` as far as we know.
    """
    ends, sequence = {GENESIS_HEAD}, 0
    last = contract.next_sequence() - 1
    held: Counter[tuple[str, int]] = Counter()
    for batch in tables.BadgeBatch.select().order_by(tables.BadgeBatch.sequence):
        if batch.sequence > last and batch.sequence not in recorded:
            break
        sequence += 1
        entries = store.entries_of_batch(batch.sequence)
        for entry in entries:
            held[entry.address, entry.badge] += 1 if entry.kind == "award" else -1
        reached = _reached(ends, sequence, entries)
        kept = _bytes(batch.head)
        if kept in reached and (batch.sequence, batch.entries) == (sequence, len(entries)):
            ends = {kept}
        else:
            yield Difference(f"batch {batch.sequence} of badges has other entries, or another head, than it had")
            # Whichever of both was changed: what follows was not, and is no further difference.
            ends = {*reached, kept}
    if last != sequence:
        yield Difference(f"the journal has {sequence} batches of badges, the chain {last}")
    if contract.head() not in ends:
        yield Difference(f"the batches of badges do not lead to head 0x{contract.head().hex()}, which the chain has")
    yield from _compare_holders(contract, held)
    for refused in tables.BadgeEntry.select().where(tables.BadgeEntry.refused.is_null(False)):
        yield Difference(
            f"the {refused.kind} of badge {refused.badge_id} for grant {refused.grant} is refused: {refused.refused}"
        )


def _reached(ends: set[bytes], sequence: int, entries: Sequence[BadgeEntry]) -> set[bytes]:
    """Where these entries lead from any of the heads; nowhere if one of them was changed into none."""
    try:
        entries_hash = keccak(badge_words(entries))
    except (LookupError, TypeError, ValueError, OverflowError):
        return set()
    return {next_badges_head(end, sequence, entries_hash) for end in ends}


def _bytes(head: str) -> bytes:
    try:
        return bytes.fromhex(head[2:])
    except ValueError:
        return b""


def _compare_holders(contract: Badges, held: Counter[tuple[str, int]]) -> Iterator[Difference]:
    pairs = sorted(pair for pair in held if is_hex_address(pair[0]))
    for (address, badge), on_chain in zip(pairs, contract.held(pairs), strict=True):
        if held[address, badge] != on_chain:
            here = "holds" if held[address, badge] else "does not hold"
            yield Difference(f"member {address} {here} badge {badge} in the journal, and not so on the chain")
    known = {badge for _, badge in pairs}
    issuers = {badge.id: badge.issuer_id for badge in tables.Badge.select() if badge.id in known}
    for badge, issuer in zip(issuers, contract.issuers(list(issuers)), strict=True):
        if issuers[badge] != issuer:
            yield Difference(f"badge {badge} is partner {issuers[badge]}'s in the journal, partner {issuer}'s there")
