"""What ISO 4217 says of currencies."""

from iso4217 import Currency


def minor_digits(currency: str) -> int | None:
    """How many decimals the currency has: ten to that power minor units make one.

    None where there is no such currency, or none with minor units, as gold.
    """
    try:
        exponent: int | None = Currency(currency).exponent
    except ValueError:
        return None
    return exponent
