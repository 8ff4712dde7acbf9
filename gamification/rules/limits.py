"""How much of everything a rule may say: the same numbers for whoever reads rule files and for their JSON Schema."""

from datetime import date

LARGEST = 2**53
"""Of thresholds: whole numbers that every JSON reader keeps exactly."""
MOST_POINTS = 1_000_000_000
LONGEST_HOLD_S = 366 * 86_400
IDENTITY = "[a-z][a-z0-9-]{0,63}"
"""Of what is published: a regular expression for all of it."""

MOST_TEXT_BYTES = 1024 * 1024
"""Of a rule file."""
MOST_TIERS = 100
LONGEST_TITLE = 100
LONGEST_TEXT = 500
"""Of a description or terms; like titles, in characters and in each language."""

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
"""Of dates: far enough from both ends of the calendar that the days around them are in it, too."""
DAY = "2[01][0-9]{2}-[0-9]{2}-[0-9]{2}"
"""Of a date from the first day to the last: a regular expression for all of it."""

MOST_WINDOW_DAYS = 366
MOST_TIMES = 10_000
MOST_FREEZES = 31
MOST_FIRST = 1_000_000
MOST_IN_TEAM = 100

MOST_VALID_DAYS = 3660
MOST_TICKETS = 1000
MOST_WEIGHT = 1_000_000

MOST_LEVELS = 1_000
MOST_EACH = 1_000_000_000
MOST_PERCENT = 1_000

MOST_DAYS_TO_QUALIFY = 3660
MOST_REFERRALS_A_MONTH = 10_000
MOST_IN_BURST = 1_000
MOST_BURST_HOURS = 744
MOST_WINNERS = 1000
