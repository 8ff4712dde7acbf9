"""Explanations, written out in the language of whoever asked for them."""

from collections.abc import Iterator

from gamification.explaining import CountedEvent, EarnedTier, Explanation
from gamification.texts import phrase

_MOST_EVENTS = 5


def explanation_lines(found: Explanation, locale: str) -> Iterator[str]:
    """What is earned and by what, what is missing, and when it can come."""
    yield f"{found.title}: {found.description}"
    for tier in found.earned:
        yield f"  {_earned(tier, locale)}"
        yield f"    {phrase('by', locale, events=_events(tier.counted, tier.others, locale))}"
    for reason in found.reasons:
        yield f"  {reason.text}"
    if found.tier is not None:
        events = _events(found.counted, found.others, locale)
        yield f"  {phrase('towards', locale, tier=found.tier, events=events)}"
    if found.possible_from:
        yield f"  {phrase('possible_from', locale, day=found.possible_from)}"


def _earned(tier: EarnedTier, locale: str) -> str:
    assert tier.earned_at, "only partners are not told"
    code = "earned_for" if tier.period else "earned"
    day = tier.earned_at.date()
    earned = phrase(code, locale, tier=tier.tier, period=tier.period, day=day, points=tier.points)
    if tier.held_because is None:
        return earned
    return f"{earned}, {phrase('held', locale, why=phrase(tier.held_because, locale))}"


def _events(counted: list[CountedEvent], others: int | None, locale: str) -> str:
    if not counted:
        return phrase("nothing", locale)
    latest = counted[-_MOST_EVENTS:]
    shown = ", ".join(phrase("event", locale, type=each.type, day=each.day) for each in latest)
    earlier = len(counted) - len(latest) + (others or 0)
    return phrase("earlier", locale, count=earlier, events=shown) if earlier else shown
