"""Members: enrolment, and how a till finds them."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import phonenumbers
from peewee import IntegrityError

from coalition.domain.cards import card_number
from coalition.errors import InvalidPhone, MemberExists, UnknownMember, UnknownReferralCode
from coalition.ids import new_id
from coalition.services.programmes import rulebook
from coalition.services.referrals import announce_accepted
from coalition.services.tiers import TierBook
from coalition.services.time_zones import announce_moves, check_time_zone
from coalition.store import tables
from coalition.store.database import chunks, insert_rows, reserve_ids, to_column, transaction

Locale = Literal["en", "ru"]

_REFERRAL_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without characters that are mistaken for each other when read aloud."""


@dataclass(frozen=True, slots=True)
class EnrolMember:
    phone: str
    email: str | None = None
    name: str | None = None
    birth_date: date | None = None
    locale: Locale = "en"
    marketing_consent: bool = False
    referral_code: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """What a till needs to know of a member, and no more; ``balance`` is what can be spent, ``tier`` where the member
    stands now, None where the programme has no tiers."""

    id: str
    card_number: str
    tier: str | None
    balance: int
    locale: str


def normal_phone(phone: str) -> str:
    """The number in E.164, such as ``+79161234567``.

    :raises InvalidPhone: it is not a possible international number.
    """
    try:
        parsed = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException as error:
        raise InvalidPhone(phone=phone) from error
    if not phonenumbers.is_possible_number(parsed):
        raise InvalidPhone(phone=phone)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def enrol_member(command: EnrolMember, partner: int, *, now: datetime) -> Member:
    """Make the person a member, with a card of their own.

    :raises InvalidPhone: not a phone number.
    :raises MemberExists: the number already belongs to a member, who is named.
    :raises UnknownReferralCode: nobody has that code.
    :raises InvalidTimeZone: not an IANA zone.
    """
    phone = normal_phone(command.phone)
    _check_time_zones([command])
    try:
        with transaction():
            if existing := tables.Member.get_or_none(tables.Member.phone == phone):
                raise MemberExists(member=existing.public_id)
            referrer = _referrer(command.referral_code)
            (member_id,) = _insert([command], [phone], partner, now, referrer)
            if referrer is not None:
                announce_accepted(member_id, referrer, partner, now)
            return get_member(member_id, now=now)
    except IntegrityError as error:
        # Two tills enrolled the same person at the same moment; the other one was first.
        if existing := tables.Member.get_or_none(tables.Member.phone == phone):
            raise MemberExists(member=existing.public_id) from error
        raise


def enrol_members(commands: Sequence[EnrolMember], partner: int, *, now: datetime) -> dict[str, str]:
    """``{phone: member id}`` for all of them; those whose number already belongs to a member stay as they are."""
    phones = [normal_phone(command.phone) for command in commands]
    _check_time_zones(commands)
    with transaction():
        known = members_by_phone(phones)
        new = {phone: command for phone, command in zip(phones, commands, strict=True) if phone not in known}
        ids = _insert(list(new.values()), list(new), partner, now, None)
        return known | dict(zip(new, ids, strict=True))


def members_by_phone(phones: Iterable[str]) -> dict[str, str]:
    """``{phone: member id}`` for those numbers, in E.164, that belong to a member."""
    found: dict[str, str] = {}
    for some in chunks(phones):
        rows = tables.Member.select().where(tables.Member.phone.in_(some))
        found |= {row.phone: row.public_id for row in rows}
    return found


def get_member(member_id: str, *, now: datetime) -> Member:
    """:raises UnknownMember: no member has this id."""
    return _member(tables.Member.get_or_none(tables.Member.public_id == member_id), member_id, now)


def find_member(*, phone: str | None = None, card: str | None = None, now: datetime) -> Member:
    """The member with this phone number or card number.

    :raises InvalidPhone: not a phone number.
    :raises UnknownMember: nobody has it.
    """
    if phone is not None:
        normal = normal_phone(phone)
        return _member(tables.Member.get_or_none(tables.Member.phone == normal), normal, now)
    return _member(tables.Member.get_or_none(tables.Member.card_number == card), str(card), now)


def _member(row: tables.Member | None, reference: str, now: datetime) -> Member:
    if row is None:
        raise UnknownMember(member=reference)
    standing = TierBook([row.id], rulebook()).standing(row.id, now)
    return Member(
        id=row.public_id,
        card_number=row.card_number,
        tier=standing.tier if standing else None,
        balance=row.balance - row.pending - row.held,
        locale=row.locale,
    )


def _referrer(code: str | None) -> int | None:
    if code is None:
        return None
    row = tables.Member.get_or_none(tables.Member.referral_code == code.upper())
    if row is None:
        raise UnknownReferralCode(referral_code=code)
    number: int = row.id
    return number


def _check_time_zones(commands: Iterable[EnrolMember]) -> None:
    for command in commands:
        if command.time_zone is not None:
            check_time_zone(command.time_zone)


def _insert(
    commands: Sequence[EnrolMember], phones: Sequence[str], partner: int, now: datetime, referrer: int | None
) -> list[str]:
    """Insert the rows, tell where these members live, and return the public ids, in the same order."""
    numbers = reserve_ids(tables.Member, len(commands))
    public_ids = [new_id("mem") for _ in commands]
    columns = (
        "id",
        "public_id",
        "phone",
        "card_number",
        "address",
        "referral_code",
        "referred_by_id",
        "email",
        "name",
        "birth_date",
        "locale",
        "time_zone",
        "marketing_consent",
        "balance",
        "enrolled_by_id",
        "created_at",
    )
    rows = (
        (
            id_,
            public_id,
            phone,
            card_number(secrets.randbelow(10**14)),
            f"0x{secrets.token_hex(20)}",
            "".join(secrets.choice(_REFERRAL_ALPHABET) for _ in range(8)),
            referrer,
            command.email,
            command.name,
            command.birth_date and command.birth_date.isoformat(),
            command.locale,
            command.time_zone,
            command.marketing_consent,
            0,
            partner,
            to_column(now),
        )
        for id_, public_id, phone, command in zip(numbers, public_ids, phones, commands, strict=True)
    )
    insert_rows(tables.Member, columns, rows)
    zones = zip(numbers, (command.time_zone for command in commands), strict=True)
    announce_moves({number: zone for number, zone in zones if zone is not None}, partner, now=now)
    return public_ids


def public_ids(numbers: Iterable[int]) -> dict[int, str]:
    """``{number: member id}``: events name members by the numbers, people by the ids."""
    found: dict[int, str] = {}
    for some in chunks(numbers):
        rows: Any = (
            tables.Member.select(tables.Member.id, tables.Member.public_id).where(tables.Member.id.in_(some)).tuples()
        )
        found.update(rows)
    return found


def enrolments(numbers: Iterable[int]) -> dict[int, datetime]:
    """``{number: when they became a member}``."""
    found: dict[int, datetime] = {}
    for some in chunks(numbers):
        rows: Any = (
            tables.Member.select(tables.Member.id, tables.Member.created_at).where(tables.Member.id.in_(some)).tuples()
        )
        found.update(rows)
    return found


def member_number(member_id: str) -> int:
    """The number by which events name the member.

    :raises UnknownMember: no member has this id.
    """
    number: int | None = tables.Member.select(tables.Member.id).where(tables.Member.public_id == member_id).scalar()
    if number is None:
        raise UnknownMember(member=member_id)
    return number
