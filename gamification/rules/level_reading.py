"""Reading the levels: where experience comes from, and the formula of what each level takes."""

from collections.abc import Mapping
from itertools import pairwise

from coalition.domain.places import Place
from gamification.event_types import FieldType
from gamification.rules.condition_reading import read_condition
from gamification.rules.document import ExperienceSource, Levels
from gamification.rules.levels import thresholds
from gamification.rules.limits import LARGEST, MOST_EACH, MOST_LEVELS, MOST_PERCENT
from gamification.rules.surroundings import Surroundings


def read_levels(place: Place, around: Surroundings) -> Levels:
    """The levels; where a mistake left a value unknown, something harmless stands for it."""
    parts = place.fields(("highest", "formula", "experience"), ("fall",))
    formula = parts["formula"].fields(("first_step",), ("percent", "add")) if "formula" in parts else {}
    levels = Levels(
        highest=_number(parts, "highest", default=2, minimum=2, maximum=MOST_LEVELS),
        first_step=_number(formula, "first_step", default=1, minimum=1, maximum=MOST_EACH),
        percent=_number(formula, "percent", default=100, minimum=1, maximum=MOST_PERCENT),
        add=_number(formula, "add", default=0, minimum=0, maximum=MOST_EACH),
        experience=tuple(_source(item, around) for item in parts["experience"].items())
        if "experience" in parts
        else (),
        fall=parts["fall"].boolean() is not False if "fall" in parts else True,
    )
    if "first_step" in formula:
        _check_thresholds(parts["formula"], thresholds(levels))
    return levels


def _number(parts: Mapping[str, Place], key: str, *, default: int, minimum: int, maximum: int) -> int:
    given = parts[key].integer(minimum, maximum) if key in parts else None
    return default if given is None else given


def _check_thresholds(place: Place, taken: tuple[int, ...]) -> None:
    if any(later <= earlier for earlier, later in pairwise(taken)):
        place.mistake("a level must take more than the one below it; make percent or add larger")
    if taken[-1] > LARGEST:
        place.mistake(f"the highest level would take more than {LARGEST}")


def _source(place: Place, around: Surroundings) -> ExperienceSource:
    parts = place.fields(("on", "each"), ("where", "of", "per"))
    on = around.event(parts["on"]) if "on" in parts else None
    of = parts["of"].string() if "of" in parts else None
    field_type = around.field_of(parts["of"], of, on) if on and of else None
    if field_type and field_type is not FieldType.INTEGER:
        parts["of"].mistake(f"{of} is {field_type.value} and cannot be divided")
    for key, other in (("of", "per"), ("per", "of")):
        if key in parts and other not in parts:
            place.inside(other, f"is missing: {key} stands only together with it")
    return ExperienceSource(
        on=on or "",
        where=read_condition(parts["where"], on, around) if on and "where" in parts else {},
        each=_number(parts, "each", default=1, minimum=1, maximum=MOST_EACH),
        of=of,
        per=_number(parts, "per", default=1, minimum=1, maximum=MOST_EACH),
    )
