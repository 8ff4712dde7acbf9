"""What a grant may give beside points: a coupon of a merchant, or a perk."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Coupon:
    """Goods or a discount, once. ``partner`` is the name of the merchant that honours it, None for all of them.

    It is honoured until the end of the ``valid_days``-th day after the day of its issue. ``terms`` are for people, by
    language like ``title``, and may be empty.
    """

    title: Mapping[str, str]
    partner: str | None = None
    valid_days: int
    terms: Mapping[str, str] = field(default_factory=dict)

    kind = "coupon"


@dataclass(frozen=True, kw_only=True)
class Perk:
    """A favour, once: a better seat, an early sale. Its fields are those of a coupon."""

    title: Mapping[str, str]
    partner: str | None = None
    valid_days: int
    terms: Mapping[str, str] = field(default_factory=dict)

    kind = "perk"


Benefit = Coupon | Perk
