"""Recording on anvil: how fast, and for how much gas an entry of distinct members, new and existing ones.

Making the journal comes first, and takes longer than recording it. It is done three times, and the median counts,
because a machine that others share is not equally fast at all times.
"""

import time
from collections.abc import Callable
from statistics import median

from coalition.config import Settings
from coalition.domain.entries import EntryKind
from coalition.ledger.batches import TX_GAS_LIMIT, build_batch, packed_entry
from coalition.ledger.contract import encode_record
from coalition.ledger.deployments import account_of
from coalition.ledger.keys import Keyring
from coalition.services.journal import JournalSession, Source
from coalition.services.members import EnrolMember, enrol_members
from coalition.services.partners import register_partner
from coalition.services.programmes import rulebook
from coalition.store.database import disconnect, execute, transaction
from coalition.store.ledger import JournalEntry, entries_of_batch
from scripts.composition import CLOCK, open_coalition, recording

MEMBERS = 2_500
ENTRIES = 350_000
_RUNS = 3
_PARTNERS = 9
_SIGNED_BATCHES = 10
_PASSES = 10


def measure_recording(settings: Settings) -> dict[str, float]:
    """Every member once, then many entries over all of them, so that each batch is of distinct existing members."""
    open_coalition(settings)
    now = CLOCK.now()
    partners = [register_partner(f"merchant-{number}", 500, now=now).number for number in range(_PARTNERS)]
    phones = [EnrolMember(phone=f"+1555{number:07d}") for number in range(MEMBERS)]
    members = list(enrol_members(phones, partners[0], now=now).values())
    with recording(settings) as recorder:
        recorder.drain()
        _issue(members, partners, "new", MEMBERS)
        recorder.drain()
        recorder.note_gas()
        new, batches = _gas_per_entry(0)
        speeds = []
        for run in range(_RUNS):
            _issue(members, partners, f"run-{run}", ENTRIES)
            started = time.perf_counter()
            recorder.drain()
            speeds.append(ENTRIES / (time.perf_counter() - started))
            recorder.note_gas()
    figures = {
        "recorded_entries_per_s": median(speeds),
        "recorded_entries_per_s_slowest": min(speeds),
        "recorded_entries_per_s_fastest": max(speeds),
        "encode_and_sign_us_per_entry": _encode_and_sign_us(settings, batches),
        "hash_and_pack_us_per_entry": _hash_us(batches),
        "gas_per_entry_new": new,
        "gas_per_entry_existing": _gas_per_entry(batches)[0],
    }
    disconnect()
    return figures


def _issue(members: list[str], partners: list[int], prefix: str, count: int) -> None:
    now = CLOCK.now()
    expires_at = rulebook().at(now).expires_at(now)
    with transaction():
        session = JournalSession(members, now=now)
        for number in range(count):
            account = session.accounts[members[number % len(members)]]
            issuer = partners[number % len(partners)]
            source = Source(f"{prefix}-{number}", "00" * 32, now)
            session.issue(EntryKind.ACCRUAL, issuer, account, 10, source, expires_at)
        session.write()


def _encode_and_sign_us(settings: Settings, already: int) -> float:
    """What turning entries into a signed transaction takes, without hashing, reading or writing: the best of a few
    passes over recorded batches."""
    signer = Keyring(settings).signer(account_of("recorder"))
    recorded = [
        (sequence, entries_of_batch(sequence)) for sequence in range(already + 1, already + 1 + _SIGNED_BATCHES)
    ]
    fields = {"type": 2, "chainId": 1, "nonce": 0, "value": 0, "gas": TX_GAS_LIMIT, "to": signer.address}
    fees = {"maxFeePerGas": 2 * 10**9, "maxPriorityFeePerGas": 10**9}

    def encode_and_sign(sequence: int, entries: list[JournalEntry]) -> None:
        words = b"".join(map(packed_entry, entries))
        signer.sign({**fields, **fees, "data": encode_record(settings.ledger_mode, sequence, bytes(32), words)})

    return _best_us(recorded, encode_and_sign)


def _hash_us(already: int) -> float:
    """What the leaves and the root that receipts lead to take."""
    sequences = range(already + 1, already + 1 + _SIGNED_BATCHES)
    return _best_us([(each, entries_of_batch(each)) for each in sequences], lambda _, entries: build_batch(entries))


def _best_us(batches: list[tuple[int, list[JournalEntry]]], work: Callable[[int, list[JournalEntry]], object]) -> float:
    """Microseconds an entry, in the quickest pass."""
    elapsed = []
    for _ in range(_PASSES):
        started = time.perf_counter()
        for sequence, entries in batches:
            work(sequence, entries)
        elapsed.append(time.perf_counter() - started)
    return min(elapsed) / sum(len(entries) for _, entries in batches) * 1_000_000


def _gas_per_entry(already: int) -> tuple[float, int]:
    """Of all batches but the first so many, and how many there are now."""
    rows = execute(
        "SELECT t.gas_used, b.entries FROM chain_tx t JOIN batch b ON b.sequence = t.sequence ORDER BY b.sequence"
    ).fetchall()
    fresh = rows[already:]
    return sum(gas for gas, _ in fresh) / sum(entries for _, entries in fresh), len(rows)
