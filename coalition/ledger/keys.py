"""The keys of the chain accounts: one encrypted keystore for each, readable by its owner alone."""

import json
import os
import secrets
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_keyfile.keyfile import create_keyfile_json, decode_keyfile_json
from eth_utils.address import to_checksum_address

from coalition.config import Settings
from coalition.errors import InvalidSetting
from coalition.ledger.errors import (
    DamagedKey,
    ExposedKey,
    MissingKey,
    MissingPassphrase,
    SignerLacksAccount,
    WrongPassphrase,
)
from coalition.ledger.signers import KeySigner, Signer, Web3Signer

_COST, _COST_OF_RANDOM = 2**18, 2**10
"""Of scrypt: a person's passphrase must be slow to try; nobody can try all of 256 random bits."""


class Keyring:
    """The accounts of one data directory, and of the external signer where the settings name one.

    Keystores are in the Web3 Secret Storage format, ``keys/0x….json``. For a chain of our own, a passphrase that
    nobody gave is made once, beside them.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._directory = settings.data_dir / "keys"
        self._signers: dict[str, Signer] = {}

    def new_account(self, role: str) -> str:
        """The checksummed address that is to have this role: the external signer's, else that of a new key.

        :raises SignerLacksAccount: the external signer has no key of the address that the settings give this role.
        :raises MissingPassphrase: there is none, and none may be made.
        """
        if self._settings.signer_url:
            return self.signer(self._settings.signer_accounts[role]).address
        passphrase, cost = self._passphrase_for_new()
        account: LocalAccount = Account.create()
        keystore = create_keyfile_json(account.key, passphrase, kdf="scrypt", iterations=cost)
        _write_once(self._path(account.address), json.dumps(keystore))
        self._signers[account.address] = KeySigner(account)
        return account.address

    def new_secret(self, name: str) -> bytes:
        """32 random bytes that are kept under this name, encrypted as keys are; made now, if there are none yet.

        :raises MissingPassphrase: there is none, and none may be made.
        """
        path = self._directory / f"{name}.json"
        if not path.exists():
            passphrase, cost = self._passphrase_for_new()
            keystore = create_keyfile_json(Account.create().key, passphrase, kdf="scrypt", iterations=cost)
            _write_once(path, json.dumps(keystore))
        return self._unlock(path)

    def secret(self, name: str) -> bytes:
        """What is kept under this name.

        :raises MissingKey: nothing is.
        :raises ExposedKey, MissingPassphrase, WrongPassphrase, DamagedKey: it cannot be opened.
        """
        path = self._directory / f"{name}.json"
        if not path.exists():
            raise MissingKey(address=name, directory=str(self._directory))
        return self._unlock(path)

    def signer(self, address: str) -> Signer:
        """What signs for this account: its keystore, else the external signer.

        :raises MissingKey: there is neither.
        :raises SignerLacksAccount: there is no keystore, and the external signer has no key of it.
        :raises ExposedKey: others can get at the keystore, or at the passphrase.
        :raises MissingPassphrase, WrongPassphrase, DamagedKey: the keystore cannot be opened.
        """
        address = to_checksum_address(address)
        if address not in self._signers:
            self._signers[address] = self._open(address)
        return self._signers[address]

    def _open(self, address: str) -> Signer:
        path, url = self._path(address), self._settings.signer_url
        if path.exists():
            return KeySigner(self._decrypt(path, address))
        if url is None:
            raise MissingKey(address=address, directory=str(self._directory))
        signer = Web3Signer(url, address)
        if address not in signer.accounts():
            raise SignerLacksAccount(address=address, url=url)
        return signer

    def _decrypt(self, path: Path, address: str) -> LocalAccount:
        account: LocalAccount = Account.from_key(self._unlock(path))
        if account.address != address:
            raise DamagedKey(path=str(path), reason=f"it holds the key of {account.address}")
        return account

    def _unlock(self, path: Path) -> bytes:
        """The 32 bytes that the keystore holds."""
        content = _read_guarded(path)
        passphrase = self._given_passphrase() or self._made_passphrase()
        if passphrase is None:
            raise self._missing_passphrase()
        try:
            return bytes(Account.from_key(decode_keyfile_json(json.loads(content), passphrase)).key)
        # What a damaged file makes of the library has no type in common.
        except Exception as error:
            if "MAC mismatch" in str(error):
                raise WrongPassphrase(path=str(path)) from error
            raise DamagedKey(path=str(path), reason="it cannot be read") from error

    def _passphrase_for_new(self) -> tuple[bytes, int]:
        """The passphrase, made if need be, and what trying one is to cost."""
        if given := self._given_passphrase():
            return given, _COST
        # Asked in this order: whoever makes the first keystore has made the passphrase before.
        is_first = not any(self._directory.glob("0x*.json"))
        if is_first and self._settings.chain_is_ours:
            _write_once(self._made_passphrase_path, secrets.token_hex(32))
        made = self._made_passphrase()
        if made is None:
            raise self._missing_passphrase()
        return made, _COST_OF_RANDOM

    def _given_passphrase(self) -> bytes | None:
        path, passphrase = self._settings.key_passphrase_file, self._settings.key_passphrase
        if path is None:
            return os.fsencode(passphrase) if passphrase else None
        content = _read_guarded(path).rstrip(b"\r\n") if path.is_file() else b""
        if not content:
            wanted = "a file that holds the passphrase"
            raise InvalidSetting(name="COALITION_KEY_PASSPHRASE_FILE", value=str(path), wanted=wanted)
        return content

    def _made_passphrase(self) -> bytes | None:
        """The one that was made here; not for a chain that others rely on, which must be told where it is."""
        path = self._made_passphrase_path
        return _read_guarded(path) if self._settings.chain_is_ours and path.exists() else None

    def _missing_passphrase(self) -> MissingPassphrase:
        made = self._made_passphrase_path
        file = str(made) if made.exists() else "a file that holds it"
        return MissingPassphrase(directory=str(self._directory), file=file)

    @property
    def _made_passphrase_path(self) -> Path:
        return self._directory / "passphrase"

    def _path(self, address: str) -> Path:
        return self._directory / f"{address.lower()}.json"


def _read_guarded(path: Path) -> bytes:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ExposedKey(path=str(path))
        return file.read()


def _write_once(path: Path, text: str) -> None:
    """The file is there, whole and durable, with this content or, where it was there before, with its own."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        # Unlike a rename, a link never takes the place of what another process has put there meanwhile.
        with suppress(FileExistsError):
            path.hardlink_to(file.name)
    directory = os.open(path.parent, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
