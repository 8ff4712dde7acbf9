"""Partners: the merchants of the coalition, and the operator, who may issue rewards like any of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
from peewee import IntegrityError, fn

from coalition.domain.packing import MOST_POINTS
from coalition.domain.programme import BPS
from coalition.errors import (
    InvalidPartner,
    IssuerLimitExceeded,
    PartnerExists,
    PartnerLeaving,
    PartnerSuspended,
    UnknownPartner,
    UnknownStore,
)
from coalition.ids import new_id
from coalition.ledger import partner_changes
from coalition.store import tables
from coalition.store.database import execute, is_postgresql, placeholders, transaction

UNLIMITED = MOST_POINTS
"""The largest limit the token ledger knows: as many points as it can count."""
OPERATOR = "operator"
POOL_NAME = "pool"
"""A party of settlement that is no partner."""

Status = Literal["active", "suspended"]
Kind = Literal["merchant", "operator", "charity"]
Funding = Literal["postpaid", "prepaid"]


@dataclass(frozen=True, slots=True)
class Partner:
    """``number`` names it on the token ledger; ``limit`` bounds the points it may have outstanding.

    With ``funding`` ``postpaid`` that is a credit; with ``prepaid`` it is what the partner has bought and members have
    neither redeemed nor let lapse. ``stores`` are those that its receipts may name; with none, they may name any.
    """

    number: int
    id: str
    name: str
    kind: str
    status: str
    rate_bps: int
    limit: int
    outstanding: int
    funding: str
    stores: frozenset[str]

    @property
    def prepaid(self) -> bool:
        return self.funding == "prepaid"


def register_partner(
    name: str,
    rate_bps: int,
    *,
    now: datetime,
    limit: int = UNLIMITED,
    kind: Kind = "merchant",
) -> Partner:
    """Take a merchant into the coalition, with the next free number.

    :raises InvalidPartner: a rate outside 0 to 10000 bps, or a limit outside what the ledger can count.
    :raises PartnerExists: the name is taken.
    """
    if not 0 <= rate_bps <= BPS:
        raise InvalidPartner(name=name, problem=f"a rate of {rate_bps} bps is not from 0 to {BPS}")
    if not 0 <= limit <= UNLIMITED:
        raise InvalidPartner(name=name, problem=f"a limit of {limit} points is not from 0 to {UNLIMITED}")
    if name == POOL_NAME:
        raise InvalidPartner(name=name, problem="that is what settlement calls the pool")
    try:
        with transaction():
            if tables.Partner.get_or_none(tables.Partner.name == name):
                raise PartnerExists(name=name)
            number = (tables.Partner.select(fn.MAX(tables.Partner.id)).scalar() or 0) + 1
            row = tables.Partner.create(
                id=number,
                public_id=new_id("par"),
                name=name,
                kind=kind,
                status="active",
                rate_bps=rate_bps,
                limit_points=limit,
                created_at=now,
                force_insert=True,
            )
            partner_changes.note(row)
    except IntegrityError as error:
        if tables.Partner.get_or_none(tables.Partner.name == name):
            raise PartnerExists(name=name) from error
        raise
    return _partner(row)


def ensure_operator(*, now: datetime) -> Partner:
    """The operator as an issuer of rewards; the first partner of every coalition."""
    existing = tables.Partner.get_or_none(tables.Partner.name == OPERATOR)
    return _partner(existing) if existing else register_partner(OPERATOR, 0, now=now, kind="operator")


def operator_number() -> int:
    """The number of the operator, who is the first partner of every coalition."""
    number: int = execute("SELECT id FROM partner WHERE name = ?", (OPERATOR,)).fetchone()[0]
    return number


def set_status(partner_id: str, status: Status) -> Partner:
    """Suspend a partner, or reinstate it. A suspended one can neither issue nor redeem; its points stay spendable.

    :raises UnknownPartner: no such partner.
    """
    return change_partner(partner_id, status=status)


def set_limit(partner_id: str, limit: int) -> Partner:
    """Bound the points the partner may have outstanding.

    :raises InvalidPartner: a limit below what is outstanding already, or above what the ledger can count.
    :raises UnknownPartner: no such partner.
    """
    return change_partner(partner_id, limit=limit)


def change_partner(
    partner_id: str, *, status: Status | None = None, limit: int | None = None, stores: Iterable[str] | None = None
) -> Partner:
    """Set what is given, all of it or nothing. With ``stores``, receipts may name these and no others; with none, any.

    :raises InvalidPartner: a limit below what is outstanding already, or above what the ledger can count, or one for a
        partner that pays in advance.
    :raises PartnerLeaving: who leaves the coalition is not reinstated.
    :raises UnknownPartner: no such partner.
    """
    with transaction():
        row = locked_partner(partner_id)
        before = (row.status, row.limit_points)
        if status == "active":
            check_staying(row)
        if limit is not None:
            if row.funding == "prepaid":
                raise InvalidPartner(name=row.name, problem="it is prepaid, so its limit is what it has bought")
            if not row.outstanding <= limit <= UNLIMITED:
                problem = f"a limit of {limit} points is not from {row.outstanding}, outstanding now, to {UNLIMITED}"
                raise InvalidPartner(name=row.name, problem=problem)
            row.limit_points = limit
        if status is not None:
            row.status = status
        if stores is not None:
            row.stores = orjson.dumps(sorted(set(stores))).decode()
        row.save(only=[tables.Partner.status, tables.Partner.limit_points, tables.Partner.stores])
        if (row.status, row.limit_points) != before:
            partner_changes.note(row)
        return _partner(row)


def get_partner(partner_id: str) -> Partner:
    """:raises UnknownPartner: no partner has this id."""
    found = _partners_where("public_id = ?", (partner_id,))
    if not found:
        raise UnknownPartner(partner=partner_id)
    return found[0]


def partners_numbered(numbers: Iterable[int]) -> dict[int, Partner]:
    """``{number: partner}``"""
    wanted = sorted(set(numbers))
    if not wanted:
        return {}
    return {partner.number: partner for partner in _partners_where(f"id IN ({placeholders(len(wanted))})", wanted)}


def partner_named(name: str) -> Partner:
    """:raises UnknownPartner: no partner has this name."""
    row = tables.Partner.get_or_none(tables.Partner.name == name)
    if row is None:
        raise UnknownPartner(partner=name)
    return _partner(row)


def list_partners() -> list[Partner]:
    """All of them, the operator included, by number."""
    return [_partner(row) for row in tables.Partner.select().order_by(tables.Partner.id)]


def check_active(partner: Partner) -> None:
    """:raises PartnerSuspended: the partner may neither issue nor redeem at present."""
    if partner.status != "active":
        raise PartnerSuspended(partner=partner.name)


def check_store(partner: Partner, store_id: str | None) -> None:
    """:raises UnknownStore: the partner has named its stores, and this is none of them."""
    if store_id is not None and partner.stores and store_id not in partner.stores:
        raise UnknownStore(partner=partner.name, store=store_id)


def check_staying(row: tables.Partner) -> None:
    """:raises PartnerLeaving: the partner is leaving the coalition, or has left."""
    offboarding = tables.Offboarding.get_or_none(tables.Offboarding.partner == row.id)
    if offboarding:
        raise PartnerLeaving(partner=row.name, status=offboarding.status)


def check_limit(partner: Partner, points: int, change: int = 0) -> None:
    """Whether the partner may issue that many points; ``change`` is how much room was taken since it was read.

    :raises IssuerLimitExceeded: it would have more outstanding than it may.
    """
    outstanding = partner.outstanding + change + points
    if points and outstanding > partner.limit:
        raise IssuerLimitExceeded(partner=partner.name, limit=partner.limit, outstanding=outstanding)


def locked_partner(partner_id: str) -> tables.Partner:
    """The partner's row, which nobody else changes until the transaction ends.

    :raises UnknownPartner: no partner has this id.
    """
    if is_postgresql():
        execute("SELECT 1 FROM partner WHERE public_id = ? FOR NO KEY UPDATE", (partner_id,))
    row = tables.Partner.get_or_none(tables.Partner.public_id == partner_id)
    if row is None:
        raise UnknownPartner(partner=partner_id)
    return row


def _partners_where(condition: str, parameters: Sequence[Any]) -> list[Partner]:
    """Every purchase asks, so this goes without peewee, which takes longer than the database."""
    columns = "id, public_id, name, kind, status, rate_bps, limit_points, outstanding, funding, stores"
    rows = execute(f"SELECT {columns} FROM partner WHERE {condition}", parameters).fetchall()
    return [Partner(*[*row[:-1], frozenset(orjson.loads(row[-1]))]) for row in rows]


def _partner(row: tables.Partner) -> Partner:
    return Partner(
        number=row.id,
        id=row.public_id,
        name=row.name,
        kind=row.kind,
        status=row.status,
        rate_bps=row.rate_bps,
        limit=row.limit_points,
        outstanding=row.outstanding,
        funding=row.funding,
        stores=frozenset(orjson.loads(row.stores)),
    )
