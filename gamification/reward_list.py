"""What a member's rewards look like to whoever may see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from coalition.services.cursors import Page, page, read_cursor
from coalition.services.members import member_number, public_ids
from coalition.services.partners import list_partners
from gamification.rules.document import localised
from gamification.store.reward_tables import Reward

_LIST = "rewards"


@dataclass(frozen=True, slots=True)
class MemberReward:
    """``honoured_by`` is the partner at whose tills it can be claimed, None if that is every partner.

    ``code`` is None for those who are to hear it from the member. ``claimed_by`` is where it was claimed; None too if
    the member did that without a till. Other partners are told neither where nor when (``claimed_at``).
    """

    id: str
    member: str
    grant: str
    kind: str
    title: str
    terms: str | None
    honoured_by: str | None
    code: str | None
    state: str
    issued_at: datetime
    valid_until: datetime
    claimed_at: datetime | None
    claimed_by: str | None


def rewards_of(
    member_id: str, *, partner: int | None, locale: str, now: datetime, limit: int, cursor: str | None
) -> Page[MemberReward]:
    """The member's rewards, the youngest first; a ``partner`` sees those that it honours, with the codes of its own.

    Without ``partner``, all of them.

    :raises UnknownMember: no member has this id.
    :raises InvalidCursor: the list did not give it.
    """
    member = member_number(member_id)
    wanted = (Reward.member_id == member) & (Reward.id < read_cursor(_LIST, cursor))
    if partner is not None:
        wanted &= (Reward.partner_id == partner) | Reward.partner_id.is_null()
    rows = page(_LIST, list(Reward.select().where(wanted).order_by(Reward.id.desc()).limit(limit + 1)), limit, _id_of)
    names = _names()
    shown = [
        _shown(
            row,
            member_id,
            names,
            locale,
            now,
            with_code=partner is None or row.partner_id == partner,
            with_claim=partner is None or row.claimed_by == partner,
        )
        for row in rows.data
    ]
    return Page(shown, rows.next_cursor)


def shown_reward(row: Reward, *, locale: str, now: datetime) -> MemberReward:
    """One reward, to somebody who knows its code."""
    return _shown(
        row, public_ids([row.member_id])[row.member_id], _names(), locale, now, with_code=True, with_claim=True
    )


def _shown(
    row: Reward,
    member_id: str,
    names: Mapping[int | None, str],
    locale: str,
    now: datetime,
    *,
    with_code: bool,
    with_claim: bool,
) -> MemberReward:
    terms = orjson.loads(row.terms)
    over = row.state == "issued" and row.valid_until <= now
    return MemberReward(
        id=row.public_id,
        member=member_id,
        grant=row.grant_id,
        kind=row.kind,
        title=localised(orjson.loads(row.title), locale),
        terms=localised(terms, locale) if terms else None,
        honoured_by=names.get(row.partner_id),
        code=row.code if with_code else None,
        state="expired" if over else row.state,
        issued_at=row.issued_at,
        valid_until=row.valid_until,
        claimed_at=row.claimed_at if with_claim else None,
        claimed_by=names.get(row.claimed_by) if with_claim else None,
    )


def _names() -> dict[int | None, str]:
    return {partner.number: partner.name for partner in list_partners()}


def _id_of(row: Reward) -> int:
    number: int = row.id
    return number
