"""What the stream is told of rewards: points, coupons and perks."""

from collections.abc import Sequence
from datetime import datetime

import orjson

from coalition import events
from coalition.services.partners import OPERATOR, list_partners
from coalition.store.database import chunks, to_column
from gamification.grants import Grant
from gamification.store.reward_tables import Reward
from gamification.stream import SOURCE

REWARD_ISSUED = "reward.issued"
REWARD_CLAIMED = "reward.claimed"
REWARD_REVOKED = "reward.revoked"
_POINTS_STATES = {REWARD_ISSUED: "issued", REWARD_REVOKED: "revoked"}


def tell(type_: str, rewards: Sequence[str], now: datetime) -> None:
    """Put what has become of these rewards into the stream. Their codes stay out of it: it goes to partners."""
    if not rewards:
        return
    partners = list_partners()
    names: dict[int | None, str] = {partner.number: partner.name for partner in partners}
    operator = next(partner.number for partner in partners if partner.name == OPERATOR)
    told = [
        events.NewEvent(
            type=type_,
            source=SOURCE,
            source_event_id=f"{type_}:{row.public_id}",
            member=row.member_id,
            partner=row.claimed_by or row.partner_id or operator,
            attributes={
                "reward": row.public_id,
                "grant": row.grant_id,
                "kind": row.kind,
                "title": orjson.loads(row.title),
                "honoured_by": names.get(row.partner_id),
                "valid_until": to_column(row.valid_until),
                "state": row.state,
            },
            occurred_at=now,
        )
        for some in chunks(rewards)
        for row in Reward.select().where(Reward.public_id.in_(some)).order_by(Reward.id)
    ]
    events.append(told, now)


def tell_points(type_: str, grants: Sequence[Grant], now: datetime) -> None:
    """Put into the stream that the points of these grants were given, or taken back."""
    if not grants:
        return
    state = _POINTS_STATES[type_]
    told = [
        events.NewEvent(
            type=type_,
            source=SOURCE,
            source_event_id=f"points:{state}:{grant.id}",
            member=grant.member,
            partner=grant.partner,
            attributes={
                "grant": grant.id,
                "kind": "points",
                "achievement": grant.rule.id,
                "points": grant.points,
                "state": state,
            },
            occurred_at=now,
        )
        for grant in grants
    ]
    events.append(told, now)
