"""Who is on a leaderboard: members join with a nickname, and leave whenever they like."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from coalition import events
from coalition.services.partners import list_partners, operator_number
from coalition.services.programmes import rulebook
from coalition.store.database import lock_name, transaction
from gamification.errors import AlreadyOnLeaderboard, EnteredByMember, LeaderboardOver, NicknameTaken
from gamification.leaderboards import get_board, lock_board, remove_places
from gamification.rules.leaderboards import Leaderboard
from gamification.rules.nicknames import check_not_reserved, nickname_key, read_nickname
from gamification.store.leaderboard_tables import LeaderboardMember

LEADERBOARD_JOINED = "leaderboard.joined"
LEADERBOARD_LEFT = "leaderboard.left"
_SOURCE = "leaderboards"
_END = (1 << 63) - 1
"""Behind the last event that there will ever be."""


@dataclass(frozen=True, slots=True)
class Membership:
    """Under which nickname a member is on a leaderboard, and since when."""

    leaderboard: str
    nickname: str
    joined_at: datetime


def join(board_id: str, member: int, nickname: str, partner: int, *, now: datetime) -> Membership:
    """The member is on the leaderboard under this nickname; whoever was so already is answered the same.

    With the next batch of the engine the member has a place, for all that was scored in the running periods.
    ``partner`` is whose till it was, or the operator's number for the member's own session.

    :raises UnknownLeaderboard: there is none of this id.
    :raises LeaderboardOver: its only period has ended.
    :raises InvalidNickname: it is none that others may see, or could be taken for the coalition's or a partner's.
    :raises AlreadyOnLeaderboard: the member is on it under another nickname.
    :raises NicknameTaken: somebody else has it, or one that people would take for it.
    """
    board = get_board(board_id)
    _check_not_over(board, now)
    kept = read_nickname(nickname)
    with transaction():
        lock_name(f"nicknames:{board_id}")
        on_it = LeaderboardMember.leaderboard == board_id
        if mine := LeaderboardMember.get_or_none(on_it, LeaderboardMember.member_id == member):
            if mine.nickname != kept:
                raise AlreadyOnLeaderboard(leaderboard=board_id, nickname=mine.nickname)
            return Membership(board_id, mine.nickname, mine.joined_at)
        check_not_reserved(kept, (each.name for each in list_partners()))
        key = nickname_key(kept)
        if LeaderboardMember.get_or_none(on_it, LeaderboardMember.nickname_key == key):
            raise NicknameTaken(leaderboard=board_id, nickname=kept)
        LeaderboardMember.create(
            leaderboard=board_id,
            member_id=member,
            nickname=kept,
            nickname_key=key,
            joined_at=now,
            force_insert=True,
        )
        _tell(LEADERBOARD_JOINED, member, partner, {"leaderboard": board_id, "nickname": kept}, now)
    return Membership(board_id, kept, now)


def opt_out(board_id: str, member: int, partner: int, *, now: datetime) -> bool:
    """The member is no longer on the leaderboard, nor in any period of it that is not closed; the places of closed ones
    remain, without the nickname. Returns False if the member was not on it. ``partner`` as in ``join``.

    :raises UnknownLeaderboard: there is none of this id.
    :raises EnteredByMember: a partner asks, and the member joined in their own session.
    """
    get_board(board_id)
    with transaction():
        if partner != operator_number() and _entered_by(board_id, member) == operator_number():
            raise EnteredByMember(leaderboard=board_id)
        return _take_off(board_id, member, partner, now)


def _take_off(board_id: str, member: int, partner: int, now: datetime) -> bool:
    with transaction():
        # The board before the nicknames' row and the stream: in this order the engine takes them, too.
        lock_board(board_id)
        gone = (
            LeaderboardMember.delete()
            .where(LeaderboardMember.leaderboard == board_id, LeaderboardMember.member_id == member)
            .execute()
        )
        if not gone:
            return False
        remove_places(board_id, member)
        _tell(LEADERBOARD_LEFT, member, partner, {"leaderboard": board_id}, now)
    return True


def _entered_by(board_id: str, member: int) -> int | None:
    """The partner of the member's last entry, None if the member is not on the board."""
    on_it = LeaderboardMember.leaderboard == board_id
    if not LeaderboardMember.get_or_none(on_it, LeaderboardMember.member_id == member):
        return None
    entries = [
        event.partner
        for event in events.read_members([member], _END)
        if event.type == LEADERBOARD_JOINED and event.attributes["leaderboard"] == board_id
    ]
    return entries[-1] if entries else None


def _check_not_over(board: Leaderboard, now: datetime) -> None:
    today = rulebook().at(now).local(now).date()
    last = board.last_day(board.period_at(today))
    if last is not None and last < today:
        raise LeaderboardOver(leaderboard=board.id, last_day=last)


def _tell(type_: str, member: int, partner: int, attributes: dict[str, str], now: datetime) -> None:
    event = events.NewEvent(
        type=type_,
        source=_SOURCE,
        source_event_id=str(uuid4()),
        member=member,
        partner=partner,
        attributes=attributes,
        occurred_at=now,
    )
    events.append([event], now)
