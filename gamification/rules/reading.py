"""From the text of a rule file to checked rules, or to all its mistakes at once."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from coalition.domain.places import Place, RuleText, did_you_mean
from gamification.errors import RuleMistakes
from gamification.rules.achievement_reading import ReadAchievement, read_achievement
from gamification.rules.document import Achievement, Levels
from gamification.rules.level_reading import read_levels


@dataclass(frozen=True)
class RuleFile:
    """What one file publishes."""

    achievements: tuple[Achievement, ...]
    levels: Levels | None


def read_rules(
    text: str, name: str, *, sponsors: Collection[str], published: Mapping[str, Collection[str]]
) -> RuleFile:
    """The rules of the text, checked also against the partners' names and what each published rule requires.

    :raises RuleMistakes: the file has mistakes, and these are all of them.
    """
    file = RuleText(name)
    root = file.root(text)
    rules = _read(root, sponsors, published) if root else RuleFile((), None)
    if file.mistakes:
        raise RuleMistakes(mistakes=tuple(sorted(file.mistakes, key=lambda mistake: mistake.line)))
    return rules


def _read(root: Place, sponsors: Collection[str], published: Mapping[str, Collection[str]]) -> RuleFile:
    parts = root.fields((), ("achievements", "levels"))
    if root.is_mapping() and not parts:
        root.mistake("has neither achievements nor levels")
    items = parts["achievements"].items() if "achievements" in parts else ()
    # The keys of a mistake begin at the rule: its line says which rule that is.
    found = [read_achievement(replace(item, prefix=""), sponsors) for item in items]
    _check_ids(found)
    _check_requires(found, published)
    levels = read_levels(parts["levels"]) if "levels" in parts else None
    return RuleFile(tuple(read.rule for read in found), levels)


def _check_ids(found: Iterable[ReadAchievement]) -> None:
    first: dict[str, int] = {}
    for rule, place, _ in found:
        if place and first.setdefault(rule.id, place.line) != place.line:
            place.mistake(f"{rule.id} is already the rule of line {first[rule.id]}")


def _check_requires(found: Iterable[ReadAchievement], published: Mapping[str, Collection[str]]) -> None:
    """The file's rules together with the published ones that it leaves as they are."""
    places = {read.rule.id: read.requires for read in found}
    graph = {id_: set(ids) for id_, ids in published.items()}
    graph |= {id_: {required for required, _ in requires} for id_, requires in places.items()}
    for requires in places.values():
        for required, place in requires:
            if required not in graph:
                place.mistake(f"no achievement is named {required}{did_you_mean(required, graph)}")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # Each of the cycle is required by the one after it; the last is the first again.
        cycle: list[str] = error.args[1]
        for required, id_ in pairwise(cycle):
            for name, place in places.get(id_, ()):
                if name == required:
                    place.mistake(f"goes in a circle: {' → '.join(reversed(cycle))}")
