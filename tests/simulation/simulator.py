"""One life of a coalition, as its seed has it: tills, a recorder that is killed, and a network that fails in every way.

The same seed is the same life. Each step is told in the log, and after each what must hold is checked.
"""

import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from unittest.mock import patch

from structlog.testing import capture_logs

from coalition.clock import ManualClock
from coalition.config import LedgerMode
from coalition.ledger.node import Node
from coalition.ledger.reconciliation.reconcile import reconcile
from coalition.services.adjustments import AdjustPoints, adjust_points
from coalition.store import ledger as store
from coalition.store.database import database
from tests.simulation import invariants
from tests.simulation.chain import LEAST_BASE_FEE, Block, Fate, SimulatedChain
from tests.simulation.keyholders import FUNDS, GWEI, Keyholders, SeededKeys
from tests.simulation.life import Failure, Life
from tests.simulation.node import URL, SimulatedNode
from tests.simulation.process import LIFE, Store, chance_from
from tests.simulation.processes import Processes
from tests.simulation.tills import Tills

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STEPS = (30, 60)
_ROUNDS = 400
"""In so many steps of the recorder, with a block after each, everything comes to the chain if nothing goes wrong."""
_SOME_TIME_S = (0.1, 1, 3, 6, 60)


class Simulation:
    """The coalition, the network and the recorder of one seed, and all that may happen to them."""

    def __init__(self, seed: int, template: Path) -> None:
        self.rng = Random(seed)
        self.life = Life(seed)
        self.clock = ManualClock(START)
        self.store = Store(template)
        self.tills = Tills(self.rng, self.clock)
        keys = SeededKeys(seed)
        self.chain = SimulatedChain(
            self.rng,
            dict.fromkeys(keys.addresses.values(), FUNDS),
            now=lambda: int(self.clock.now().timestamp()),
            holds_underpriced=self.rng.random() < 0.7,
        )
        self.eyes = Node(SimulatedNode(self.chain), URL)
        self.keyholders = Keyholders(self.rng, self.chain, keys)
        self.processes = Processes(self.life, self.rng, self.clock, self.store, self.chain, self.keyholders)
        self.confirmations = self.processes.settings.confirmations
        self.is_full = self.processes.settings.ledger_mode is LedgerMode.FULL
        self.meddles = self.is_full and self.rng.random() < 0.25
        self.meddling_is_noticed = self.rng.random() < 0.5
        self.went_deep = False
        self._checked: object = None

    # What may happen

    def actions(self) -> dict[Callable[[], str], float]:
        """Each with its weight."""
        return {
            self.people: 10,
            self.partner_changes: 3,
            self.step: 12,
            self.step_and_die: 8,
            self.step_on_a_bad_node: 6,
            self.second_recorder: 2,
            self.mine: 10,
            self.mine_some: 3,
            self.mine_from_gossip: 3,
            self.time_passes: 3,
            self.reorg_within: 2,
            self.reorg_beyond: 1,
            self.wipe: 0.3,
            self.base_fee_changes: 2,
            self.node_restarts: 1,
            self.pool_is_lost: 1,
            self.foreign_transaction: 1.5,
            self.pause_or_unpause: 1,
            self.funds_end_or_come: 0.7,
            self.meddle: 8 * self.meddles,
        }

    def people(self) -> str:
        return "; ".join(self.tills.act() for _ in range(self.rng.randint(1, 3)))

    def partner_changes(self) -> str:
        return self.tills.change_partner()

    def step(self) -> str:
        return self.processes.step()

    def step_and_die(self) -> str:
        return self.processes.step_and_die()

    def step_on_a_bad_node(self) -> str:
        return self.processes.step_on_a_bad_node()

    def second_recorder(self) -> str:
        return self.processes.step_of_the_second()

    def mine(self) -> str:
        return self._mined(self.chain.mine())

    def mine_some(self) -> str:
        return self._mined(self.chain.mine(at_most=self.rng.randint(0, 2)))

    def mine_from_gossip(self) -> str:
        return self._mined(self.chain.mine(from_gossip=True))

    def time_passes(self) -> str:
        """And whoever watches over the accounts sends them what they lack."""
        if self.keyholders.poor:
            return self.keyholders.funds_end_or_come()
        seconds = self.rng.choice(_SOME_TIME_S)
        self.clock.advance(timedelta(seconds=seconds))
        return f"{seconds} s later"

    def reorg_within(self) -> str:
        return self._reorg(self.rng.randint(1, self.confirmations))

    def reorg_beyond(self) -> str:
        self.went_deep = True
        return self._reorg(self.confirmations + self.rng.randint(1, 6))

    def wipe(self) -> str:
        self.chain.wipe()
        self.keyholders.forget()
        return "the chain is another, and empty"

    def base_fee_changes(self) -> str:
        self.chain.base_fee = self.rng.choice([1, 1, 3, 5, 20, 100]) * GWEI
        return f"base fee is {self.chain.base_fee // GWEI} gwei"

    def node_restarts(self) -> str:
        forgotten = len(self.chain.pool)
        self.chain.forget_pool()
        return f"the node forgets {forgotten} waiting transactions"

    def pool_is_lost(self) -> str:
        lost = len(self.chain.pool)
        self.chain.lose_pool()
        return f"{lost} waiting transactions are lost everywhere"

    def foreign_transaction(self) -> str:
        return self.keyholders.use_a_nonce()

    def pause_or_unpause(self) -> str:
        contract = invariants.ledger(self.eyes)
        return self.keyholders.pause_or_unpause(contract) if contract else "there is nothing to pause"

    def funds_end_or_come(self) -> str:
        return self.keyholders.funds_end_or_come()

    def meddle(self) -> str:
        contract = invariants.ledger(self.eyes)
        number, _ = self.rng.choice(self.tills.partners[1:])
        return self.keyholders.meddle(contract, number) if contract else "there is nothing to meddle with"

    def _mined(self, block: Block) -> str:
        replaced = sum(self.chain.was_replaced(tx) for tx in block.transactions)
        self.life.count("mined although it was replaced", replaced)
        return f"block {block.number} with {len(block.transactions)} transactions, base fee {block.base_fee / GWEI:.2f}"

    def _reorg(self, depth: int) -> str:
        depth = min(depth, self.chain.head.number)
        fates = self.rng.choice([[Fate.WAITS], [Fate.LOST], [Fate.MINED_AGAIN], list(Fate)])
        suffered = Counter(fate.value for fate in self.chain.reorg(depth, fates))
        for fate, times in suffered.items():
            self.life.count(f"reorg: transaction {fate}", times)
        return f"{depth} blocks never were: {dict(sorted(suffered.items()))}"

    # From the beginning to the end

    def run(self) -> Life:
        # In some lives a batch holds an entry or three, so that there are many.
        read_ahead = patch("coalition.ledger.orders._READ_AHEAD", self.rng.choice([1, 3, 2000]))
        with capture_logs() as self.events, read_ahead:
            try:
                self._live()
                self._come_to_rest()
                self._check_rest()
                if self.is_full and self.rng.random() < 0.1:
                    self._be_usurped()
            except Exception as failure:
                self.life.failure = "".join(traceback.format_exception_only(failure)).strip()
                self._tell("failure", "".join(traceback.format_exception(failure)))
                self.life.log += invariants.outbox()
            finally:
                LIFE.begin_anew()
                self.store.remove()
        return self.life

    def _live(self) -> None:
        actions = self.actions()
        # Each life has a character of its own, or rare things would never happen often.
        weights = [weight * self.rng.choice([0, 0.5, 1, 1, 1, 4]) for weight in actions.values()]
        if self.rng.random() < 0.6:
            self._step_until_done("begin")
        for _ in range(self.rng.randint(*STEPS)):
            (action,) = self.rng.choices(list(actions), weights)
            self.life.count(action.__name__)
            self._tell(action.__name__, action())
            self._check()
            self.clock.advance(timedelta(seconds=self.rng.choice([0.1, 0.5, 2])))

    def _step_until_done(self, what: str) -> None:
        """Everything comes to the chain: nothing goes wrong meanwhile."""
        for _ in range(_ROUNDS):
            self.clock.advance(timedelta(seconds=6))
            self.processes.is_done = False
            self._tell(what, self.processes.step())
            self.chain.mine()
            self._check()
            if self.processes.is_done:
                return
        raise Failure("the recorder does not come to rest")

    def _come_to_rest(self) -> None:
        """All is well from now on. Everything comes to the chain, and stays there."""
        # Sometimes gas stays dear, so that what was signed when it was cheap never gets into a block as it is.
        self.chain.base_fee = self.chain.least_base_fee = self.rng.choice([1, 1, 10]) * LEAST_BASE_FEE
        if self.keyholders.poor:
            self.keyholders.funds_end_or_come()
        if self.keyholders.meddled or self.keyholders.paused:
            self.chain.lose_pool()
        for _ in range(8):
            self.chain.mine()
        if contract := invariants.ledger(self.eyes):
            self.keyholders.unpause(contract)
            if self.keyholders.meddled and self.meddling_is_noticed:
                self.keyholders.put_right(contract)
        self.keyholders.paused = False
        self._step_until_done("to rest")
        for _ in range(self.confirmations):
            self.chain.mine()
        self._tell("to rest", self.processes.step())

    def _be_usurped(self) -> None:
        """Somebody records what is not the journal's: the recorder must end, and stay so."""
        contract = invariants.ledger(self.eyes)
        assert contract, "there is no ledger"
        self.keyholders.usurp(contract)
        usurped = contract.next_sequence(), contract.head()
        self._tell("usurped", f"the chain has batch {usurped[0] - 1}, which is not the journal's")
        self.life.count("usurped")
        self.tills.register()
        _, newcomer = self.tills.partners[-1]
        command = AdjustPoints(self.tills.members[0], newcomer, 1, "because", "key")
        adjust_points(command, now=self.clock.now())
        ends = self.life.occurred["recorder ends: ledger_diverged"]
        self.processes.usurped = True
        for _ in range(10):
            self.clock.advance(timedelta(seconds=6))
            self._tell("usurped", self.processes.step())
            self.chain.mine()
        assert self.life.occurred["recorder ends: ledger_diverged"] > ends, "the recorder does not see it"
        assert (contract.next_sequence(), contract.head()) == usurped, "the recorder goes on in another's history"

    def _tell(self, what: str, told: str) -> None:
        self.life.tell_events(self.events)
        self.events.clear()
        self.life.tell(what, told)

    def _check(self) -> None:
        """Where neither the chain nor the database has changed, nothing new can be wrong."""
        connection = database.connection()
        state = self.chain.head.hash, connection, connection.total_changes
        if state != self._checked:
            self._checked = state
            invariants.check_store()
            invariants.check_chain(self.eyes)
            invariants.check_badges(self.eyes)

    def _check_rest(self) -> None:
        invariants.check_statuses()
        refused, meddled = store.refused(), self.keyholders.meddled
        # Beyond k, another branch may put a partner's suspension before what the partner did earlier.
        assert not refused or meddled or self.went_deep, f"entries are set aside for no reason: {refused}"
        self.life.count("entries recorded", invariants.check_each_entry_once(self.chain))
        self.life.count("entries set aside", len(refused))
        self.life.count("lives with entries set aside", bool(refused))
        self.life.count("lives with roots only", not self.is_full)
        invariants.check_each_badge_once(self.eyes)
        contract = invariants.ledger(self.eyes)
        assert contract, "there is no ledger"
        expected = ["is set aside"] if refused else []
        if meddled and not self.meddling_is_noticed:
            expected += ["limit of partner", "status of partner"]
        differences = [str(difference) for difference in reconcile(contract).differences]
        surprising = [each for each in differences if not any(words in each for words in expected)]
        assert not surprising, f"reconciliation finds differences: {surprising}"
        self.life.head = contract.head().hex()


def run(seed: int, template: Path) -> Life:
    """The life of this seed, from a copy of the template."""
    with chance_from(Random(seed)):
        return Simulation(seed, template).run()
