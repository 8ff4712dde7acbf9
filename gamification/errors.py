"""What gamification refuses, in the form of all refusals of the coalition."""

from dataclasses import dataclass

from coalition.errors import CoalitionError, Mistake


@dataclass
class RuleMistakes(CoalitionError):
    """Every mistake of one file; none of its rules was published."""

    code = "rule_mistakes"
    template = "{mistakes}"
    mistakes: tuple[Mistake, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.mistakes))
