"""Taking back points that should not have been earned: from the very lots they were issued as, while they are there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from coalition.domain.documents import document_hash
from coalition.domain.entries import EntryKind
from coalition.domain.lots import Lot, LotUse
from coalition.domain.programme import Programme
from coalition.domain.source_documents import expiry_document
from coalition.ids import new_id
from coalition.services.journal import Account, JournalSession, Source
from coalition.services.partners import check_limit, partners_numbered
from coalition.store import journal as journal_store
from coalition.store import offboarding as leaving_store
from coalition.store import returns as store
from coalition.store.database import to_column


class Before(NamedTuple):
    """By issuer, all that earlier reversals could not take back, and the part of it that was held and is owed."""

    missing: Mapping[int, int]
    held: Mapping[int, int]


LEAVING = "partner leaving"
"""Why a lot expires sooner than it was born to."""
NOTHING_BEFORE = Before({}, {})


class Missing(NamedTuple):
    """Points, by issuer, that were to be taken back and could not: ``held`` ones may come free yet, ``spent`` not."""

    spent: dict[int, int]
    held: dict[int, int]


def take_back(
    journal: JournalSession,
    account: Account,
    origin: str,
    wanted: Mapping[int, int],
    before: Before,
    partner: int | None,
    source: Source,
) -> Missing:
    """Take back, by issuer, points that were issued because of the origin, as far as they are there.

    It happens at ``partner``, or at each issuer itself. ``before`` is what earlier reversals of the origin found.
    Points that lapsed, or that an operator took, are nobody's gain: they excuse as much of what is missing.
    """
    lots = _lots_by_issuer(journal, account, origin)
    lost = store.lost_of([lot.id for lot in lots.values()])
    missing = Missing({}, {})
    for issuer, points in sorted(wanted.items()):
        lot = lots[issuer]
        if there := min(points, lot.free):
            use = LotUse(lot.id, issuer, there)
            journal.take(EntryKind.ACCRUAL_REVERSAL, partner or issuer, account, [use], source)
        if held := min(points - there, max(lot.held - before.held.get(issuer, 0), 0)):
            missing.held[issuer] = held
        excused = max(lost.get(lot.id, 0) - before.missing.get(issuer, 0), 0)
        if spent := max(points - there - held - excused, 0):
            missing.spent[issuer] = spent
    return missing


def found_before(origin: str, reversals: Mapping[int, int], sources: Sequence[str]) -> Before:
    """What earlier reversals of the origin, ``sources``, found: they were to take back ``reversals`` in all."""
    taken = store.taken_from_lots_of(origin)
    missing = {issuer: points - taken.get(issuer, 0) for issuer, points in reversals.items()}
    return Before(missing, store.owed_for_held(sources))


def give_back(
    journal: JournalSession,
    account: Account,
    redeemer: int,
    uses: list[LotUse],
    source: Source,
    programme: Programme,
) -> None:
    """Undo a redemption, or a part of it: the lots get their points back, with the expiry they had.

    Where that has passed, the lot lives on for the programme's days of grace, once: else points could be spent and
    given back for ever. Points of an issuer that leaves live no longer than its others.
    """
    journal.load_lots(account, [use.lot for use in uses])
    assert account.lots is not None
    lots = [account.lots[use.lot] for use in uses]
    ends = leaving_store.ends_of({use.issuer for use in uses})
    for lot in lots:
        if lot.issuer in ends and not store.had_grace(lot.id):
            cut_short(journal, lot, ends[lot.issuer])
        if lot.expires_at <= journal.now:
            expire(journal, account, lot)
    journal.give_back(redeemer, account, uses, source)
    for lot in lots:
        if lot.expires_at > journal.now:
            continue
        if store.had_grace(lot.id):
            expire(journal, account, lot)
        else:
            until = programme.end_of_day(journal.now, programme.returns.grace_days)
            store.insert_extension(lot.id, lot.expires_at, until, store.GRACE, source.id, journal.now)
            journal.expire_at(lot, until)


def cut_short(journal: JournalSession, lot: Lot, end: leaving_store.End) -> None:
    """Let the lot live no longer than its leaving issuer's points do."""
    if lot.expires_at > end.at:
        store.insert_extension(lot.id, lot.expires_at, end.at, LEAVING, end.offboarding, journal.now)
        journal.expire_at(lot, end.at)


def check_room(journal: JournalSession, uses: Iterable[LotUse]) -> None:
    """Whether the issuers may have these points outstanding again; those who paid for them in advance always may.

    :raises IssuerLimitExceeded: one of them may not.
    """
    points: dict[int, int] = {}
    for use in uses:
        points[use.issuer] = points.get(use.issuer, 0) + use.points
    for issuer, partner in partners_numbered(points).items():
        if not partner.prepaid:
            check_limit(partner, points[issuer], journal.room_taken(issuer, prepaid=False))


def expire(journal: JournalSession, account: Account, lot: Lot) -> int:
    """End the life of what no hold sets aside of the lot; returns how many points that was."""
    points = lot.free
    if points:
        expiry = new_id("exp")
        document = expiry_document(expiry, points, to_column(lot.expires_at))
        # The worker may notice only later that the points have lapsed.
        source = Source(expiry, document_hash(document), min(lot.expires_at, journal.now))
        journal.take(EntryKind.EXPIRY, lot.issuer, account, [LotUse(lot.id, lot.issuer, points)], source)
    return points


def _lots_by_issuer(journal: JournalSession, account: Account, origin: str) -> dict[int, Lot]:
    ids = journal_store.lots_of_source(origin)
    journal.load_lots(account, ids)
    assert account.lots is not None
    return {account.lots[id_].issuer: account.lots[id_] for id_ in ids}
