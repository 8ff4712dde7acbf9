"""What a member's rewards look like to whoever may see them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import orjson
from peewee import Expression

from coalition.services.members import member_number, public_ids
from coalition.services.partners import list_partners
from gamification.grants import select_grants
from gamification.rules.document import localised
from gamification.sharing import Viewer, viewer
from gamification.store.reward_tables import Reward
from gamification.store.tables import AchievementGrant


@dataclass(frozen=True, slots=True)
class MemberReward:
    """``honoured_by`` is the partner at whose tills it can be claimed, None if that is every partner.

    ``code`` is None for those who are to hear it from the member. ``claimed_by`` is where it was claimed; None too if
    the member did that without a till. Other partners are told neither where nor when (``claimed_at``). Nor is a
    partner told when it was given that may not know what for, or when that was: ``id`` and ``grant``, which have the
    time in them, ``issued_at`` and ``valid_until`` are None; but who is shown the code is told the last day.
    """

    id: str | None
    member: str
    grant: str | None
    kind: str
    title: str
    terms: str | None
    honoured_by: str | None
    code: str | None
    state: str
    issued_at: datetime | None
    valid_until: datetime | None
    claimed_at: datetime | None
    claimed_by: str | None


def rewards_of(member_id: str, *, partner: int | None, locale: str, now: datetime) -> list[MemberReward]:
    """The member's rewards, the youngest first; without ``partner``, all of them.

    A ``partner`` (its number) sees those that it honours, with the codes of its own, unless it is not to know what they
    were given for: what is hidden and about others, and the draws of the coalition, where a prize alone can lead to
    the member in the published list.

    :raises UnknownMember: no member has this id.
    """
    member = member_number(member_id)
    looking = viewer(partner)
    wanted = Reward.member_id == member
    if partner is not None:
        wanted &= (Reward.partner_id == partner) | Reward.partner_id.is_null()
    origins = _Origins(looking, AchievementGrant.member_id == member)
    rows = [row for row in Reward.select().where(wanted).order_by(Reward.id.desc()) if origins.may_be_known(row)]
    names = _names()
    return [_shown(row, member_id, names, locale, now, looking, dated=origins.may_be_dated(row)) for row in rows]


def shown_reward(row: Reward, *, partner: int | None, locale: str, now: datetime) -> MemberReward:
    """One reward, to the partner (its number) whose till was shown the code, or with None to the member."""
    looking = viewer(partner)
    dated = _Origins(looking, AchievementGrant.public_id == row.grant_id).may_be_dated(row)
    shown = _shown(row, public_ids([row.member_id])[row.member_id], _names(), locale, now, looking, dated=dated)
    return replace(shown, code=row.code, valid_until=row.valid_until)


class _Origins:
    """What rewards were given for, as far as the viewer's sight of them depends on it."""

    def __init__(self, looking: Viewer, condition: Expression) -> None:
        self._looking = looking
        sees_all = looking.number is None
        self._grants = {} if sees_all else {grant.id: grant for grant in select_grants(condition)}

    def may_be_known(self, row: Reward) -> bool:
        grant = self._grants.get(row.grant_id)
        return self._looking.may_know(grant.rule) if grant else self._is_own_prize(row)

    def may_be_dated(self, row: Reward) -> bool:
        grant = self._grants.get(row.grant_id)
        return self._looking.was_there(grant) if grant else self._is_own_prize(row)

    def _is_own_prize(self, row: Reward) -> bool:
        """Of what no grant gave, but a ticket: the draw's partner honours its prizes, and knows who has won them."""
        return self._looking.number in (None, row.partner_id)


def _shown(
    row: Reward,
    member_id: str,
    names: Mapping[int | None, str],
    locale: str,
    now: datetime,
    looking: Viewer,
    *,
    dated: bool,
) -> MemberReward:
    terms = orjson.loads(row.terms)
    over = row.state == "issued" and row.valid_until <= now
    claimed_here = looking.number in (None, row.claimed_by)
    return MemberReward(
        id=row.public_id if dated else None,
        member=member_id,
        grant=row.grant_id if dated else None,
        kind=row.kind,
        title=localised(orjson.loads(row.title), locale),
        terms=localised(terms, locale) if terms else None,
        honoured_by=names.get(row.partner_id),
        code=row.code if looking.number in (None, row.partner_id) else None,
        state="expired" if over else row.state,
        issued_at=row.issued_at if dated else None,
        valid_until=row.valid_until if dated else None,
        claimed_at=row.claimed_at if claimed_here else None,
        claimed_by=names.get(row.claimed_by) if claimed_here else None,
    )


def _names() -> dict[int | None, str]:
    return {partner.number: partner.name for partner in list_partners()}
