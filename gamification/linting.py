"""Linting: what may be published and is yet worth a second look."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from coalition.domain.places import did_you_mean
from coalition.services.partners import list_partners
from gamification.draws import open_draws
from gamification.event_types import EVENT_TYPES
from gamification.rulebook import newest_versions, running_rules, zones
from gamification.rules.document import Achievement, Budget, Referral
from gamification.rules.predicate import ALL, ANY, NOT
from gamification.rules.reading import RuleFile

_UNSEEN = "social.shared"
"""Of the built-in types the one that nobody has looked at: reviews and photos are moderated, visits are measured, ideas
and surveys take one answer of everybody, receipts come from tills."""


@dataclass(frozen=True, slots=True)
class Remark:
    """``rule`` is the id of what it is about, or ``levels`` or ``referral``; ``code`` is stable."""

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
    found += _on_referral(file.referral)
    found += _on_budgets(file)
    return found + list(_on_partners(file, [partner.name for partner in list_partners()]))


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


def _on_budgets(file: RuleFile) -> Iterator[Remark]:
    budgets = [(rule.id, rule.budget, rule.reward.most_points) for rule in file.achievements]
    budgets += [(board.id, board.budget, len(board.prizes)) for board in file.leaderboards]
    if file.referral:
        gives = max(file.referral.referrer.points, file.referral.friend.points)
        budgets.append(("referral", file.referral.budget, gives))
    for rule, budget, gives in budgets:
        if budget != Budget() and not gives:
            yield Remark(rule, "idle_budget", "has a budget, and gives no points that it could bound")
        elif budget.points is not None and (budget.per_member or 0) > budget.points:
            text = f"per_member, {budget.per_member}, bounds nothing: all members together may be given {budget.points}"
            yield Remark(rule, "idle_budget", text)


def _on_partners(file: RuleFile, partners: Collection[str]) -> Iterator[Remark]:
    """That a partner may come to be later is why such a name is not a mistake."""
    conditions = [(rule.id, "where", rule.where) for rule in file.achievements]
    conditions += [(board.id, "where", board.where) for board in file.leaderboards]
    if file.levels:
        sources = enumerate(file.levels.experience)
        conditions += [("levels", f"experience[{index}].where", source.where) for index, source in sources]
    if file.referral:
        conditions.append(("referral", "qualifies.where", file.referral.where))
    for rule, key, condition in conditions:
        for place, name in _partners_in(condition, key):
            if name not in partners:
                text = f"{place}: no partner is named {name}{did_you_mean(name, partners)}"
                yield Remark(rule, "unknown_partner", text)


def _partners_in(condition: Mapping[str, Any], key: str) -> Iterator[tuple[str, str]]:
    """The places in the condition that name a partner, each with the name."""
    for name, value in condition.items():
        place = f"{key}.{name}"
        if name in (ALL, ANY):
            for index, item in enumerate(value):
                yield from _partners_in(item, f"{place}[{index}]")
        elif name == NOT:
            yield from _partners_in(value, place)
        elif name == "partner" and isinstance(value, str):
            yield place, value
        elif name == "partner":
            for operator, operand in value.items():
                several = isinstance(operand, list)
                for index, each in enumerate(operand if several else [operand]):
                    yield f"{place}.{operator}[{index}]" if several else f"{place}.{operator}", each


def _counted_so_far() -> dict[str, str]:
    """By achievement, what tells whether another version counts the same."""
    return {
        version.rule: Achievement.from_document(orjson.loads(version.document)).counting
        for version in newest_versions()
        if version.kind == "achievement"
    }
