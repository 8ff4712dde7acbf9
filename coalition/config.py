"""The settings, read from the environment once, when a process starts."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from coalition.errors import InvalidSetting

IN_PROCESS_URL = "tester://"
ROLES = ("admin", "recorder", "registrar", "pauser")
"""What accounts may do with the contracts: grant roles, record, register partners, stop everything."""


class LedgerMode(StrEnum):
    """What the chain is given: every entry, or of each batch its root alone."""

    FULL = "full"
    ROOTS = "roots"


_CHAIN_URL = "COALITION_CHAIN_URL"
_LEDGER_MODE = "COALITION_LEDGER_MODE"
_PASSPHRASE = "COALITION_KEY_PASSPHRASE"
_PASSPHRASE_FILE = "COALITION_KEY_PASSPHRASE_FILE"
_SIGNER_URL = "COALITION_SIGNER_URL"
_SIGNER_ACCOUNTS = "COALITION_SIGNER_ACCOUNTS"
_PUBLIC_URL = "COALITION_PUBLIC_URL"
SMS = "COALITION_SMS"
LOG_SMS = "log"


@dataclass(frozen=True)
class Settings:
    """One deployment's settings.

    ``chain_url`` is None when the node is ours to start: anvil where it is installed, else ``tester://``.
    ``confirmations`` is how many blocks must lie above a chain transaction before it counts as final.
    ``key_passphrase`` opens the keystores of the chain accounts, or else what ``key_passphrase_file`` holds does.
    ``signer_url`` is an external signer, None where there is none; ``signer_accounts`` are the addresses, by role, that
    a new deployment uses of it.
    ``public_url`` is where the world finds the API; a new contract of badges names it for ever.
    ``sms`` names what carries messages to members: ``log``, or ``module:callable``, which makes a gateway; None where
    nothing does, and nobody can sign in.
    """

    data_dir: Path
    database_url: str
    chain_url: str | None = field(repr=False)
    port: int
    confirmations: int
    ledger_mode: LedgerMode = LedgerMode.FULL
    key_passphrase: str | None = field(default=None, repr=False)
    key_passphrase_file: Path | None = None
    signer_url: str | None = None
    signer_accounts: Mapping[str, str] = field(default_factory=dict, hash=False)
    public_url: str = "http://127.0.0.1:8000"
    sms: str | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """:raises InvalidSetting: a value is not of its kind, or two do not go together."""
        passphrase, passphrase_file = environ.get(_PASSPHRASE) or None, environ.get(_PASSPHRASE_FILE) or None
        if passphrase and passphrase_file:
            raise InvalidSetting(name=_PASSPHRASE, value="given", wanted=f"left out where {_PASSPHRASE_FILE} is given")
        signer_url = _signer_url(environ)
        port = _whole_number(environ, "COALITION_PORT", 8000)
        data_dir = Path(environ.get("COALITION_DATA_DIR", "var")).absolute()
        return cls(
            data_dir=data_dir,
            database_url=environ.get("COALITION_DATABASE_URL") or f"sqlite:///{data_dir / 'coalition.db'}",
            chain_url=_chain_url(environ),
            port=port,
            confirmations=_whole_number(environ, "COALITION_CONFIRMATIONS", 0),
            ledger_mode=_ledger_mode(environ),
            key_passphrase=passphrase,
            key_passphrase_file=Path(passphrase_file).absolute() if passphrase_file else None,
            signer_url=signer_url,
            signer_accounts=_signer_accounts(environ, signer_url),
            public_url=_public_url(environ, port),
            sms=_sms(environ),
        )

    @property
    def chain_is_ours(self) -> bool:
        """Whether the chain is one that we make, and nobody else relies on."""
        return self.chain_url in (None, IN_PROCESS_URL)

    def to_environment(self) -> dict[str, str]:
        """What a child process reads the same settings from."""
        return {
            "COALITION_DATA_DIR": str(self.data_dir),
            "COALITION_DATABASE_URL": self.database_url,
            _CHAIN_URL: self.chain_url or "",
            "COALITION_PORT": str(self.port),
            "COALITION_CONFIRMATIONS": str(self.confirmations),
            _LEDGER_MODE: self.ledger_mode,
            _PASSPHRASE: self.key_passphrase or "",
            _PASSPHRASE_FILE: str(self.key_passphrase_file or ""),
            _SIGNER_URL: self.signer_url or "",
            _SIGNER_ACCOUNTS: ",".join(f"{role}={address}" for role, address in self.signer_accounts.items()),
            _PUBLIC_URL: self.public_url,
            SMS: self.sms or "",
        }


def _whole_number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal():
        raise InvalidSetting(name=name, value=text, wanted="a whole number")
    return int(text)


def _ledger_mode(environ: Mapping[str, str]) -> LedgerMode:
    text = environ.get(_LEDGER_MODE) or LedgerMode.FULL
    if text not in list(LedgerMode):
        raise InvalidSetting(name=_LEDGER_MODE, value=text, wanted=" or ".join(LedgerMode))
    return LedgerMode(text)


def _chain_url(environ: Mapping[str, str]) -> str | None:
    """Providers put their customers' keys into the URL: it is shown nowhere, not even where it is none."""
    url = environ.get(_CHAIN_URL) or None
    if url in (None, IN_PROCESS_URL) or _is_http_url(url):
        return url
    raise InvalidSetting(name=_CHAIN_URL, value="no such URL", wanted=f"http://…, https://… or {IN_PROCESS_URL}")


def _signer_url(environ: Mapping[str, str]) -> str | None:
    url = environ.get(_SIGNER_URL) or None
    return url and _http_url(_SIGNER_URL, url)


def _public_url(environ: Mapping[str, str], port: int) -> str:
    url = _http_url(_PUBLIC_URL, environ.get(_PUBLIC_URL) or f"http://127.0.0.1:{port}")
    # Paths are put behind it as it is, and wallets read what comes of that.
    if url.endswith("/") or re.search(r"[?#{}\s]", url):
        raise InvalidSetting(name=_PUBLIC_URL, value=url, wanted="a URL that a path can follow: no slash at its end")
    return url


def _sms(environ: Mapping[str, str]) -> str | None:
    text = environ.get(SMS) or None
    if text is None or text == LOG_SMS or re.fullmatch(r"[^\W\d][\w.]*:[^\W\d][\w.]*", text):
        return text
    raise InvalidSetting(name=SMS, value=text, wanted=f"{LOG_SMS}, or module:callable")


def _http_url(name: str, url: str) -> str:
    """The URL is told in errors and logs, so it must hold no password."""
    if "@" in url:
        raise InvalidSetting(name=name, value="one with a password", wanted="a URL without")
    if not _is_http_url(url):
        raise InvalidSetting(name=name, value=url, wanted="http://… or https://…")
    return url


def _is_http_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _signer_accounts(environ: Mapping[str, str], signer_url: str | None) -> dict[str, str]:
    """Checksummed addresses by role."""
    text = environ.get(_SIGNER_ACCOUNTS) or ""
    if signer_url is None:
        if text:
            raise InvalidSetting(name=_SIGNER_ACCOUNTS, value=text, wanted=f"left out where {_SIGNER_URL} is")
        return {}
    # Not above: it takes longer to import than all the rest of this module, and few need it.
    from eth_utils.address import is_checksum_address, is_hex_address, to_checksum_address

    def is_one(address: str) -> bool:
        return is_hex_address(address) and (address == address.lower() or is_checksum_address(address))

    pairs = [pair.strip().partition("=")[::2] for pair in text.split(",")]
    if sorted(role for role, _ in pairs) != sorted(ROLES) or not all(is_one(address) for _, address in pairs):
        wanted = ",".join(f"{role}=0x…" for role in ROLES)
        raise InvalidSetting(name=_SIGNER_ACCOUNTS, value=text or "empty", wanted=wanted)
    return {role: str(to_checksum_address(address)) for role, address in pairs}
