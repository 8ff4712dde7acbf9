"""What is claimed of a period on the chain: what its description says, as far as the ledger supports it by now.

The contract knows what issuers owe by now, and not what they owed when the period ended. Where redemptions have been
undone since, it would refuse what is right. So less is claimed there; what is missing is a part of the positions that
the contract shows apart, and the period in which they are undone claims what is then right: what is claimed follows
from what all periods up to it come to, and what was claimed before.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from coalition.ledger.settlement.binding import Claimed, place
from coalition.ledger.settlement.description import Claim, PeriodOnChain

Key = tuple[int, int, str]
Pair = tuple[int, int]

_NOTHING = Claimed(0, 0, 0)


class Known(NamedTuple):
    """What the chain has: what was claimed of each key, and what each issuer owes each redeemer."""

    claimed: Mapping[Key, Claimed]
    obligations: Mapping[Pair, int]


def key_of(claim: Claim) -> Key:
    return claim.issuer, claim.redeemer, claim.currency


def all_keys(periods: Iterable[PeriodOnChain]) -> list[Key]:
    return sorted({key_of(claim) for period in periods for claim in period.claims})


def claims_to_make(
    periods: Sequence[PeriodOnChain], number: int, known: Known, taken_back: Mapping[Pair, int], after: int
) -> list[Claim]:
    """The claims of period ``number``, in the contract's order, of those that come after place ``after`` in it.

    :param taken_back: Points of a pair that the ledger has lost to entries after all these periods. Where what is
        claimed in all of them is not explained by the ledger and this, nothing is taken off, and the contract refuses.
    """
    target, payers = _up_to(periods[:number])
    final, _ = _up_to(periods)
    stated = {(each.partner, each.currency) for each in periods[number - 1].statements}
    points: dict[Pair, int] = {}
    final_points: dict[Pair, int] = {}
    for (issuer, redeemer, _), total in known.claimed.items():
        points[issuer, redeemer] = points.get((issuer, redeemer), 0) + total.points
    for (issuer, redeemer, _), total in final.items():
        final_points[issuer, redeemer] = final_points.get((issuer, redeemer), 0) + total.points

    found = []
    for key in sorted(target):
        issuer, redeemer, currency = key
        pair, before, wanted = (issuer, redeemer), known.claimed.get(key, _NOTHING), target[key]
        if final_points[pair] - taken_back.get(pair, 0) <= known.obligations[pair]:
            wanted = _within(wanted, known.obligations[pair] - points[pair] + before.points)
        more = Claimed(*(now - then for now, then in zip(wanted, before, strict=True)))
        claim = Claim(*key, more.points, more.paid_minor, more.got_minor, payers[key])
        if any(more) and place(claim) > after and {(claim.payer, currency), (redeemer, currency)} <= stated:
            points[pair] += claim.points
            found.append(claim)
    return found


def _up_to(periods: Iterable[PeriodOnChain]) -> tuple[dict[Key, Claimed], dict[Key, bool]]:
    """What these periods come to, and whether the pool pays: whoever paid more of what was described last."""
    totals: dict[Key, Claimed] = {}
    payers: dict[Key, bool] = {}
    for period in periods:
        largest: dict[Key, int] = {}
        for claim in period.claims:
            key, total = key_of(claim), totals.get(key_of(claim), _NOTHING)
            more = claim.points, claim.paid_minor, claim.got_minor
            totals[key] = Claimed(*(old + new for old, new in zip(total, more, strict=True)))
            if abs(claim.paid_minor) >= largest.get(key, 0):
                largest[key], payers[key] = abs(claim.paid_minor), claim.by_pool
    return totals, payers


def _within(total: Claimed, room: int) -> Claimed:
    """The part of it, if it is not all, for which there is room."""
    if total.points <= room:
        return total
    points = max(room, 0)
    return Claimed(points, *(minor * points // total.points for minor in total[1:]))
