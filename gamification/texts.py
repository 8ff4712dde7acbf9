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
    "won_this_period": {
        "en": "Earned for now; it can be earned again.",
        "ru": "Пока получено; можно будет получить снова.",
    },
    "won_for_good": {"en": "Earned; there is no more to win.", "ru": "Получено полностью."},
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
