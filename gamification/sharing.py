"""What partners may know of a member's way to an achievement: what only happens at their own tills decides.

Where else a member buys, how much and when is no other partner's business, and a counter tells it: who sees one grow
that did not sell anything knows that somebody else did.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalition.services.partners import OPERATOR, partners_numbered
from gamification.fold.catalogue import Catalogue
from gamification.grants import Grant
from gamification.rules.document import Achievement
from gamification.rules.predicate import ALL, ANY, NOT, required_text

_PARTNER = "partner"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is shown something: the partner of this number and name, or with None the member, or an operator."""

    number: int | None = None
    name: str | None = None

    def may_follow(self, rule: Achievement) -> bool:
        """Whether it is shown how far a member is: to a partner only if nothing of others counts."""
        return self.number is None or _is_required(self.name, rule.where)

    def may_know(self, rule: Achievement) -> bool:
        """Whether the rule is shown at all: to a partner not if it is hidden and about another one."""
        return self.number is None or not rule.hidden or _about(rule) <= {self.name, OPERATOR}

    def was_there(self, grant: Grant) -> bool:
        """Whether it is shown when the grant was won: to a partner only if by an event of its own, and it may know
        the rule."""
        return self.number in (None, grant.partner) and self.may_know(grant.rule)

    def known(self, achievements: Sequence[str], catalogue: Catalogue) -> list[str]:
        """Those of the achievements that may be named."""
        goals = {each: catalogue.by_achievement.get(each) for each in achievements}
        return [each for each, goal in goals.items() if goal is None or self.may_know(goal.rule)]


def viewer(partner: int | None) -> Viewer:
    """The partner of this number; with None, who may see all."""
    return Viewer() if partner is None else Viewer(partner, partners_numbered([partner])[partner].name)


def _is_required(partner: str | None, condition: Mapping[str, Any]) -> bool:
    if required_text(condition, _PARTNER) == partner:
        return True
    return any(_is_required(partner, each) for each in condition.get(ALL, ()))


def _about(rule: Achievement) -> set[str]:
    """The partners whose challenge it is, or whom its condition names, be it to leave them out."""
    owner = rule.challenge and rule.challenge.owner
    return {*_named(rule.where), *([owner] if owner else [])}


def _named(condition: Mapping[str, Any]) -> Iterator[str]:
    for key, value in condition.items():
        if key in (ALL, ANY):
            for each in value:
                yield from _named(each)
        elif key == NOT:
            yield from _named(value)
        elif key == _PARTNER:
            for operand in value.values() if isinstance(value, Mapping) else [value]:
                yield from [operand] if isinstance(operand, str) else operand
