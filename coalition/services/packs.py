"""Points that partners buy in advance: a prepaid partner never has issued more than it bought.

Its limit is what it bought, less what members have redeemed or let lapse since; the journal lowers it with every such
entry. The contract is told of a pack at once, and of a lowered limit from time to time: until then its limit is the
higher one, so it takes whatever the journal took.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from coalition.domain.packing import MOST_POINTS
from coalition.errors import DuplicateReference, InvalidPack, PackTooSmall
from coalition.ids import new_id
from coalition.ledger import partner_changes
from coalition.services.cursors import Page, page, read_cursor
from coalition.services.partners import UNLIMITED, check_staying, get_partner, locked_partner
from coalition.store import packs as store
from coalition.store import tables
from coalition.store.database import transaction

Alert = Literal["none", "low", "exhausted"]

LOW_PERCENT = 20
"""A partner runs low when no more than this part of its last pack is left."""
_MOST_MINOR = 2**53


@dataclass(frozen=True, slots=True)
class BuyPack:
    """``partner`` is its id, ``reference`` the name of the purchase, once for each partner; ``by`` who enters it."""

    partner: str
    points: int
    amount_minor: int
    currency: str
    reference: str
    by: str


@dataclass(frozen=True, slots=True)
class Pack:
    """Points that were bought for ``amount_minor`` of ``currency``."""

    id: str
    partner: str
    points: int
    amount_minor: int
    currency: str
    reference: str
    bought_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Funding:
    """``bought`` is in all packs, ``used`` what of it was redeemed or lapsed since the partner is prepaid.

    ``left`` is what the partner may still issue; it and ``limit`` are None where nothing bounds it.
    """

    partner: str
    name: str
    funding: str
    limit: int | None
    bought: int
    used: int
    outstanding: int
    left: int | None
    alert: Alert


def buy_pack(command: BuyPack, *, now: datetime) -> Pack:
    """Add a pack to what the partner has bought; what came before under this reference is not bought again.

    A postpaid partner's limit stays as it is until it is switched.

    :raises InvalidPack: no points, a price below zero, or more points than the ledger can count.
    :raises DuplicateReference: another pack of the partner's has this reference.
    :raises PartnerLeaving: who leaves buys no more.
    :raises UnknownPartner: no such partner.
    """
    with transaction():
        row = locked_partner(command.partner)
        existing = _by_reference(row, command.reference)
        if existing:
            pack = _pack(existing)
            if (pack.points, pack.amount_minor, pack.currency) != (
                command.points,
                command.amount_minor,
                command.currency,
            ):
                raise DuplicateReference(reference=command.reference, existing=pack.id)
            return pack
        _check(command, row)
        check_staying(row)
        bought = tables.PointsPack.create(
            public_id=new_id("pck"),
            partner=row.id,
            points=command.points,
            amount_minor=command.amount_minor,
            currency=command.currency,
            reference=command.reference,
            bought_at=now,
            by=command.by,
        )
        if row.funding == "prepaid":
            _set_limit(row, row.limit_points + command.points)
        return _pack(bought)


def switch_to_prepaid(partner_id: str, *, now: datetime) -> Funding:
    """From now on the partner issues only what it has bought; what it has outstanding counts as issued of that.

    The pool has the money for all of it, so from now on it pays for the partner's points.

    :raises PackTooSmall: it has more outstanding than it has bought.
    :raises PartnerLeaving: who leaves stays as it is.
    :raises UnknownPartner: no such partner.
    """
    with transaction():
        row = locked_partner(partner_id)
        if row.funding != "prepaid":
            check_staying(row)
            bought = store.bought(row.id)
            if row.outstanding > bought:
                raise PackTooSmall(partner=row.name, bought=bought, outstanding=row.outstanding)
            row.funding, row.prepaid_since = "prepaid", now
            row.save(only=[tables.Partner.funding, tables.Partner.prepaid_since])
            _set_limit(row, bought)
        return funding(partner_id)


def funding(partner_id: str) -> Funding:
    """What the partner has bought, and what is left.

    :raises UnknownPartner: no such partner.
    """
    partner = get_partner(partner_id)
    bought = store.bought(partner.number)
    left = partner.limit - partner.outstanding
    unlimited = partner.limit == UNLIMITED and not partner.prepaid
    last = _last_pack(partner.number)
    return Funding(
        partner=partner.id,
        name=partner.name,
        funding=partner.funding,
        limit=None if unlimited else partner.limit,
        bought=bought,
        used=bought - partner.limit if partner.prepaid else 0,
        outstanding=partner.outstanding,
        left=None if unlimited else left,
        alert=alert_of(left, last.points if last else 0) if partner.prepaid else "none",
    )


def alert_of(left: int, last_pack: int) -> Alert:
    """How a prepaid partner stands that has so many points left, and last bought so many."""
    if left <= 0:
        return "exhausted"
    return "low" if left * 100 <= last_pack * LOW_PERCENT else "none"


def list_packs(partner_id: str, *, limit: int, cursor: str | None) -> Page[Pack]:
    """The partner's packs, the youngest first.

    :raises InvalidCursor: this list did not give it.
    :raises UnknownPartner: no such partner.
    """
    table, number = tables.PointsPack, get_partner(partner_id).number
    before = read_cursor("packs", cursor)
    rows = table.select().where(table.partner == number, table.id < before).order_by(table.id.desc()).limit(limit + 1)
    shown = page("packs", list(rows), limit, lambda row: row.id)
    return Page([_pack(row) for row in shown.data], shown.next_cursor)


def _check(command: BuyPack, row: tables.Partner) -> None:
    problem = None
    if command.points < 1:
        problem = f"{command.points} points is not a number of points that can be bought"
    elif not 0 <= command.amount_minor <= _MOST_MINOR:
        problem = f"a price of {command.amount_minor} minor units is not from 0 to {_MOST_MINOR}"
    elif store.bought(row.id) + command.points > MOST_POINTS:
        problem = f"with it the partner would have bought more points than the ledger can count, {MOST_POINTS}"
    if problem:
        raise InvalidPack(partner=row.name, problem=problem)


def _set_limit(row: tables.Partner, limit: int) -> None:
    row.limit_points = limit
    row.save(only=[tables.Partner.limit_points])
    partner_changes.note(row)


def _by_reference(row: tables.Partner, reference: str) -> tables.PointsPack | None:
    return tables.PointsPack.get_or_none(tables.PointsPack.partner == row.id, tables.PointsPack.reference == reference)


def _last_pack(number: int) -> tables.PointsPack | None:
    table = tables.PointsPack
    return table.select().where(table.partner == number).order_by(table.id.desc()).first()


def _pack(row: tables.PointsPack) -> Pack:
    return Pack(
        id=row.public_id,
        partner=row.partner.public_id,
        points=row.points,
        amount_minor=row.amount_minor,
        currency=row.currency,
        reference=row.reference,
        bought_at=row.bought_at,
        by=row.by,
    )
