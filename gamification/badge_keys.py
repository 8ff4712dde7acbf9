"""The keys that sign badges: RSA, as Open Badges 3.0 wants them at least (RS256).

Each process signs with a key of its data directory, ``keys/open-badges/….pem``, made when it is first needed and
readable by its owner alone; where a passphrase is set for the keys of the chain, it encrypts these, too. The public
halves of all keys that ever were are in the database: so several machines sign, and what was signed stays valid.
"""

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from joserfc import jws
from joserfc.jwk import RSAKey

from coalition.config import Settings
from coalition.domain.documents import canonical_json
from coalition.errors import InvalidSetting
from coalition.store.database import transaction
from gamification.store.reward_tables import BadgeKey

ALGORITHM = "RS256"
KEYS_PATH = "/v1/open-badges/keys"

_BITS = 2048


@dataclass(frozen=True)
class BadgeKeys:
    """``public_url`` is where the world finds the API, and thereby the public keys."""

    public_url: str
    directory: Path
    passphrase: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> "BadgeKeys":
        """The keys of this deployment; nothing is read yet."""
        passphrase, path = settings.key_passphrase, settings.key_passphrase_file
        if path is not None and path.is_file():
            passphrase = path.read_text().rstrip("\r\n") or None
        return cls(settings.public_url, settings.data_dir / "keys" / "open-badges", passphrase)

    def sign(self, payload: dict[str, Any], *, now: datetime) -> str:
        """The payload as a compact JWS, by the newest key that is here."""
        thumbprint = self._newest() or self.rotate(now=now)
        header = {"alg": ALGORITHM, "kid": self.address(thumbprint), "typ": "JWT"}
        return jws.serialize_compact(header, canonical_json(payload), self._private(thumbprint), algorithms=[ALGORITHM])

    def rotate(self, *, now: datetime) -> str:
        """Make a new key, which signs from now on; returns its thumbprint (RFC 7638)."""
        key = RSAKey.generate_key(_BITS)
        thumbprint = key.thumbprint()
        # The file first: a public key without it would be of no use, a file without its public key is overlooked.
        _write_once(self._path(thumbprint), key.as_pem(private=True, password=self.passphrase))
        public = {**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM}
        with transaction():
            BadgeKey.create(thumbprint=thumbprint, jwk=canonical_json(public).decode(), created_at=now)
        self._opened[thumbprint] = key
        return thumbprint

    def public_keys(self) -> list[dict[str, Any]]:
        """Every public key there ever was, as JWKs, the oldest first."""
        return [self._shown(row) for row in BadgeKey.select().order_by(BadgeKey.created_at, BadgeKey.thumbprint)]

    def public_key(self, thumbprint: str) -> dict[str, Any] | None:
        """The one of this thumbprint."""
        row = BadgeKey.get_or_none(BadgeKey.thumbprint == thumbprint)
        return self._shown(row) if row else None

    def address(self, thumbprint: str) -> str:
        """Where the public key is, as a JWK; badges name it as their ``kid``."""
        return f"{self.public_url}{KEYS_PATH}/{thumbprint}"

    def _shown(self, row: BadgeKey) -> dict[str, Any]:
        jwk: dict[str, Any] = orjson.loads(row.jwk)
        return {**jwk, "kid": self.address(row.thumbprint)}

    def _newest(self) -> str | None:
        rows = BadgeKey.select(BadgeKey.thumbprint).order_by(BadgeKey.created_at.desc(), BadgeKey.thumbprint)
        return next((row.thumbprint for row in rows if self._path(row.thumbprint).exists()), None)

    def _private(self, thumbprint: str) -> RSAKey:
        if thumbprint not in self._opened:
            self._opened[thumbprint] = self._open(self._path(thumbprint))
        return self._opened[thumbprint]

    def _open(self, path: Path) -> RSAKey:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise InvalidSetting(name=str(path), value="open to others", wanted="readable by its owner alone")
            content = file.read()
        try:
            return RSAKey.import_key(content, password=self.passphrase)
        # What a damaged file or another passphrase makes of the library has no type in common.
        except Exception as error:
            wanted = "a key that COALITION_KEY_PASSPHRASE opens, or one that is not encrypted"
            raise InvalidSetting(name=str(path), value="unreadable", wanted=wanted) from error

    def _path(self, thumbprint: str) -> Path:
        return self.directory / f"{thumbprint}.pem"

    @cached_property
    def _opened(self) -> dict[str, RSAKey]:
        return {}


def _write_once(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("wb", dir=path.parent) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(file.name)
