"""The recorder's key: made on first use, readable by its owner alone."""

import os
import stat
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount

from coalition.ledger.errors import ExposedKey


def recorder_account(data_dir: Path) -> LocalAccount:
    """The account that signs for the recorder of this data directory.

    :raises ExposedKey: others than the owner may read the key file.
    """
    path = data_dir / "recorder.key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(Account.create().key.hex())
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ExposedKey(path=str(path))
    account: LocalAccount = Account.from_key(path.read_text().strip())
    return account
