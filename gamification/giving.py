"""Giving: the points of grants, from their sponsors and within the budgets of their rules, and taking them back."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from coalition import events
from coalition.domain.documents import document_hash
from coalition.domain.rounding import allot
from coalition.services.members import public_ids
from coalition.services.partners import list_partners
from coalition.services.rewards import Reward, TakenReward, reward_points, take_back_rewards
from coalition.store.database import to_column, transaction
from gamification.benefits import give_benefits, take_back_benefits
from gamification.draw_prizes import prize_documents
from gamification.grants import Grant, GrantState, Held, select_grants, update_grants
from gamification.reward_news import REWARD_ISSUED, REWARD_REVOKED, tell_points
from gamification.rules.document import CROSSING_PARTNER
from gamification.store.progress import spend, spent
from gamification.store.tables import AchievementGrant
from gamification.stream import CONSUMER

_EVERYBODY = 0


def give(grants: Sequence[Grant], *, now: datetime, dated: datetime | None = None) -> int:
    """Give what the grants give, unless they are held, and set their states; returns how many points were given.

    Points live from the event that won them, or from the moment ``dated``; what was back-filled, in any case from now.
    The stream is told of all that is given.

    A grant whose budget is used up, or whose sponsors cannot pay now, is held, and says why.
    """
    open_ = [grant for grant in grants if grant.state is GrantState.GRANTED]
    paying = _within_budgets([grant for grant in open_ if grant.points])
    if paying:
        refusals = reward_points(_rewards(paying, dated, now), now=now)
        for grant in paying:
            if refusal := refusals.get(grant.id):
                _hold(grant, refusal.code)
    given = [grant for grant in paying if grant.state is GrantState.GRANTED]
    _note_spending(given, 1)
    tell_points(REWARD_ISSUED, given, now)
    give_benefits([grant for grant in open_ if grant.state is GrantState.GRANTED], now=now)
    return sum(grant.points for grant in given)


def take_back(grants: Sequence[Grant], *, reason: str, now: datetime) -> None:
    """Revoke the grants, with all that they gave; points only of those whose rules claw them back, or for an operator.

    Of those that are held, nothing was given.
    """
    given = [grant for grant in grants if grant.state is GrantState.GRANTED]
    rewarded = [
        grant for grant in given if grant.points and (grant.rule.on_reversal != "revoke" or reason == "operator")
    ]
    if rewarded:
        members = public_ids({grant.member for grant in rewarded})
        take_back_rewards([TakenReward(grant.id, members[grant.member]) for grant in rewarded], now=now)
        _note_spending(rewarded, -1)
        tell_points(REWARD_REVOKED, rewarded, now)
    take_back_benefits(given, now=now)
    for grant in grants:
        grant.state = GrantState.REVOKED
        grant.revoked_because = reason


def release_held(*, now: datetime, limit: int = 1000) -> int:
    """Give the rewards whose time has come, and try again what sponsors or budgets could not, the oldest first.

    What is under review waits for its operator. Returns how many were given.
    """
    with transaction():
        events.lock_cursor(CONSUMER)
        due = AchievementGrant.held_until.is_null() | (AchievementGrant.held_until <= now)
        reviewed = AchievementGrant.held_because == Held.UNDER_REVIEW
        waiting = (AchievementGrant.state == GrantState.HELD) & due & ~reviewed
        # What only waited for its time comes first: it is not to wait behind what nobody can pay.
        timely = AchievementGrant.held_because == Held.RETURN_WINDOW
        held = [*select_grants(waiting & timely, limit), *select_grants(waiting & ~timely, limit)]
        return _release(held, now)


def _release(held: Sequence[Grant], now: datetime) -> int:
    for grant in held:
        grant.state, grant.held_because = GrantState.GRANTED, None
    give(held, now=now)
    update_grants(held)
    return sum(grant.state is GrantState.GRANTED for grant in held)


def grant_document(grant: Grant, member: str, shares: dict[str, int]) -> dict[str, Any]:
    """The document whose hash goes into the ledger with the reward: what was won, and who pays how much of it."""
    return {
        "grant": grant.id,
        "member": member,
        "achievement": grant.rule.id,
        "version": grant.version,
        "tier": grant.tier,
        "threshold": grant.threshold,
        "period": grant.period,
        "points": grant.points,
        "funded_by": shares,
        "earned_at": to_column(grant.earned_at),
    }


def reward_documents(grants: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By the grant's id, or the winning ticket's, the documents of those rewards, made again from the database."""
    numbers, ids = _partners()
    found = list(select_grants(AchievementGrant.public_id.in_(grants)))
    members = public_ids({grant.member for grant in found})
    documents = {}
    for grant in found:
        shares = {ids[sponsor]: points for sponsor, points in _shares(grant, numbers).items()}
        documents[grant.id] = grant_document(grant, members[grant.member], shares)
    return documents | prize_documents(grants)


def _rewards(grants: Sequence[Grant], dated: datetime | None, now: datetime) -> list[Reward]:
    members = public_ids({grant.member for grant in grants})
    numbers, ids = _partners()
    rewards = []
    for grant in grants:
        shares = _shares(grant, numbers)
        document = grant_document(grant, members[grant.member], {ids[sponsor]: n for sponsor, n in shares.items()})
        since = dated or (now if grant.back_filled else grant.earned_at)
        rewards.append(Reward(grant.id, members[grant.member], shares, document_hash(document), since))
    return rewards


def _partners() -> tuple[dict[str, int], dict[int, str]]:
    """The numbers of the partners by their names, and their ids by the numbers."""
    partners = list_partners()
    return {each.name: each.number for each in partners}, {each.number: each.id for each in partners}


def _shares(grant: Grant, numbers: dict[str, int]) -> dict[int, int]:
    """The points of each sponsor. The partner of the event may be a named sponsor too: it pays both shares."""
    funded_by = grant.rule.reward.funded_by
    shares: dict[int, int] = {}
    for name, points in zip(funded_by, allot(grant.points, list(funded_by.values())), strict=True):
        sponsor = grant.partner if name == CROSSING_PARTNER else numbers[name]
        if points:
            shares[sponsor] = shares.get(sponsor, 0) + points
    return shares


def _within_budgets(grants: Iterable[Grant]) -> list[Grant]:
    """Those for which there is room, each with those before it; the others are held."""
    found = list(grants)
    limited = sorted({grant.rule.id for grant in found if _is_limited(grant)})
    used = spent(limited)
    within = []
    for grant in found:
        if _is_limited(grant):
            budget = grant.rule.budget
            limits = {_EVERYBODY: budget.points, grant.member: budget.per_member}
            after = {member: used.get((grant.rule.id, member), 0) + grant.points for member in limits}
            if any(limit is not None and after[member] > limit for member, limit in limits.items()):
                _hold(grant, Held.OVER_BUDGET)
                continue
            used |= {(grant.rule.id, member): points for member, points in after.items()}
        within.append(grant)
    return within


def _note_spending(grants: Iterable[Grant], sign: int) -> None:
    points: dict[tuple[str, int], int] = {}
    for grant in grants:
        if _is_limited(grant):
            for member in (_EVERYBODY, grant.member):
                key = (grant.rule.id, member)
                points[key] = points.get(key, 0) + sign * grant.points
    spend(points)


def _is_limited(grant: Grant) -> bool:
    budget = grant.rule.budget
    return budget.points is not None or budget.per_member is not None


def _hold(grant: Grant, because: str) -> None:
    grant.state, grant.held_because = GrantState.HELD, because
