"""What must hold between the journal and the chain after every step, and what when all has come to rest."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from coalition.config import LedgerMode
from coalition.domain.entries import EntryKind
from coalition.domain.packing import WORD_SIZE, pack
from coalition.ledger.contract import BADGES, Contract, History, decode_record, encode_record
from coalition.ledger.node import Node, to_hex
from coalition.store.database import execute
from tests.simulation.chain import SimulatedChain

_NO_HEAD = ("0x" + "00" * 32,)
_BALANCES = (
    "SELECT m.address, SUM(CASE WHEN kind IN ('accrual', 'redemption_reversal', 'reward', 'adjustment_increase')"
    " THEN points ELSE -points END) FROM entry e JOIN member m ON m.id = e.member_id WHERE e.sequence <= ?"
    " GROUP BY m.id ORDER BY m.id"
)


def ledger(eyes: Node) -> Contract | None:
    """The ledger's contract, where it stands already."""
    bound = execute("SELECT contract, mode FROM deployment").fetchone()
    return Contract(eyes, bound[0], LedgerMode(bound[1])) if bound and eyes.code(bound[0]) else None


def check_chain(eyes: Node) -> None:
    """The chain has the journal's batches up to one of them, and is what their entries add up to."""
    contract = ledger(eyes)
    if contract is None:
        return
    recorded = contract.next_sequence() - 1
    head = execute("SELECT head FROM batch WHERE sequence = ?", (recorded,)).fetchone() or _NO_HEAD
    assert to_hex(contract.head()) == head[0], f"the chain has another history than the journal at batch {recorded}"
    if contract.mode is LedgerMode.FULL:
        expected = dict(execute(_BALANCES, (recorded,)).fetchall())
        given = dict(zip(expected, contract.balances(list(expected)), strict=True))
        assert given == expected, f"balances on the chain are {given}, recorded were {expected}"
        assert contract.total_supply() == sum(expected.values()), "the supply is not what was recorded"


def check_badges(eyes: Node) -> int:
    """The chain has the batches of badges up to one of them; how many it has."""
    bound = execute("SELECT badges FROM deployment").fetchone()
    if not bound or not eyes.code(bound[0]):
        return 0
    contract = History(eyes, bound[0], BADGES)
    recorded = contract.next_sequence() - 1
    head = execute("SELECT head FROM badge_batch WHERE sequence = ?", (recorded,)).fetchone() or _NO_HEAD
    assert to_hex(contract.head()) == head[0], f"the chain has other badges than the journal at batch {recorded}"
    return recorded


def check_store() -> None:
    """What the recorder keeps agrees with itself."""
    sizes = execute(
        "SELECT b.sequence, b.entries, COUNT(e.id) FROM batch b LEFT JOIN entry e ON e.sequence = b.sequence"
        " GROUP BY b.sequence ORDER BY b.sequence"
    ).fetchall()
    assert [sequence for sequence, _, _ in sizes] == list(range(1, len(sizes) + 1)), "batches have gaps"
    assert all(given == there for _, given, there in sizes), f"batches have other entries than they say: {sizes}"
    live = execute(
        "SELECT sequence FROM chain_tx WHERE sequence IS NOT NULL"
        " AND status IN ('signed', 'submitted', 'confirmed', 'final') GROUP BY sequence HAVING COUNT(*) > 1"
    ).fetchall()
    assert not live, f"batches are carried by several live transactions: {live}"
    doubled = execute("SELECT id FROM entry WHERE sequence IS NOT NULL AND id IN (SELECT entry_id FROM refused_entry)")
    assert not doubled.fetchall(), "an entry is set aside and in a batch"


def check_confirmed(chain: SimulatedChain) -> None:
    """What the recorder says is in a block, is in that block."""
    rows = execute(
        "SELECT id, purpose, hash, block_number, block_hash FROM chain_tx WHERE status IN ('confirmed', 'final')"
    ).fetchall()
    for id_, purpose, tx_hash, number, block_hash in rows:
        receipt = chain.receipts.get(tx_hash)
        assert receipt and receipt.execution.succeeded, f"transaction {id_} ({purpose}) is not on the chain as it says"
        assert (receipt.block_number, receipt.block_hash) == (number, block_hash), f"transaction {id_} is elsewhere"


def journal_digest() -> Any:
    """Of what no recorder may change."""
    return execute("SELECT COUNT(*), SUM(id * points), MAX(id) FROM entry").fetchone()


def check_statuses() -> None:
    """Everything that was signed is settled for good."""
    rows = execute("SELECT id, status FROM chain_tx WHERE status IN ('signed', 'submitted', 'confirmed')").fetchall()
    assert not rows, f"transactions are not final: {rows}"


def check_each_entry_once(chain: SimulatedChain) -> int:
    """Read without the recorder's help: the chain has every entry once, but those set aside, and no other; how many."""
    contract, mode = execute("SELECT LOWER(contract), mode FROM deployment").fetchone()
    rows = execute(
        "SELECT e.kind, e.issuer_id, e.partner_id, e.points, m.address FROM entry e JOIN member m ON m.id = e.member_id"
        " WHERE e.id NOT IN (SELECT entry_id FROM refused_entry)"
    ).fetchall()
    expected = Counter(
        pack(EntryKind[kind.upper()], issuer, partner, points, bytes.fromhex(address[2:]))
        for kind, issuer, partner, points, address in rows
    )
    recorded = [decode_record(LedgerMode(mode), calldata) for calldata in _recorded(chain, contract, LedgerMode(mode))]
    sizes = sum(size for _, _, _, size, _ in recorded)
    assert sizes == len(rows), f"the chain has {sizes} entries, the journal {len(rows)}"
    if mode == LedgerMode.FULL:
        on_chain = Counter(word for *_, words in recorded for word in _split(words))
        assert on_chain == expected, f"missing: {expected - on_chain}, too much: {on_chain - expected}"
    return sizes


def check_each_badge_once(eyes: Node) -> None:
    """The chain has every award and revocation."""
    formed, waiting, refused = execute(
        "SELECT (SELECT COUNT(*) FROM badge_batch), COUNT(*) - COUNT(sequence), COUNT(refused) FROM badge_entry"
    ).fetchone()
    assert (waiting, refused) == (0, 0), f"{waiting} badge entries wait, {refused} are refused"
    assert check_badges(eyes) == formed, "the chain lacks batches of badges"


def outbox() -> list[str]:
    """What the recorder has signed, for whoever looks into a failure."""
    rows = execute("SELECT id, account, nonce, purpose, status, block_number FROM chain_tx ORDER BY id").fetchall()
    return [
        f"      transaction {id_}: {account[:6]} nonce {nonce}, {purpose}, {status}, block {block}"
        for id_, account, nonce, purpose, status, block in rows
    ]


def _recorded(chain: SimulatedChain, contract: str, mode: LedgerMode) -> Iterator[bytes]:
    """The calldata of what the contract took. Before it was created, calls of it succeeded too, and did nothing."""
    selector = encode_record(mode, 0, bytes(32), b"")[:4]
    for block in chain.blocks:
        for tx in block.transactions:
            if tx.to == contract and tx.data[:4] == selector and chain.receipts[tx.hash].execution.logs:
                yield tx.data


def _split(words: bytes | None) -> list[bytes]:
    return [(words or b"")[start : start + WORD_SIZE] for start in range(0, len(words or b""), WORD_SIZE)]
