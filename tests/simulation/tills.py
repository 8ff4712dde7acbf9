"""What people do meanwhile: they buy, spend, bring back, and partners change. The journal takes it, or refuses it."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from random import Random

from coalition.clock import ManualClock
from coalition.domain.purchase import Line
from coalition.domain.redemption import Exactly
from coalition.errors import CoalitionError
from coalition.services import expiry
from coalition.services.adjustments import AdjustPoints, adjust_points
from coalition.services.partners import Status, register_partner, set_limit, set_status
from coalition.services.purchases import RecordPurchase, record_purchase
from coalition.services.redemptions import RedeemPoints, redeem_points, reverse_redemption
from coalition.services.returns import ReturnGoods, return_goods
from coalition.store.database import execute
from coalition.store.tables import BadgeEntry

_PIECES = 3


class Tills:
    """Every till, every desk and every operator of one coalition."""

    def __init__(self, rng: Random, clock: ManualClock) -> None:
        self.rng = rng
        self.clock = clock
        self.serial = count(1)
        self.partners = execute("SELECT id, public_id FROM partner ORDER BY id").fetchall()
        self.members = [row[0] for row in execute("SELECT public_id FROM member ORDER BY id").fetchall()]
        self.purchases: list[tuple[int, str]] = []
        self.redemptions: list[tuple[int, str]] = []
        self.badges = [row[0] for row in execute("SELECT id FROM badge ORDER BY id").fetchall()]
        self.grants: dict[tuple[int, int], str] = {}
        self.actions: list[Callable[[], str]] = [
            *[self.buy] * 6,
            *[self.redeem] * 3,
            *[self.bring_back] * 2,
            *[self.adjust] * 2,
            *[self.award_or_revoke] * 3,
            self.reverse,
            self.expire,
        ]
        self.changes: list[Callable[[], str]] = [*[self.limit] * 4, *[self.suspend_or_reinstate] * 2, self.register]

    def act(self) -> str:
        """Something that is entered in the journal; what it was."""
        return self._do(self.rng.choice(self.actions))

    def change_partner(self) -> str:
        return self._do(self.rng.choice(self.changes))

    def _do(self, action: Callable[[], str]) -> str:
        try:
            return action()
        except CoalitionError as refusal:
            return f"{action.__name__} is refused: {refusal.code}"

    def buy(self) -> str:
        number, _ = self.rng.choice(self.partners[1:])
        amount, points = self.rng.randint(100, 4000), self.rng.choice([0, 0, 0, 1])
        goods = (Line("1", "sku", "things", _PIECES, amount),)
        name = f"receipt {next(self.serial)}"
        command = RecordPurchase(
            number, self.rng.choice(self.members), name, self.clock.now(), "USD", goods, redeem=Exactly(points)
        )
        bought = record_purchase(command, now=self.clock.now())
        self.purchases.append((number, bought.id))
        return f"buy for {amount} at {number}, spending {points}: {bought.points_accrued} points"

    def redeem(self) -> str:
        number, _ = self.rng.choice(self.partners)
        member, balance = self.rng.choice(execute("SELECT public_id, balance FROM member ORDER BY id").fetchall())
        points = self.rng.choice([balance, max(balance // 2, 1)])
        command = RedeemPoints(number, member, points, f"redemption {next(self.serial)}")
        self.redemptions.append((number, redeem_points(command, now=self.clock.now()).redemption.id))
        return f"redeem {points} at {number}"

    def reverse(self) -> str:
        if not self.redemptions:
            return self.redeem()
        number, redemption = self.rng.choice(self.redemptions)
        reverse_redemption(redemption, number, now=self.clock.now())
        return f"reverse a redemption at {number}"

    def bring_back(self) -> str:
        if not self.purchases:
            return self.buy()
        number, purchase = self.rng.choice(self.purchases)
        pieces = self.rng.randint(1, _PIECES)
        command = ReturnGoods(number, purchase, f"return {next(self.serial)}", [("1", pieces)])
        told = return_goods(command, now=self.clock.now())
        return f"bring back {pieces} pieces to {number}: {told.points_reversed} points reversed"

    def adjust(self) -> str:
        number, issuer = self.rng.choice(self.partners)
        points = self.rng.choice([-20, -1, 1, 30, 100])
        command = AdjustPoints(self.rng.choice(self.members), issuer, points, "because", "key")
        return f"adjust by {points} at the cost of {number}: {adjust_points(command, now=self.clock.now()).status}"

    def expire(self) -> str:
        """Rarely, so much later that points have lapsed."""
        days = self.rng.choice([1, 1, 30, 400])
        self.clock.advance(timedelta(days=days))
        return f"{days} days later points of {expiry.expire_points(now=self.clock.now())} lapse"

    def award_or_revoke(self) -> str:
        badge = self.rng.choice(self.badges)
        member = self.rng.randint(1, len(self.members))
        held = (badge, member) in self.grants
        grant = self.grants.pop((badge, member)) if held else f"grant {next(self.serial)}"
        if not held:
            self.grants[badge, member] = grant
        kind = "revocation" if held else "award"
        BadgeEntry.create(kind=kind, badge=badge, member=member, grant=grant, recorded_at=self.clock.now())
        return f"{kind} of badge {badge}, member {member}"

    def suspend_or_reinstate(self) -> str:
        """Suspended partners are reinstated, so that there are never many."""
        suspended = execute("SELECT id, public_id FROM partner WHERE status = 'suspended'").fetchone()
        number, partner = suspended or self.rng.choice(self.partners)
        status: Status = "active" if suspended else "suspended"
        set_status(partner, status)
        return f"partner {number} is {status}"

    def limit(self) -> str:
        number, partner = self.rng.choice(self.partners)
        (outstanding,) = execute("SELECT outstanding FROM partner WHERE id = ?", (number,)).fetchone()
        points = outstanding + self.rng.choice([0, 50, 1000, 10**6])
        set_limit(partner, points)
        return f"limit of partner {number} is {points}"

    def register(self) -> str:
        name = f"partner {next(self.serial)}"
        partner = register_partner(name, 200, now=self.clock.now(), limit=self.rng.choice([100, 10**6]))
        self.partners.append((partner.number, partner.id))
        return f"partner {partner.number} joins"
