"""Files that people write for commands: their text, or a refusal that says what is wrong with the file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import yaml

from coalition.errors import CoalitionError

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass
class UnreadableFile(CoalitionError):
    code = "unreadable_file"
    template = "{file} cannot be read: {problem}."
    file: str
    problem: str


def read_document(file: Path) -> str:
    """:raises UnreadableFile: it is no text in UTF-8."""
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableFile(file=str(file), problem=f"byte {error.start} is not UTF-8") from error


def read_texts(file: Path) -> Any:
    """What is in a YAML or JSON file, every value as text: YAML would make numbers of accounts.

    :raises UnreadableFile: it is neither.
    """
    text = read_document(file)
    try:
        return yaml.load(text, yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise UnreadableFile(file=str(file), problem=f"it is not YAML: {error}") from error
    except RecursionError as error:
        raise UnreadableFile(file=str(file), problem="it is nested too deeply") from error
