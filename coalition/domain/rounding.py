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


def allot_table(rows: Sequence[int], shares: Sequence[int]) -> list[list[int]]:
    """Divide every row in proportion to the shares, so that the columns come out exact as well.

    Each row's cells sum to the row, each column's to its part of ``allot(sum(rows), shares)``: rounding row by row
    would favour the same column every time. A cell is its exact share rounded down, and seldom more than one above.

    :raises ValueError: a negative row or share, or a positive row with nothing to divide it by.
    """
    whole = sum(shares)
    columns = allot(sum(rows), shares)
    table = [[row * share // whole for share in shares] if row else [0] * len(shares) for row in rows]
    short = [column - sum(cells[i] for cells in table) for i, column in enumerate(columns)]
    for row, cells in zip(rows, table, strict=True):
        left = row - sum(cells)
        while left:
            # Columns that lack most come first: so no column is left with a lack that the last rows cannot fill.
            neediest = sorted(
                (i for i in range(len(shares)) if short[i]), key=lambda i: (-short[i], -(row * shares[i] % whole), i)
            )
            for i in neediest[:left]:
                cells[i] += 1
                short[i] -= 1
            left -= len(neediest[:left])
    return table
