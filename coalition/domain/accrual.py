"""How a receipt turns into points, with the rule and the funder of every one of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from coalition.domain.caps import CapKey, Earned, cap_uses, cut
from coalition.domain.conditions import Circumstances, holds, lines_met
from coalition.domain.programme import BASE_RULE, BPS, SELLER, AccrualRule, AccrualTerms, Programme, Stacking
from coalition.domain.purchase import Line
from coalition.domain.rounding import allot, allot_table


class Award(NamedTuple):
    """Points, above zero, that the line at ``position`` earned by one rule at the expense of the partner ``funder``."""

    position: int
    rule: str
    funder: str
    points: int


@dataclass(frozen=True, slots=True)
class Accrual:
    """What a receipt earned: the awards sum to ``points``.

    ``discounts`` are the parts of the lines that points paid, in the receipt's order; ``excluded`` tells which rule
    keeps a line from earning, by the line's position; ``cap_uses`` what was used of each cap's counter.
    """

    points: int
    awards: tuple[Award, ...]
    discounts: tuple[int, ...]
    excluded: Mapping[int, str]
    cap_uses: Mapping[CapKey, int]


def accrue(
    lines: Sequence[Line],
    discounts: Sequence[int],
    programme: Programme,
    circumstances: Circumstances,
    used: Mapping[CapKey, int],
) -> Accrual:
    """The points a receipt earns, of which points have already paid ``discounts``, line by line, in minor units.

    What a line has left counts, once rebates have lowered all lines in proportion, unless a rule excludes the line.
    First each line earns by one rate: ``floor(Σ left × rate_bps / (10000 × point_price_minor))`` over all lines of the
    same rule, ``BASE_RULE`` where none holds. Multipliers add to the rates, and bonuses to the receipt; then caps take
    from the last rule backwards, given what is ``used`` of them; and what is left of each rule is divided among its
    funders. All is allotted to the lines by the largest remainder.
    """
    left = _left(lines, discounts)
    terms = programme.accrual
    if not terms.rules and not terms.caps:
        points = sum(left) * circumstances.rate_bps // (BPS * programme.point_price_minor)
        awards = tuple(
            Award(position, BASE_RULE, circumstances.partner, share)
            for position, share in enumerate(allot(points, left))
            if share
        )
        return Accrual(points, awards, tuple(discounts), {}, {})

    receipt = _Receipt(lines, left, programme, circumstances, programme.local(circumstances.occurred_at))
    excluded = receipt.exclude(terms.exclusions)
    rates = receipt.rates(terms.rates)
    earned = [receipt.at_rate(rule, positions) for rule, positions in rates]
    earned += receipt.multiplied(terms, rates)
    earned += receipt.bonuses(terms)
    cut(earned, programme, circumstances, used)
    awards = tuple(award for each in earned for award in _awards(each, circumstances.partner))
    return Accrual(
        points=sum(award.points for award in awards),
        awards=awards,
        discounts=tuple(discounts),
        excluded=excluded,
        cap_uses=cap_uses(programme, circumstances, ((award.rule, award.points) for award in awards)),
    )


def _left(lines: Sequence[Line], discounts: Sequence[int]) -> list[int]:
    """What is paid for each line in money: together it is what the receipt has left to pay."""
    left = [max(line.amount_minor, 0) - discount for line, discount in zip(lines, discounts, strict=True)]
    rebate = min(-sum(line.amount_minor for line in lines if line.amount_minor < 0), sum(left))
    if rebate:
        left = [amount - share for amount, share in zip(left, allot(rebate, left), strict=True)]
    return left


@dataclass(slots=True)
class _Receipt:
    """A receipt while rules are applied to it. ``left`` is what each line can still earn for."""

    lines: Sequence[Line]
    left: list[int]
    programme: Programme
    circumstances: Circumstances
    local: datetime

    def exclude(self, rules: Iterable[AccrualRule]) -> dict[int, str]:
        """The lines that earn nothing, of which nothing is left then, and the strongest rule that says so."""
        excluded: dict[int, str] = {}
        for rule in rules:
            for position in self._meeting(rule, range(len(self.lines))):
                excluded.setdefault(position, rule.id)
        for position in excluded:
            self.left[position] = 0
        return excluded

    def rates(self, rules: Iterable[AccrualRule]) -> list[tuple[AccrualRule, list[int]]]:
        """Each rate and its lines. No line has two; the last is the partner's own."""
        rates = []
        others = self._earning()
        for rule in rules:
            if met := self._meeting(rule, others):
                rates.append((rule, met))
                others = _without(others, met)
        return [*rates, (_own_rate(self.circumstances.rate_bps), others)]

    def at_rate(self, rule: AccrualRule, positions: Sequence[int]) -> Earned:
        return Earned(rule, self._share(positions, rule.rate_bps or 0, BPS))

    def multiplied(self, terms: AccrualTerms, rates: Iterable[tuple[AccrualRule, Sequence[int]]]) -> Iterable[Earned]:
        """What multipliers add: for each rate ``floor(Σ left × rate × (multiplier − 1) / point price)``."""
        others = self._earning()
        for rule in terms.multipliers:
            if not (met := self._meeting(rule, others)):
                continue
            if terms.stacking is Stacking.BEST:
                others = _without(others, met)
            among = set(met)
            points: dict[int, int] = {}
            for rate, positions in rates:
                extra_bps = (rate.rate_bps or 0) * ((rule.multiplier_bps or BPS) - BPS)
                points |= self._share([each for each in positions if each in among], extra_bps, BPS * BPS)
            yield Earned(rule, points)

    def bonuses(self, terms: AccrualTerms) -> Iterable[Earned]:
        """What receipts with at least one line that meets a rule earn by it, once."""
        earning = self._earning()
        for rule in terms.bonuses:
            if met := self._meeting(rule, earning):
                weights = [self.left[position] for position in met]
                yield Earned(rule, dict(zip(met, allot(rule.bonus_points or 0, weights), strict=True)))
                if terms.stacking is Stacking.BEST:
                    return

    def _earning(self) -> list[int]:
        return [position for position, minor in enumerate(self.left) if minor]

    def _meeting(self, rule: AccrualRule, among: Iterable[int]) -> list[int]:
        if not holds(rule, self.circumstances, self.local) or sum(self.left) < rule.when.minimum_receipt_minor:
            return []
        return lines_met(rule, self.lines, among, self.circumstances)

    def _share(self, positions: Sequence[int], numerator: int, denominator: int) -> dict[int, int]:
        """The points for that part of what the lines have left, by position."""
        weights = [self.left[position] for position in positions]
        points = sum(weights) * numerator // (denominator * self.programme.point_price_minor)
        return dict(zip(positions, allot(points, weights), strict=True))


def _without(positions: Iterable[int], taken: Iterable[int]) -> list[int]:
    gone = set(taken)
    return [position for position in positions if position not in gone]


@lru_cache(maxsize=1024)
def _own_rate(rate_bps: int) -> AccrualRule:
    return AccrualRule(BASE_RULE, rate_bps=rate_bps)


def _awards(earned: Earned, seller: str) -> Iterable[Award]:
    """What each funder gives to each line: the rule's points are divided by shares, and no line gets more or less."""
    shares: dict[str, int] = {}
    for name, share in earned.rule.funded_by.items():
        funder = seller if name == SELLER else name
        shares[funder] = shares.get(funder, 0) + share
    # In a fixed order: a stored programme may come back with its keys in another.
    funders = sorted(shares)
    table = allot_table(list(earned.points.values()), [shares[funder] for funder in funders])
    for position, cells in zip(earned.points, table, strict=True):
        for funder, points in zip(funders, cells, strict=True):
            if points:
                yield Award(position, earned.rule.id, funder, points)
