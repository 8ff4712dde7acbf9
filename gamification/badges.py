"""Badges: which grants come with one, whose it is, and what it says of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from coalition.services.badges import BadgeChange, change_badges, get_badge
from coalition.services.partners import OPERATOR, list_partners
from gamification.grants import Grant, badge_grants
from gamification.rulebook import running_rules
from gamification.rules.document import CROSSING_PARTNER, Achievement, localised


@dataclass(frozen=True, slots=True)
class BadgeDescription:
    """``issuer`` is the name of the partner whose badge it is."""

    name: str
    description: str
    achievement: str
    issuer: str


def move_badges(won: Sequence[tuple[Grant, int]], lost: Sequence[tuple[Grant, int]], *, now: datetime) -> None:
    """Award what new grants come with, and revoke what no grant stands for any more, in the order of their events' ids.

    To be called before it is written what has become of the grants. Where no rule has a badge, this asks nothing.
    """
    taken = [(event, -1, grant) for grant, event in lost if grant.rule.reward.badge]
    given = [(event, 1, grant) for grant, event in won if grant.rule.reward.badge]
    if not taken and not given:
        return
    losers = sorted({grant.member for *_, grant in taken})
    standing = badge_grants(losers, {grant.rule.id for *_, grant in taken})
    numbers = {partner.name: partner.number for partner in list_partners()}
    changes = []
    for _, step, grant in sorted([*taken, *given], key=itemgetter(0, 1)):
        achievement = grant.rule.id
        standing[grant.member, achievement] += step
        what = (achievement, _issuer(grant.rule, numbers), grant.member, grant.id)
        if step > 0:
            changes.append(BadgeChange("award", *what))
        elif not standing[grant.member, achievement]:
            changes.append(BadgeChange("revocation", *what))
    change_badges(changes, now=now)


def describe(number: int, locale: str) -> BadgeDescription:
    """What anybody may know of the badge, in the words of its achievement now.

    :raises UnknownBadge: no badge has this number.
    """
    badge = get_badge(number)
    (rule,) = (goal.rule for goal in running_rules().goals if goal.rule.id == badge.achievement)
    title, description = localised(rule.title, locale), localised(rule.description, locale)
    return BadgeDescription(title, description, badge.achievement, badge.issuer)


def _issuer(rule: Achievement, numbers: Mapping[str, int]) -> int:
    """The partner who alone pays for the achievement; the operator where there is none, or several do."""
    sponsors = list(rule.reward.funded_by)
    alone = len(sponsors) == 1 and sponsors[0] != CROSSING_PARTNER
    return numbers[sponsors[0] if alone else OPERATOR]
