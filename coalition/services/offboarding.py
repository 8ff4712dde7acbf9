"""Partners that leave: ``leaving → ended``. They stop at once, and their points stay spendable at others for a time.

What others take of them is measured against a deposit, if there is one. Where a partner fails, or its deposit is
exhausted, the operator pays beyond the deposit, and the programme says what becomes of members' points. The worker does
the rest: see ``leaving``.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from coalition.domain.programme import Failure, Programme
from coalition.domain.rate_cards import Funding
from coalition.domain.statements import MICROS
from coalition.errors import InvalidOffboarding, PartnerLeaving, PartnerNotLeaving
from coalition.ids import new_id
from coalition.services.partners import change_partner, get_partner
from coalition.services.programmes import rulebook
from coalition.services.rate_cards import exchange_rates, rate_cards
from coalition.store import ledger as ledger_store
from coalition.store import offboarding as store
from coalition.store import tables
from coalition.store.database import to_column, transaction

Status = Literal["leaving", "ended"]

OPERATOR_BEARS = "operator"
"""What the deposit does not cover is no longer the partner's to pay."""
_MOST_MINOR = 2**53


@dataclass(frozen=True, slots=True)
class OffboardPartner:
    """``spendable_until`` is the last local day of the partner's points; one that ``failed`` may go without.

    ``partner`` is its id, ``by`` whoever decides it. None for the deposit is 0, or what it was: without one a partner
    that does not fail owes whatever others take. It is in the currency that the partner's points are settled in.
    """

    partner: str
    spendable_until: date | None
    deposit_minor: int | None
    failed: bool
    by: str


@dataclass(frozen=True, slots=True)
class Offboarding:
    """How far a partner's leaving is.

    ``spendable_until`` is the moment its points lapse, None where each keeps its own expiry. ``drawn`` points were
    redeemed elsewhere since, less reversals; ``uncovered_minor`` is what of their worth the deposit does not cover,
    which ``borne_by`` pays if it is there, and else the partner. The deposit was ``exhausted_at``, if it was.
    """

    id: str
    partner: str
    name: str
    status: str
    started_at: datetime
    spendable_until: datetime | None
    failed_at: datetime | None
    exhausted_at: datetime | None
    ended_at: datetime | None
    announced_at: datetime | None
    currency: str
    deposit_minor: int
    outstanding: int
    outstanding_minor: int
    drawn: int
    drawn_minor: int
    uncovered_minor: int
    borne_by: str | None


def offboard_partner(command: OffboardPartner, *, now: datetime) -> Offboarding:
    """Have the partner leave: it neither issues nor redeems from now on, and is not reinstated.

    One that is leaving already can still fail, on the terms on which it leaves.

    :raises InvalidOffboarding: it is the operator; the day is missing, or over; or the deposit is no sum of money.
    :raises PartnerLeaving: it is leaving already, or has left.
    :raises UnknownPartner: no such partner.
    """
    with transaction():
        partner = get_partner(command.partner)
        row = lock(tables.Offboarding.partner == partner.number)
        programme = rulebook().at(now)
        if row is None:
            row = _start(command, programme, now)
        else:
            more = command.spendable_until is not None or command.deposit_minor is not None
            if not command.failed or more or row.failed_at is not None or row.status != "leaving":
                raise PartnerLeaving(partner=partner.name, status=row.status)
        if command.failed:
            fail(row, programme, now)
            row.save()
        return get_offboarding(command.partner, now=now)


def get_offboarding(partner_id: str, *, now: datetime) -> Offboarding:
    """How far it is, to the last entry.

    :raises PartnerNotLeaving: it does not leave.
    :raises UnknownPartner: no such partner.
    """
    partner = get_partner(partner_id)
    row = tables.Offboarding.get_or_none(tables.Offboarding.partner == partner.number)
    if row is None:
        raise PartnerNotLeaving(partner=partner.name)
    return view(row, now)


def list_offboardings(*, now: datetime) -> list[Offboarding]:
    """All of them, the oldest first."""
    return [view(row, now) for row in tables.Offboarding.select().order_by(tables.Offboarding.id)]


def worth_minor(row: tables.Offboarding, points: int, now: datetime) -> int:
    """What so many of the partner's points cost it when others take them, in minor units of its deposit's currency: by
    the card in force now. Those for which the pool pays cost it nothing any more.

    :raises NoExchangeRate: they have a price in another currency, and there is no rate for today.
    """
    card = rate_cards().at(to_column(now))
    price = card.price_of(row.partner_id, None)
    if card.funding is Funding.AT_ISSUANCE or row.partner.funding == "prepaid":
        return 0
    if price.currency == row.currency:
        return points * price.issued_micros // MICROS
    rate = exchange_rates().at(price.currency, row.currency, rulebook().at(now).local(now).date())
    return points * price.issued_micros * rate // MICROS**2


def view(row: tables.Offboarding, now: datetime) -> Offboarding:
    """The offboarding, with its points worth what they are now.

    :raises NoExchangeRate: there is no rate for that.
    """
    partner = row.partner
    drawn = row.drawn_points + store.redeemed_elsewhere(partner.id, row.counted_to, ledger_store.highest_entry())
    drawn_minor = worth_minor(row, drawn, now)
    return Offboarding(
        id=row.public_id,
        partner=partner.public_id,
        name=partner.name,
        status=row.status,
        started_at=row.started_at,
        spendable_until=row.spendable_until,
        failed_at=row.failed_at,
        exhausted_at=row.exhausted_at,
        ended_at=row.ended_at,
        announced_at=row.announced_at,
        currency=row.currency,
        deposit_minor=row.deposit_minor,
        outstanding=partner.outstanding,
        outstanding_minor=worth_minor(row, partner.outstanding, now),
        drawn=drawn,
        drawn_minor=drawn_minor,
        uncovered_minor=max(drawn_minor - row.deposit_minor, 0),
        borne_by=row.borne_by,
    )


def fail(row: tables.Offboarding, programme: Programme, now: datetime) -> None:
    """The partner pays no more than its deposit from now on, and members hear, once the row is saved, what follows."""
    row.failed_at = now
    row.borne_by = OPERATOR_BEARS
    if programme.partners.failure is Failure.LAPSE:
        notice = programme.end_of_day(now, programme.partners.failure_notice_days)
        row.spendable_until = min(row.spendable_until or notice, notice)
    row.announced_to, row.announced_at = 0, None


def lock(condition: object) -> tables.Offboarding | None:
    """The one of which this is true; nobody else changes it until the transaction ends."""
    table = tables.Offboarding
    table.update(status=table.status).where(condition).execute()
    found: tables.Offboarding | None = table.get_or_none(condition)
    return found


def _start(command: OffboardPartner, programme: Programme, now: datetime) -> tables.Offboarding:
    partner = get_partner(command.partner)
    problem = None
    if partner.kind == "operator":
        problem = "the coalition is its own"
    elif command.spendable_until is None and not command.failed:
        problem = "say until which day its points can be spent"
    elif command.spendable_until is not None and command.spendable_until < programme.local(now).date():
        problem = f"{command.spendable_until} is over"
    elif not 0 <= (command.deposit_minor or 0) <= _MOST_MINOR:
        problem = f"a deposit of {command.deposit_minor} minor units is not from 0 to {_MOST_MINOR}"
    if problem:
        raise InvalidOffboarding(partner=partner.name, problem=problem)
    # Under the lock on the partner that this takes, nobody else starts.
    change_partner(command.partner, status="suspended")
    existing = tables.Offboarding.get_or_none(tables.Offboarding.partner == partner.number)
    if existing:
        raise PartnerLeaving(partner=partner.name, status=existing.status)
    last_day = command.spendable_until
    return tables.Offboarding.create(
        public_id=new_id("ofb"),
        partner=partner.number,
        status="leaving",
        deposit_minor=command.deposit_minor or 0,
        currency=rate_cards().at(to_column(now)).home_of(partner.number),
        spendable_until=last_day and programme.start_of_day(last_day + timedelta(days=1)),
        counted_to=ledger_store.highest_entry(),
        started_at=now,
        by=command.by,
    )
