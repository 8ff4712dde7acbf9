"""How commands speak: tables and progress bars to people, one JSON document to programs, errors with an exit status."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from coalition.errors import CoalitionError
from coalition.services.health import UNREACHABLE
from coalition.store.trial import undone

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class NotText(CoalitionError):
    """What was typed has bytes that are no characters: no database keeps them."""

    code = "not_text"
    template = "{word} is not in UTF-8."
    word: str


people = Console(stderr=True)
"""Progress and remarks go to standard error, so that standard output is only the result."""


class Day(click.DateTime):
    def __init__(self) -> None:
        super().__init__(formats=["%Y-%m-%d"])

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "YYYY-MM-DD"


DAY = Day()

_WIDE = 1000

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")


language_option = click.option(
    "--language", type=click.Choice(["en", "ru"]), default="en", show_default=True, help="For its readers."
)
out_option = click.option("--out", type=click.File("wb", lazy=True), default="-", help="A file; default: the screen.")

dry_run_option = click.option("--dry-run", is_flag=True, help="Check everything and tell what would be; write nothing.")


@contextmanager
def as_told(dry_run: bool) -> Iterator[None]:
    """What happens inside is kept, or in a dry run undone; it is refused in both for the same reasons."""
    if not dry_run:
        yield
        return
    with undone():
        yield
    people.print("dry run: nothing was written", style="dim")


class GroupWithDefault(click.Group):
    """A group in which words that name no command are for the one named ``new``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["new", *args]
        return super().parse_args(ctx, args)


def print_json(document: Any) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False, default=_plain), flush=True)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else str(value)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Numbers stand right, with their thousands apart."""
    table = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], int) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=numeric)
    for row in rows:
        table.add_row(*(f"{cell:,}".replace(",", " ") if isinstance(cell, int) else escape(str(cell)) for cell in row))
    # Into a file or a pipe a table is as wide as it must be: nothing of it is cut off.
    (Console() if sys.stdout.isatty() else Console(width=_WIDE)).print(table)


def print_document(document: dict[str, Any], as_json: bool) -> None:
    """One thing, with a row for each of its values."""
    if as_json:
        print_json(document)
    else:
        print_table("Done", ("what", "is"), list(document.items()))


@contextmanager
def progress_bar(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar while the block runs; call what it gives with how much is done so far."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=people, transient=not people.is_terminal) as progress:
        task = progress.add_task(description, total=total)
        yield lambda done: progress.update(task, completed=done)


def refusals_exit(command: Callable[P, R]) -> Callable[P, R]:
    """A refusal, or a database or file that cannot be had, is one line on standard error and exit status 2."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            for word in kwargs.values():
                _check_text(word)
            try:
                return command(*args, **kwargs)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read the result has had enough, as head does: click ends without a word.
            raise
        except CoalitionError as refusal:
            people.print(f"[red]{refusal.code}[/red]: {escape(str(refusal))}", highlight=False, soft_wrap=True)
            sys.exit(2)
        except (*UNREACHABLE, OSError) as error:
            people.print(f"[red]unavailable[/red]: {escape(str(error))}", highlight=False, soft_wrap=True)
            sys.exit(2)

    return wrapped


def _check_text(word: object) -> None:
    if isinstance(word, str):
        try:
            word.encode()
        except UnicodeEncodeError as error:
            raise NotText(word=ascii(word)) from error
