"""What readers of papers refuse."""

from dataclasses import dataclass

from coalition.errors import CoalitionError


@dataclass
class UnreadableStatement(CoalitionError):
    """``place`` is where in the file: a line or a name."""

    code = "unreadable_statement"
    template = "This is not a statement as we write them: {place}: {problem}."
    place: str
    problem: str
