"""What members see and change of what is written down about themselves."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from coalition.services.members import Locale
from coalition.services.partners import operator_number
from coalition.services.time_zones import announce_moves, check_not_changed_lately, check_time_zone
from coalition.store import tables
from coalition.store.database import execute, is_postgresql, transaction


@dataclass(frozen=True, slots=True)
class Profile:
    """``time_zone`` is None where nobody has said: then the programme's zone says which day it is."""

    id: str
    card_number: str
    phone: str
    name: str | None
    email: str | None
    locale: str
    time_zone: str | None
    marketing_consent: bool


class ProfileChange(TypedDict, total=False):
    """What is left out stays as it is; None takes away what was there."""

    name: str | None
    email: str | None
    locale: Locale
    time_zone: str
    marketing_consent: bool


def profile(member: int) -> Profile:
    """What is written down of the member with this number."""
    return _profile(tables.Member.get_by_id(member))


def change_profile(member: int, change: ProfileChange, *, now: datetime) -> Profile:
    """Write down what the member says of themselves. If they live in another zone than before, the stream tells.

    :raises InvalidTimeZone: not an IANA zone; nothing is changed.
    :raises TimeZoneChangedLately: they have changed it in the last thirty days; nothing is changed.
    """
    zone = change.get("time_zone")
    if zone is not None:
        check_time_zone(zone)
    with transaction():
        before = _locked(member)
        moves = {member: zone} if zone is not None and zone != before.time_zone else {}
        if moves:
            check_not_changed_lately(member, operator_number(), now=now)
        if change:
            tables.Member.update(**change).where(tables.Member.id == member).execute()
        announce_moves(moves, operator_number(), now=now)
        return profile(member)


def _locked(member: int) -> tables.Member:
    """The member's row, which nobody else changes until the transaction ends."""
    if is_postgresql():
        execute("SELECT 1 FROM member WHERE id = ? FOR NO KEY UPDATE", (member,))
    return tables.Member.get_by_id(member)


def _profile(row: tables.Member) -> Profile:
    return Profile(
        id=row.public_id,
        card_number=row.card_number,
        phone=row.phone,
        name=row.name,
        email=row.email,
        locale=row.locale,
        time_zone=row.time_zone,
        marketing_consent=row.marketing_consent,
    )
