"""Birthdays: the stream is told of each one on the day itself, so that rules may reward it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from coalition import events
from coalition.domain.birthdays import birth_dates_of, last_birthday
from coalition.services.partners import operator_number
from coalition.services.programmes import rulebook
from coalition.store import birthdays as store
from coalition.store.database import transaction

MEMBER_BIRTHDAY = "member.birthday"
_SOURCE = "birthdays"
_TOLD_FOR = timedelta(days=7)
"""As long a worker may have stood still without anybody missing theirs."""
_FURTHEST_ZONE = timedelta(hours=14)


def tell_birthdays(*, now: datetime, limit: int = 1000) -> int:
    """Tell of the birthdays of the last week that nobody has told of, each once; returns how many those were.

    A birthday begins at midnight where the member lives, else by the programme's calendar. Who was enrolled after it
    has the next one.
    """
    first, last = (moment.astimezone(UTC).date() for moment in (now - _TOLD_FOR, now + _FURTHEST_ZONE))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    waiting = store.untold([born for day in days for born in birth_dates_of(day)], last.year)
    elsewhere = rulebook().at(now).time_zone
    due = [each for row in waiting if (each := _due(row, row.time_zone or elsewhere, first, now))][:limit]
    if not due:
        return 0
    with transaction():
        operator = operator_number()
        told = [
            events.NewEvent(
                type=MEMBER_BIRTHDAY,
                source=_SOURCE,
                source_event_id=f"{row.public_id}:{begins.year}",
                member=row.id,
                partner=operator,
                attributes={},
                occurred_at=begins,
            )
            for row, begins in due
            if store.note_told(row.id, begins.year)
        ]
        if told:
            events.append(told, now)
    return len(told)


def _due(row: store.Untold, time_zone: str, first: date, now: datetime) -> tuple[store.Untold, datetime] | None:
    """The member with the moment at which their birthday began, if it has, and they were a member on that day."""
    zone = ZoneInfo(time_zone)
    birthday = last_birthday(row.birth_date, now.astimezone(zone).date())
    if birthday < first or row.told == birthday.year or row.created_at.astimezone(zone).date() > birthday:
        return None
    return row, datetime(birthday.year, birthday.month, birthday.day, tzinfo=zone)
