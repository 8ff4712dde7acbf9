"""Linting: what may be published and is yet worth a second look."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson

from gamification.draws import open_draws
from gamification.event_types import EVENT_TYPES
from gamification.rulebook import newest_versions, running_rules, zones
from gamification.rules.document import Achievement, Referral
from gamification.rules.reading import RuleFile

_UNSEEN = "social.shared"
"""Of the built-in types the one that nobody has looked at: reviews and photos are moderated, visits are measured, ideas
and surveys take one answer of everybody, receipts come from tills."""


@dataclass(frozen=True, slots=True)
class Remark:
    """``rule`` is the id of what it is about, or ``referral``; ``code`` is stable."""

    rule: str
    code: str
    text: str


def remarks(file: RuleFile, *, now: datetime) -> list[Remark]:
    """All that there is to say to a file without mistakes; nothing of it stands in the way of publishing."""
    hidden = {goal.rule.id for goal in running_rules().goals if goal.kind == "achievement" and goal.rule.hidden}
    hidden -= {rule.id for rule in file.achievements}
    hidden |= {rule.id for rule in file.achievements if rule.hidden}
    today = now.astimezone(ZoneInfo(zones()(now))).date()
    counted = _counted_so_far()
    closing = open_draws() | {draw.id: draw.closes_on for draw in file.draws}
    found: list[Remark] = []
    for rule in file.achievements:
        found += _on_reward(rule)
        found += _on_ticket(rule, closing, now.astimezone(UTC).date())
        for required in rule.requires:
            if required in hidden and not rule.hidden:
                text = f"requires {required}, which is hidden: members will not know what they lack"
                found.append(Remark(rule.id, "requires_hidden", text))
        if rule.window.kind == "dates" and rule.window.dates[1] < today:
            found.append(Remark(rule.id, "over", f"ended on {rule.window.dates[1]}: only late events can win it"))
        if counted.get(rule.id, rule.counting) != rule.counting:
            text = "counts otherwise than the running version: members begin anew unless it is back-filled"
            found.append(Remark(rule.id, "begins_anew", text))
    return found + list(_on_referral(file.referral))


def _on_reward(rule: Achievement) -> Iterator[Remark]:
    reward = rule.reward
    if reward.most_points and rule.budget.points is None:
        yield Remark(rule.id, "no_budget", "gives points without a budget: nothing bounds what it may cost")
    worth = reward.most_points or reward.coupon or reward.perk or reward.draw_ticket or reward.surprise
    if worth and (rule.on == _UNSEEN or rule.on not in EVENT_TYPES):
        yield Remark(rule.id, "not_moderated", f"rewards {rule.on}, which nobody checks before it counts")
    if worth and rule.on_reversal == "keep":
        yield Remark(rule.id, "keeps", "rewards what is undone, too: goods can be bought and returned again and again")


def _on_ticket(rule: Achievement, closing: Mapping[str, date], today: date) -> Iterator[Remark]:
    ticket = rule.reward.draw_ticket
    closes_on = closing.get(ticket["draw"]) if ticket else None
    if ticket is None or closes_on is None:
        return
    # Somewhere a day has begun hours before it begins in UTC.
    begins = rule.window.dates[0] - timedelta(days=1) if rule.window.kind == "dates" else today
    if max(begins, today) > closes_on:
        text = f"gives tickets of {ticket['draw']}, which can be won until {closes_on} (UTC): nobody will get one"
        yield Remark(rule.id, "no_ticket", text)


def _on_referral(referral: Referral | None) -> Iterator[Remark]:
    if referral and referral.budget.points is None and (referral.referrer.points or referral.friend.points):
        yield Remark("referral", "no_budget", "gives points without a budget: nothing bounds what it may cost")


def _counted_so_far() -> dict[str, str]:
    """By achievement, what tells whether another version counts the same."""
    return {
        version.rule: Achievement.from_document(orjson.loads(version.document)).counting
        for version in newest_versions()
        if version.kind == "achievement"
    }
