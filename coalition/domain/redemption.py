"""How many points may pay for a receipt, and how many a member wants to."""

from dataclasses import dataclass

from coalition.domain.programme import BPS, Programme
from coalition.errors import InsufficientPoints, RedemptionAboveMaximum


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


def max_points(total_minor: int, available: int, programme: Programme) -> int:
    """The most points that may pay for a receipt of that total."""
    payable = total_minor * programme.max_share_bps // (BPS * programme.point_price_minor)
    return min(available, payable)


def points_to_redeem(wish: Wish, total_minor: int, available: int, programme: Programme) -> int:
    """The points that will pay for the receipt.

    :raises InsufficientPoints: more wished than the member has.
    :raises RedemptionAboveMaximum: more wished than the programme lets points pay.
    """
    most = max_points(total_minor, available, programme)
    if isinstance(wish, AsMuchAsPossible):
        if available < wish.once_available:
            return 0
        return min(most, total_minor * wish.max_share_bps // (BPS * programme.point_price_minor))
    if wish.points > available:
        raise InsufficientPoints(available=available, required=wish.points)
    if wish.points > most:
        raise RedemptionAboveMaximum(max_points=most, required=wish.points)
    return wish.points
