"""Traits: what tills and apps tell of a member that another member may have too, such as a device or a card.

Nothing of it is kept but a keyed hash, by which two can be compared and nothing can be read. The key is a file of this
installation, not in the database; where several processes of several machines serve one database, all need the same.
"""

import hmac
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal

from coalition.domain.referrals import Trait
from coalition.services.members import member_number, normal_phone
from coalition.store import secret_file
from coalition.store import traits as store
from coalition.store.database import transaction

Kind = Literal["device", "payment_card", "phone"]
"""``phone`` is a number that the member has given up, or one that somebody had before them."""

KEPT_FOR = timedelta(days=400)

_FILE = "traits"
_directory: Path | None = None


def keep_key_in(directory: Path) -> None:
    """From now on this process keys its hashes by the file in there, which is made with the first hash."""
    global _directory
    _directory = directory


def note_trait(member: str, kind: Kind, value: str, now: datetime) -> None:
    """The member has this device, this card, or had this phone number; to be called in the transaction of the deed.

    :raises UnknownMember: no member has this id.
    :raises InvalidSetting: the key cannot be read.
    """
    store.keep(member_number(member), _trait(kind, value), now)


def note_number_of_another(member: str, phone: str, now: datetime) -> None:
    """If a member has given up the number before, the trait is this one's too; while nobody has, no key is needed.

    :raises UnknownMember: no member has this id.
    """
    if store.any_of("phone"):
        trait = _trait("phone", normal_phone(phone))
        if store.known(trait):
            store.keep(member_number(member), trait, now)


def forget_old_traits(*, now: datetime) -> int:
    """Forget what was first seen 400 days ago, in use or not; returns how many that were."""
    with transaction():
        return store.drop_before(now - KEPT_FOR)


def _trait(kind: Kind, value: str) -> Trait:
    if _directory is None:
        raise RuntimeError("nobody has said where the key of traits is kept")
    return Trait(kind, hmac.new(_key(_directory / _FILE), f"{kind}\0{value}".encode(), "sha256").hexdigest())


@lru_cache(maxsize=4)
def _key(path: Path) -> bytes:
    return secret_file.read_or_make(path)
