"""The programme as a document: read from YAML or JSON with every mistake named, and written back in one form."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from coalition.domain.places import Place, RuleText, did_you_mean
from coalition.domain.programme import (
    BASE_RULE,
    BPS,
    SELLER,
    AccrualRule,
    AccrualTerms,
    AdjustmentTerms,
    Cap,
    CapPeriod,
    CapSubject,
    Choice,
    Conditions,
    ExpiryTerms,
    PartnerTerms,
    Programme,
    RedemptionTerms,
    ReturnTerms,
    Tier,
    TierPeriod,
    TierTerms,
    TransferTerms,
)
from coalition.errors import InvalidProgramme

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
Parts = Mapping[str, Place]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_END_OF_DAY = "24:00"
_CURRENCY = re.compile(r"[A-Z]{3}")
_ID = re.compile(r"[a-z][a-z0-9-]{0,63}")
_LONGEST_TEXT = 200
_MOST_POINTS = 10**9
_MOST_MINOR = 2**53
_LONGEST_DAYS = 366
_LONGEST_MONTHS = 1200
_SHORTEST_MONTH_DAYS = 28
_MOST_SHARES = 1_000_000
_HIGHEST_MULTIPLIER_BPS = 1_000_000
_WEEK_S = 604_800
_EFFECTS = ("rate_bps", "multiplier_bps", "bonus_points", "excludes")


@dataclass
class _Names:
    """What has a name and can be referred to; ``partners`` is None where nobody knows who they will be."""

    partners: Collection[str] | None
    tiers: Collection[str] = ()
    rules: dict[str, int] = field(default_factory=dict)
    """With the line each stands in."""
    campaigns: set[str] = field(default_factory=set)


def read_programme(text: str, name: str, *, partners: Collection[str] | None = None) -> Programme:
    """The programme that the text describes; what it leaves out is as in ``Programme()``.

    ``name`` is what mistakes call the text. With ``partners``, their names, no others may be mentioned.

    :raises InvalidProgramme: the text has mistakes, and these are all of them.
    """
    file = RuleText(name)
    root = file.root(text)
    programme = _programme(root, _Names(partners)) if root else Programme()
    if file.mistakes:
        raise InvalidProgramme(mistakes=tuple(sorted(file.mistakes, key=lambda mistake: mistake.line)))
    return programme


def programme_document(programme: Programme) -> dict[str, Any]:
    """The whole programme in the form that ``read_programme`` reads, of JSON's types; equal ones give equal documents.

    Single terms are always told, also where they are the usual ones; what asks for nothing or is not there is left out.
    """
    accrual, redemption, tiers = programme.accrual, programme.redemption, programme.tiers
    return _told(
        currency=programme.currency,
        point_price_minor=programme.point_price_minor,
        time_zone=programme.time_zone,
        accrual=_told(
            pending_days=accrual.pending_days,
            late_days=accrual.late_days,
            stacking=accrual.stacking.value,
            rules=[_rule_document(rule) for rule in accrual.rules],
            caps=[_cap_document(cap) for cap in accrual.caps],
        ),
        redemption=_told(
            minimum_points=redemption.minimum_points,
            step_points=redemption.step_points,
            max_share_bps=redemption.max_share_bps,
            excluded_categories=sorted(redemption.excluded_categories),
            hold_ttl_s=redemption.hold_ttl_s,
        ),
        returns=_told(spent_points=programme.returns.spent_points.value, grace_days=programme.returns.grace_days),
        expiry=_told(lifetime_months=programme.expiry.lifetime_months),
        tiers=tiers and _tiers_document(tiers),
        adjustments=_told(four_eyes_above_points=programme.adjustments.four_eyes_above_points),
        transfers=_told(allowed=programme.transfers.allowed),
        partners=_told(
            failure=programme.partners.failure.value,
            failure_notice_days=programme.partners.failure_notice_days,
        ),
    )


def _told(**terms: Any) -> dict[str, Any]:
    return {key: value for key, value in terms.items() if value is not None and value != [] and value != {}}


def _rule_document(rule: AccrualRule) -> dict[str, Any]:
    when = rule.when
    return _told(
        id=rule.id,
        rate_bps=rule.rate_bps,
        multiplier_bps=rule.multiplier_bps,
        bonus_points=rule.bonus_points,
        excludes=rule.excludes or None,
        when=_told(
            partners=sorted(when.partners),
            stores=sorted(when.stores),
            categories=sorted(when.categories),
            skus=sorted(when.skus),
            discounted=when.discounted,
            weekdays=[WEEKDAYS[day] for day in sorted(when.weekdays)],
            hours=when.hours and _hours_document(*when.hours),
            tiers=sorted(when.tiers),
            birthday_within_days=when.birthday_within_days,
            choice=when.choice and {"pick": when.choice.pick, "of": sorted(when.choice.of)},
            minimum_receipt_minor=when.minimum_receipt_minor or None,
            first_day=when.first_day and when.first_day.isoformat(),
            last_day=when.last_day and when.last_day.isoformat(),
        ),
        funded_by=None if rule.funded_by == {SELLER: 1} else dict(sorted(rule.funded_by.items())),
        priority=rule.priority or None,
        campaign=rule.campaign,
    )


def _hours_document(start: time, end: time) -> dict[str, str]:
    return {"from": f"{start:%H:%M}", "until": f"{end:%H:%M}" if end > start else _END_OF_DAY}


def _cap_document(cap: Cap) -> dict[str, Any]:
    return _told(
        id=cap.id,
        points=cap.points,
        per=cap.per.value,
        of=cap.of.value,
        rules=sorted(cap.rules),
        campaign=cap.campaign,
        partners=sorted(cap.partners),
    )


def _tiers_document(terms: TierTerms) -> dict[str, Any]:
    return _told(
        period=terms.period.value,
        partner=terms.partner,
        grace_days=terms.grace_days,
        one_step_down=terms.one_step_down,
        levels=[
            _told(
                name=tier.name,
                qualifying_minor=tier.qualifying_minor,
                price_minor=tier.price_minor,
                price_points=tier.price_points,
                term_months=tier.term_months,
                perks=list(tier.perks),
            )
            for tier in terms.levels
        ],
    )


def _programme(root: Place, names: _Names) -> Programme:
    """The programme; where a mistake left a value unknown, something harmless stands for it."""
    usual = Programme()
    parts = root.fields((), tuple(Programme.__dataclass_fields__))
    expiry = _fields(parts, "expiry", ("lifetime_months",))
    lifetime_months = _integer(expiry, "lifetime_months", usual.expiry.lifetime_months, 1, _LONGEST_MONTHS)
    tiers = _tiers(parts["tiers"], names) if "tiers" in parts else None
    names.tiers = [tier.name for tier in tiers.levels] if tiers else ()
    return Programme(
        currency=_value(parts, "currency", usual.currency, _currency),
        point_price_minor=_integer(parts, "point_price_minor", usual.point_price_minor, 1, 10**9),
        time_zone=_value(parts, "time_zone", usual.time_zone, _time_zone),
        accrual=_value(parts, "accrual", usual.accrual, lambda place: _accrual(place, names, lifetime_months)),
        redemption=_value(parts, "redemption", usual.redemption, _redemption),
        returns=_value(parts, "returns", usual.returns, _returns),
        expiry=ExpiryTerms(lifetime_months),
        tiers=tiers,
        adjustments=_value(parts, "adjustments", usual.adjustments, _adjustments),
        transfers=_value(parts, "transfers", usual.transfers, _transfers),
        partners=_value(parts, "partners", usual.partners, _partners),
    )


def _accrual(place: Place, names: _Names, lifetime_months: int) -> AccrualTerms:
    usual = AccrualTerms()
    parts = place.fields((), ("pending_days", "late_days", "stacking", "rules", "caps"))
    pending_days = _integer(parts, "pending_days", usual.pending_days, 0, _LONGEST_DAYS)
    if pending_days >= lifetime_months * _SHORTEST_MONTH_DAYS:
        parts["pending_days"].mistake(f"{pending_days} days is not shorter than the lifetime of the points")
    # Caps refer to rules, which are read first wherever they stand.
    rules = tuple(_rule(item, names) for item in _items(parts, "rules"))
    cap_lines: dict[str, int] = {}
    return AccrualTerms(
        pending_days=pending_days,
        late_days=_integer(parts, "late_days", usual.late_days, 0, _LONGEST_DAYS),
        stacking=_one_of(parts, "stacking", usual.stacking),
        rules=rules,
        caps=tuple(_cap(item, names, cap_lines) for item in _items(parts, "caps")),
    )


def _rule(place: Place, names: _Names) -> AccrualRule:
    parts = place.fields(("id",), (*_EFFECTS, "when", "funded_by", "priority", "campaign"))
    excludes = _boolean(parts, "excludes", False)
    effects = [effect for effect in _EFFECTS if effect in parts and (effect != "excludes" or excludes)]
    if place.is_mapping() and len(effects) != 1:
        place.mistake(f"must have exactly one of {', '.join(_EFFECTS)}")
    rule = AccrualRule(
        id=_value(parts, "id", "", lambda id_: _new_id(id_, names.rules)),
        rate_bps=_integer(parts, "rate_bps", None, 0, BPS),
        multiplier_bps=_integer(parts, "multiplier_bps", None, BPS + 1, _HIGHEST_MULTIPLIER_BPS),
        bonus_points=_integer(parts, "bonus_points", None, 1, _MOST_POINTS),
        excludes=excludes,
        when=_value(parts, "when", Conditions(), lambda when: _conditions(when, names)),
        funded_by=_value(parts, "funded_by", {SELLER: 1}, lambda shares: _shares(shares, names)),
        priority=_integer(parts, "priority", 0, -1000, 1000),
        campaign=_value(parts, "campaign", None, _identity),
    )
    if rule.campaign:
        names.campaigns.add(rule.campaign)
    return rule


def _conditions(place: Place, names: _Names) -> Conditions:
    parts = place.fields((), tuple(Conditions.__dataclass_fields__))
    first_day = _value(parts, "first_day", None, Place.day)
    last_day = _value(parts, "last_day", None, Place.day)
    if first_day and last_day and last_day < first_day:
        parts["last_day"].mistake(f"{last_day} is before first_day, {first_day}")
    if "choice" in parts and "categories" in parts:
        parts["categories"].mistake("cannot stand together with choice, which has categories of its own")
    weekdays = _set(parts, "weekdays", lambda item: item.choice(WEEKDAYS))
    return Conditions(
        partners=_set(parts, "partners", lambda item: _partner(item, names)),
        stores=_set(parts, "stores", _text),
        categories=_set(parts, "categories", _text),
        skus=_set(parts, "skus", _text),
        discounted=_boolean(parts, "discounted", None),
        weekdays=frozenset(WEEKDAYS.index(day) for day in weekdays),
        hours=_value(parts, "hours", None, _hours),
        tiers=_set(parts, "tiers", lambda item: _known(item, names.tiers, "tier")),
        birthday_within_days=_integer(parts, "birthday_within_days", None, 0, _LONGEST_DAYS // 2),
        choice=_value(parts, "choice", None, _choice),
        minimum_receipt_minor=_integer(parts, "minimum_receipt_minor", 0, 0, _MOST_MINOR),
        first_day=first_day,
        last_day=last_day,
    )


def _hours(place: Place) -> tuple[time, time] | None:
    parts = place.fields(("from", "until"))
    start = parts["from"].time_of_day() if "from" in parts else None
    # Midnight as the end is that of the day.
    to_the_end = "until" in parts and parts["until"].node.value == _END_OF_DAY
    end = time(0) if to_the_end else _value(parts, "until", None, Place.time_of_day)
    if start is None or end is None:
        return None
    if end <= start and not to_the_end:
        parts["until"].mistake(f"{end:%H:%M} is not after from, {start:%H:%M}; the day ends at {_END_OF_DAY}")
        return None
    return start, end


def _choice(place: Place) -> Choice | None:
    parts = place.fields(("pick", "of"))
    of = _set(parts, "of", _text)
    pick = _integer(parts, "pick", None, 1, max(len(of), 1))
    return Choice(pick, of) if pick else None


def _shares(place: Place, names: _Names) -> Mapping[str, int]:
    shares: dict[str, int] = {}
    for name, share in place.mapping().items():
        if name != SELLER:
            _check_partner(share, name, names)
        shares[name] = share.integer(1, _MOST_SHARES) or 1
    if place.is_mapping() and not shares:
        place.mistake("names nobody; leave it out where the seller pays")
    return shares


def _cap(place: Place, names: _Names, lines: dict[str, int]) -> Cap:
    parts = place.fields(("id", "points", "per"), ("of", "rules", "campaign", "partners"))
    if "rules" in parts and "campaign" in parts:
        parts["campaign"].mistake("cannot stand together with rules; a campaign has its own")
    return Cap(
        id=_value(parts, "id", "", lambda id_: _new_id(id_, lines)),
        points=_integer(parts, "points", 0, 0, _MOST_MINOR),
        per=_one_of(parts, "per", CapPeriod.RECEIPT),
        of=_one_of(parts, "of", CapSubject.MEMBER),
        rules=_set(parts, "rules", lambda item: _known(item, [BASE_RULE, *names.rules], "rule")),
        campaign=_value(parts, "campaign", None, lambda item: _known(item, names.campaigns, "campaign")),
        partners=_set(parts, "partners", lambda item: _partner(item, names)),
    )


def _redemption(place: Place) -> RedemptionTerms:
    usual = RedemptionTerms()
    parts = place.fields((), tuple(RedemptionTerms.__dataclass_fields__))
    return RedemptionTerms(
        minimum_points=_integer(parts, "minimum_points", usual.minimum_points, 0, _MOST_POINTS),
        step_points=_integer(parts, "step_points", usual.step_points, 1, _MOST_POINTS),
        max_share_bps=_integer(parts, "max_share_bps", usual.max_share_bps, 0, BPS),
        excluded_categories=_set(parts, "excluded_categories", _text, may_be_empty=True),
        hold_ttl_s=_integer(parts, "hold_ttl_s", usual.hold_ttl_s, 1, _WEEK_S),
    )


def _returns(place: Place) -> ReturnTerms:
    usual = ReturnTerms()
    parts = place.fields((), ("spent_points", "grace_days"))
    return ReturnTerms(
        spent_points=_one_of(parts, "spent_points", usual.spent_points),
        grace_days=_integer(parts, "grace_days", usual.grace_days, 0, _LONGEST_DAYS),
    )


def _tiers(place: Place, names: _Names) -> TierTerms:
    parts = place.fields(("levels",), ("period", "partner", "grace_days", "one_step_down"))
    items = list(parts["levels"].items()) if "levels" in parts else []
    lines: dict[str, int] = {}
    levels = tuple(_tier(item, lowest=number == 0, lines=lines) for number, item in enumerate(items))
    qualifying = [
        (tier.qualifying_minor, item) for tier, item in zip(levels, items, strict=True) if tier.qualifying_minor
    ]
    for (below, _), (above, item) in pairwise(qualifying):
        if above <= below:
            item.inside("qualifying_minor", f"{above} is not above the {below} of a lower tier")
    return TierTerms(
        levels=levels,
        period=_one_of(parts, "period", TierPeriod.ROLLING_YEAR),
        partner=_value(parts, "partner", None, lambda item: _partner(item, names)),
        grace_days=_integer(parts, "grace_days", 0, 0, _LONGEST_DAYS),
        one_step_down=_boolean(parts, "one_step_down", False),
    )


def _tier(place: Place, *, lowest: bool, lines: dict[str, int]) -> Tier:
    parts = place.fields(("name",), ("qualifying_minor", "price_minor", "price_points", "term_months", "perks"))
    ways = [key for key in ("qualifying_minor", "price_minor", "price_points") if key in parts]
    for_sale = "price_minor" in parts or "price_points" in parts
    if lowest and ways:
        parts[ways[0]].mistake("the lowest tier is everyone's: it has neither qualifying_minor nor a price")
    elif place.is_mapping() and not lowest and not ways:
        place.mistake("nobody can reach it: it needs qualifying_minor, price_minor or price_points")
    if for_sale and "term_months" not in parts:
        place.inside("term_months", "is missing: a tier is sold for a term")
    if "term_months" in parts and not for_sale:
        parts["term_months"].mistake("stands only together with price_minor or price_points")
    return Tier(
        name=_value(parts, "name", "", lambda item: _new(item, _text(item), lines)),
        qualifying_minor=_integer(parts, "qualifying_minor", None, 1, _MOST_MINOR),
        price_minor=_integer(parts, "price_minor", None, 1, _MOST_MINOR),
        price_points=_integer(parts, "price_points", None, 1, _MOST_POINTS),
        term_months=_integer(parts, "term_months", None, 1, _LONGEST_MONTHS),
        perks=tuple(text for item in _items(parts, "perks") if (text := _text(item))),
    )


def _adjustments(place: Place) -> AdjustmentTerms:
    usual = AdjustmentTerms().four_eyes_above_points
    parts = place.fields((), ("four_eyes_above_points",))
    return AdjustmentTerms(_integer(parts, "four_eyes_above_points", usual, 0, _MOST_POINTS))


def _transfers(place: Place) -> TransferTerms:
    return TransferTerms(_boolean(place.fields((), ("allowed",)), "allowed", TransferTerms().allowed))


def _partners(place: Place) -> PartnerTerms:
    usual = PartnerTerms()
    parts = place.fields((), ("failure", "failure_notice_days"))
    return PartnerTerms(
        failure=_one_of(parts, "failure", usual.failure),
        failure_notice_days=_integer(parts, "failure_notice_days", usual.failure_notice_days, 1, _LONGEST_DAYS),
    )


def _fields(parts: Parts, key: str, optional: Collection[str]) -> Parts:
    return parts[key].fields((), optional) if key in parts else {}


def _value(parts: Parts, key: str, otherwise: T, read: Callable[[Place], T | None]) -> T:
    """What stands under the key, or ``otherwise`` if nothing that can be read does."""
    given = read(parts[key]) if key in parts else None
    return otherwise if given is None else given


def _integer(parts: Parts, key: str, otherwise: T, minimum: int, maximum: int) -> int | T:
    given = parts[key].integer(minimum, maximum) if key in parts else None
    return otherwise if given is None else given


def _boolean(parts: Parts, key: str, otherwise: T) -> bool | T:
    given = parts[key].boolean() if key in parts else None
    return otherwise if given is None else given


def _one_of(parts: Parts, key: str, otherwise: E) -> E:
    options = type(otherwise)
    given = parts[key].choice(list(options)) if key in parts else None
    return otherwise if given is None else options(given)


def _items(parts: Parts, key: str) -> Iterable[Place]:
    return parts[key].items(may_be_empty=True) if key in parts else ()


def _set(parts: Parts, key: str, read: Callable[[Place], str | None], *, may_be_empty: bool = False) -> frozenset[str]:
    found: set[str] = set()
    for item in parts[key].items(may_be_empty=may_be_empty) if key in parts else ():
        value = read(item)
        if value in found:
            item.mistake(f"{value} stands twice")
        elif value is not None:
            found.add(value)
    return frozenset(found)


def _text(place: Place) -> str | None:
    text = place.string()
    if text is not None and not (text.isprintable() and len(text) <= _LONGEST_TEXT):
        place.mistake(f"must be one line of at most {_LONGEST_TEXT} characters")
        return None
    return text


def _identity(place: Place) -> str | None:
    id_ = place.string()
    if id_ is not None and not _ID.fullmatch(id_):
        place.mistake(f"{id_} must be of small letters, digits and hyphens, and begin with a letter")
        return None
    return id_


def _new_id(place: Place, lines: dict[str, int]) -> str | None:
    id_ = _identity(place)
    if id_ == BASE_RULE:
        place.mistake(f"{BASE_RULE} is the name of the partner's own rate")
        return None
    return _new(place, id_, lines)


def _new(place: Place, name: str | None, lines: dict[str, int]) -> str | None:
    """The name, which joins ``lines``, those of its kind and where each stands."""
    if name in lines:
        place.mistake(f"{name} is already the name of line {lines[name]}")
    elif name is not None:
        lines[name] = place.line
    return name


def _known(place: Place, names: Collection[str], kind: str) -> str | None:
    name = place.string()
    if name is not None and name not in names:
        place.mistake(f"no {kind} is named {name}{did_you_mean(name, names)}")
    return name


def _partner(place: Place, names: _Names) -> str | None:
    name = _text(place)
    if name is not None:
        _check_partner(place, name, names)
    return name


def _check_partner(place: Place, name: str, names: _Names) -> None:
    if names.partners is not None and name not in names.partners:
        place.mistake(f"no partner is named {name}{did_you_mean(name, names.partners)}")


def _currency(place: Place) -> str | None:
    currency = place.string()
    if currency is not None and not _CURRENCY.fullmatch(currency):
        place.mistake(f"{currency} is not an ISO 4217 code, such as EUR")
    return currency


def _time_zone(place: Place) -> str | None:
    zone = place.string()
    if zone is None:
        return None
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        place.mistake(f"{zone} is not an IANA zone{did_you_mean(zone, available_timezones())}")
        return None
    return zone
