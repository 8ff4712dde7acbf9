"""Places: of a challenge that only the first so many win, how many are left, and who came after the last of them."""

from collections.abc import Collection, Mapping

from gamification.fold.goals import Goal
from gamification.fold.state import MemberState
from gamification.grants import Revoked, count_standing, select_grants
from gamification.rules.document import Achievement
from gamification.store.tables import AchievementGrant


def places_left(rule: Achievement) -> int | None:
    """How many can still win it; None where all can."""
    if rule.challenge is None or rule.challenge.first is None:
        return None
    return max(rule.challenge.first - count_standing(rule.id), 0)


def missed(member: int) -> Mapping[str, Collection[str]]:
    """By challenge, the periods in which the member did what it takes after the last place was taken."""
    found: dict[str, set[str]] = {}
    late = AchievementGrant.revoked_because == Revoked.PLACES_GONE
    for grant in select_grants((AchievementGrant.member_id == member) & late):
        found.setdefault(grant.rule.id, set()).add(grant.period)
    return found


def came_too_late(goal: Goal, state: MemberState, periods: Collection[str]) -> bool:
    """Whether a member who has not won the challenge never will, these being the ``periods`` that they missed.

    Goods that come back do not change it; other dates do, once the goods came back by which they were late.
    """
    return goal.only_period in periods or (bool(periods) and state.times_won(goal.rule.id) > 0)
