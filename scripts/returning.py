"""Goods that come back during a replay: which ones follows from a seed alone, so that it can be done again."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import click

from coalition.domain.programme import BPS
from coalition.services.partners import Partner
from coalition.services.returns import ReturnGoods
from scripts.completejourney import Receipt

_LONGEST_DAYS = 14
_SHARE = re.compile(r"0(\.\d{1,4})?|1(\.0{1,4})?")


class Share(click.ParamType[int]):
    """A part of a whole, written as 0.02, in basis points: exactly, or not at all."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if not _SHARE.fullmatch(value):
            self.fail(f"{value} is not from 0 to 1, with four decimals at most", param, ctx)
        return int(Decimal(value) * BPS)


class Returning:
    """Of each line, with a chance of ``share_bps``, some or all pieces come back within two weeks."""

    def __init__(self, share_bps: int, seed: int) -> None:
        self._share_bps = share_bps
        self._seed = seed
        self._waiting: dict[date, list[ReturnGoods]] = {}

    def bought(self, purchases: Iterable[tuple[Receipt, str]], merchants: Mapping[str, Partner]) -> None:
        """Decide what of these receipts, each with its purchase's id, will come back."""
        if not self._share_bps:
            return
        for receipt, purchase in purchases:
            chance = Random(f"{self._seed}:{receipt.receipt_id}")
            lines = [
                (line.line_id, chance.randint(1, line.quantity))
                for line in receipt.lines
                if chance.randrange(BPS) < self._share_bps and line.quantity
            ]
            if lines:
                occurred_at = receipt.occurred_at + timedelta(days=chance.randint(1, _LONGEST_DAYS))
                partner = merchants[receipt.merchant].number
                goods = ReturnGoods(partner, purchase, f"{receipt.receipt_id}-back", lines, occurred_at)
                self._waiting.setdefault(occurred_at.date(), []).append(goods)

    def due(self, day: date) -> list[ReturnGoods]:
        """What comes back up to that day and has not been asked for before, in order of time."""
        days = sorted(each for each in self._waiting if each <= day)
        return [goods for each in days for goods in self._waiting.pop(each)]


NO_RETURNS = Returning(0, 0)
