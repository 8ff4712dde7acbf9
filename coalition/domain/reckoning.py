"""What a receipt comes to: the points that pay for it, the points it earns, and the money that is left to pay."""

from collections.abc import Sequence
from dataclasses import dataclass

from coalition.domain.accrual import Accrual, accrue
from coalition.domain.programme import Programme
from coalition.domain.purchase import Line, total_minor
from coalition.domain.redemption import Wish, points_to_redeem


@dataclass(frozen=True, slots=True)
class Reckoning:
    """``discount_minor`` is what the redeemed points pay; with ``payable_minor`` it makes the receipt's total."""

    accrual: Accrual
    points_redeemed: int
    discount_minor: int
    payable_minor: int


def reckon(lines: Sequence[Line], wish: Wish, available: int, rate_bps: int, programme: Programme) -> Reckoning:
    """Reckon a receipt for a member with that many points, at a partner with that rate.

    :raises InsufficientPoints: more wished than the member has.
    :raises RedemptionAboveMaximum: more wished than the programme lets points pay.
    """
    total = total_minor(lines)
    redeemed = points_to_redeem(wish, total, available, programme)
    discount = redeemed * programme.point_price_minor
    return Reckoning(
        accrual=accrue(lines, discount, rate_bps, programme.point_price_minor),
        points_redeemed=redeemed,
        discount_minor=discount,
        payable_minor=total - discount,
    )
