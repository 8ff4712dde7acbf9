"""What a receipt comes to: the points that pay for it, the points it earns, and the money that is left to pay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from coalition.domain.accrual import Accrual, accrue
from coalition.domain.caps import CapKey
from coalition.domain.conditions import Circumstances
from coalition.domain.programme import Programme
from coalition.domain.purchase import Line, total_minor
from coalition.domain.redemption import Wish, allot_discount, points_to_redeem

_NOTHING_USED: Mapping[CapKey, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reckoning:
    """``discount_minor`` is what the redeemed points pay; with ``payable_minor`` it makes the receipt's total."""

    accrual: Accrual
    points_redeemed: int
    discount_minor: int
    payable_minor: int


def reckon(
    lines: Sequence[Line],
    wish: Wish,
    available: int,
    programme: Programme,
    circumstances: Circumstances,
    used: Mapping[CapKey, int] = _NOTHING_USED,
) -> Reckoning:
    """Reckon a receipt for a member with that many points to spend; ``used`` is what ``cap_keys`` have counted so far.

    :raises CoalitionError: the wished redemption cannot be, for one of the reasons of ``points_to_redeem``.
    """
    redeemed = points_to_redeem(wish, lines, available, programme)
    discount = redeemed * programme.point_price_minor
    return Reckoning(
        accrual=accrue(lines, allot_discount(redeemed, lines, programme), programme, circumstances, used),
        points_redeemed=redeemed,
        discount_minor=discount,
        payable_minor=total_minor(lines) - discount,
    )
