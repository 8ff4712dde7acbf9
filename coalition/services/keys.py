"""API keys: issued once, kept as a hash, several for one partner so that rotation can overlap."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal
from zlib import crc32

from coalition.errors import Unauthenticated
from coalition.ids import new_id
from coalition.services.partners import get_partner
from coalition.store import tables

Role = Literal["partner", "operator"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a key speaks for; ``partner`` and ``partner_id`` are those of a partner's key, else None."""

    key_id: str
    role: Role
    partner: int | None
    partner_id: str | None


def issue_key(role: Role, partner_id: str | None = None, *, now: datetime) -> str:
    """A new key, in the only moment in which it can be read: ``ck_<role>_<id>_<secret><checksum>``.

    The checksum lets a till, or a scanner of leaked secrets, tell a key from a typing error without asking us.

    :raises UnknownPartner: no such partner.
    """
    partner = get_partner(partner_id).number if partner_id else None
    key_id = new_id("key")
    secret = secrets.token_hex(24)
    tables.ApiKey.create(
        public_id=key_id,
        role=role,
        partner=partner,
        secret_hash=_hash(secret),
        created_at=now,
        force_insert=True,
    )
    return f"ck_{role}_{key_id.removeprefix('key_')}_{secret}{_checksum(secret)}"


def authenticate(key: str) -> Principal:
    """Whose key this is.

    :raises Unauthenticated: it is not one of ours, or no longer.
    """
    parts = key.split("_")
    if len(parts) != 4 or parts[0] != "ck" or parts[3][-8:] != _checksum(parts[3][:-8]):
        raise Unauthenticated()
    _, role, key_id, secret = parts
    row = tables.ApiKey.get_or_none(tables.ApiKey.public_id == f"key_{key_id}", tables.ApiKey.revoked_at.is_null())
    if row is None or row.role != role or not secrets.compare_digest(row.secret_hash, _hash(secret[:-8])):
        raise Unauthenticated()
    if row.partner is None:
        return Principal(row.public_id, "operator", None, None)
    return Principal(row.public_id, "partner", row.partner.id, row.partner.public_id)


def revoke_key(key_id: str, *, now: datetime) -> None:
    """From now on the key opens nothing; revoking it again changes nothing."""
    tables.ApiKey.update(revoked_at=now).where(
        tables.ApiKey.public_id == key_id, tables.ApiKey.revoked_at.is_null()
    ).execute()


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _checksum(secret: str) -> str:
    return f"{crc32(secret.encode()):08x}"
