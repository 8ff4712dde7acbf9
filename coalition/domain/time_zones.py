"""Which time zones there are: those of the IANA database that name the same rules on every machine."""

from functools import cache
from zoneinfo import available_timezones

_OF_THIS_MACHINE = frozenset(("localtime", "Factory"))
"""What the machine's own clock is set to, and what it is set to before anybody has."""


def is_time_zone(name: str) -> bool:
    """Whether this is the name of an IANA zone, such as ``Europe/Moscow``."""
    return name in _zones()


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - _OF_THIS_MACHINE)
