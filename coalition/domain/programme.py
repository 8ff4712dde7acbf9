"""The programme: what a point is worth, how long it lives, and how much of a receipt it may pay."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from coalition.errors import InvalidProgramme, WrongCurrency

BPS = 10_000
"""Basis points in a whole: 1 % is 100 bps."""


@dataclass(frozen=True)
class Programme:
    """One dated version of the rules.

    ``point_price_minor`` is what one point pays at the till, in minor units of ``currency``; ``max_share_bps`` the
    part of a receipt that points may pay; ``time_zone`` the IANA zone whose days expiry and reports count by.
    """

    currency: str = "USD"
    point_price_minor: int = 1
    max_share_bps: int = BPS
    lifetime_months: int = 24
    time_zone: str = "UTC"

    def __post_init__(self) -> None:
        checks = {
            "currency": (
                len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper(),
                "an ISO 4217 code",
            ),
            "point_price_minor": (0 < self.point_price_minor <= 10**9, "from 1 to a milliard"),
            "max_share_bps": (0 <= self.max_share_bps <= BPS, "from 0 to 10000"),
            "lifetime_months": (0 < self.lifetime_months <= 1200, "from 1 to 1200"),
        }
        for key, (holds, wanted) in checks.items():
            if not holds:
                raise InvalidProgramme(place=key, problem=f"{getattr(self, key)} is not {wanted}")
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError) as error:
            raise InvalidProgramme(place="time_zone", problem=f"{self.time_zone} is not an IANA zone") from error

    def expires_at(self, earned_at: datetime) -> datetime:
        """The end of the local day on which points earned then expire: midnight after it, exclusive."""
        return _end_of_life(earned_at.astimezone(ZoneInfo(self.time_zone)).date(), self.lifetime_months, self.time_zone)

    def check_currency(self, currency: str) -> None:
        """:raises WrongCurrency: not the one that the programme counts in."""
        if currency != self.currency:
            raise WrongCurrency(expected=self.currency, given=currency)

    def document(self) -> dict[str, Any]:
        return dict(self.__dict__)


@lru_cache(maxsize=4096)
def _end_of_life(earned_on: date, lifetime_months: int, time_zone: str) -> datetime:
    last_day = earned_on + relativedelta(months=lifetime_months)
    return datetime.combine(last_day + timedelta(days=1), time.min, ZoneInfo(time_zone))
