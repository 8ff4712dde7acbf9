"""What a paper consists of, in words: HTML and PDF lay out the same content."""

from dataclasses import dataclass

from coalition.papers.messages import Language


@dataclass(frozen=True, slots=True)
class Fact:
    """``code`` is for what is compared letter by letter."""

    label: str
    text: str
    code: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The first cell of a row says what the row is about. ``total`` is the last row, or nothing."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Shown in the order of the fields; ``chart`` is an SVG document that ``title`` and ``notes`` describe."""

    title: str
    notes: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    chart: str = ""
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Position:
    label: str
    money: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Paper:
    """``signatures`` are who signs; ``signature`` is what stands under the line."""

    language: Language
    title: str
    subtitle: str
    page: str
    of: str
    facts: tuple[Fact, ...]
    position: Position
    sections: tuple[Section, ...]
    signatures: tuple[str, str]
    signature: str
