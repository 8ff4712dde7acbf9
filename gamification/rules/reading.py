"""From the text of a rule file to checked rules, or to all its mistakes at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

from coalition.domain.places import Place, RuleText, did_you_mean
from gamification.errors import RuleMistakes
from gamification.rules.achievement_reading import ReadAchievement, read_achievement
from gamification.rules.document import Achievement, Levels, Referral
from gamification.rules.draws import Draw
from gamification.rules.leaderboards import Leaderboard
from gamification.rules.level_reading import read_levels
from gamification.rules.limits import MOST_TEXT_BYTES
from gamification.rules.other_reading import read_draw, read_leaderboard, read_referral
from gamification.rules.surroundings import Surroundings

KEYS = ("achievements", "challenges", "levels", "referral", "leaderboards", "draws")


@dataclass(frozen=True)
class RuleFile:
    """What one file publishes. Challenges are among the ``achievements``, after the others."""

    achievements: tuple[Achievement, ...] = ()
    levels: Levels | None = None
    referral: Referral | None = None
    leaderboards: tuple[Leaderboard, ...] = ()
    draws: tuple[Draw, ...] = field(default=())


class ParsedRules(NamedTuple):
    """A rule file as its author wrote it, not yet checked; without a ``root`` it is none. ``sha256`` is its text's."""

    text: RuleText
    root: Place | None
    sha256: str


def parse_rules(text: str, name: str) -> ParsedRules:
    """The text taken apart, which takes a while, and needs nothing around it."""
    file, written = RuleText(name), text.encode()
    root = None
    if len(written) > MOST_TEXT_BYTES:
        file.add(1, "file", f"has {len(written)} bytes, more than {MOST_TEXT_BYTES}; publish it in parts")
    else:
        root = file.root(text)
    return ParsedRules(file, root, sha256(written).hexdigest())


def read_rules(text: str, name: str, around: Surroundings) -> RuleFile:
    """The rules of the text, checked also against what is around them.

    :raises RuleMistakes: the file has mistakes, and these are all of them.
    """
    return check_rules(parse_rules(text, name), around)


def check_rules(parsed: ParsedRules, around: Surroundings) -> RuleFile:
    """The rules of the file, checked also against what is around them; it may be checked again when that has changed.

    :raises RuleMistakes: the file has mistakes, and these are all of them.
    """
    file, root, _ = parsed
    rules = RuleFile()
    if root:
        file.mistakes.clear()
        rules = _read(root, around)
    if file.mistakes:
        raise RuleMistakes(mistakes=tuple(sorted(file.mistakes, key=lambda mistake: mistake.line)))
    return rules


def _read(root: Place, around: Surroundings) -> RuleFile:
    parts = root.fields((), KEYS)
    if root.is_mapping() and not parts:
        root.mistake(f"has none of {', '.join(KEYS)}")
    # The keys of a mistake begin at the rule: its line says which rule that is.
    lists = {
        key: [replace(item, prefix="") for item in parts[key].items()] if key in parts else []
        for key in ("achievements", "challenges", "leaderboards", "draws")
    }
    draws = [read_draw(item, around) for item in lists["draws"]]
    around = replace(around, draws=[*around.draws, *(draw.id for draw in draws if draw)])
    found = [read_achievement(item, around) for item in lists["achievements"]]
    found += [read_achievement(item, around, challenge=True) for item in lists["challenges"]]
    leaderboards = [read_leaderboard(item, around) for item in lists["leaderboards"]]
    boards = [(each.id, item) for each, item in zip(leaderboards, lists["leaderboards"], strict=True)]
    _check_ids([*((each.rule.id, each.id) for each in found), *boards])
    _check_ids([(each.id, item) for each, item in zip(draws, lists["draws"], strict=True) if each])
    _check_taken(found, boards, around.taken)
    _check_requires(found, around)
    return RuleFile(
        achievements=tuple(each.rule for each in found),
        levels=read_levels(parts["levels"], around) if "levels" in parts else None,
        referral=read_referral(parts["referral"], around) if "referral" in parts else None,
        leaderboards=tuple(leaderboards),
        draws=tuple(draw for draw in draws if draw),
    )


def _check_ids(found: Iterable[tuple[str, Place | None]]) -> None:
    first: dict[str, int] = {}
    for id_, place in found:
        if id_ and place and first.setdefault(id_, place.line) != place.line:
            place.mistake(f"{id_} is already the rule of line {first[id_]}")


def _check_taken(
    found: Iterable[ReadAchievement], boards: Iterable[tuple[str, Place]], taken: Mapping[str, str]
) -> None:
    """An id stays what it was published as."""
    for rule, place, _ in found:
        kind = "a challenge" if rule.challenge else "an achievement"
        if place and taken.get(rule.id, kind) != kind:
            place.mistake(f"{rule.id} is {taken[rule.id]}; {kind} needs an id of its own")
    for id_, place in boards:
        if taken.get(id_, "a leaderboard") != "a leaderboard":
            place.inside("id", f"{id_} is {taken[id_]}; a leaderboard needs an id of its own")


def _check_requires(found: Sequence[ReadAchievement], around: Surroundings) -> None:
    """The file's rules together with the published ones that it leaves as they are."""
    places = {read.rule.id: read.requires for read in found}
    graph = {id_: set(ids) for id_, ids in around.published.items()}
    graph |= {id_: {required for required, _ in requires} for id_, requires in places.items()}
    teams = {read.rule.id for read in found if read.rule.challenge and read.rule.challenge.team}
    teams |= set(around.teams) - places.keys()
    for requires in places.values():
        for required, place in requires:
            if required in teams:
                place.mistake(f"{required} is won by teams, and cannot be required of a member")
            elif required not in graph:
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
