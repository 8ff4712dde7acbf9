"""API keys: issued once, kept as a hash, several for one partner so that rotation can overlap."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal
from zlib import crc32

from coalition.errors import Unauthenticated, UnknownKey
from coalition.ids import new_id
from coalition.services.partners import get_partner
from coalition.store import tables
from coalition.store.database import execute

KeyRole = Literal["partner", "operator"]
Role = KeyRole | Literal["member"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a key or a session speaks for, and by which of them (``key_id``).

    ``partner`` and ``partner_id`` are those of a partner's key, ``member`` and ``member_id`` those of a member's
    session, else None.
    """

    key_id: str
    role: Role
    partner: int | None = None
    partner_id: str | None = None
    member: int | None = None
    member_id: str | None = None


def issue_key(role: KeyRole, partner_id: str | None = None, *, now: datetime) -> str:
    """A new key, in the only moment in which it can be read: ``ck_<role>_<id>_<secret><checksum>``.

    The checksum lets a till, or a scanner of leaked secrets, tell a key from a typing error without asking us.

    :raises UnknownPartner: no such partner.
    :raises ValueError: a partner's key for no partner, or an operator's for one.
    """
    if (role == "partner") != (partner_id is not None):
        raise ValueError(f"a key of role {role} cannot be for partner {partner_id}")
    partner = get_partner(partner_id).number if partner_id else None
    key_id = new_id("key")
    secret = secrets.token_hex(24)
    tables.ApiKey.create(
        public_id=key_id,
        role=role,
        partner=partner,
        secret_hash=hashed(secret),
        created_at=now,
        force_insert=True,
    )
    return f"ck_{role}_{key_id.removeprefix('key_')}_{with_checksum(secret)}"


def authenticate(key: str) -> Principal:
    """Whose key this is.

    :raises Unauthenticated: it is not one of ours, or no longer.
    """
    parts = key.split("_")
    if len(parts) != 4 or parts[0] != "ck":
        raise Unauthenticated()
    _, role, key_id, _ = parts
    secret = without_checksum(parts[3])
    row = execute(
        "SELECT k.role, k.secret_hash, p.id, p.public_id FROM api_key k LEFT JOIN partner p ON p.id = k.partner_id"
        " WHERE k.public_id = ? AND k.revoked_at IS NULL",
        (f"key_{key_id}",),
    ).fetchone()
    if row is None or row[0] != role or not secrets.compare_digest(row[1], hashed(secret)):
        raise Unauthenticated()
    return Principal(f"key_{key_id}", row[0], row[2], row[3])


def revoke_key(key_id: str, *, now: datetime) -> None:
    """From now on the key opens nothing; revoking it again changes nothing."""
    tables.ApiKey.update(revoked_at=now).where(
        tables.ApiKey.public_id == key_id, tables.ApiKey.revoked_at.is_null()
    ).execute()


def revoke_partner_key(partner_id: str, key_id: str, *, now: datetime) -> None:
    """From now on this key of the partner's opens nothing; revoking it again changes nothing.

    :raises UnknownPartner: no such partner.
    :raises UnknownKey: the partner has no such key.
    """
    partner = get_partner(partner_id)
    if not tables.ApiKey.get_or_none(tables.ApiKey.public_id == key_id, tables.ApiKey.partner == partner.number):
        raise UnknownKey(key=key_id)
    revoke_key(key_id, now=now)


def key_id(key: str) -> str:
    """The public name of a key that ``issue_key`` made, by which it is revoked."""
    return f"key_{key.split('_')[2]}"


def hashed(secret: str) -> str:
    """What is kept of a secret that is too long to be guessed."""
    return sha256(secret.encode()).hexdigest()


def with_checksum(secret: str) -> str:
    return f"{secret}{crc32(secret.encode()):08x}"


def without_checksum(text: str) -> str:
    """The secret of which ``with_checksum`` made this text.

    :raises Unauthenticated: of none.
    """
    secret = text[:-8]
    if text != with_checksum(secret):
        raise Unauthenticated()
    return secret
