"""Netting: everybody gets what is theirs, by as few payments as there can be."""

import random
from collections.abc import Iterator
from itertools import chain
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.netting import Transfer, net_positions, plan_transfers

PARTIES = st.integers(1, 8)
OBLIGATIONS = st.dictionaries(st.tuples(PARTIES, PARTIES), st.integers(0, 10**9), max_size=30)


NETS = st.integers(-9, 9)
GROUPS = st.lists(st.lists(NETS, min_size=1, max_size=2).map(lambda nets: [*nets, -sum(nets)]), max_size=2)
"""Groups of two or three parties that each sum to zero."""
POSITIONS = (
    GROUPS.map(lambda groups: list(chain(*groups))).flatmap(st.permutations).map(lambda nets: dict(enumerate(nets, 1)))
)


def after(positions: dict[int, int], plan: list[Transfer]) -> dict[int, int]:
    left = dict(positions)
    for transfer in plan:
        left[transfer.payer] += transfer.amount_minor
        left[transfer.payee] -= transfer.amount_minor
    return left


def partitions(parties: list[int]) -> Iterator[list[list[int]]]:
    """Every way to split the parties into groups."""
    if not parties:
        yield []
        return
    first, *rest = parties
    for groups in partitions(rest):
        yield [[first], *groups]
        for i, group in enumerate(groups):
            yield [*groups[:i], [first, *group], *groups[i + 1 :]]


def fewest_payments(positions: dict[int, int]) -> int:
    """By trying everything. A plan of fewest payments joins parties in trees, and each tree sums to zero."""
    parties = [party for party, net in positions.items() if net]
    return min(
        sum(len(group) - 1 for group in groups)
        for groups in partitions(parties)
        if all(sum(positions[party] for party in group) == 0 for group in groups)
    )


def test_positions__cafe_honoured_the_grocers_points__grocer_pays_cafe():
    cafe, grocer, cinema = 3, 4, 2
    assert net_positions({(grocer, cafe): 70, (cafe, grocer): 20, (cinema, cafe): 5}) == {
        grocer: -50,
        cafe: 55,
        cinema: -5,
    }


def test_positions__own_points_redeemed_at_home__owe_nobody():
    assert net_positions({(2, 2): 100}) == {2: 0}


@given(OBLIGATIONS)
def test_positions__any_obligations__sum_to_zero(obligations):
    assert sum(net_positions(obligations).values()) == 0


@given(OBLIGATIONS)
def test_plan__any_obligations__clears_every_position_by_real_payments_fewer_than_parties(obligations):
    positions = net_positions(obligations)
    plan = plan_transfers(positions)
    assert not any(after(positions, plan).values())
    assert all(transfer.amount_minor > 0 and transfer.payer != transfer.payee for transfer in plan)
    assert len(plan) <= max(sum(net != 0 for net in positions.values()) - 1, 0)


@given(POSITIONS)
def test_plan__up_to_six_parties__has_the_fewest_payments_there_can_be(positions):
    assert len(plan_transfers(positions)) == fewest_payments(positions)


def test_plan__the_greedy_way_is_not_the_shortest__the_shortest_is_found():
    # Largest pays largest would take four payments: 3 to 4 first, and then there are no pairs left.
    positions = {1: 4, 2: -2, 3: -2, 4: 3, 5: -3}
    assert len(plan_transfers(positions)) == fewest_payments(positions) == 3


def test_plan__the_order_in_which_parties_are_named__does_not_matter():
    positions = {1: 4, 2: -2, 3: -2, 4: 3, 5: -3}
    assert plan_transfers(dict(reversed(positions.items()))) == plan_transfers(positions)


@pytest.mark.parametrize("positions", [{}, {1: 0}, {1: 0, 2: 0}])
def test_plan__nobody_owes__no_payments(positions):
    assert plan_transfers(positions) == []


def test_plan__positions_that_do_not_sum_to_zero__refused():
    with pytest.raises(ValueError, match="sum to 1"):
        plan_transfers({1: 3, 2: -2})


def interleaved(parties: int) -> dict[int, int]:
    """Groups of three, two creditors and their debtor, that largest-to-largest payments do not respect."""
    rng = random.Random(4)
    positions: dict[int, int] = {}
    for group in range(parties // 3):
        a, b = rng.randrange(100, 1000), rng.randrange(100, 1000)
        positions |= {group: a, group + 50: b, group + 100: -(a + b)}
    return positions


def test_plan__at_twelve_parties__is_exact_and_at_thirteen_still_clears():
    # Four groups of three need two payments each; largest pays largest would take eleven.
    twelve = interleaved(12)
    assert len(plan_transfers(twelve)) == 8

    # With one party more, the plan need not be the shortest, only shorter than the number of parties.
    thirteen = twelve | {0: twelve[0] - 1, 999: 1}
    plan = plan_transfers(thirteen)
    assert len(thirteen) == 13
    assert not any(after(thirteen, plan).values())
    assert len(plan) <= 12


def test_plan__parties_that_are_even__do_not_count_towards_the_twelve():
    positions = interleaved(12) | dict.fromkeys(range(200, 220), 0)
    assert len(plan_transfers(positions)) == 8


def test_plan__twelve_parties__takes_a_fraction_of_a_second():
    before = process_time()
    plan_transfers(interleaved(12))
    assert process_time() - before < 1


def test_plan__ninety_nine_parties__clears_in_fewer_payments_than_parties():
    positions = interleaved(99)
    plan = plan_transfers(positions)
    assert not any(after(positions, plan).values())
    assert len(plan) <= 98
