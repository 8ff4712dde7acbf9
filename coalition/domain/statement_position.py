"""What the lines of a statement come to, for whoever has nothing but the lines."""

from collections.abc import Iterable

from coalition.domain.rate_cards import OPERATOR, POOL, Cause
from coalition.domain.statements import MICROS, StatementLine


def position(partner: int, lines: Iterable[StatementLine], earlier: Iterable[StatementLine] = ()) -> int:
    """What the partner gets (above zero) or pays for these lines, in minor units, given those of all periods before.

    What a pair owes for a cause is rounded down over all time, as its payer owes it, and the period gets what that has
    grown by.
    """
    before, now = _owed_micros(partner, earlier), _owed_micros(partner, lines)
    total = 0
    for (counterparty, cause, issuer, is_payee), micros in now.items():
        carried = before.get((counterparty, cause, issuer, is_payee), 0)
        owed = (carried + micros) // MICROS - carried // MICROS
        total += owed if is_payee else -owed
    return total


def _owed_micros(partner: int, lines: Iterable[StatementLine]) -> dict[tuple[int, str, int | None, bool], int]:
    """As the payer of each owes it."""
    found: dict[tuple[int, str, int | None, bool], int] = {}
    for line in lines:
        if line.cause is None or line.counterparty is None:
            continue
        is_payee = _is_payee(partner, line)
        key = (line.counterparty, line.cause, line.issuer if line.cause == Cause.REDEMPTION else None, is_payee)
        found[key] = found.get(key, 0) + (line.micros if is_payee else -line.micros)
    return found


def _is_payee(partner: int, line: StatementLine) -> bool:
    """Whether the partner is who gets money for this cause, also where a line undoes that."""
    match line.cause:
        case Cause.REDEMPTION:
            return partner == line.partner
        case Cause.SUBSIDY | Cause.GUARANTEE:
            return partner != OPERATOR
        case Cause.ISSUANCE:
            return partner == POOL
        case Cause.BREAKAGE:
            return partner != POOL and (line.counterparty == POOL or partner == OPERATOR)
        case Cause.CORRECTION:
            return line.micros > 0
    return partner == OPERATOR
