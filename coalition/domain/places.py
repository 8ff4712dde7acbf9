"""The values of a YAML file together with where they stand, so that every mistake is named by line and key.

PyYAML parses; nothing here constructs objects from tags. Readers return None for what they refused: the mistake is
recorded by then, and reading goes on to find the others.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, time
from difflib import get_close_matches
from typing import Any

import yaml

from coalition.errors import Mistake

_DEEPEST = 20
_LARGEST = 2**53
"""Whole numbers that every JSON reader keeps exactly."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}")


class _Loader(yaml.SafeLoader):
    """Composes nodes, but neither aliases, which could make a file endless, nor nesting that no rule needs."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(None, None, "aliases are not allowed", mark)
        if self.depth == _DEEPEST:
            raise yaml.MarkedYAMLError(None, None, "nested too deeply", mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
        """JSON may write one character as two escapes, which belong together."""
        node = super().compose_scalar_node(anchor)
        try:
            node.value = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise yaml.MarkedYAMLError(None, None, "half a character is escaped", node.start_mark) from None
        return node


@dataclass
class RuleText:
    """One file being read, and the mistakes found in it so far."""

    name: str
    mistakes: list[Mistake] = field(default_factory=list)

    def root(self, text: str) -> "Place | None":
        """The whole document; None if it is no YAML."""
        try:
            node = yaml.compose(text, _Loader)
        except yaml.reader.ReaderError as error:
            self.add(text.count("\n", 0, error.position) + 1, "file", f"is not YAML: {error.reason}")
            return None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self.add(mark.line + 1 if mark else 1, "file", f"is not YAML that rules are written in: {error.problem}")
            return None
        if node is None:
            self.add(1, "file", "is empty")
            return None
        return Place(self, node, "file", 1, "")

    def add(self, line: int, key: str, problem: str) -> None:
        self.mistakes.append(Mistake(self.name, line, key, problem))


@dataclass(frozen=True)
class Place:
    """A value in the file. ``prefix`` begins the keys of what stands inside it."""

    text: RuleText
    node: yaml.Node
    key: str
    line: int
    prefix: str

    def mistake(self, problem: str) -> None:
        self.text.add(self.line, self.key, problem)

    def inside(self, key: str, problem: str) -> None:
        """A mistake at something that this mapping lacks."""
        self.text.add(self.line, self.prefix + key, problem)

    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    def mapping(self) -> dict[str, "Place"]:
        """What stands under each key; a key that stands twice is a mistake."""
        if not isinstance(self.node, yaml.MappingNode):
            self.mistake("must be a mapping of keys to values")
            return {}
        found: dict[str, Place] = {}
        for key_node, value_node in self.node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.text.add(line, self.key, "a key must be a text")
                continue
            # The text as written: YAML 1.1 would make a truth value of ``on``.
            name = key_node.value
            place = Place(self.text, value_node, self.prefix + name, line, f"{self.prefix}{name}.")
            if name in found:
                place.mistake(f"stands twice; first in line {found[name].line}")
            else:
                found[name] = place
        return found

    def fields(self, required: Collection[str], optional: Collection[str] = ()) -> dict[str, "Place"]:
        """The mapping, of which exactly these keys may stand."""
        found = self.mapping()
        allowed = [*required, *optional]
        for name, place in found.items():
            if name not in allowed:
                truth = name == "true" and "on" in allowed and "on" not in found
                hint = '; YAML 1.1 reads on as true: write "on" in quotes' if truth else did_you_mean(name, allowed)
                place.mistake(f"unknown key{hint}")
        if self.is_mapping():
            for name in required:
                if name not in found:
                    self.inside(name, "is missing")
        return {name: place for name, place in found.items() if name in allowed}

    def items(self, *, may_be_empty: bool = False) -> Iterator["Place"]:
        """What stands in the list."""
        if not isinstance(self.node, yaml.SequenceNode) or not (self.node.value or may_be_empty):
            self.mistake("must be a list" if may_be_empty else "must be a list with something in it")
            return
        for index, node in enumerate(self.node.value):
            key = f"{self.key}[{index}]"
            yield Place(self.text, node, key, node.start_mark.line + 1, f"{key}.")

    def string(self) -> str | None:
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag != "tag:yaml.org,2002:str":
            self.mistake("must be a text; put it in quotes")
            return None
        if not self.node.value.strip():
            self.mistake("is empty")
            return None
        return str(self.node.value)

    def choice(self, options: Collection[str]) -> str | None:
        given = self.string()
        if given is None or given in options:
            return given
        self.mistake(f"{given} is not one of {', '.join(options)}{did_you_mean(given, options)}")
        return None

    def integer(self, minimum: int = -_LARGEST, maximum: int = _LARGEST) -> int | None:
        number = self._scalar("int")
        if number is None:
            self.mistake("must be a whole number")
        elif not minimum <= number <= maximum:
            self.mistake(f"{number} is not from {minimum} to {maximum}")
        else:
            return int(number)
        return None

    def boolean(self) -> bool | None:
        value = self._scalar("bool")
        if value is None:
            self.mistake("must be true or false")
        return value

    def day(self) -> date | None:
        """A day as ``2026-03-31``, in quotes or not."""
        try:
            return date.fromisoformat(self._written(_DATE))
        except ValueError:
            self.mistake("must be a day of the calendar, written as 2026-03-31")
            return None

    def time_of_day(self) -> time | None:
        """A time of day as ``09:30``, in quotes or not."""
        try:
            return time.fromisoformat(self._written(_TIME))
        except ValueError:
            self.mistake("must be a time of day, written as 09:30")
            return None

    def _written(self, pattern: re.Pattern[str]) -> str:
        """The text as written: YAML 1.1 would make a number of ``12:30``. Empty where it has another form."""
        written = self.node.value if isinstance(self.node, yaml.ScalarNode) else ""
        return written if pattern.fullmatch(written) else ""

    def _scalar(self, kind: str) -> Any:
        """The constructed value, or None if it is of another kind."""
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag != f"tag:yaml.org,2002:{kind}":
            return None
        try:
            return yaml.constructor.SafeConstructor().construct_object(self.node)
        except (ValueError, KeyError):
            return None


def did_you_mean(given: str, options: Collection[str]) -> str:
    close = get_close_matches(given, options, n=1)
    return f"; did you mean {close[0]}?" if close else ""
