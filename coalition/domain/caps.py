"""Caps: how many points rules may give in a day, a month or a campaign, and what a receipt uses of that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from coalition.domain.conditions import Circumstances, holds
from coalition.domain.programme import BASE_RULE, AccrualRule, Cap, CapPeriod, CapSubject, Programme
from coalition.domain.rounding import allot


class CapKey(NamedTuple):
    """One counter of a cap that reaches beyond a single receipt.

    ``period`` is ``2026-03-02``, ``2026-03`` or, for a campaign, empty; ``subject`` the number of the member or the
    partner, 0 for everybody.
    """

    cap: str
    period: str
    subject: int


@dataclass(slots=True)
class Earned:
    """What one rule gives each line, by the line's position, while caps are still taking from it."""

    rule: AccrualRule
    points: dict[int, int]


def cap_keys(programme: Programme, circumstances: Circumstances) -> list[CapKey]:
    """Every counter that a receipt may move: what a caller reads, and locks in this order, before it is reckoned."""
    terms = programme.accrual
    if not terms.caps:
        return []
    local = programme.local(circumstances.occurred_at)
    campaigns: dict[str, str | None] = {BASE_RULE: None}
    campaigns |= {rule.id: rule.campaign for rule in terms.rules if holds(rule, circumstances, local)}
    return sorted(
        key
        for cap in terms.caps
        if (key := _key(cap, circumstances, local))
        and any(_covers(cap, rule, campaign) for rule, campaign in campaigns.items())
    )


def cap_uses(
    programme: Programme, circumstances: Circumstances, earned: Iterable[tuple[str, int]]
) -> dict[CapKey, int]:
    """What points of these rules, ``(rule id, points)``, use of each counter: on a receipt, and when it is undone.

    The programme and the circumstances are those by which the points were earned.
    """
    terms = programme.accrual
    if not terms.caps:
        return {}
    local = programme.local(circumstances.occurred_at)
    campaigns = {rule.id: rule.campaign for rule in terms.rules}
    keys = [(cap, key) for cap in terms.caps if (key := _key(cap, circumstances, local))]
    uses: dict[CapKey, int] = {}
    for rule, points in earned:
        for cap, key in keys:
            if _covers(cap, rule, campaigns.get(rule)):
                uses[key] = uses.get(key, 0) + points
    return uses


def cut(
    earned: Sequence[Earned], programme: Programme, circumstances: Circumstances, used: Mapping[CapKey, int]
) -> None:
    """Take from what was earned, the last rule first, until no cap is exceeded; a rule's lines lose in proportion."""
    local = programme.local(circumstances.occurred_at)
    for cap in programme.accrual.caps:
        if not _counts(cap, circumstances):
            continue
        key = _key(cap, circumstances, local)
        room = max(cap.points - (used.get(key, 0) if key else 0), 0)
        covered = [each for each in earned if _covers(cap, each.rule.id, each.rule.campaign)]
        over = sum(sum(each.points.values()) for each in covered) - room
        for each in reversed(covered):
            if over <= 0:
                break
            shares = list(each.points.values())
            left = max(sum(shares) - over, 0)
            over -= sum(shares) - left
            each.points = dict(zip(each.points, allot(left, shares), strict=True))


def _counts(cap: Cap, circumstances: Circumstances) -> bool:
    return not cap.partners or circumstances.partner in cap.partners


def _covers(cap: Cap, rule: str, campaign: str | None) -> bool:
    if cap.campaign is not None:
        return campaign == cap.campaign
    return not cap.rules or rule in cap.rules


def _key(cap: Cap, circumstances: Circumstances, local: datetime) -> CapKey | None:
    """None where nothing is counted beyond the receipt."""
    if cap.per is CapPeriod.RECEIPT or not _counts(cap, circumstances):
        return None
    periods = {CapPeriod.DAY: f"{local:%Y-%m-%d}", CapPeriod.MONTH: f"{local:%Y-%m}", CapPeriod.CAMPAIGN: ""}
    subjects = {
        CapSubject.MEMBER: circumstances.member,
        CapSubject.PARTNER: circumstances.partner_number,
        CapSubject.EVERYBODY: 0,
    }
    return CapKey(cap.id, periods[cap.per], subjects[cap.of])
