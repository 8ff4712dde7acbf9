"""Two processes with a recorder each: they are killed and started again, and see the chain through a failing node."""

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from coalition.clock import ManualClock
from coalition.config import LedgerMode, Settings
from coalition.errors import CoalitionError
from coalition.ledger.chains import Chain
from coalition.ledger.lease import RECORDER, TTL, Lease
from coalition.ledger.node import Node
from coalition.ledger.recorder import Recorder
from tests.simulation import invariants
from tests.simulation.chain import SimulatedChain
from tests.simulation.keyholders import Keyholders
from tests.simulation.life import Failure, Life
from tests.simulation.node import URL, Fault, SimulatedNode
from tests.simulation.process import LIFE, Crash, Store

_MOMENTS = 40
"""A step of the recorder passes about so many moments at which it may be killed."""
_SEND = "eth_sendRawTransaction"
_PERILOUS = ("COMMIT", _SEND, "eth_getTransactionReceipt")


class Processes:
    """``is_done`` is what the last step said of itself; ``usurped`` says that the chain's history is not ours."""

    def __init__(
        self, life: Life, rng: Random, clock: ManualClock, store: Store, chain: SimulatedChain, keyholders: Keyholders
    ) -> None:
        self.life = life
        self.rng = rng
        self.clock = clock
        self.store = store
        self.chain = chain
        self.keyholders = keyholders
        mode = LedgerMode.ROOTS if rng.random() < 0.1 else LedgerMode.FULL
        self.settings = Settings(Path("/nowhere"), "", URL, 0, rng.choice([1, 2, 3]), mode)
        self.is_done = self.usurped = False
        self._recorders: dict[int, Recorder] = {}
        self._numbers = [1, 2]
        self._requests = 0
        self._faults: dict[int, Fault] = {}
        self._fault_of_sending: Fault | None = None

    def step(self, process: int = 0) -> str:
        """One step of a recorder, in a process that is started if need be and may die."""
        before = invariants.journal_digest()
        try:
            told = self._survive(process)
        except Crash as crash:
            self.life.count(f"killed {crash}")
            self._die(process)
            told = f"killed {crash}"
        assert invariants.journal_digest() == before, "the recorder changed the journal"
        return told

    def step_and_die(self) -> str:
        """At any moment, or at one where much is at stake; unless the step ends before."""
        if self.rng.random() < 0.6:
            LIFE.will_end(self.rng.randint(1, _MOMENTS))
        else:
            LIFE.will_end(self.rng.randint(1, 4), of=self.rng.choice(_PERILOUS))
        told = self.step()
        LIFE.begin_anew()
        return told

    def step_on_a_bad_node(self) -> str:
        """One request fails, or several, or all; or just those that send."""
        fault = self.rng.choice(list(Fault))
        if self.rng.random() < 0.3:
            self._fault_of_sending = fault
        else:
            first = self._requests + self.rng.randint(1, 12)
            self._faults = dict.fromkeys(range(first, first + self.rng.choice([1, 1, 4, 100])), fault)
        told = self.step()
        self._faults, self._fault_of_sending = {}, None
        return f"{fault.value}: {told}"

    def step_of_the_second(self) -> str:
        """It takes over where the first has fallen silent."""
        if self.rng.random() < 0.5:
            self.clock.advance(TTL + timedelta(seconds=1))
        return self.step(1)

    def _survive(self, process: int) -> str:
        try:
            progress = self._recorder(process).step()
        except CoalitionError as error:
            self._check_excuse(error)
            self.life.count(f"recorder ends: {error.code}")
            self._end(process)
            return f"the recorder ends: {error}"
        invariants.check_confirmed(self.chain)
        self.is_done = progress.is_done
        return f"confirmed {progress.confirmed}, signed {progress.signed}{', done' if progress.is_done else ''}"

    def _recorder(self, process: int) -> Recorder:
        if process not in self._recorders:
            lease = Lease(RECORDER)
            lease.holder = f"process {self._numbers[process]}"
            lease.hold(self.clock.now())
            chain = Chain(Node(SimulatedNode(self.chain, self._fault), URL), ours=False)
            keys: Any = self.keyholders.keys
            self._recorders[process] = Recorder(chain, self.settings, keys, self.clock, lease)
        return self._recorders[process]

    def _end(self, process: int) -> None:
        """As the worker does it: the lease is released, and all that was remembered is gone."""
        if recorder := self._recorders.pop(process, None):
            recorder.lease.release()

    def _die(self, process: int) -> None:
        """The lease runs on, and the process that is started in its place is another."""
        self._recorders.pop(process, None)
        self._numbers[process] += 2
        LIFE.begin_anew()
        self.store.abandon()
        self.store.open()
        if self.rng.random() < 0.9:
            self.clock.advance(TTL + timedelta(seconds=1))

    def _check_excuse(self, error: CoalitionError) -> None:
        """Errors that nothing here gives a reason for are failures."""
        faults = {*self._faults.values(), self._fault_of_sending} - {None}
        excused = {
            "lease_held": True,
            "account_unfunded": self.keyholders.poor,
            "transaction_refused": self.keyholders.paused or self.keyholders.meddled,
            "node_unavailable": bool(faults),
            "node_refused": bool(faults),
            "wrong_contract": Fault.LAGS in faults,
            "ledger_diverged": Fault.LAGS in faults or self.usurped,
        }
        if not excused.get(error.code, False):
            raise Failure(f"the recorder ends for no reason: {error.code}: {error}")

    def _fault(self, method: str) -> Fault | None:
        self._requests += 1
        fault = self._fault_of_sending if method == _SEND else None
        fault = fault or self._faults.get(self._requests)
        if fault:
            self.life.count(f"node{', while sending' if method == _SEND else ''}: {fault.value}")
        return fault
