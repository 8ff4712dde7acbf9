"""Trying a draft over history: who would have won, what it would have cost, and when its budget would have run out."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import NamedTuple

from coalition import events
from coalition.domain.documents import canonical_json
from coalition.domain.rounding import allot
from coalition.services.partners import list_partners
from coalition.store.database import chunks
from gamification.backfilling import play_everybody
from gamification.fold.catalogue import Eras, Version
from gamification.fold.player import Win
from gamification.publishing import Source, read_file
from gamification.rulebook import last_event_read, newest_versions, zones
from gamification.rules.document import CROSSING_PARTNER, Achievement

_TENTH = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have come to.

    ``tiers`` has the grants of each tier. ``points`` is the cost without regard to the budget, ``by_sponsor`` what each
    would have paid, ``by_month`` when; ``over_budget_on`` is the day on which the budget would have run out, None if
    never. ``top_tenth_bps`` is the share of the points, in hundredths of a per cent, of the tenth of the winners that
    won most: 1,000 where all win alike. A surprise is reckoned at its mean, rounded up. Of a challenge that only the
    first can win, only these count. One for teams is not ``tried``: nobody knows who would be in which, so it says None
    of all that.
    """

    rule: str
    members: int
    winners: int | None = None
    grants: int | None = None
    tiers: list[int] | None = None
    points: int | None = None
    by_sponsor: dict[str, int] | None = None
    by_month: dict[str, int] | None = None
    over_budget_on: date | None = None
    top_tenth_bps: int | None = None

    @property
    def tried(self) -> bool:
        return self.winners is not None


class _Won(NamedTuple):
    event: int
    occurred_at: datetime
    member: int
    partner: int
    tier: int


@dataclass(slots=True)
class _Tally:
    rule: Achievement
    found: list[_Won] = field(default_factory=list)

    def add(self, win: Win) -> None:
        event = win.event
        self.found.append(_Won(event.id, event.occurred_at, event.member, event.partner, win.tier))

    def won(self) -> list[_Won]:
        """What would have been granted, in the order of the stream."""
        found = sorted(self.found)
        challenge = self.rule.challenge
        return found[: challenge.first] if challenge and challenge.first else found

    def points(self, tier: int) -> int:
        reward = self.rule.reward
        return reward.points[tier] + reward.mean_surprise


def try_rules(source: Source, *, progress: Callable[[int], None] | None = None) -> list[Trial]:
    """Judge all that happened by the achievements and challenges of the file; nothing is changed.

    What they require is judged as it runs now, unless the file has it, too. Members count as having joined what they
    joined. ``progress`` is told how many members were looked at.

    :raises RuleMistakes: the file has mistakes.
    """
    drafts = read_file(source).achievements
    tallies = {rule.id: _Tally(rule) for rule in drafts}
    rules = _as_if_published(drafts)
    up_to = last_event_read()
    everybody = events.all_members(up_to)
    for members in chunks(everybody):
        for _, outcome, _ in play_everybody(members, up_to, rules, zones()):
            for win in outcome.wins:
                if tally := tallies.get(win.goal.rule.id):
                    tally.add(win)
        if progress:
            progress(len(members))
    partners = {partner.number: partner.name for partner in list_partners()}
    return [_trial(tally, len(everybody), partners) for tally in tallies.values()]


def _as_if_published(drafts: Sequence[Achievement]) -> Eras:
    """The drafts and what runs beside them, from the beginning of time."""
    drafted = {("achievement", rule.id) for rule in drafts}
    versions = [
        version._replace(since=0, judges_after=0)
        for version in newest_versions()
        if (version.kind, version.rule) not in drafted
    ]
    last = max((version.id for version in versions), default=0)
    for number, rule in enumerate(drafts, start=last + 1):
        document = canonical_json(rule.document()).decode()
        versions.append(Version(number, "achievement", rule.id, 1, -number, document, 0, 0))
    return Eras(versions)


def _trial(tally: _Tally, members: int, partners: Mapping[int, str]) -> Trial:
    challenge = tally.rule.challenge
    if challenge and challenge.team:
        return Trial(tally.rule.id, members)
    won = tally.won()
    by_member: Counter[int] = Counter()
    by_month: Counter[str] = Counter()
    by_sponsor: Counter[str] = Counter()
    spent = 0
    over_budget_on = None
    limit = tally.rule.budget.points
    for each in sorted(won, key=attrgetter("occurred_at")):
        points = tally.points(each.tier)
        by_member[each.member] += points
        by_month[f"{each.occurred_at:%Y-%m}"] += points
        by_sponsor.update(_shares(tally.rule, points, partners[each.partner]))
        spent += points
        if limit is not None and spent > limit and over_budget_on is None:
            over_budget_on = each.occurred_at.date()
    most = sorted(by_member.values(), reverse=True)
    tenth = sum(most[: -(-len(most) // _TENTH)])
    tiers = Counter(each.tier for each in won)
    return Trial(
        rule=tally.rule.id,
        winners=len(by_member),
        members=members,
        grants=len(won),
        tiers=[tiers[tier] for tier in range(len(tally.rule.tiers))],
        points=spent,
        by_sponsor=dict(sorted(by_sponsor.items())),
        by_month=dict(sorted(by_month.items())),
        over_budget_on=over_budget_on,
        top_tenth_bps=tenth * 10_000 // spent if spent else 0,
    )


def _shares(rule: Achievement, points: int, seller: str) -> Counter[str]:
    """What each sponsor pays of the points, where the event is this partner's."""
    shares: Counter[str] = Counter()
    funded_by = rule.reward.funded_by
    if points:
        for name, share in zip(funded_by, allot(points, list(funded_by.values())), strict=True):
            shares[seller if name == CROSSING_PARTNER else name] += share
    return +shares
