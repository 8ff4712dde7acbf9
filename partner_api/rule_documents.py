"""Rule documents in requests: how they are given to their reader, and where in the request its mistakes stand."""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from coalition.errors import Mistake
from partner_api.parsing import escaped

_INDEX = re.compile(r"\[(\d+)\]")


def document_text(document: Any) -> str:
    """The document as JSON, in which every rule has a line of its own: mistakes are named by line."""
    return "".join(piece for piece, _ in _pieces(document))


def pointers(document: Any, mistakes: tuple[Mistake, ...]) -> tuple[str, ...]:
    """Where each of the mistakes that the reader found in the document's text stands, as a JSON pointer into it."""
    rules = {line: path for line, (_, path) in enumerate(_pieces(document), start=1)}
    return tuple(_pointer(document, rules.get(mistake.line, ()), mistake.key) for mistake in mistakes)


def _pieces(document: Any) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """The lines of the text, each with the path of the rule that it has."""
    yield "{\n", ()
    for number, (key, value) in enumerate(document.items()):
        comma = "," if number else ""
        if not isinstance(value, list) or not value:
            yield f"{comma}{_json(key)}: {_json(value)}\n", ()
            continue
        for index, item in enumerate(value):
            begins = f"{comma}{_json(key)}: [" if index == 0 else ","
            ends = "]" if index == len(value) - 1 else ""
            yield f"{begins}{_json(item)}{ends}\n", (key, index)
    yield "}", ()


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _pointer(document: Any, rule: tuple[str | int, ...], key: str) -> str:
    """Keys begin at the rule, but for those of the file as a whole."""
    path = list(rule)
    if key == "file":
        return ""
    if rule and (key == rule[0] or key.startswith(f"{rule[0]}[")):
        path = []
    value = document
    for step in path:
        value = value[step]
    return "".join(f"/{escaped(step)}" for step in [*path, *_steps(value, key)])


def _steps(value: Any, key: str) -> Iterator[str | int]:
    """The key taken apart, where it is there; what is missing is one step."""
    while key:
        found = _INDEX.match(key)
        if found and isinstance(value, list) and int(found[1]) < len(value):
            step: str | int = int(found[1])
            rest = key[found.end() :]
        else:
            names = [name for name in value if _begins(key, name)] if isinstance(value, dict) else []
            if not names:
                yield key
                return
            name = max(names, key=len)
            step, rest = name, key[len(name) :]
        yield step
        value, key = value[step], rest.removeprefix(".")


def _begins(key: str, name: str) -> bool:
    return key == name or key.startswith((f"{name}.", f"{name}["))
