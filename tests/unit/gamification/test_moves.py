import pytest

from gamification.moves import settle


@pytest.mark.parametrize(
    ("start", "moves", "settled"),
    [
        (0, [(3, 1), (1, 2)], [(1, 2), (3, 1)]),
        (5, [(1, -3), (1, 2), (2, 4)], [(1, -1), (2, 4)]),
        (5, [(1, -3), (1, 3)], []),
        (1, [(1, -3), (2, 2)], [(1, -1), (2, 2)]),
        (0, [(1, -3)], []),
    ],
)
def test_settle__moves_of_a_batch__are_one_for_each_event_and_take_no_more_than_there_is(start, moves, settled):
    assert settle(start, moves) == settled
