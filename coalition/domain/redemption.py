"""How many points may pay for a receipt, and how many a member wants to."""

from collections.abc import Sequence
from dataclasses import dataclass

from coalition.domain.programme import BPS, Programme, RedemptionTerms
from coalition.domain.purchase import Line, total_minor
from coalition.domain.rounding import allot
from coalition.errors import (
    InsufficientPoints,
    RedemptionAboveMaximum,
    RedemptionBelowMinimum,
    RedemptionOffStep,
)


@dataclass(frozen=True, slots=True)
class Exactly:
    """The member named the number of points at the till; anything else is a refusal."""

    points: int


@dataclass(frozen=True, slots=True)
class AsMuchAsPossible:
    """The member always pays with points: up to a share of the receipt, once there are enough of them."""

    once_available: int
    max_share_bps: int


Wish = Exactly | AsMuchAsPossible
NOTHING = Exactly(0)


def max_points(lines: Sequence[Line], available: int, programme: Programme) -> int:
    """The most points that may pay for a receipt, given what the member has: a multiple of the step, or none."""
    return _most(lines, available, programme.redemption.max_share_bps, programme)


def points_to_redeem(wish: Wish, lines: Sequence[Line], available: int, programme: Programme) -> int:
    """The points that will pay for the receipt.

    :raises InsufficientPoints: more wished than the member has.
    :raises RedemptionBelowMinimum: fewer wished than the programme lets pay at all.
    :raises RedemptionOffStep: no multiple of the programme's step wished.
    :raises RedemptionAboveMaximum: more wished than the programme lets points pay.
    """
    terms = programme.redemption
    if isinstance(wish, AsMuchAsPossible):
        if available < wish.once_available:
            return 0
        return _most(lines, available, min(terms.max_share_bps, wish.max_share_bps), programme)
    if wish.points == 0:
        return 0
    if wish.points > available:
        raise InsufficientPoints(available=available, required=wish.points)
    check_size(wish.points, programme)
    if wish.points > (most := max_points(lines, available, programme)):
        raise RedemptionAboveMaximum(max_points=most, required=wish.points)
    return wish.points


def check_size(points: int, programme: Programme) -> None:
    """Whether so many points can be redeemed at a time, whatever they pay for.

    :raises RedemptionBelowMinimum: fewer than the programme lets pay at all.
    :raises RedemptionOffStep: no multiple of the programme's step.
    """
    terms = programme.redemption
    if points < terms.minimum_points:
        raise RedemptionBelowMinimum(minimum_points=terms.minimum_points, required=points)
    if points % terms.step_points:
        raise RedemptionOffStep(step_points=terms.step_points, required=points)


def allot_discount(points: int, lines: Sequence[Line], programme: Programme) -> list[int]:
    """What these points pay of each line, in minor units. Rebates and excluded categories are paid nothing of."""
    if not points:
        return [0] * len(lines)
    return allot(points * programme.point_price_minor, _payable(lines, programme.redemption))


def _most(lines: Sequence[Line], available: int, share_bps: int, programme: Programme) -> int:
    terms = programme.redemption
    payable = min(total_minor(lines) * share_bps // BPS, sum(_payable(lines, terms)))
    most = max(min(available, payable // programme.point_price_minor), 0)
    most -= most % terms.step_points
    return most if most >= terms.minimum_points else 0


def _payable(lines: Sequence[Line], terms: RedemptionTerms) -> list[int]:
    return [0 if line.category in terms.excluded_categories else max(line.amount_minor, 0) for line in lines]
