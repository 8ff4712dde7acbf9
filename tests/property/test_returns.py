"""However goods come back, the returns of a purchase sum to it exactly and never exceed it on the way."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.lots import Lot, choose
from coalition.domain.returns import AwardShare, BoughtLine, GoodsReturn, reckon_return, restore
from coalition.domain.rounding import allot

QUANTITIES = st.integers(1, 6)
AMOUNTS = st.integers(0, 40) | st.integers(0, 100_000)
AWARDS = st.lists(
    st.builds(AwardShare, st.sampled_from(["base", "double"]), st.integers(1, 3), st.integers(1, 50)), max_size=3
)


@dataclass
class Bought:
    lines: list[BoughtLine]
    points_redeemed: int
    discount_minor: int


@st.composite
def purchases(draw: Callable, least: int = 0) -> Bought:
    """Points pay some of the lines, up to all of them; with ``least`` below zero there may be rebates."""
    amounts = draw(st.lists(AMOUNTS | st.integers(min(least, 0), 0), min_size=1, max_size=4))
    price = draw(st.sampled_from([1, 3, 7, 100]))
    points = draw(st.integers(0, max(sum(amounts), 0) // price))
    discounts = allot(points * price, [max(amount, 0) for amount in amounts])
    lines = [
        BoughtLine(i, str(i), draw(QUANTITIES), 0, amount, discount, tuple(draw(AWARDS)))
        for i, (amount, discount) in enumerate(zip(amounts, discounts, strict=True))
    ]
    return Bought(lines, points, points * price)


def take_back(bought: Bought, pieces: list[str]) -> list[GoodsReturn]:
    """Return the pieces one by one, remembering only what the service remembers."""
    returns: list[GoodsReturn] = []
    for piece in pieces:
        done = Counter(line.position for each in returns for line in each.lines)
        lines = [replace(line, returned=done[line.position]) for line in bought.lines]
        returns.append(
            reckon_return(lines, {piece: 1}, bought.points_redeemed, bought.discount_minor, discounts(returns))
        )
    return returns


def discounts(returns: list[GoodsReturn]) -> int:
    return sum(line.discount_minor for each in returns for line in each.lines)


def pieces_of(bought: Bought) -> list[str]:
    return [line.line_id for line in bought.lines for _ in range(line.quantity)]


@given(purchases(), st.data())
def test_reckon_return__all_pieces_in_any_order__sum_to_the_purchase(bought: Bought, data: st.DataObject):
    returns = take_back(bought, data.draw(st.permutations(pieces_of(bought))))
    for line in bought.lines:
        parts = [part for each in returns for part in each.lines if part.position == line.position]
        assert sum(part.quantity for part in parts) == line.quantity
        assert sum(part.amount_minor for part in parts) == line.amount_minor
        assert sum(part.discount_minor for part in parts) == line.discount_minor
    taken_back: Counter[int] = Counter()
    for each in returns:
        taken_back.update(each.taken_back)
    earned: Counter[int] = Counter()
    for award in (award for line in bought.lines for award in line.awards):
        earned[award.issuer] += award.points
    assert taken_back == earned
    assert sum(each.points_given_back for each in returns) == bought.points_redeemed
    total = sum(line.amount_minor for line in bought.lines)
    assert sum(each.refund_minor for each in returns) == total - bought.discount_minor


@given(purchases(), st.data())
def test_reckon_return__goods_without_rebates__nothing_is_below_zero(bought: Bought, data: st.DataObject):
    for each in take_back(bought, data.draw(st.permutations(pieces_of(bought)))):
        assert each.refund_minor >= 0
        assert each.points_given_back >= 0
        assert all(points > 0 for points in each.taken_back.values())
        for line in each.lines:
            assert 0 <= line.discount_minor <= line.amount_minor
            assert all(award.points > 0 for award in line.awards)


@given(purchases(), st.data())
def test_reckon_return__pieces_together_or_one_by_one__come_to_the_same(bought: Bought, data: st.DataObject):
    pieces = data.draw(st.lists(st.sampled_from(pieces_of(bought)), max_size=6))
    pieces = list((Counter(pieces) & Counter(pieces_of(bought))).elements())
    apart = take_back(bought, pieces)
    together = reckon_return(bought.lines, Counter(pieces), bought.points_redeemed, bought.discount_minor, 0)
    assert together.amount_minor == sum(each.amount_minor for each in apart)
    assert together.refund_minor == sum(each.refund_minor for each in apart)
    assert together.points_given_back == sum(each.points_given_back for each in apart)


@given(purchases())
def test_reckon_return__part_of_a_purchase__is_less_than_a_point_short_of_its_price(bought: Bought):
    if not bought.points_redeemed:
        return
    price = bought.discount_minor // bought.points_redeemed
    part = reckon_return(bought.lines, {"0": 1}, bought.points_redeemed, bought.discount_minor, 0)
    assert 0 <= part.amount_minor - part.refund_minor - part.points_given_back * price < price


@given(purchases(least=-1_000))
def test_reckon_return__whole_purchase_with_rebates__gives_back_all_that_was_paid(bought: Bought):
    everything = {line.line_id: line.quantity for line in bought.lines}
    total = sum(line.amount_minor for line in bought.lines)
    if total < 0:
        return
    whole = reckon_return(bought.lines, everything, bought.points_redeemed, bought.discount_minor, 0)
    assert (whole.amount_minor, whole.refund_minor) == (total, total - bought.discount_minor)
    assert whole.points_given_back == bought.points_redeemed


@given(st.lists(st.integers(0, 50), min_size=1, max_size=5), st.data())
def test_restore__part_of_a_redemption__leaves_the_lots_as_if_it_had_been_smaller(
    sizes: list[int], data: st.DataObject
):
    lots = [Lot(id_, id_ % 2, size, datetime(2027, 1, id_, tzinfo=UTC)) for id_, size in enumerate(sizes, start=1)]
    spent = data.draw(st.integers(0, sum(sizes)))
    returned = data.draw(st.integers(0, spent))
    uses = choose(lots, spent)
    restored = {use.lot: use.points for use in restore(uses, returned)}
    left = [use._replace(points=use.points - restored.get(use.lot, 0)) for use in uses]
    assert [use for use in left if use.points] == choose(lots, spent - returned)
    assert sum(restored.values()) == returned
