"""Rewards that are not points: coupons and perks that grants give, and that tills honour, each once.

A reward is ``issued → claimed | expired | revoked``. Each of the first four functions tells the stream what it did, in
the transaction that did it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from coalition import events
from coalition.domain.documents import canonical_json
from coalition.ids import new_id
from coalition.services.partners import list_partners
from coalition.services.programmes import rulebook
from coalition.store.database import chunks, execute, insert_rows, placeholders, to_column, transaction
from gamification.errors import (
    InvalidRewardCode,
    RewardBeingChecked,
    RewardClaimed,
    RewardClaimedElsewhere,
    RewardExpired,
    RewardNotHonoured,
    RewardRevoked,
    UnknownReward,
)
from gamification.fold.history import UNDOING
from gamification.reward_list import MemberReward, shown_reward
from gamification.reward_news import REWARD_CLAIMED, REWARD_ISSUED, REWARD_REVOKED, tell
from gamification.rules.coupon_codes import new_code, read_code
from gamification.rules.rewards import Benefit
from gamification.store.reward_tables import Reward
from gamification.stream import CONSUMER

_CHUNK = 500
_CHECKED_IN_S = 2
"""By then the engine has read it, unless it is catching up."""
_COLUMNS = (
    "public_id",
    "grant_id",
    "place",
    "member_id",
    "kind",
    "title",
    "terms",
    "partner_id",
    "code",
    "state",
    "issued_at",
    "valid_until",
)


class RewardState(StrEnum):
    ISSUED = "issued"
    CLAIMED = "claimed"
    EXPIRED = "expired"
    REVOKED = "revoked"


class RewardWin(NamedTuple):
    """What a grant gives a member (their number); ``grant`` is its public id, or that of a ticket that has won."""

    grant: str
    member: int
    benefits: Sequence[Benefit]


@dataclass(frozen=True, slots=True)
class RevokedRewards:
    """The ids of what was taken back, and of what was not, because it had been claimed before."""

    revoked: tuple[str, ...]
    claimed_before: tuple[str, ...]


def issue_rewards(wins: Sequence[RewardWin], now: datetime) -> None:
    """Give what the grants give, from now on until the end of its last day; a grant that has given gives no more."""
    benefits = [(win, place, benefit) for win in wins for place, benefit in enumerate(win.benefits)]
    if not benefits:
        return
    with transaction():
        given = _places({win.grant for win, *_ in benefits})
        new = [each for each in benefits if (each[0].grant, each[1]) not in given]
        numbers = {partner.name: partner.number for partner in list_partners()}
        rows = [
            (
                new_id("rwd"),
                win.grant,
                place,
                win.member,
                benefit.kind,
                canonical_json(benefit.title).decode(),
                canonical_json(benefit.terms).decode(),
                None if benefit.partner is None else numbers[benefit.partner],
                code,
                RewardState.ISSUED,
                to_column(now),
                to_column(_end_of_day(now, benefit.valid_days)),
            )
            for (win, place, benefit), code in zip(new, _new_codes(len(new)), strict=True)
        ]
        insert_rows(Reward, _COLUMNS, rows)
        tell(REWARD_ISSUED, [row[0] for row in rows], now)


def ids_of(grants: Sequence[str]) -> dict[str, str]:
    """By grant, the id of the first reward that it gave."""
    found: dict[str, str] = {}
    for chunk in chunks(grants):
        of_grants = f"grant_id IN ({placeholders(len(chunk))}) AND place = 0"
        found.update(map(tuple, execute(f"SELECT grant_id, public_id FROM reward WHERE {of_grants}", chunk).fetchall()))
    return found


def claim_reward(code: str, partner: int, *, locale: str, now: datetime) -> MemberReward:
    """The till of this partner (its number) honours the reward, which ends it.

    :raises InvalidRewardCode: nobody was given such a code; it is mistyped.
    :raises UnknownReward: no reward has it.
    :raises RewardNotHonoured: another partner does.
    :raises RewardClaimed, RewardClaimedElsewhere, RewardExpired, RewardRevoked: it has ended before.
    :raises RewardBeingChecked: what the member has brought back or withdrawn may yet take it away.
    """
    read = read_code(code)
    if read is None:
        raise InvalidRewardCode(reward=code)
    with transaction():
        row = _claim(Reward.get_or_none(Reward.code == read), read, partner, now)
    return shown_reward(row, partner=partner, locale=locale, now=now)


def claim_own_reward(reward_id: str, member: int, *, locale: str, now: datetime) -> MemberReward:
    """The member uses up a reward of theirs that every merchant honours, without a till.

    :raises UnknownReward: it is not theirs.
    :raises RewardNotHonoured: it is claimed at a till of the partner that is named.
    :raises RewardClaimed, RewardExpired, RewardRevoked: it has ended before.
    :raises RewardBeingChecked: what the member has brought back or withdrawn may yet take it away.
    """
    with transaction():
        row = Reward.get_or_none((Reward.public_id == reward_id) & (Reward.member_id == member))
        row = _claim(row, reward_id, None, now)
    return shown_reward(row, partner=None, locale=locale, now=now)


def revoke_rewards(grants: Sequence[str], now: datetime) -> RevokedRewards:
    """Take back what these grants gave and nobody has claimed yet."""
    revoked: list[str] = []
    claimed: list[str] = []
    with transaction():
        for chunk in chunks(grants):
            of_grants = f"grant_id IN ({placeholders(len(chunk))})"
            rows = execute(
                f"UPDATE reward SET state = ? WHERE {of_grants} AND state = ? RETURNING public_id",
                (RewardState.REVOKED, *chunk, RewardState.ISSUED),
            ).fetchall()
            revoked += sorted(public_id for (public_id,) in rows)
            rows = execute(
                f"SELECT public_id FROM reward WHERE {of_grants} AND state = ? ORDER BY id",
                (*chunk, RewardState.CLAIMED),
            ).fetchall()
            claimed += [public_id for (public_id,) in rows]
        tell(REWARD_REVOKED, revoked, now)
    return RevokedRewards(tuple(revoked), tuple(claimed))


def expire_rewards(*, now: datetime, limit: int = 1000) -> int:
    """End at most ``limit`` rewards whose last day is over; returns how many. None is claimed after that day."""
    due = "SELECT id FROM reward WHERE state = ? AND valid_until <= ? ORDER BY valid_until LIMIT ?"
    asked = (RewardState.ISSUED, to_column(now), limit)
    # Asked first without a lock: most of the time nothing is due.
    if not execute(due, (*asked[:2], 1)).fetchall():
        return 0
    with transaction():
        ended = execute(
            f"UPDATE reward SET state = ? WHERE state = ? AND id IN ({due}) RETURNING id",
            (RewardState.EXPIRED, RewardState.ISSUED, *asked),
        ).fetchall()
    return len(ended)


def _claim(row: Reward | None, named: str, partner: int | None, now: datetime) -> Reward:
    """Refusals call it what the caller does: the id, which has the time in it, is not every till's to know."""
    if row is None:
        raise UnknownReward(reward=named)
    if row.partner_id not in (None, partner):
        names = {each.number: each.name for each in list_partners()}
        raise RewardNotHonoured(reward=named, partner=names[row.partner_id])
    claimed = execute(
        "UPDATE reward SET state = ?, claimed_at = ?, claimed_by = ? WHERE id = ? AND state = ? AND valid_until > ?"
        " RETURNING id",
        (RewardState.CLAIMED, to_column(now), partner, row.id, RewardState.ISSUED, to_column(now)),
    ).fetchall()
    row = Reward.get_by_id(row.id)
    if not claimed:
        raise _ended(row, named, partner)
    # Not before the row is ours: if the engine is taking it back at this moment, it has done so by now.
    if events.waits(CONSUMER, row.member_id, UNDOING):
        raise RewardBeingChecked(reward=named, retry_after_s=_CHECKED_IN_S)
    tell(REWARD_CLAIMED, [row.public_id], now)
    return row


def _ended(row: Reward, named: str, partner: int | None) -> Exception:
    if row.state == RewardState.CLAIMED:
        told = partner in (None, row.claimed_by)
        return RewardClaimed(reward=named, claimed_at=row.claimed_at) if told else RewardClaimedElsewhere(reward=named)
    if row.state == RewardState.REVOKED:
        return RewardRevoked(reward=named)
    return RewardExpired(reward=named, valid_until=row.valid_until)


def _places(grants: Iterable[str]) -> set[tuple[str, int]]:
    """The rewards that these grants have given, each by its grant and its place."""
    wanted = sorted(grants)
    found: set[tuple[str, int]] = set()
    for chunk in chunks(wanted):
        rows = execute(f"SELECT grant_id, place FROM reward WHERE grant_id IN ({placeholders(len(chunk))})", chunk)
        found.update(map(tuple, rows.fetchall()))
    return found


def _new_codes(count: int) -> list[str]:
    """Codes that nobody has; that two of them are the same is as good as impossible, and made impossible here."""
    codes: set[str] = set()
    while len(codes) < count:
        fresh = sorted({new_code() for _ in range(min(count - len(codes), _CHUNK))} - codes)
        rows = execute(f"SELECT code FROM reward WHERE code IN ({placeholders(len(fresh))})", fresh).fetchall()
        codes |= set(fresh) - {code for (code,) in rows}
    return sorted(codes)


def _end_of_day(now: datetime, days: int) -> datetime:
    """The midnight after the day that is so many days after today, by the programme's calendar."""
    zone = ZoneInfo(rulebook().at(now).time_zone)
    last = now.astimezone(zone).date() + timedelta(days=days + 1)
    return datetime(last.year, last.month, last.day, tzinfo=zone)
