"""What the return of some of a purchase's goods comes to: money, points taken back, and points given back.

Everything is shared cumulatively: of a whole that belongs to q pieces, n pieces have their share rounded down, and a
return gets what its pieces add to that. So the parts sum to the whole exactly, in whatever order goods come back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from coalition.domain.lots import LotUse, first
from coalition.errors import NegativeRefund, ReturnExceedsPurchase, UnknownLine


class AwardShare(NamedTuple):
    """Points by one rule from one issuer."""

    rule: str
    issuer: int
    points: int


@dataclass(frozen=True, slots=True)
class BoughtLine:
    """One line of the purchase: ``returned`` of its ``quantity`` are back already; the rest is of the whole line.

    ``discount_minor``, the part that points paid, is at most ``amount_minor``, and zero for a rebate.
    """

    position: int
    line_id: str
    quantity: int
    returned: int
    amount_minor: int
    discount_minor: int
    awards: tuple[AwardShare, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """What ``quantity`` pieces of one line come to. Of ``awards``, those with nothing to take back are left out."""

    position: int
    quantity: int
    amount_minor: int
    discount_minor: int
    awards: tuple[AwardShare, ...]


@dataclass(frozen=True, slots=True)
class GoodsReturn:
    """What a return comes to. Its lines are in the order of the purchase.

    ``taken_back`` are the points that the goods had earned, by issuer; ``points_given_back`` those that had paid for
    them. ``refund_minor`` is the money that had: the lines' amounts less their discounts.
    """

    lines: tuple[ReturnedLine, ...]
    taken_back: Mapping[int, int]
    points_given_back: int
    amount_minor: int
    refund_minor: int


def reckon_return(
    lines: Sequence[BoughtLine],
    wanted: Mapping[str, int],
    points_redeemed: int,
    discount_minor: int,
    returned_discount_minor: int,
) -> GoodsReturn:
    """Reckon the return of so many pieces, at least one each, of the ``wanted`` lines, by line id.

    ``points_redeemed`` paid ``discount_minor`` of the purchase; ``returned_discount_minor`` of it is returned already.
    Points are given back whole: what is left of one waits for the return of the rest.

    :raises UnknownLine: the purchase has no such line.
    :raises ReturnExceedsPurchase: more pieces than are left of a line.
    :raises NegativeRefund: the lines together are below zero, as a rebate without its goods is.
    """
    if unknown := wanted.keys() - {line.line_id for line in lines}:
        raise UnknownLine(line_id=min(unknown))
    returned = tuple(_return_of(line, wanted[line.line_id]) for line in lines if line.line_id in wanted)
    amount = sum(line.amount_minor for line in returned)
    discount = sum(line.discount_minor for line in returned)
    if (refund := amount - discount) < 0:
        raise NegativeRefund(refund_minor=refund)
    taken_back: dict[int, int] = {}
    for _, issuer, points in (award for line in returned for award in line.awards):
        taken_back[issuer] = taken_back.get(issuer, 0) + points
    return GoodsReturn(
        lines=returned,
        taken_back=taken_back,
        points_given_back=_share(
            points_redeemed, returned_discount_minor, returned_discount_minor + discount, discount_minor
        ),
        amount_minor=amount,
        refund_minor=refund,
    )


def restore(uses: Sequence[LotUse], points: int) -> list[LotUse]:
    """The lots that get ``points`` back, last spent first, as if the redemption had been smaller.

    ``uses`` are what the redemption took, in its order, less what was restored before.

    :raises ValueError: the uses hold fewer points.
    """
    return first(reversed(uses), points)


def _return_of(line: BoughtLine, quantity: int) -> ReturnedLine:
    """The discount follows the amount rather than the pieces, so that it never outgrows it by a rounding.

    :raises ReturnExceedsPurchase: more pieces than are left.
    """
    before, after, bought = line.returned, line.returned + quantity, line.quantity
    if after > bought:
        raise ReturnExceedsPurchase(line_id=line.line_id, bought=bought, returned=before, quantity=quantity)
    amount_before, amount_after = (_share(line.amount_minor, 0, pieces, bought) for pieces in (before, after))
    shares = (award._replace(points=_share(award.points, before, after, bought)) for award in line.awards)
    return ReturnedLine(
        position=line.position,
        quantity=quantity,
        amount_minor=amount_after - amount_before,
        discount_minor=_share(line.discount_minor, amount_before, amount_after, line.amount_minor),
        awards=tuple(share for share in shares if share.points),
    )


def _share(total: int, before: int, after: int, whole: int) -> int:
    """What the parts of a whole from ``before`` to ``after`` get of ``total``; of nothing they get nothing."""
    if not total:
        return 0
    share = abs(total) * after // whole - abs(total) * before // whole
    return share if total > 0 else -share
