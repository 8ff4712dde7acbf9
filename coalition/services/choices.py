"""Categories of the month: where a rule leaves the choice, a member picks some of the partner's list."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from dateutil.relativedelta import relativedelta

from coalition.domain.programme import Choice
from coalition.errors import ChoiceMade, InvalidChoice, MonthNotOpen, UnknownRule
from coalition.services.members import member_number
from coalition.services.programmes import rulebook
from coalition.store import choices as store
from coalition.store.database import transaction


@dataclass(frozen=True, slots=True)
class OpenChoice:
    """What a member can pick by a rule for a month, ``2026-03``, and has picked, if anything."""

    rule: str
    month: str
    pick: int
    of: tuple[str, ...]
    picked: tuple[str, ...] | None


def choices(member_id: str, *, now: datetime) -> list[OpenChoice]:
    """What there is to choose for this month and the next.

    :raises UnknownMember: no member has this id.
    """
    member = member_number(member_id)
    made = store.choices_of([member])
    found = []
    for month in _months(now):
        for rule, choice in _open(month, now).items():
            picked = made.get((member, rule, month))
            chosen = tuple(sorted(picked.categories)) if picked else None
            found.append(OpenChoice(rule, month, choice.pick, tuple(sorted(choice.of)), chosen))
    return found


def choose(member_id: str, rule: str, month: str | None, categories: Collection[str], *, now: datetime) -> OpenChoice:
    """Pick the categories for a month, this one unless it is named; what is bought from now on in it counts.

    :raises UnknownMember: no member has this id.
    :raises UnknownRule: the programme then has no rule of this id that leaves a choice.
    :raises InvalidChoice: too many or too few, or one that the rule does not offer.
    :raises ChoiceMade: they are picked already.
    :raises MonthNotOpen: the month is neither this one nor the next.
    """
    member = member_number(member_id)
    months = _months(now)
    month = month or months[0]
    if month not in months:
        raise MonthNotOpen(month=month, open_months=" or ".join(months))
    choice = _open(month, now).get(rule)
    if choice is None:
        raise UnknownRule(rule=rule)
    picked = sorted(set(categories))
    if len(picked) != choice.pick or not choice.of.issuperset(picked):
        raise InvalidChoice(rule=rule, pick=choice.pick, categories=", ".join(sorted(choice.of)))
    with transaction():
        if not store.keep_choice(member, rule, month, picked, now):
            raise ChoiceMade(month=month, rule=rule)
    return OpenChoice(rule, month, choice.pick, tuple(sorted(choice.of)), tuple(picked))


def _months(now: datetime) -> tuple[str, str]:
    """This month and the next, by the programme's calendar."""
    first = rulebook().at(now).local(now).date().replace(day=1)
    return f"{first:%Y-%m}", f"{first + relativedelta(months=1):%Y-%m}"


def _open(month: str, now: datetime) -> dict[str, Choice]:
    """By rule, the choices that the programme leaves now, or, for a month to come, when it begins."""
    rules = rulebook()
    begins = rules.at(now).start_of_day(date.fromisoformat(f"{month}-01"))
    programme = rules.at(max(now, begins))
    return {rule.id: rule.when.choice for rule in programme.accrual.choices if rule.when.choice}
