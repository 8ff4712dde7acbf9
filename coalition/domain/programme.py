"""The programme: every rule by which points are earned, spent, returned and lost, in one dated version.

These are the terms as the rest of the domain reads them; ``programme_document`` makes them of a document and back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from coalition.errors import WrongCurrency

BPS = 10_000
"""Basis points in a whole: 1 % is 100 bps."""
BASE_RULE = "base"
"""The partner's own rate on everything it sells, where no rule says otherwise."""
SELLER = "partner"
"""Among funders, whichever partner sells."""
_SELLER_FUNDS: Mapping[str, int] = MappingProxyType({SELLER: 1})


class Stacking(StrEnum):
    """What happens where several extras (multipliers, bonuses) meet.

    ``best``: of the multipliers the best on each line, of the bonuses the best on the receipt. ``add``: all of them.
    """

    BEST = "best"
    ADD = "add"


@dataclass(frozen=True)
class Choice:
    """Categories of the month: a member picks ``pick`` of these, and the rule holds for what was picked."""

    pick: int
    of: frozenset[str]


@dataclass(frozen=True)
class Conditions:
    """When a rule holds; an empty set or None asks for nothing. Lines are judged one by one, the rest by receipt.

    ``weekdays`` count from Monday, 0; ``hours`` are local, the end exclusive, midnight as the end being the day's;
    ``birthday_within_days`` counts to either side of the member's birthday; ``first_day`` and ``last_day`` are local
    days, both inclusive. ``minimum_receipt_minor`` is what the receipt must have left once points have paid and
    excluded lines are set aside; for a rule that excludes, before they are.
    """

    partners: frozenset[str] = frozenset()
    stores: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    skus: frozenset[str] = frozenset()
    discounted: bool | None = None
    weekdays: frozenset[int] = frozenset()
    hours: tuple[time, time] | None = None
    tiers: frozenset[str] = frozenset()
    birthday_within_days: int | None = None
    choice: Choice | None = None
    minimum_receipt_minor: int = 0
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True)
class AccrualRule:
    """One rule, with exactly one effect: ``rate_bps`` instead of the partner's own rate, ``multiplier_bps`` on top of
    the rate (20000 doubles), ``bonus_points`` once a receipt, or ``excludes``: these lines earn nothing.

    ``funded_by`` gives each funder, by name, its share; ``SELLER`` is whoever sells. Of rules that compete the higher
    ``priority`` wins, then the one that gives the member more.
    """

    id: str
    rate_bps: int | None = None
    multiplier_bps: int | None = None
    bonus_points: int | None = None
    excludes: bool = False
    when: Conditions = field(default_factory=Conditions)
    funded_by: Mapping[str, int] = field(default_factory=lambda: _SELLER_FUNDS)
    priority: int = 0
    campaign: str | None = None


class CapPeriod(StrEnum):
    """``campaign``: from the beginning to the end of time, which is that of the rules it covers."""

    RECEIPT = "receipt"
    DAY = "day"
    MONTH = "month"
    CAMPAIGN = "campaign"


class CapSubject(StrEnum):
    """Whose points are counted together: each member's, each selling partner's, or everybody's."""

    MEMBER = "member"
    PARTNER = "partner"
    EVERYBODY = "everybody"


@dataclass(frozen=True)
class Cap:
    """At most ``points`` per period for each subject, from ``rules`` or a ``campaign``; neither means from all rules.

    ``partners``, if any, are the only ones whose sales count.
    """

    id: str
    points: int
    per: CapPeriod
    of: CapSubject = CapSubject.MEMBER
    rules: frozenset[str] = frozenset()
    campaign: str | None = None
    partners: frozenset[str] = frozenset()


@dataclass(frozen=True)
class AccrualTerms:
    """``pending_days`` is the return window: earned points can be spent once it has passed.

    A receipt may come ``late_days`` after its date, or whenever it likes if that is None. The rules of each kind come
    the strongest first.
    """

    pending_days: int = 0
    late_days: int | None = None
    stacking: Stacking = Stacking.BEST
    rules: tuple[AccrualRule, ...] = ()
    caps: tuple[Cap, ...] = ()

    @cached_property
    def asks_for_tier(self) -> bool:
        return any(rule.when.tiers for rule in self.rules)

    @cached_property
    def asks_for_birthday(self) -> bool:
        return any(rule.when.birthday_within_days is not None for rule in self.rules)

    @cached_property
    def choices(self) -> tuple[AccrualRule, ...]:
        """The rules that leave a choice of categories to the member."""
        return tuple(rule for rule in self.rules if rule.when.choice)

    def without_funder(self, name: str) -> "AccrualTerms":
        """These terms without the rules that this partner would fund by name."""
        return replace(self, rules=tuple(rule for rule in self.rules if name not in rule.funded_by))

    @cached_property
    def exclusions(self) -> list[AccrualRule]:
        return sorted((rule for rule in self.rules if rule.excludes), key=lambda rule: -rule.priority)

    @cached_property
    def rates(self) -> list[AccrualRule]:
        return _strongest_first((rule, rule.rate_bps) for rule in self.rules)

    @cached_property
    def multipliers(self) -> list[AccrualRule]:
        return _strongest_first((rule, rule.multiplier_bps) for rule in self.rules)

    @cached_property
    def bonuses(self) -> list[AccrualRule]:
        return _strongest_first((rule, rule.bonus_points) for rule in self.rules)


def _strongest_first(rules: Iterable[tuple[AccrualRule, int | None]]) -> list[AccrualRule]:
    """Those with this effect, by priority, then by what they give, then as they stand in the document."""
    of_kind = [(rule, effect) for rule, effect in rules if effect is not None]
    return [rule for rule, effect in sorted(of_kind, key=lambda each: (-each[0].priority, -each[1]))]


@dataclass(frozen=True)
class RedemptionTerms:
    """``max_share_bps`` is the part of a receipt that points may pay; lines of ``excluded_categories`` they never pay.

    Redeemed is nothing, or at least ``minimum_points`` in multiples of ``step_points``. A hold lasts ``hold_ttl_s``
    unless the till says otherwise.
    """

    minimum_points: int = 0
    step_points: int = 1
    max_share_bps: int = BPS
    excluded_categories: frozenset[str] = frozenset()
    hold_ttl_s: int = 900


class SpentPoints(StrEnum):
    """What becomes of points that returned goods had earned and the member has spent already."""

    DEBT = "debt"
    WRITE_OFF = "write_off"
    DEDUCT_FROM_REFUND = "deduct_from_refund"


@dataclass(frozen=True)
class ReturnTerms:
    """``grace_days`` is how long points live on that a return gives back after their expiry."""

    spent_points: SpentPoints = SpentPoints.DEBT
    grace_days: int = 30


@dataclass(frozen=True)
class ExpiryTerms:
    lifetime_months: int = 24


class TierPeriod(StrEnum):
    ROLLING_YEAR = "rolling_year"
    CALENDAR_YEAR = "calendar_year"


@dataclass(frozen=True)
class Tier:
    """A rung: reached by ``qualifying_minor`` of spend in a year, or bought for money or points for ``term_months``.

    The lowest has neither: everyone is there. A tier that is only for sale has no ``qualifying_minor``.
    """

    name: str
    qualifying_minor: int | None = None
    price_minor: int | None = None
    price_points: int | None = None
    term_months: int | None = None
    perks: tuple[str, ...] = ()


@dataclass(frozen=True)
class TierTerms:
    """``levels`` from the lowest to the highest. Spend counts at ``partner`` alone if one is named.

    At the end of a tier's year, and ``grace_days`` after it, too little spend leads down: by one rung with
    ``one_step_down``, else to where the spend leads.
    """

    levels: tuple[Tier, ...]
    period: TierPeriod = TierPeriod.ROLLING_YEAR
    partner: str | None = None
    grace_days: int = 0
    one_step_down: bool = False


@dataclass(frozen=True)
class AdjustmentTerms:
    """Adjustments and gifts of more points than this need the approval of a second operator."""

    four_eyes_above_points: int = 10_000


@dataclass(frozen=True)
class TransferTerms:
    """Whether members may give points to each other."""

    allowed: bool = False


class Failure(StrEnum):
    """What becomes of members' points once a failed partner's deposit does not cover them: the operator honours them,
    or they lapse after a notice."""

    HONOURED = "honoured"
    LAPSE = "lapse"


@dataclass(frozen=True)
class PartnerTerms:
    """``failure_notice_days`` is how long points can still be spent where they lapse when a partner fails."""

    failure: Failure = Failure.HONOURED
    failure_notice_days: int = 30


@dataclass(frozen=True)
class Programme:
    """One version of the rules.

    ``point_price_minor`` is what one point pays at the till, in minor units of ``currency``; ``time_zone`` the IANA
    zone whose days and months everything counts by.
    """

    currency: str = "USD"
    point_price_minor: int = 1
    time_zone: str = "UTC"
    accrual: AccrualTerms = field(default_factory=AccrualTerms)
    redemption: RedemptionTerms = field(default_factory=RedemptionTerms)
    returns: ReturnTerms = field(default_factory=ReturnTerms)
    expiry: ExpiryTerms = field(default_factory=ExpiryTerms)
    tiers: TierTerms | None = None
    adjustments: AdjustmentTerms = field(default_factory=AdjustmentTerms)
    transfers: TransferTerms = field(default_factory=TransferTerms)
    partners: PartnerTerms = field(default_factory=PartnerTerms)

    def local(self, moment: datetime) -> datetime:
        """The moment by the programme's own calendar."""
        return moment.astimezone(_zone(self.time_zone))

    def expires_at(self, earned_at: datetime) -> datetime:
        """The end of the local day on which points earned then expire: midnight after it, exclusive."""
        return _end_of_life(self.local(earned_at).date(), self.expiry.lifetime_months, self.time_zone)

    def available_at(self, earned_at: datetime) -> datetime:
        """When points earned then can be spent: at once, or when the last day of the return window is over."""
        if not self.accrual.pending_days:
            return earned_at
        return self.end_of_day(earned_at, self.accrual.pending_days)

    def start_of_day(self, day: date) -> datetime:
        """The midnight with which the local day begins."""
        return datetime.combine(day, time.min, _zone(self.time_zone))

    def end_of_day(self, moment: datetime, days_later: int = 0) -> datetime:
        """Midnight after the local day that many days later."""
        return self.start_of_day(self.local(moment).date() + timedelta(days=days_later + 1))

    def check_currency(self, currency: str) -> None:
        """:raises WrongCurrency: not the one that the programme counts in."""
        if currency != self.currency:
            raise WrongCurrency(expected=self.currency, given=currency)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=4096)
def _end_of_life(earned_on: date, lifetime_months: int, time_zone: str) -> datetime:
    last_day = earned_on + relativedelta(months=lifetime_months)
    return datetime.combine(last_day + timedelta(days=1), time.min, _zone(time_zone))
