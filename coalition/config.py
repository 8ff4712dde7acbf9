"""The settings, read from the environment once, when a process starts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from coalition.errors import InvalidSetting


@dataclass(frozen=True)
class Settings:
    """One deployment's settings.

    ``chain_url`` is None when the node is ours to start: anvil where it is installed, else ``tester://``.
    ``confirmations`` is how many blocks must lie above a chain transaction before it counts as final.
    """

    data_dir: Path
    database_url: str
    chain_url: str | None
    port: int
    confirmations: int

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """:raises InvalidSetting: a number is none."""
        data_dir = Path(environ.get("COALITION_DATA_DIR", "var")).absolute()
        return cls(
            data_dir=data_dir,
            database_url=environ.get("COALITION_DATABASE_URL") or f"sqlite:///{data_dir / 'coalition.db'}",
            chain_url=environ.get("COALITION_CHAIN_URL") or None,
            port=_whole_number(environ, "COALITION_PORT", 8000),
            confirmations=_whole_number(environ, "COALITION_CONFIRMATIONS", 0),
        )

    def to_environment(self) -> dict[str, str]:
        """What a child process reads the same settings from."""
        return {
            "COALITION_DATA_DIR": str(self.data_dir),
            "COALITION_DATABASE_URL": self.database_url,
            "COALITION_CHAIN_URL": self.chain_url or "",
            "COALITION_PORT": str(self.port),
            "COALITION_CONFIRMATIONS": str(self.confirmations),
        }


def _whole_number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal():
        raise InvalidSetting(name=name, value=text, wanted="a whole number")
    return int(text)
