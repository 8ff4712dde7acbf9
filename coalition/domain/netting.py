"""From what every issuer owes every redeemer to the fewest payments that clear it.

The exact plan finds the largest number of groups that each sum to zero, for a group of k needs k − 1 payments
(Verhoeff, *Settling multiple debts efficiently*, 2004). That is NP-hard, so it is kept to 12 parties.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

EXACT_UP_TO = 12


@dataclass(frozen=True, slots=True)
class Transfer:
    """One payment: ``payer`` gives ``payee`` that many minor units."""

    payer: int
    payee: int
    amount_minor: int


def net_positions(obligations: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """What each party gets (above zero) or pays (below), given ``{(issuer, redeemer): owed}``. They sum to zero."""
    positions: dict[int, int] = {}
    for (issuer, redeemer), owed in sorted(obligations.items()):
        positions[issuer] = positions.get(issuer, 0) - owed
        positions[redeemer] = positions.get(redeemer, 0) + owed
    return positions


def plan_transfers(positions: Mapping[int, int]) -> list[Transfer]:
    """Payments that bring every position to zero: the fewest for up to 12 parties, at most n − 1 above.

    :raises ValueError: the positions do not sum to zero.
    """
    if sum(positions.values()) != 0:
        raise ValueError(f"positions sum to {sum(positions.values())}, not to zero")
    open_positions = {party: net for party, net in sorted(positions.items()) if net}
    groups = _zero_sum_groups(open_positions) if len(open_positions) <= EXACT_UP_TO else [open_positions]
    return [transfer for group in groups for transfer in _clear_group(group)]


def _clear_group(group: Mapping[int, int]) -> list[Transfer]:
    """The largest debtor pays the largest creditor until nobody is left: each payment clears at least one party."""
    left = dict(group)
    transfers = []
    while left:
        payer = min(left, key=lambda party: (left[party], party))
        payee = max(left, key=lambda party: (left[party], -party))
        paid = min(-left[payer], left[payee])
        transfers.append(Transfer(payer, payee, paid))
        left[payer] += paid
        left[payee] -= paid
        left = {party: net for party, net in left.items() if net}
    return transfers


def _zero_sum_groups(positions: Mapping[int, int]) -> list[dict[int, int]]:
    """Split the parties into as many groups as possible that each sum to zero (dynamic programming over subsets)."""
    parties = list(positions)
    sums = [0] * (1 << len(parties))
    for subset in range(1, len(sums)):
        lowest = subset & -subset
        sums[subset] = sums[subset ^ lowest] + positions[parties[lowest.bit_length() - 1]]

    @cache
    def most_groups(subset: int) -> int:
        """The number of zero-sum prefixes of the best order in which to add the subset's parties."""
        if subset == 0:
            return 0
        rest = max(most_groups(subset ^ (1 << i)) for i in range(len(parties)) if subset >> i & 1)
        return rest + (sums[subset] == 0)

    groups: list[dict[int, int]] = []
    group: dict[int, int] = {}
    subset = len(sums) - 1
    while subset:
        if sums[subset] == 0 and group:
            groups.append(group)
            group = {}
        i = max((i for i in range(len(parties)) if subset >> i & 1), key=lambda i: most_groups(subset ^ (1 << i)))
        group[parties[i]] = positions[parties[i]]
        subset ^= 1 << i
    if group:
        groups.append(group)
    return groups
