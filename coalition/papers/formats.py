"""Money, points, days and times as people of one language write them. All from integers: no float comes near."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, get_currency_name

from coalition.domain.currencies import minor_digits
from coalition.domain.statements import MICROS
from coalition.papers.messages import Language

_LOCALES = {"en": Locale("en", "GB"), "ru": Locale("ru")}
_MONEY = {"en": ("¤¤\N{NO-BREAK SPACE}", ""), "ru": ("", "\N{NO-BREAK SPACE}¤")}
"""What stands before and after: the code in English, the sign in Russian."""
_SHORT_MOMENT = {"en": "y-MM-dd HH:mm:ss", "ru": "dd.MM.y HH:mm:ss"}
_MICRO_DIGITS = len(str(MICROS)) - 1


class Formats:
    """Writes for readers of ``language``, in ``currency``, by the clocks of ``time_zone`` (IANA)."""

    def __init__(self, language: Language, currency: str, time_zone: str) -> None:
        self._locale = _LOCALES[language]
        self._currency = currency
        self._digits = minor_digits(currency) or 0
        self._zone = ZoneInfo(time_zone)

    @property
    def currency(self) -> str:
        """The code, and the name of the currency."""
        return f"{self._currency} – {get_currency_name(self._currency, locale=self._locale)}"

    def money(self, minor: int) -> str:
        """With the currency's sign, from minor units."""
        before, after = _MONEY[self._locale.language]
        pattern = f"{before}#,##{_decimals(self._digits)}{after}"
        return format_currency(
            self._major(minor), self._currency, format=pattern, locale=self._locale, currency_digits=False
        )

    def amount(self, minor: int) -> str:
        """Without the currency's sign, for columns whose title has it."""
        return format_decimal(self._major(minor), format="#,##" + _decimals(self._digits), locale=self._locale)

    def exact_amount(self, micros: int) -> str:
        """From millionths of a minor unit, with as many more decimals as it takes to lose none."""
        pattern = "#,##" + _decimals(self._digits, self._digits + _MICRO_DIGITS)
        return format_decimal(
            Decimal(micros).scaleb(-self._digits - _MICRO_DIGITS), format=pattern, locale=self._locale
        )

    def points(self, points: int) -> str:
        return format_decimal(points, locale=self._locale)

    def day(self, day: date) -> str:
        return format_date(day, "long", locale=self._locale)

    def short_day(self, day: date) -> str:
        return format_date(day, "d MMM", locale=self._locale)

    def moment(self, moment: datetime) -> str:
        return format_datetime(moment, "d MMMM y, HH:mm (zzzz)", tzinfo=self._zone, locale=self._locale)

    def short_moment(self, moment: datetime) -> str:
        return format_datetime(moment, _SHORT_MOMENT[self._locale.language], tzinfo=self._zone, locale=self._locale)

    def _major(self, minor: int) -> Decimal:
        return Decimal(minor).scaleb(-self._digits)


def _decimals(least: int, most: int = 0) -> str:
    """The end of a number pattern with that many decimals."""
    decimals = "0" * least + "#" * (most - least)
    return f"0.{decimals}" if decimals else "0"
