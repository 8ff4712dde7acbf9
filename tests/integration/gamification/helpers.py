"""Short rules to publish, a shop that puts purchases into the event stream, and what came of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import yaml

from coalition import events
from coalition.clock import ManualClock
from coalition.services.members import member_number
from coalition.services.partners import Partner
from coalition.store.database import execute, to_column, transaction
from gamification.fold.state import MemberState
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


def rule_text(*rules: dict[str, Any], **others: Any) -> str:
    """A file with these achievements, and with what else is given: levels, challenges and so on."""
    document: dict[str, Any] = {"achievements": list(rules)} if rules else {}
    document |= {key: value for key, value in others.items() if value is not None}
    return yaml.dump(document, sort_keys=False, Dumper=_Plain)


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
    told: int = 0

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

    def tells(
        self, type_: str, *, member: str | None = None, at: datetime | None = None, **attributes: Any
    ) -> events.NewEvent:
        """Anything else that happened to Anna, or to someone else who is named."""
        self.told += 1
        event = events.NewEvent(
            type=type_,
            source="test",
            source_event_id=f"{type_}-{self.told}",
            member=member_number(member or self.coalition.anna.id),
            partner=self.coalition.operator.number,
            attributes=attributes,
            occurred_at=at or self.clock.now(),
            public_id=f"evt_{self.told}",
        )
        return self._append(event)

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


def states() -> list[str]:
    """The states of all grants, in the order in which they were made."""
    return [row[0] for row in execute("SELECT state FROM achievement_grant ORDER BY id").fetchall()]


def standing() -> list[tuple[str, int, str]]:
    """(achievement, tier, period) of the grants that were not revoked, sorted."""
    rows = execute("SELECT achievement, tier, period FROM achievement_grant WHERE state <> 'revoked'").fetchall()
    return sorted(tuple(row) for row in rows)


def counters() -> list[tuple[str, str, int]]:
    """(achievement, period, how far) of every counter of every member, in the order of the rules and periods."""
    versions = dict(map(tuple, execute("SELECT id, rule FROM rule_version").fetchall()))
    found = []
    for row in execute("SELECT state FROM member_progress ORDER BY member_id").fetchall():
        kept = MemberState.from_json(row[0]).counters
        for goal in sorted(kept, key=int):
            version, periods = kept[goal]
            found += [(versions[version], period, periods[period][0]) for period in sorted(periods)]
    return found


def elements() -> dict[str, list[str]]:
    """By achievement and period, what the counters of different things have seen."""
    versions = dict(map(tuple, execute("SELECT id, rule FROM rule_version").fetchall()))
    return {
        f"{versions[version]} {period}".strip(): sorted(counter[2])
        for row in execute("SELECT state FROM member_progress").fetchall()
        for version, periods in orjson.loads(row[0])[6].values()
        for period, counter in periods.items()
        if len(counter) == 3 and isinstance(counter[2], dict)
    }
