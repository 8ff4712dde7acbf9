"""What gamification refuses, in the form of all refusals of the coalition."""

from dataclasses import dataclass
from typing import NamedTuple

from coalition.errors import CoalitionError


class Mistake(NamedTuple):
    """One thing wrong with a rule file, and where: ``key`` is the path inside the rule that begins above the line."""

    file: str
    line: int
    key: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.problem}"


@dataclass
class RuleMistakes(CoalitionError):
    """Every mistake of one file; none of its rules was published."""

    code = "rule_mistakes"
    template = "{mistakes}"
    mistakes: tuple[Mistake, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.mistakes))
