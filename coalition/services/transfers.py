"""Points from member to member, where the programme allows it: they stay their issuer's, and keep their expiry."""

from dataclasses import dataclass
from datetime import datetime

from coalition.domain.documents import document_hash
from coalition.domain.entries import EntryKind
from coalition.domain.source_documents import transfer_document
from coalition.errors import (
    DuplicateReference,
    NoPoints,
    TransfersNotAllowed,
    TransferToSelf,
    UnknownMember,
)
from coalition.ids import new_id
from coalition.services.journal import JournalSession, Source
from coalition.services.partners import check_active, partners_numbered
from coalition.services.programmes import rulebook
from coalition.store import tables
from coalition.store.database import transaction


@dataclass(frozen=True, slots=True)
class TransferPoints:
    """``sender`` and ``recipient`` are members' public ids, ``partner`` the number of the till that asks for it."""

    partner: int
    sender: str
    recipient: str
    points: int
    reference: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """``balance`` is what the sender can spend afterwards."""

    id: str
    sender: str
    recipient: str
    points: int
    balance: int


def transfer_points(command: TransferPoints, *, now: datetime) -> Transfer:
    """Give the recipient points that the sender can spend, those that expire first.

    :raises TransfersNotAllowed: the programme does not let members do so.
    :raises CoalitionError: a member is unknown, or the sender has too few.
    """
    programme = rulebook().at(now)
    if not programme.transfers.allowed:
        raise TransfersNotAllowed()
    if command.sender == command.recipient:
        raise TransferToSelf(member=command.sender)
    if command.points < 1:
        raise NoPoints(points=command.points)
    with transaction():
        check_active(partners_numbered([command.partner])[command.partner])
        members = (command.sender, command.recipient)
        journal = JournalSession(members, spenders=members, now=now)
        for member in members:
            if member not in journal.accounts:
                raise UnknownMember(member=member)
        sender, recipient = (journal.accounts[member] for member in members)
        _check_new(command)
        transfer_id = new_id("trf")
        document = transfer_document(transfer_id, command.sender, command.recipient, command.points)
        assert sender.lots is not None
        for number, use in enumerate(journal.choose(sender, command.points), start=1):
            # Each lot is a pair of entries of its own, because each keeps its own expiry.
            source = Source(f"{transfer_id}/{number}", document_hash(document), now)
            expires_at = sender.lots[use.lot].expires_at
            journal.take(EntryKind.ADJUSTMENT_DECREASE, use.issuer, sender, [use], source)
            journal.issue(EntryKind.ADJUSTMENT_INCREASE, use.issuer, recipient, use.points, source, expires_at)
        journal.write()
        tables.Transfer.create(
            public_id=transfer_id,
            sender=sender.id,
            recipient=recipient.id,
            partner=command.partner,
            points=command.points,
            reference=command.reference,
            created_at=now,
        )
        return Transfer(transfer_id, command.sender, command.recipient, command.points, journal.available(sender))


def _check_new(command: TransferPoints) -> None:
    existing = tables.Transfer.get_or_none(
        tables.Transfer.partner == command.partner, tables.Transfer.reference == command.reference
    )
    if existing:
        raise DuplicateReference(reference=command.reference, existing=existing.public_id)
