"""Brings to the chain what it lacks of closed periods: the same call again goes on wherever an earlier one ended."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from eth_utils.address import to_checksum_address
from peewee import fn

from coalition.config import LedgerMode
from coalition.ledger import deployments
from coalition.ledger.administration import Administrator, Call
from coalition.ledger.contract import Contract
from coalition.ledger.errors import NoLedger, WrongContract
from coalition.ledger.outbox import LOST, REVERTED, Order
from coalition.ledger.settlement import calls
from coalition.ledger.settlement.binding import NO_KEY, SettlementContract, Status, settlement_creation
from coalition.ledger.settlement.calls import CLAIMS_AT_ONCE, STATEMENTS_AT_ONCE, Voice
from coalition.ledger.settlement.claims import Known, Pair, all_keys, claims_to_make
from coalition.ledger.settlement.description import PeriodOnChain, StatementOnChain, claimed_minor
from coalition.ledger.settlement.errors import LedgerBehind, NothingToSettleBy, PeriodsMissing, SettlementDiverged
from coalition.store.tables import ChainTx, Deployment

_CREATION_GAS = 6_000_000
_TRIES = 3
"""Of creating the contract, whose nonce somebody else's transaction takes."""

T = TypeVar("T")


@dataclass(frozen=True)
class Refused:
    """Something that the contract does not take: a partner's word, or its key. ``period`` is 0 for a key."""

    period: int
    purpose: str
    partner: int
    currency: str
    reason: str


def anchor(
    administrator: Administrator,
    periods: Iterable[PeriodOnChain],
    keys: Mapping[int, str],
    ceilings: Mapping[str, int],
    taken_back: Mapping[Pair, int] | None = None,
) -> list[Refused]:
    """Afterwards the settlement contract has all this, but for what is returned: what was refused by itself.

    Nothing else than that is given up. Signatures are for one contract: those that partners gave for another, which the
    ledger was on before it was rebuilt, are among what is refused, as are keys that differ from those on the chain.

    :param periods: All that are closed, from the first, in order.
    :param keys: The address that signs for each party that has one; 0 is the pool.
    :param ceilings: The most that a point may cost in each currency, in micros.
    :param taken_back: Points of each ``(issuer, redeemer)`` that entries took back which are in none of the periods.
    :raises NothingToSettleBy: the journal is recorded in roots mode.
    :raises LedgerBehind: the chain lacks batches of the ledger, as one made anew does for a while.
    :raises WrongContract: there is no settlement of ours at its address, or no ledger.
    :raises PeriodsMissing: they are not all, or not in order.
    :raises SettlementDiverged: the chain has another statement of a closed period.
    :raises TransactionRefused: the contract does not accept a period, as where the ledger does not support it.
    """
    all_periods = list(periods)
    for expected, period in enumerate(all_periods, 1):
        if period.number != expected:
            raise PeriodsMissing(expected=expected, given=period.number)
    _require_ledger(administrator, all_periods)
    settlement = ensure_settlement(administrator)
    anchoring = _Anchoring(administrator, settlement, all_periods, taken_back or {})
    anchoring.set_ceilings(ceilings)
    refused = anchoring.register(keys)
    for period in all_periods:
        anchoring.close(period)
        refused += anchoring.pass_on(period)
    return refused


def settlement_of(administrator: Administrator) -> SettlementContract | None:
    """The settlement contract of this deployment, once there is one.

    :raises WrongContract: what stands at its address is another's.
    """
    found = deployments.deployment()
    if found is None or found.settlement is None:
        return None
    contract = SettlementContract(administrator.chain.node, found.settlement)
    if not administrator.chain.node.code(contract.address):
        return None
    if not contract.is_deployed() or contract.ledger() != administrator.ledger.address:
        raise WrongContract(address=contract.address)
    return contract


def ensure_settlement(administrator: Administrator) -> SettlementContract:
    """The settlement contract, which is created now if the deployment has none.

    :raises NothingToSettleBy: the journal is recorded in roots mode.
    """
    if administrator.ledger.mode is LedgerMode.ROOTS:
        raise NothingToSettleBy()
    # It may be on its way, or the chain may have lost it.
    administrator.catch_up("admin")
    for _ in range(_TRIES):
        if contract := settlement_of(administrator):
            return contract
        code = settlement_creation(administrator.ledger.address)
        administrator.create("admin", Order("create settlement", None, code, _CREATION_GAS), _keep)
    if contract := settlement_of(administrator):
        return contract
    raise NoLedger()


def replace_key(administrator: Administrator, partner: int, key: str, signature: bytes) -> None:
    """Afterwards this key signs for a partner, whose key until now has signed ``KeyReplacement`` to say so.

    :raises TransactionRefused: something else was signed, or by another; or it never had a key.
    """
    settlement = ensure_settlement(administrator)
    administrator.call("registrar", [calls.replace_key(settlement, partner, to_checksum_address(key), signature)])


def replace_lost_key(administrator: Administrator, partner: int, key: str) -> None:
    """Afterwards this key signs for a partner that has lost its own.

    :raises TransactionRefused: it never had one.
    """
    settlement = ensure_settlement(administrator)
    administrator.call("admin", [calls.replace_lost_key(settlement, partner, to_checksum_address(key))])


def _keep(address: str) -> None:
    Deployment.update(settlement=address).execute()


def _require_ledger(administrator: Administrator, periods: Sequence[PeriodOnChain]) -> None:
    """The ledger on the chain has what the periods rest on, and all that came there before what the registrar signed.

    What it signed is sent again to a chain that was made anew: not before it has the batches that came first.
    """
    ledger: Contract = administrator.ledger
    if ledger.mode is LedgerMode.ROOTS:
        raise NothingToSettleBy()
    if not ledger.is_deployed():
        raise WrongContract(address=ledger.address)
    live = ChainTx.status.not_in((REVERTED, LOST))
    registrar = deployments.account_of("registrar")
    last = ChainTx.select(fn.MAX(ChainTx.id)).where(ChainTx.account == registrar, live).scalar() or 0
    before = ChainTx.select(fn.MAX(ChainTx.sequence)).where(ChainTx.id < last, live).scalar() or 0
    needed = max(before, *(period.sequence for period in periods), 0)
    if (given := ledger.next_sequence() - 1) < needed:
        raise LedgerBehind(needed=needed, given=given)


class _Anchoring:
    """One run: each step reads what the contract has, and sends what it lacks."""

    def __init__(
        self,
        administrator: Administrator,
        settlement: SettlementContract,
        periods: Sequence[PeriodOnChain],
        taken_back: Mapping[Pair, int],
    ) -> None:
        self.administrator = administrator
        self.settlement = settlement
        self.periods = periods
        self.taken_back = taken_back

    def set_ceilings(self, ceilings: Mapping[str, int]) -> None:
        known = self.settlement.ceilings(ceilings)
        missing = [each for each, most in zip(ceilings.items(), known, strict=True) if each[1] != most]
        if missing:
            self.administrator.call("admin", [calls.set_ceiling(self.settlement, *each) for each in missing])

    def register(self, keys: Mapping[int, str]) -> list[Refused]:
        keys = {partner: to_checksum_address(key) for partner, key in keys.items()}
        known = dict(zip(keys, self.settlement.keys(keys), strict=True))
        missing = [
            Voice(calls.register_key(self.settlement, partner, key), partner, "")
            for partner, key in keys.items()
            if known[partner] == NO_KEY
        ]
        differing = [
            Refused(0, "registerKey", partner, "", f"{known[partner]} signs for it, not {key}")
            for partner, key in keys.items()
            if known[partner] not in (NO_KEY, key)
        ]
        return differing + self._make(0, missing)

    def close(self, period: PeriodOnChain) -> None:
        """Afterwards the period is closed on the chain, with these statements."""
        self._require_same(period)
        if self.settlement.period(period.number).closed:
            return
        if self.settlement.periods() < period.number:
            self._call(calls.open_period(self.settlement, period))
        # With a statement there, all was claimed.
        if not self.settlement.period(period.number).statements:
            self._claim(period)
        for chunk in _chunks(self._unstated(period), STATEMENTS_AT_ONCE):
            self._call(calls.state(self.settlement, period.number, chunk))
        self._call(calls.close(self.settlement, period.number))

    def pass_on(self, period: PeriodOnChain) -> list[Refused]:
        """Afterwards the contract has heard what was said about the closed period, in the order in which it may be."""
        refused: list[Refused] = []
        for voices in calls.voices(self.settlement, period):
            refused += self._make(period.number, voices())
        return refused

    def _require_same(self, period: PeriodOnChain) -> None:
        for statement, state in self._states(period):
            given = statement.root, statement.position_minor
            if state.status > Status.CLAIMED and (state.root, state.position_minor) != given:
                raise SettlementDiverged(period.number, statement.partner, statement.currency)

    def _claim(self, period: PeriodOnChain) -> None:
        keys = all_keys(self.periods)
        pairs = sorted({(issuer, redeemer) for issuer, redeemer, _ in keys})
        claimed = dict(zip(keys, self.settlement.claimed_in(keys), strict=True))
        obligations = dict(zip(pairs, self.administrator.ledger.obligations(pairs), strict=True))
        after = self.settlement.period(period.number).last_claim
        known = Known(claimed, obligations)
        for chunk in _chunks(
            claims_to_make(self.periods, period.number, known, self.taken_back, after), CLAIMS_AT_ONCE
        ):
            self._call(calls.claim(self.settlement, period.number, chunk))

    def _unstated(self, period: PeriodOnChain) -> list[StatementOnChain]:
        """What is to be stated yet. What was not claimed although the period has it is stated as the rest."""
        described = claimed_minor(period.claims)
        return [
            StatementOnChain(
                each.partner,
                each.currency,
                each.root,
                each.position_minor,
                each.other_minor + described.get((each.partner, each.currency), 0) - state.claimed_minor,
            )
            for each, state in self._states(period)
            if state.status <= Status.CLAIMED
        ]

    def _states(self, period: PeriodOnChain) -> Iterator[tuple[StatementOnChain, Any]]:
        keys = [(each.partner, each.currency) for each in period.statements]
        return zip(period.statements, self.settlement.statements(period.number, keys), strict=True)

    def _call(self, call: Call) -> None:
        self.administrator.call("registrar", [call])

    def _make(self, period: int, voices: Sequence[Voice]) -> list[Refused]:
        """Each that the contract takes, by itself: one that it does not take stands in the way of no other."""
        refused = []
        for voice in voices:
            if voice.call.is_done():
                continue
            if reason := self.administrator.reason_against("registrar", voice.call):
                refused.append(Refused(period, voice.call.function, voice.partner, voice.currency, reason))
            else:
                self._call(voice.call)
        return refused


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
