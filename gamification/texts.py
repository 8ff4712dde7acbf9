"""What members are told of their way to an achievement, in their language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_REASONS: Mapping[str, Mapping[str, str]] = {
    "not_started": {"en": "Begins on {day}.", "ru": "Начнётся {day}."},
    "ended": {"en": "Ended on {day}.", "ru": "Закончилось {day}."},
    "not_joined": {
        "en": "Join first: only what happens after counts.",
        "ru": "Сначала присоединитесь: считается только то, что будет после.",
    },
    "requires": {"en": "First earn “{title}”.", "ru": "Сначала получите «{title}»."},
    "requires_hidden": {
        "en": "First earn an achievement that is hidden.",
        "ru": "Сначала получите достижение, которое пока скрыто.",
    },
    "remaining": {
        "en": "{remaining} to go: {value} of {threshold}.",
        "ru": "Осталось {remaining}: {value} из {threshold}.",
    },
    "no_time_left": {
        "en": "There is not enough time left: it ends on {day}.",
        "ru": "Времени уже не хватит: закончится {day}.",
    },
    "places_taken": {
        "en": "All places are taken. If one becomes free, the first to get there after that has it; whoever gets there"
        " sooner does not, and cannot any more.",
        "ru": "Все места заняты. Если место освободится, его получит первый, кто выполнит условия после этого; кто"
        " выполнит раньше, не получит его и не сможет получить потом.",
    },
    "revoked": {
        "en": "An operator of the coalition has revoked it. Ask them why; it is not won again.",
        "ru": "Оператор коалиции отозвал это. Спросите у него, почему; получить снова нельзя.",
    },
    "places_gone": {
        "en": "You got there after the last place was taken. It cannot be won any more, even if a place becomes free.",
        "ru": "Вы выполнили условия, когда последнее место было уже занято. Получить это больше нельзя, даже если"
        " место освободится.",
    },
    "won_this_period": {
        "en": "Earned for now; it can be earned again.",
        "ru": "Пока получено; можно будет получить снова.",
    },
    "won_for_good": {"en": "Earned; there is no more to win.", "ru": "Получено полностью."},
}

_PHRASES: Mapping[str, Mapping[str, str]] = {
    "earned": {"en": "tier {tier}: {day}, {points} points", "ru": "ступень {tier}: {day}, баллов: {points}"},
    "earned_for": {
        "en": "tier {tier} for {period}: {day}, {points} points",
        "ru": "ступень {tier} за {period}: {day}, баллов: {points}",
    },
    "held": {"en": "held: {why}", "ru": "ожидает: {why}"},
    "return_window": {"en": "the goods can still be returned", "ru": "товар ещё можно вернуть"},
    "under_review": {"en": "an operator looks at it", "ru": "проверяет оператор"},
    "over_budget": {"en": "the budget is used up", "ru": "бюджет исчерпан"},
    "by": {"en": "by {events}", "ru": "за что: {events}"},
    "towards": {"en": "towards tier {tier}: {events}", "ru": "к ступени {tier}: {events}"},
    "event": {"en": "{type} on {day}", "ru": "{type} от {day}"},
    "earlier": {"en": "{count} earlier and {events}", "ru": "более ранних — {count}, затем {events}"},
    "nothing": {"en": "nothing yet", "ru": "пока ничего"},
    "possible_from": {"en": "possible from {day}", "ru": "возможно с {day}"},
}


@dataclass(frozen=True, slots=True)
class Reason:
    """``code`` is stable; ``details`` are the values in the text."""

    code: str
    text: str
    details: Mapping[str, Any]


def reason(code: str, locale: str, **details: Any) -> Reason:
    """The reason in the language."""
    shown = {name: str(value) if not isinstance(value, int) else value for name, value in details.items()}
    return Reason(code, _REASONS[code][locale].format(**details), shown)


def phrase(code: str, locale: str, **details: Any) -> str:
    """What an explanation is written out with, in the language; a code that has no words stays one."""
    words = _PHRASES.get(code)
    return words[locale].format(**details) if words else code
