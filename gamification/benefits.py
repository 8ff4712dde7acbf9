"""What grants give beside points: coupons, perks and tickets, and what a surprise turns out to be."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gamification import surprises
from gamification.draws import TicketWin, issue_tickets, open_draws, withdraw_tickets
from gamification.grants import Grant, GrantState
from gamification.rewards import RewardWin, issue_rewards, revoke_rewards
from gamification.rules.rewards import Benefit, Coupon, Perk
from gamification.rules.surprises import Choice, choose


def draw_surprises(grants: Sequence[Grant], *, now: datetime) -> None:
    """Let each new grant of a rule with a surprise have one; its points are the grant's."""
    surprised = [grant for grant in grants if grant.rule.reward.surprise and grant.state is not GrantState.REVOKED]
    drawn = surprises.draw_surprises(
        [surprises.Surprise(grant.id, _occasion(grant), grant.version_id, *_choices(grant)) for grant in surprised],
        now=now,
    )
    for grant, choice in zip(surprised, drawn, strict=True):
        grant.points += choice.points


def give_benefits(grants: Sequence[Grant], *, now: datetime) -> None:
    """Give all but the points of these grants; what was given before is not given again."""
    wins = [RewardWin(grant.id, grant.member, found) for grant in grants if (found := _benefits(grant))]
    if wins:
        issue_rewards(wins, now)
    # What was won after a draw's last day has no ticket of it, however long the rule that promised one runs.
    promised = [(grant, ticket) for grant in grants if (ticket := grant.rule.reward.draw_ticket)]
    closing = open_draws() if promised else {}
    tickets: dict[str, list[TicketWin]] = {}
    for grant, ticket in promised:
        closes_on = closing.get(ticket["draw"])
        if closes_on and grant.earned_at.astimezone(UTC).date() <= closes_on:
            win = TicketWin(grant.id, grant.member, ticket["tickets"])
            tickets.setdefault(ticket["draw"], []).append(win)
    for draw in sorted(tickets):
        issue_tickets(draw, tickets[draw], now=now)


def take_back_benefits(grants: Sequence[Grant], *, now: datetime) -> None:
    """Take back what of these grants has not been used."""
    if rewarded := [grant.id for grant in grants if _benefits(grant)]:
        revoke_rewards(rewarded, now)
    if ticketed := [grant.id for grant in grants if grant.rule.reward.draw_ticket]:
        withdraw_tickets(ticketed, now=now)


def _benefits(grant: Grant) -> list[Benefit]:
    reward = grant.rule.reward
    if not (reward.coupon or reward.perk or reward.surprise):
        return []
    found: list[Benefit] = []
    if reward.coupon:
        found.append(Coupon(**reward.coupon))
    if reward.perk:
        found.append(Perk(**reward.perk))
    if reward.surprise:
        choice = choose(*_choices(grant), _occasion(grant))
        found += [choice.benefit] if choice.benefit else []
    return found


def _occasion(grant: Grant) -> str:
    """What the member has won, rather than the grant: who returns and buys again is surprised by the same."""
    return f"{grant.member}:{grant.rule.id}:{grant.tier}:{grant.period}:{grant.repeat}"


def _choices(grant: Grant) -> tuple[list[Choice], str]:
    """What the grant may be surprised with, and the seed that decides."""
    surprise = grant.rule.reward.surprise
    assert surprise is not None, "only such a rule has choices"
    return [_choice(each) for each in surprise["choices"]], surprise["seed"]


def _choice(given: Mapping[str, Any]) -> Choice:
    kinds: dict[str, type[Coupon | Perk]] = {"coupon": Coupon, "perk": Perk}
    benefit = next((kind(**given[name]) for name, kind in kinds.items() if name in given), None)
    return Choice(given["weight"], given.get("points", 0), benefit)
