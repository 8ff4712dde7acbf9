"""Gifts: points for everybody, or for a segment of the members, such as at New Year.

``proposed → approved | rejected``, and an approved one ``given`` when everyone has it. Who gets it is settled when it
is proposed, so what is approved is what is given. Giving can be interrupted: whoever has it does not get it twice.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Literal

import orjson

from coalition.domain.documents import document_hash
from coalition.domain.entries import EntryKind
from coalition.domain.source_documents import gift_document
from coalition.errors import (
    CoalitionError,
    GiftDecided,
    NoPoints,
    ReasonRequired,
    SecondOperatorRequired,
    UnknownGift,
    UnknownTier,
)
from coalition.ids import new_id
from coalition.services.cursors import Page, page, read_cursor
from coalition.services.journal import JournalSession, Source
from coalition.services.partners import check_active, check_limit, get_partner
from coalition.services.programmes import rulebook
from coalition.store import gifts as store
from coalition.store import tables
from coalition.store.database import transaction

Decision = Literal["approved", "rejected"]
_PROPOSED, _APPROVED, _GIVEN = "proposed", "approved", "given"
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Segment:
    """Who gets it: members to whom everything holds that is asked for; nothing means everybody.

    ``tier`` is the one last announced to them, ``bought_at`` a partner's id, ``enrolled_before`` a day of the
    programme's.
    """

    tier: str | None = None
    bought_at: str | None = None
    enrolled_before: date | None = None


@dataclass(frozen=True, slots=True)
class GivePoints:
    """``points`` for each of the segment at the cost of ``issuer``, a partner's id; ``by`` is the operator's key."""

    issuer: str
    points: int
    reason: str
    by: str
    segment: Segment = Segment()


@dataclass(frozen=True, slots=True)
class Gift:
    """A gift as it stands: ``given`` of its ``recipients`` have it."""

    id: str
    issuer: str
    points: int
    reason: str
    segment: dict[str, str | None]
    status: str
    recipients: int
    given: int
    requested_by: str
    decided_by: str | None
    created_at: datetime
    decided_at: datetime | None


def propose_gift(command: GivePoints, *, now: datetime) -> Gift:
    """Write the gift down; if all of it is no more than one operator may give, it is approved at once.

    :raises ReasonRequired: no reason is given.
    :raises NoPoints: less than one point for each.
    :raises UnknownPartner: of the issuer, or in the segment.
    :raises UnknownTier: in the segment.
    """
    if not command.reason.strip():
        raise ReasonRequired()
    if command.points < 1:
        raise NoPoints(points=command.points)
    with transaction():
        issuer = get_partner(command.issuer)
        row = tables.Gift.create(
            public_id=new_id("gft"),
            issuer=issuer.number,
            points=command.points,
            segment=orjson.dumps(asdict(command.segment)).decode(),
            reason=command.reason,
            status=_PROPOSED,
            recipients=0,
            requested_by=command.by,
            created_at=now,
        )
        row.recipients = store.name_recipients(row.id, _criteria(command.segment, now))
        if command.points * row.recipients <= rulebook().at(now).adjustments.four_eyes_above_points:
            row.status, row.decided_by, row.decided_at = _APPROVED, command.by, now
        row.save()
        return get_gift(row.public_id)


def decide_gift(gift_id: str, decision: Decision, by: str, *, now: datetime) -> Gift:
    """Approve or reject what another operator has proposed.

    :raises UnknownGift: there is none of this id.
    :raises GiftDecided: it is decided already.
    :raises SecondOperatorRequired: whoever proposed it may not approve it.
    """
    with transaction():
        gift = _lock(gift_id)
        if gift.status != _PROPOSED:
            raise GiftDecided(gift=gift_id, status=gift.status)
        if decision == "approved" and by == gift.requested_by:
            raise SecondOperatorRequired(request=gift_id)
        tables.Gift.update(status=decision, decided_by=by, decided_at=now).where(
            tables.Gift.public_id == gift_id
        ).execute()
        return get_gift(gift_id)


def give(gift_id: str, *, now: datetime, progress: Callable[[int], None] | None = None) -> Gift:
    """Give an approved gift to everyone of its segment who does not have it yet; ``progress`` hears how many have.

    :raises UnknownGift: there is none of this id.
    :raises GiftDecided: it is not approved, or everyone has it.
    :raises CoalitionError: the issuer cannot give so many points; those who have theirs keep them.
    """
    while True:
        _give_some(gift_id, now)
        gift = get_gift(gift_id)
        if progress:
            progress(gift.given)
        if gift.status == _GIVEN:
            return gift


def give_approved(*, now: datetime) -> int:
    """Go on a little with every approved gift; returns how many members got one. The worker calls it.

    :raises CoalitionError: one of them cannot be given now; the others have gone on.
    """
    approved = [row.public_id for row in tables.Gift.select().where(tables.Gift.status == _APPROVED)]
    given, refusals = 0, []
    for gift_id in approved:
        try:
            given += _give_some(gift_id, now)
        except CoalitionError as refusal:
            refusals.append(refusal)
    if refusals:
        raise refusals[0]
    return given


def get_gift(gift_id: str) -> Gift:
    """:raises UnknownGift: there is none of this id."""
    row = tables.Gift.get_or_none(tables.Gift.public_id == gift_id)
    if row is None:
        raise UnknownGift(gift=gift_id)
    return _gift(row)


def list_gifts(*, limit: int, cursor: str | None) -> Page[Gift]:
    """All of them, the youngest first.

    :raises InvalidCursor: this list did not give it.
    """
    before = read_cursor("gifts", cursor)
    rows = list(tables.Gift.select().where(tables.Gift.id < before).order_by(tables.Gift.id.desc()).limit(limit + 1))
    shown = page("gifts", rows, limit, lambda row: row.id)
    return Page([_gift(row) for row in shown.data], shown.next_cursor)


def _give_some(gift_id: str, now: datetime) -> int:
    """Give it to some who lack it; returns to how many."""
    with transaction():
        gift = _lock(gift_id)
        if gift.status != _APPROVED:
            raise GiftDecided(gift=gift_id, status=gift.status)
        members = store.waiting(gift_id, _CHUNK)
        issuer, programme = get_partner(gift.issuer), rulebook().at(now)
        check_active(issuer)
        check_limit(issuer, gift.points * len(members))
        journal = JournalSession(members, now=now)
        for member in members:
            document = gift_document(gift_id, member, gift.points)
            # A source occurs once in the journal: even if all else failed, nobody could have the gift twice.
            source = Source(f"{gift_id}/{member}", document_hash(document), now)
            expires_at = programme.expires_at(now)
            account = journal.accounts[member]
            journal.issue(EntryKind.REWARD, issuer.number, account, gift.points, source, expires_at)
        journal.write()
        store.mark_given(gift_id, [account.id for account in journal.accounts.values()], now)
        if not store.waiting(gift_id, 1):
            tables.Gift.update(status=_GIVEN).where(tables.Gift.public_id == gift_id).execute()
        return len(members)


def _lock(gift_id: str) -> Gift:
    """The gift, which nobody else changes until the transaction ends."""
    tables.Gift.update(status=tables.Gift.status).where(tables.Gift.public_id == gift_id).execute()
    return get_gift(gift_id)


def _criteria(segment: Segment, now: datetime) -> store.Criteria:
    """The segment in the database's terms.

    :raises UnknownPartner: it names one that does not exist.
    :raises UnknownTier: it names one that the programme does not have.
    """
    programme = rulebook().at(now)
    tiers = [tier.name for tier in programme.tiers.levels] if programme.tiers else []
    if segment.tier is not None and segment.tier not in tiers:
        raise UnknownTier(tier=segment.tier)
    return store.Criteria(
        tier=segment.tier,
        is_lowest_tier=segment.tier is not None and segment.tier == tiers[0],
        bought_at=get_partner(segment.bought_at).number if segment.bought_at else None,
        enrolled_before=programme.start_of_day(segment.enrolled_before) if segment.enrolled_before else None,
    )


def _gift(row: tables.Gift) -> Gift:
    return Gift(
        id=row.public_id,
        issuer=row.issuer.public_id,
        points=row.points,
        reason=row.reason,
        segment=orjson.loads(row.segment),
        status=row.status,
        recipients=row.recipients,
        given=store.count_given(row.id),
        requested_by=row.requested_by,
        decided_by=row.decided_by,
        created_at=row.created_at,
        decided_at=row.decided_at,
    )
