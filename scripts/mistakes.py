"""Mistakes in rule files, for programs: with --json they are the document that a command prints."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from gamification.errors import RuleMistakes
from scripts.output import print_json

P = ParamSpec("P")
R = TypeVar("R")


def mistakes_as_json(command: Callable[P, R]) -> Callable[P, R]:
    """With --json every mistake of the file is printed, with its line and key, and the exit status is 2."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except RuleMistakes as refusal:
            if not kwargs.get("as_json"):
                raise
            print_json({"code": refusal.code, "mistakes": [mistake._asdict() for mistake in refusal.mistakes]})
            sys.exit(2)

    return wrapped
