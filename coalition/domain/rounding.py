"""How a whole is divided into whole parts without losing or inventing any of it."""

from collections.abc import Sequence


def allot(total: int, weights: Sequence[int]) -> list[int]:
    """Divide ``total`` in proportion to the weights by the largest remainder (Hamilton's method).

    The parts sum to ``total`` exactly, each differs from its exact share by less than one, and a weight of zero gets
    nothing. Equal remainders go to the earlier part.

    :raises ValueError: a negative total or weight, or a positive total with nothing to divide it by.
    """
    whole = sum(weights)
    if total < 0 or any(weight < 0 for weight in weights) or (total > 0 and whole == 0):
        raise ValueError(f"cannot allot {total} by {list(weights)}")
    if total == 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    if left:
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
        for i in by_remainder[:left]:
            parts[i] += 1
    return parts
