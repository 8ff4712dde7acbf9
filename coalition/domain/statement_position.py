"""What the lines of a statement come to, and whether each can be true, for whoever has nothing but the lines."""

from collections.abc import Iterable

from coalition.domain.entries import KINDS, EntryKind
from coalition.domain.rate_cards import OPERATOR, POOL, Cause, issued_points, redeemed_points
from coalition.domain.statements import MICROS, StatementLine

_REDEEMING = (Cause.REDEMPTION, Cause.MARGIN, Cause.SUBSIDY, Cause.FEE_REDEEMED, Cause.FEE_TURNOVER)
_ISSUING = (Cause.ISSUANCE, Cause.FEE_ISSUED)
_WITHOUT_ENTRY: dict[str | None, str] = {
    Cause.FEE_MONTHLY: "fee",
    Cause.GUARANTEE: "guarantee",
    Cause.CORRECTION: "correction",
}


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


def sides(partner: int, line: StatementLine) -> tuple[int, int] | None:
    """Who pays whom for the line's cause, also where the line undoes that; None where nobody does for such a line.

    One of the two is the partner whose statement has the line, the other is the line's counterparty.
    """
    other = line.counterparty
    possible: tuple[tuple[int | None, int | None], ...] = ()
    match line.cause:
        case Cause.REDEMPTION:
            possible = ((line.issuer, line.partner), (POOL, line.partner))
        case Cause.MARGIN | Cause.FEE_ISSUED:
            possible = ((line.issuer, OPERATOR),)
        case Cause.SUBSIDY:
            possible = ((OPERATOR, line.partner),)
        case Cause.ISSUANCE:
            possible = ((line.issuer, POOL),)
        case Cause.BREAKAGE:
            possible = ((line.issuer, OPERATOR), (POOL, line.issuer), (POOL, OPERATOR))
        case Cause.FEE_REDEEMED | Cause.FEE_TURNOVER:
            possible = ((line.partner, OPERATOR),)
        case Cause.FEE_MONTHLY:
            possible = ((partner, OPERATOR), (other, OPERATOR))
        case Cause.GUARANTEE:
            possible = ((OPERATOR, partner), (OPERATOR, other))
        case Cause.CORRECTION:
            possible = ((other, partner),) if line.micros > 0 else ((partner, other),)
    for payer, payee in possible:
        if payer is not None and payee is not None and payer != payee and {payer, payee} == {partner, other}:
            return payer, payee
    return None


def problem(partner: int, line: StatementLine) -> str | None:
    """Why this cannot be a line of the partner's statement; None where it can."""
    entry = KINDS.get(line.kind)
    place = (line.sequence, line.issuer, line.partner, line.member)
    if (None in place) if entry else (any(each is not None for each in place) or line.points):
        return "an entry has a place on the ledger, and nothing else has"
    if line.cause is None:
        moves = entry is None or line.counterparty is not None or line.micros or line.price_micros
        return "it moves money, and says not for what" if moves else None
    if (sign := _sign(line, entry)) is None:
        return f"{line.kind} is no reason for {line.cause}"
    if (found := sides(partner, line)) is None:
        return f"{partner} and {line.counterparty} do not pay one another for {line.cause} here"
    if line.micros * sign * (1 if found[1] == partner else -1) < 0:
        return f"{found[0]} pays {found[1]} for {line.cause}, and not the other way round"
    return None


def _sign(line: StatementLine, entry: EntryKind | None) -> int | None:
    """Whether the line does (1) or undoes (-1) what its cause is; None where its kind has nothing to do with that."""
    if line.cause in _REDEEMING:
        return redeemed_points(entry, 1) or None if entry else None
    if line.cause in _ISSUING:
        return issued_points(entry, 1) or None if entry else None
    if line.cause == Cause.BREAKAGE:
        return 1 if entry is EntryKind.EXPIRY else None
    return 1 if _WITHOUT_ENTRY.get(line.cause) == line.kind else None


def _owed_micros(partner: int, lines: Iterable[StatementLine]) -> dict[tuple[int, str, int | None, bool], int]:
    """As the payer of each owes it."""
    found: dict[tuple[int, str, int | None, bool], int] = {}
    for line in lines:
        if line.cause is None or line.counterparty is None:
            continue
        # What nobody can owe counts as it stands: ``problem`` tells of it.
        is_payee = (sides(partner, line) or (partner, line.counterparty))[1] == partner
        key = (line.counterparty, line.cause, line.issuer if line.cause == Cause.REDEMPTION else None, is_payee)
        found[key] = found.get(key, 0) + (line.micros if is_payee else -line.micros)
    return found
