"""What the coalition ought to do, told a second time: dictionaries, lists and sums, and no function of the domain's.

It is slow and has only the programme below, but it foresees everything: what each action comes to or why it is refused,
and afterwards every lot, hold, debt, obligation and counter.
"""

import pickle
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from coalition.domain.programme import (
    AccrualRule,
    AccrualTerms,
    Cap,
    CapPeriod,
    CapSubject,
    Conditions,
    ExpiryTerms,
    Programme,
    RedemptionTerms,
    ReturnTerms,
    SpentPoints,
    Tier,
    TierTerms,
)

ZONE = ZoneInfo("America/New_York")
PRICE, PENDING_DAYS, GRACE_DAYS = 3, 2, 3
LIFETIME = relativedelta(months=1)
MINIMUM, STEP, SHARE_BPS, HOLD_TTL_S = 4, 2, 7000, 900
RATES_BPS = {1: 1000, 2: 500, 3: 10_000}
MEMBERS = (1, 2)
BOOKS_BPS, BOOKS_FUNDER = 3000, 3
LOYAL_BPS = 15_000
MOST_A_DAY, MOST_BOOKS_A_MONTH = 60, 40
TIERS = {"bronze": 0, "silver": 600, "gold": 2000}
UNLIMITED = 2**56 - 1


def shop(number: int) -> str:
    """The first is the operator, as in every coalition."""
    return "operator" if number == 1 else f"shop {number}"


def programme(policy: SpentPoints) -> Programme:
    """The same in the coalition's own words."""
    books = AccrualRule(
        "books",
        rate_bps=BOOKS_BPS,
        when=Conditions(categories=frozenset({"books"})),
        funded_by={"partner": 1, shop(BOOKS_FUNDER): 2},
    )
    loyal = AccrualRule("loyal", multiplier_bps=LOYAL_BPS, when=Conditions(tiers=frozenset({"silver", "gold"})))
    tobacco = AccrualRule("tobacco", excludes=True, when=Conditions(categories=frozenset({"tobacco"})))
    caps = (
        Cap("day", MOST_A_DAY, CapPeriod.DAY, CapSubject.MEMBER),
        Cap("books-month", MOST_BOOKS_A_MONTH, CapPeriod.MONTH, CapSubject.PARTNER, rules=frozenset({"books"})),
    )
    return Programme(
        currency="RUB",
        point_price_minor=PRICE,
        time_zone=ZONE.key,
        accrual=AccrualTerms(pending_days=PENDING_DAYS, rules=(books, loyal, tobacco), caps=caps),
        redemption=RedemptionTerms(MINIMUM, STEP, SHARE_BPS, frozenset({"tobacco"}), HOLD_TTL_S),
        returns=ReturnTerms(policy, GRACE_DAYS),
        expiry=ExpiryTerms(LIFETIME.months),
        tiers=TierTerms(tuple(Tier(name, minor or None) for name, minor in TIERS.items())),
    )


@dataclass(frozen=True)
class Goods:
    """One line of a receipt; its place is its id."""

    category: str
    quantity: int
    minor: int


@dataclass(frozen=True)
class AtMost:
    """The wish to pay with as much as possible."""

    once_available: int
    share_bps: int


class Refused(Exception):
    """The model refuses, too; named like the error that is expected."""


@dataclass
class Lot:
    """Its place in the list of all lots is its age."""

    member: int
    issuer: int
    points: int
    expires: datetime
    pending: datetime | None = None
    held: int = 0
    # Points that lapsed, or that an operator took.
    lost: int = 0
    had_grace: bool = False

    @property
    def free(self) -> int:
        return self.points - self.held


Uses = list[tuple[int, int]]
"""Lot and points, the first spent first."""


@dataclass
class Purchase:
    partner: int
    member: int
    at: datetime
    lines: Sequence[Goods]
    discounts: list[int]
    awards: dict[tuple[int, str, int], int]
    redeemed: int
    uses: Uses
    lots: dict[int, int]
    paid_minor: int
    back: list[int]
    missing: Counter[int] = field(default_factory=Counter)
    held: Counter[int] = field(default_factory=Counter)


@dataclass
class Hold:
    partner: int
    member: int
    points: int
    uses: Uses
    expires: datetime
    status: str = "open"
    captured: int = 0


@dataclass
class Redemption:
    partner: int
    member: int
    uses: Uses
    reversed: bool = False


@dataclass
class Debt:
    member: int
    creditor: int
    points: int


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """By the largest remainder; of equals the first."""
    if not total:
        return [0] * len(weights)
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    lacking = sorted(range(len(weights)), key=lambda i: parts[i] * whole - total * weights[i])
    for i in lacking[: total - sum(parts)]:
        parts[i] += 1
    return parts


def local_day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, ZONE).astimezone(UTC)


def part(total: int, pieces: int, whole: int) -> int:
    """What so many pieces have of a total, towards zero."""
    return 0 if not total else abs(total) * pieces // whole * (1 if total > 0 else -1)


class Model:
    def __init__(self, policy: str, now: datetime) -> None:
        self.policy = policy
        self.now = now
        self.lots: list[Lot] = []
        self.purchases: dict[str, Purchase] = {}
        self.holds: dict[str, Hold] = {}
        self.redemptions: dict[str, Redemption] = {}
        self.debts: list[Debt] = []
        self.names: set[tuple[str, int, str]] = set()
        """Every partner's receipts, returns and references."""
        self.suspended: set[int] = set()
        self.limits: dict[int, int] = dict.fromkeys(RATES_BPS, UNLIMITED)
        self.outstanding: Counter[int] = Counter()
        self.owed: Counter[tuple[int, int]] = Counter()
        self.capped: Counter[tuple[str, str, int]] = Counter()
        self.tiers: dict[int, str] = {}
        """As last announced."""
        self.awake: set[int] = set()

    # What a member has.

    def lots_of(self, member: int) -> list[tuple[int, Lot]]:
        """In the order of spending."""
        mine = [(age, lot) for age, lot in enumerate(self.lots) if lot.member == member]
        return sorted(mine, key=lambda each: (each[1].expires, each[0]))

    def purse(self, member: int) -> tuple[int, int, int, int]:
        """Balance, pending, held, debt."""
        mine = [lot for lot in self.lots if lot.member == member]
        return (
            sum(lot.points for lot in mine),
            sum(lot.points for lot in mine if lot.pending),
            sum(lot.held for lot in mine),
            sum(debt.points for debt in self.debts if debt.member == member),
        )

    def told(self, member: int) -> int:
        """What can be spent; who neither spends nor owes hears it as far as the worker has got."""
        if member in self.awake:
            return self.available(member)
        balance, pending, held, _ = self.purse(member)
        return balance - pending - held

    def spendable(self, member: int, issuer: int | None = None) -> list[tuple[int, Lot]]:
        return [
            (age, lot)
            for age, lot in self.lots_of(member)
            if lot.free and not lot.pending and lot.expires > self.now and issuer in (None, lot.issuer)
        ]

    def tier(self, member: int, moment: datetime) -> str:
        """Walks through the purchases, and through the ends of the years of a tier between them."""
        spent: Counter[datetime] = Counter()
        for bought in self.purchases.values():
            if bought.member == member and bought.at <= moment:
                spent[bought.at] += bought.paid_minor
        # A moment of which nothing is left is as if it had never been.
        spends = sorted((at, minor) for at, minor in spent.items() if minor)
        rank, eve = 0, date.min
        year = relativedelta(years=1)

        def led_to(after: date, through: date, until: datetime) -> int:
            sum_ = sum(minor for at, minor in spends if after < local_day(at) <= through and at <= until)
            return max((place for place, least in enumerate(TIERS.values()) if sum_ >= least), default=0)

        for at in [*(at for at, _ in spends), moment]:
            while rank and local_day(at) > eve + year:
                rank, eve = min(rank, led_to(eve, eve + year, at)), eve + year
            today = local_day(at)
            if spent[at] and (higher := led_to(today - year, today, at)) > rank:
                rank, eve = higher, today
        return list(TIERS)[rank]

    # How points move.

    def choose(self, lots: Iterable[tuple[int, Lot]], points: int, error: str = "InsufficientPoints") -> Uses:
        uses, lots = [], list(lots)
        if points > sum(lot.free for _, lot in lots):
            raise Refused(error)
        for age, lot in lots:
            if taken := min(lot.free, points):
                uses.append((age, taken))
                points -= taken
        return uses

    def in_order(self, uses: Uses, points: int, step: int = 1) -> Uses:
        """The first, or with -1 the last, of what was used in the order of spending."""
        found = []
        for age, there in sorted(uses, key=lambda use: (self.lots[use[0]].expires, use[0]))[::step]:
            if taken := min(there, points):
                found.append((age, taken))
                points -= taken
        assert not points
        return found

    def move(self, uses: Uses, sign: int, redeemer: int | None = None) -> None:
        """Out of lots, or with +1 into them; at a redeemer, or out of the world."""
        for age, points in uses:
            lot = self.lots[age]
            lot.points += sign * points
            self.outstanding[lot.issuer] += sign * points
            if redeemer is not None:
                self.owed[lot.issuer, redeemer] -= sign * points

    def set_aside(self, uses: Uses, sign: int) -> None:
        for age, points in uses:
            self.lots[age].held += sign * points

    def lapse(self, lot: Lot) -> int:
        points = lot.free
        lot.points -= points
        lot.lost += points
        self.outstanding[lot.issuer] -= points
        return points

    def issue(
        self, member: int, issuer: int, points: int, on: datetime, pending: datetime | None = None, repay: bool = True
    ) -> int:
        until = end_of(local_day(on) + LIFETIME)
        self.lots.append(Lot(member, issuer, points, until, pending if pending and pending > self.now else None))
        self.outstanding[issuer] += points
        if repay:
            self.repay(member)
        return len(self.lots) - 1

    def repay(self, member: int) -> None:
        """Whatever is free and alive goes to the oldest debt first."""
        for debt in self.debts:
            if debt.member == member and debt.creditor not in self.suspended:
                lots = [(age, lot) for age, lot in self.lots_of(member) if lot.free and lot.expires > self.now]
                points = min(debt.points, sum(lot.free for _, lot in lots))
                self.move(self.choose(lots, points), -1, debt.creditor)
                debt.points -= points

    def restore(self, member: int, uses: Uses, redeemer: int) -> None:
        for issuer in {self.lots[age].issuer for age, _ in uses}:
            self.check_room(issuer, sum(points for age, points in uses if self.lots[age].issuer == issuer))
        late = [self.lots[age] for age, _ in uses if self.lots[age].expires <= self.now]
        for lot in late:
            self.lapse(lot)
        self.move(uses, 1, redeemer)
        for lot in late:
            if lot.had_grace:
                self.lapse(lot)
            else:
                lot.expires, lot.had_grace = end_of(local_day(self.now) + timedelta(days=GRACE_DAYS)), True

    def check_room(self, issuer: int, points: int) -> None:
        if self.outstanding[issuer] + points > self.limits[issuer]:
            raise Refused("IssuerLimitExceeded")

    def check_active(self, partner: int) -> None:
        if partner in self.suspended:
            raise Refused("PartnerSuspended")

    def available(self, member: int) -> int:
        return sum(lot.free for _, lot in self.spendable(member))

    def wake(self, members: Iterable[int], spenders: Iterable[int]) -> None:
        """What time has brought becomes true for whoever is about to spend, or owes."""
        self.awake = {member for member in members if member in spenders or self.purse(member)[3]}
        for lot in self.lots:
            if lot.points and lot.pending and lot.pending <= self.now and lot.member in self.awake:
                lot.pending = None
        for hold in self.holds.values():
            if hold.status == "open" and hold.expires <= self.now and hold.member in spenders:
                hold.status = "expired"
                self.set_aside(hold.uses, -1)
        for member in members:
            if self.purse(member)[3]:
                self.repay(member)

    # What can be done. Each returns what is told of it; a refusal leaves everything as it was.

    def do(self, action: str, **arguments: Any) -> Any:
        return self.attempt(lambda: getattr(self, action)(**arguments))

    def attempt(self, act: Callable[[], Any]) -> Any:
        before = pickle.dumps(self.__dict__)
        try:
            return act()
        except Refused as refused:
            self.__dict__.update(pickle.loads(before))
            return str(refused)

    def buy(self, **receipt: Any) -> tuple[int, int, int]:
        """(earned, redeemed, what can be spent)"""
        (outcome,) = self.buy_all([receipt])
        if isinstance(outcome, str):
            raise Refused(outcome)
        return outcome

    def buy_all(self, receipts: Sequence[dict[str, Any]]) -> list[tuple[int, int, int] | str]:
        before = pickle.dumps(self.__dict__)
        spenders = {each["member"] for each in receipts if each["wish"] or each["hold"]}
        self.wake({each["member"] for each in receipts}, spenders)
        outcomes = []
        for each in receipts:
            try:
                outcomes.append(self.buy_one(**each))
            except Refused as refused:
                outcomes.append(str(refused))
        if all(isinstance(outcome, str) for outcome in outcomes):
            self.__dict__.update(pickle.loads(before))
        for each, outcome in zip(receipts, outcomes, strict=True):
            if not isinstance(outcome, str):
                self.tiers[each["member"]] = self.tier(each["member"], self.now)
        return outcomes

    def buy_one(
        self,
        partner: int,
        member: int,
        receipt: str,
        at: datetime,
        lines: Sequence[Goods],
        wish: int | AtMost,
        hold: str | None,
        spoilt: str | None = None,
    ) -> tuple[int, int, int]:
        total = sum(line.minor for line in lines)
        for reason, true in {
            "DuplicateReceipt": ("receipt", partner, receipt) in self.names,
            "PartnerSuspended": partner in self.suspended,
            "WrongCurrency": spoilt == "currency",
            "DuplicateLine": spoilt == "line",
            "NegativeReceipt": total < 0,
            "ReceiptFromFuture": at > self.now + timedelta(minutes=5),
            "UnknownMember": member not in MEMBERS,
        }.items():
            if true:
                raise Refused(reason)
        holding = self.open_hold(hold, partner, member) if hold else None
        redeemed = self.redeemed(member, lines, total, wish, holding)
        discounts = spread(redeemed * PRICE, self.payable(lines))
        awards = self.funded(partner, member, at, lines, discounts)

        uses: Uses = []
        if holding:
            uses = self.captured(holding, redeemed)
        elif redeemed:
            uses = self.choose(self.spendable(member), redeemed)
            self.move(uses, -1, partner)
        by_issuer: dict[int, int] = defaultdict(int)
        for (_, rule, issuer), points in awards.items():
            by_issuer[issuer] += points
            self.count(rule, partner, member, at, points)
        pending = end_of(local_day(at) + timedelta(days=PENDING_DAYS))
        lots = {issuer: self.issue(member, issuer, points, at, pending) for issuer, points in by_issuer.items()}
        self.names.add(("receipt", partner, receipt))
        self.purchases[receipt] = Purchase(
            partner,
            member,
            at,
            lines,
            discounts,
            awards,
            redeemed,
            uses,
            lots,
            total - redeemed * PRICE,
            [0] * len(lines),
        )
        return sum(awards.values()), redeemed, self.told(member)

    def payable(self, lines: Sequence[Goods]) -> list[int]:
        return [0 if line.category == "tobacco" else max(line.minor, 0) for line in lines]

    def redeemed(
        self, member: int, lines: Sequence[Goods], total: int, wish: int | AtMost, holding: Hold | None
    ) -> int:
        available = holding.points if holding else self.available(member)

        def most(share_bps: int) -> int:
            points = min(total * share_bps // 10_000, sum(self.payable(lines))) // PRICE
            points = min(points, available) // STEP * STEP
            return points if points >= MINIMUM else 0

        if holding:
            if not most(SHARE_BPS):
                raise Refused("RedemptionAboveMaximum")
            return most(SHARE_BPS)
        if isinstance(wish, AtMost):
            return most(min(SHARE_BPS, wish.share_bps)) if available >= wish.once_available else 0
        if wish:
            if wish > available:
                raise Refused("InsufficientPoints")
            self.check_size(wish)
            if wish > most(SHARE_BPS):
                raise Refused("RedemptionAboveMaximum")
        return wish

    def check_size(self, points: int) -> None:
        if points < MINIMUM:
            raise Refused("RedemptionBelowMinimum")
        if points % STEP:
            raise Refused("RedemptionOffStep")

    def funded(
        self, partner: int, member: int, at: datetime, lines: Sequence[Goods], discounts: Sequence[int]
    ) -> dict[tuple[int, str, int], int]:
        """The awards; where the books' funder cannot pay, books are like anything else."""
        books = True
        while True:
            awards = self.earned(partner, member, at, lines, discounts, books)
            needed: dict[int, int] = defaultdict(int)
            for (_, _, issuer), points in awards.items():
                needed[issuer] += points
            for issuer, points in needed.items():
                try:
                    self.check_active(issuer)
                    self.check_room(issuer, points)
                except Refused:
                    if issuer == partner:
                        raise
                    books = False
                    break
            else:
                return awards

    def earned(
        self, partner: int, member: int, at: datetime, lines: Sequence[Goods], discounts: Sequence[int], books: bool
    ) -> dict[tuple[int, str, int], int]:
        """``{(line, rule, issuer): points}``"""
        money = [max(line.minor, 0) - discount for line, discount in zip(lines, discounts, strict=True)]
        rebates = spread(-sum(min(line.minor, 0) for line in lines), money)
        left = {
            place: money[place] - rebates[place]
            for place, line in enumerate(lines)
            if line.minor > 0 and line.category != "tobacco"
        }
        special = [place for place in left if books and lines[place].category == "books"]
        usual = [place for place in left if place not in special]
        by_rule: dict[str, dict[int, int]] = {"books": {}, "base": {}, "loyal": {}}
        for rule, rate, places in (("books", BOOKS_BPS, special), ("base", RATES_BPS[partner], usual)):
            weights = [left[place] for place in places]
            worth = sum(weights) * rate
            by_rule[rule] = dict(zip(places, spread(worth // (10_000 * PRICE), weights), strict=True))
            if self.tier(member, at) != "bronze":
                extra = worth * (LOYAL_BPS - 10_000) // (10_000 * 10_000 * PRICE)
                by_rule["loyal"] |= dict(zip(places, spread(extra, weights), strict=True))
        for covered, (cap, most) in (
            (("books", "base", "loyal"), (0, MOST_A_DAY)),
            (("books",), (1, MOST_BOOKS_A_MONTH)),
        ):
            used = self.capped[self.counters(partner, member, at)[cap]]
            over = sum(sum(by_rule[rule].values()) for rule in covered) - max(most - used, 0)
            for rule in reversed(covered):
                shares = list(by_rule[rule].values())
                cut = max(min(over, sum(shares)), 0)
                by_rule[rule] = dict(zip(by_rule[rule], spread(sum(shares) - cut, shares), strict=True))
                over -= cut
        awards = {}
        for rule, points_of in by_rule.items():
            funders = {partner: 1}
            if rule == "books":
                funders = (
                    {BOOKS_FUNDER: 3}
                    if partner == BOOKS_FUNDER
                    else dict(sorted({partner: 1, BOOKS_FUNDER: 2}.items()))
                )
            for place, issuer, points in self.divided(points_of, funders):
                awards[place, rule, issuer] = points
        return {key: points for key, points in awards.items() if points}

    def divided(self, points_of: dict[int, int], funders: dict[int, int]) -> Iterable[tuple[int, int, int]]:
        """Line by line, so that each funder pays its part of the whole: a point left over is his who lacks most."""
        whole = sum(funders.values())
        lack = dict(zip(funders, spread(sum(points_of.values()), list(funders.values())), strict=True))
        for points in points_of.values():
            for funder, share in funders.items():
                lack[funder] -= points * share // whole
        for place, points in points_of.items():
            cells = {funder: points * share // whole for funder, share in funders.items()}
            if points > sum(cells.values()):
                payer = max(funders, key=lambda each: (lack[each], points * funders[each] % whole))
                cells[payer] += 1
                lack[payer] -= 1
            yield from ((place, funder, cell) for funder, cell in cells.items())

    def counters(self, partner: int, member: int, at: datetime) -> list[tuple[str, str, int]]:
        day = local_day(at)
        return [("day", f"{day}", member), ("books-month", f"{day:%Y-%m}", partner)]

    def count(self, rule: str, partner: int, member: int, at: datetime, points: int) -> None:
        day, month = self.counters(partner, member, at)
        self.capped[day] += points
        if rule == "books":
            self.capped[month] += points

    def bring_back(
        self, partner: int, receipt: str, name: str, pieces: Sequence[tuple[int, int]]
    ) -> tuple[int, int, int, int, int, int, int]:
        """(reversed, given back, refund, what can be spent, owed, written off, deducted)"""
        if not pieces:
            raise Refused("EmptyReturn")
        bought = self.purchases[receipt]
        if bought.partner != partner:
            raise Refused("UnknownPurchase")
        self.wake([bought.member], [bought.member])
        if ("return", partner, name) in self.names:
            raise Refused("DuplicateReturn")
        returned_before = self.returned_discount(bought)
        amount_before = self.refunded(bought)
        awards_before = self.reversed_of(bought)
        if any(place >= len(bought.lines) for place, _ in pieces):
            raise Refused("UnknownLine")
        for place, pieces_back in sorted(pieces):
            bought.back[place] += pieces_back
            if bought.back[place] > bought.lines[place].quantity:
                raise Refused("ReturnExceedsPurchase")
        discount, whole = self.returned_discount(bought), sum(bought.discounts)
        refund = self.refunded(bought) - amount_before
        if refund < 0:
            raise Refused("NegativeRefund")
        if refund > bought.paid_minor:
            raise Refused("RefundAbovePayment")
        taken = self.reversed_of(bought) - awards_before
        given = part(bought.redeemed, discount, whole) - part(bought.redeemed, returned_before, whole)

        member = bought.member
        gone, held = self.take_back(bought, taken)
        if given:
            uses = self.in_order(bought.uses, given, -1)
            self.restore(member, uses, partner)
            left = Counter(dict(bought.uses))
            left.subtract(dict(uses))
            bought.uses = list(left.items())
        owed, written_off, deducted = self.settle(member, partner, gone, refund)
        self.debts += [Debt(member, issuer, points) for issuer, points in held.items()]
        owed += sum(held.values())
        self.repay(member)
        bought.paid_minor -= refund
        self.tiers[member] = self.tier(member, self.now)
        self.names.add(("return", partner, name))
        cash = refund - deducted * PRICE
        return sum(taken.values()), given, cash, self.told(member), owed, written_off, deducted

    def returned_discount(self, bought: Purchase) -> int:
        return sum(
            part(discount, part(line.minor, back, line.quantity), line.minor)
            for line, discount, back in zip(bought.lines, bought.discounts, bought.back, strict=True)
        )

    def refunded(self, bought: Purchase) -> int:
        amounts = (part(line.minor, back, line.quantity) for line, back in zip(bought.lines, bought.back, strict=True))
        return sum(amounts) - self.returned_discount(bought)

    def reversed_of(self, bought: Purchase) -> Counter[tuple[str, int]]:
        found: Counter[tuple[str, int]] = Counter()
        for (place, rule, issuer), points in bought.awards.items():
            found[rule, issuer] += part(points, bought.back[place], bought.lines[place].quantity)
        return found

    def take_back(self, bought: Purchase, taken: Counter[tuple[str, int]]) -> tuple[dict[int, int], dict[int, int]]:
        """What was spent already, and what is held, by issuer. What was lost excuses as much of what is missing."""
        wanted: Counter[int] = Counter()
        for (rule, issuer), points in taken.items():
            wanted[issuer] += points
            self.count(rule, bought.partner, bought.member, bought.at, -points)
        gone, held = {}, {}
        for issuer, points in sorted(wanted.items()):
            lot = self.lots[bought.lots[issuer]]
            there = min(points, lot.free)
            self.move([(bought.lots[issuer], there)], -1)
            excused = max(lot.lost - bought.missing[issuer], 0)
            bought.missing[issuer] += points - there
            held[issuer] = min(points - there, max(lot.held - bought.held[issuer], 0))
            bought.held[issuer] += held[issuer]
            gone[issuer] = max(points - there - held[issuer] - excused, 0)
        return Counter(gone) + Counter(), Counter(held) + Counter()

    def settle(self, member: int, seller: int, gone: dict[int, int], refund: int) -> tuple[int, int, int]:
        if self.policy == "write_off":
            return 0, sum(gone.values()), 0
        deducted = 0
        for issuer, points in gone.items():
            now_deducted = 0
            if self.policy == "deduct_from_refund" and not {seller, issuer} & self.suspended:
                room = self.limits[seller] - self.outstanding[seller]
                now_deducted = min(points, refund // PRICE - deducted, room)
            # The seller sells the member so many of its own, and they go to the creditor.
            self.owed[seller, issuer] += now_deducted
            if now_deducted:
                self.lots.append(Lot(member, seller, 0, end_of(local_day(self.now) + LIFETIME)))
            deducted += now_deducted
            self.debts.append(Debt(member, issuer, points - now_deducted))
        return sum(gone.values()) - deducted, 0, deducted

    def hold(self, partner: int, member: int, points: int, ttl_s: int | None, name: str) -> int:
        self.check_active(partner)
        self.wake([member], [member])
        uses = self.choose(self.spendable(member), points)
        self.set_aside(uses, 1)
        expires = self.now + timedelta(seconds=HOLD_TTL_S if ttl_s is None else ttl_s)
        self.holds[name] = Hold(partner, member, points, uses, expires)
        return points

    def open_hold(self, name: str, partner: int, member: int | None = None) -> Hold:
        hold = self.holds[name]
        if hold.partner != partner:
            raise Refused("UnknownHold")
        if member not in (None, hold.member):
            raise Refused("HoldOfAnotherMember")
        if hold.status != "open" or hold.expires <= self.now:
            raise Refused("HoldEnded")
        return hold

    def captured(self, hold: Hold, points: int) -> Uses:
        self.set_aside(hold.uses, -1)
        uses = self.in_order(hold.uses, points)
        self.move(uses, -1, hold.partner)
        hold.status, hold.captured = "captured", points
        self.repay(hold.member)
        return uses

    def capture(self, partner: int, hold: str, points: int | None, name: str) -> int:
        self.check_active(partner)
        member = self.holds[hold].member
        self.wake([member], [member])
        self.check_reference(partner, name)
        holding = self.open_hold(hold, partner)
        points = holding.points if points is None else points
        if points > holding.points:
            raise Refused("CaptureAboveHold")
        self.check_size(points)
        self.redemptions[name] = Redemption(partner, member, self.captured(holding, points))
        return self.told(member)

    def void(self, partner: int, hold: str) -> int:
        member = self.holds[hold].member
        self.wake([member], [member])
        holding = self.open_hold(hold, partner)
        self.set_aside(holding.uses, -1)
        holding.status = "voided"
        self.repay(member)
        return self.told(member)

    def check_reference(self, partner: int, name: str) -> None:
        if ("reference", partner, name) in self.names:
            raise Refused("DuplicateReference")
        self.names.add(("reference", partner, name))

    def redeem(self, partner: int, member: int, points: int, name: str) -> int:
        self.check_active(partner)
        self.check_size(points)
        self.wake([member], [member])
        self.check_reference(partner, name)
        uses = self.choose(self.spendable(member), points)
        self.move(uses, -1, partner)
        self.redemptions[name] = Redemption(partner, member, uses)
        return self.told(member)

    def reverse(self, partner: int, name: str) -> int:
        redemption = self.redemptions[name]
        if redemption.partner != partner:
            raise Refused("UnknownRedemption")
        if redemption.reversed:
            raise Refused("RedemptionReversed")
        self.wake([redemption.member], [redemption.member])
        self.restore(redemption.member, redemption.uses, partner)
        redemption.reversed = True
        self.repay(redemption.member)
        return self.told(redemption.member)

    def adjust(self, issuer: int, member: int, points: int) -> int:
        self.wake([member], [member])
        if points > 0:
            self.check_active(issuer)
            self.check_room(issuer, points)
            self.issue(member, issuer, points, self.now)
        else:
            uses = self.choose(self.spendable(member, issuer), -points)
            self.move(uses, -1)
            for age, taken in uses:
                self.lots[age].lost += taken
        return points

    def work(self, job: str) -> int:
        """What the worker does, and how much it says that was."""
        if job == "release_pending":
            due = {lot.member for lot in self.lots if lot.points and lot.pending and lot.pending <= self.now}
        elif job == "expire_points":
            due = {lot.member for lot in self.lots if lot.free and lot.expires <= self.now}
        elif job == "expire_holds":
            due = {hold.member for hold in self.holds.values() if hold.status == "open" and hold.expires <= self.now}
        else:
            changed = {member: self.tier(member, self.now) for member in self.tiers}
            count = sum(self.tiers[member] != tier for member, tier in changed.items())
            self.tiers |= changed
            return count
        self.wake(due, due)
        if job == "expire_points":
            return sum(self.lapse(lot) for lot in self.lots if lot.member in due and lot.expires <= self.now)
        return len(due)

    def suspend(self, partner: int, suspended: bool) -> None:
        self.suspended = self.suspended | {partner} if suspended else self.suspended - {partner}

    def limit(self, partner: int, room: int) -> None:
        self.limits[partner] = self.outstanding[partner] + room
