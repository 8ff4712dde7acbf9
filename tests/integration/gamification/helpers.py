"""Short rules to publish, a shop that puts purchases into the event stream, and what came of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml

from coalition import events
from coalition.clock import ManualClock
from coalition.services.members import member_number
from coalition.services.partners import Partner
from coalition.store.database import execute, to_column, transaction
from tests.conftest import Coalition

BOTH = {"en": "Some text", "ru": "Какой-то текст"}


def rule(id_: str, **given: Any) -> dict[str, Any]:
    """A rule that counts purchases and grants at the first, with what is given instead."""
    return {
        "id": id_,
        "title": BOTH,
        "description": BOTH,
        "on": "purchase.recorded",
        "measure": "count",
        "tiers": [1],
        **given,
    }


def rule_text(*rules: dict[str, Any], levels: dict[str, Any] | None = None) -> str:
    document: dict[str, Any] = {"achievements": list(rules)} if rules else {}
    return yaml.dump(document | ({"levels": levels} if levels else {}), sort_keys=False, Dumper=_Plain)


class _Plain(yaml.SafeDumper):
    """Rules may not have aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


@dataclass
class Shop:
    coalition: Coalition
    clock: ManualClock
    sold: int = 0
    returned: int = 0

    def sells(
        self,
        partner: Partner,
        *,
        member: str | None = None,
        at: datetime | None = None,
        payable_minor: int = 1000,
        categories: tuple[str, ...] = ("bread",),
        store: str | None = None,
    ) -> events.NewEvent:
        """One purchase, by Anna unless someone else is named."""
        self.sold += 1
        purchase = events.NewEvent(
            type="purchase.recorded",
            source=partner.id,
            source_event_id=f"r-{self.sold}",
            member=member_number(member or self.coalition.anna.id),
            partner=partner.number,
            attributes={
                "purchase": f"purchase {self.sold}",
                "partner": partner.name,
                "store": store,
                "currency": "USD",
                "total_minor": payable_minor,
                "payable_minor": payable_minor,
                "points_accrued": 0,
                "points_redeemed": 0,
                "lines": len(categories),
                "categories": sorted(categories),
            },
            occurred_at=at or self.clock.now(),
        )
        return self._append(purchase)

    def takes_back(
        self, purchase: events.NewEvent, *, at: datetime | None = None, **left: Any
    ) -> events.NewEvent | None:
        """Goods of a purchase: all of it, or what is ``left`` is given. Returns the purchase as it stands then."""
        self.returned += 1
        after = purchase.attributes | left if left else None
        goods_return = events.NewEvent(
            type="purchase.returned",
            source=purchase.source,
            source_event_id=f"return-{self.returned}",
            member=purchase.member,
            partner=purchase.partner,
            attributes={
                "purchase": purchase.attributes["purchase"],
                "return": f"return {self.returned}",
                "purchased_at": to_column(purchase.occurred_at),
                "before": purchase.attributes,
                "after": after,
            },
            occurred_at=at or self.clock.now(),
        )
        self._append(goods_return)
        return purchase._replace(attributes=after) if after else None

    def _append(self, event: events.NewEvent) -> events.NewEvent:
        with transaction():
            events.append([event], self.clock.now())
        return event


def utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)


def grants() -> list[tuple[str, int, str]]:
    """(achievement, tier, period) of all grants, in the order in which they were made."""
    rows = execute("SELECT achievement, tier, period FROM achievement_grant ORDER BY id").fetchall()
    return [tuple(row) for row in rows]
