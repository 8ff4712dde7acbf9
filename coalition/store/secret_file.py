"""A secret of this installation: random, in a file that its owner alone can read, made when it is first needed."""

import os
import secrets
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from coalition.errors import InvalidSetting

_BYTES = 32


def read_or_make(path: Path) -> bytes:
    """The secret in the file; whoever asks for it first makes it, and all who ask get the same.

    :raises InvalidSetting: others than the owner can read the file, or it is none of ours.
    """
    if not path.exists():
        _make(path)
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise InvalidSetting(name=str(path), value="open to others", wanted="readable by its owner alone")
        text = file.read().decode("ascii", "replace")
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) != _BYTES:
        raise InvalidSetting(name=str(path), value="damaged", wanted="the file that was made here")
    return secret


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:
        file.write(secrets.token_hex(_BYTES))
        file.flush()
        os.fsync(file.fileno())
        # A link never takes the place of what another process has put there meanwhile.
        with suppress(FileExistsError):
            path.hardlink_to(file.name)
