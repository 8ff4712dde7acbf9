"""Publishing rules: a file becomes versions that run, or nothing changes and every mistake is named."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import orjson

from coalition import events
from coalition.domain.documents import canonical_json
from coalition.errors import Mistake
from coalition.services import audit_log
from coalition.services.partners import list_partners
from coalition.store.database import transaction
from coalition.store.trial import undone
from gamification import event_types
from gamification.backfilling import fill
from gamification.draws import ensure_draw, known_draws, open_draws
from gamification.errors import RuleMistakes
from gamification.fold.goals import Goal
from gamification.icons import icon_names
from gamification.leaderboards import ensure_leaderboard
from gamification.rulebook import last_version_id, newest_versions, running_rules
from gamification.rules.document import Achievement, Levels, Referral
from gamification.rules.draws import Draw
from gamification.rules.leaderboards import Leaderboard
from gamification.rules.reading import ParsedRules, RuleFile, check_rules, parse_rules
from gamification.rules.surroundings import Surroundings
from gamification.store.tables import RuleVersion
from gamification.stream import CONSUMER

DEMO_RULES = Path(__file__).parent / "demo" / "achievements.yaml"
LEVELS = "levels"
REFERRAL = "referral"

ITSELF = "coalition"
"""Who publishes the demo's rules."""

Source = Path | str | ParsedRules
"""A rule file: its path, its text, or what ``parse`` made of either."""
Rule = Achievement | Levels | Referral | Leaderboard


class Published(NamedTuple):
    """A version of an achievement, challenge, leaderboard or draw, by its id, or of ``levels`` or ``referral``."""

    rule: str
    version: int


class PublishSummary(NamedTuple):
    """What the file brought: ``published`` runs from now on; ``unchanged`` ran already, word for word. ``granted`` is
    how many grants the past was worth."""

    published: tuple[Published, ...]
    unchanged: tuple[Published, ...]
    granted: int = 0


def parse(source: Source) -> ParsedRules:
    """The file taken apart, before any transaction: that takes a while.

    :raises RuleMistakes: the file cannot be read.
    """
    if isinstance(source, ParsedRules):
        return source
    name, text = _text(source)
    return parse_rules(text, name)


def read_file(source: Source, *, now: datetime | None = None) -> RuleFile:
    """The rules of the file, checked against all that is published, and as of ``now`` if that is given.

    :raises RuleMistakes: the file has mistakes.
    """
    goals = running_rules().goals
    around = Surroundings(
        sponsors=[partner.name for partner in list_partners()],
        types=event_types.known(),
        icons=icon_names(),
        published={
            goal.rule.id: goal.rule.requires for goal in goals if goal.kind == "achievement" and not goal.in_team
        },
        teams={goal.rule.id for goal in goals if goal.in_team},
        draws=open_draws(),
        known_draws=known_draws(),
        taken={goal.rule.id: _kind(goal) for goal in goals if goal.kind != REFERRAL},
        today=now.astimezone(UTC).date() if now else None,
    )
    return check_rules(parse(source), around)


def publish(
    source: Source,
    *,
    now: datetime,
    by: str = ITSELF,
    back_fill: bool = False,
    progress: Callable[[int], None] | None = None,
) -> PublishSummary:
    """Publish every rule and draw of the file; the audit log has what ``by`` published, if it was anything.

    A rule that differs from the running one of its name becomes a new version, which judges the events that the engine
    has not yet read. As long as it counts the same, it goes on with the same counters. Rules that the file does not
    name stay as they are.

    With ``back_fill`` new versions of achievements and challenges judge all that ever happened, beside the version
    before: whoever has deserved them is granted them quietly, and is given what they give now.

    :raises RuleMistakes: the file has mistakes; none of its rules was published.
    :raises DrawNotOpen: a draw that is closed would be another; nothing was published.
    :raises DrawHasTickets: a draw of which there are tickets would be a worse one; nothing was published.
    """
    parsed = parse(source)
    with transaction():
        # The engine waits: a batch is judged by the rules from before or by those from after.
        since = events.lock_cursor(CONSUMER)
        file = read_file(parsed, now=now)
        publishing = _Publishing(since, now, back_fill=back_fill)
        for board in file.leaderboards:
            ensure_leaderboard(board, now)
        for kind, name, rule in _rules(file):
            publishing.add(kind, name, rule)
        for draw in file.draws:
            publishing.add_draw(draw)
        filled = 0
        if publishing.to_fill:
            filled = fill(publishing.to_fill, since, now=now, progress=progress)
        if publishing.published:
            published = [each._asdict() for each in publishing.published]
            details = {"published": published, "sha256": parsed.sha256, "back_fill": back_fill, "granted": filled}
            audit_log.note("rules.published", "rules", details, by, now=now)
        return PublishSummary(tuple(publishing.published), tuple(publishing.unchanged), filled)


def rehearse(source: Source, *, now: datetime, by: str = ITSELF, back_fill: bool = False) -> PublishSummary:
    """What publishing would come to; nothing is changed.

    :raises RuleMistakes: the file has mistakes.
    """
    with undone():
        return publish(source, now=now, by=by, back_fill=back_fill)


def ensure_rules(files: Sequence[Path] = (DEMO_RULES,), *, now: datetime) -> PublishSummary:
    """Publish the rules of these files, by default the demo's, unless there are rules already.

    :raises RuleMistakes: a partner who sponsors one of them is missing.
    """
    with transaction():
        if RuleVersion.select().exists():
            return PublishSummary((), ())
        return PublishSummary(tuple(each for file in files for each in publish(file, now=now).published), ())


def _text(path_or_text: Path | str) -> tuple[str, str]:
    if isinstance(path_or_text, str):
        return "rules", path_or_text
    try:
        return path_or_text.name, path_or_text.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        mistake = Mistake(path_or_text.name, 1, "file", f"cannot be read: {error}")
        raise RuleMistakes(mistakes=(mistake,)) from error


def _kind(goal: Goal) -> str:
    """What its id is taken for."""
    if goal.kind == "leaderboard":
        return "a leaderboard"
    return "a challenge" if goal.rule.challenge else "an achievement"


def _rules(file: RuleFile) -> list[tuple[str, str, Rule]]:
    """What versions are made of, each with its kind and name."""
    found: list[tuple[str, str, Rule]] = [("achievement", rule.id, rule) for rule in file.achievements]
    found += [("leaderboard", board.id, board) for board in file.leaderboards]
    if file.levels:
        found.append((LEVELS, LEVELS, file.levels))
    if file.referral:
        found.append((REFERRAL, REFERRAL, file.referral))
    return found


class _Publishing:
    def __init__(self, since: int, now: datetime, *, back_fill: bool) -> None:
        self.published: list[Published] = []
        self.unchanged: list[Published] = []
        self.to_fill: set[int] = set()
        self._since = since
        self._now = now
        self._back_fill = back_fill
        self._running = {(version.kind, version.rule): version for version in newest_versions()}
        self._last_id = last_version_id()

    def add(self, kind: str, name: str, rule: Rule) -> None:
        """The rule runs: as a new version, unless it did already."""
        document = canonical_json(rule.document()).decode()
        running = self._running.get((kind, name))
        before = running and _of_document(kind, running.document)
        if running and before and canonical_json(before.document()).decode() == document:
            self.unchanged.append(Published(name, running.version))
            return
        self._last_id += 1
        fills = self._back_fill and kind == "achievement"
        if fills and isinstance(before, Achievement) and isinstance(rule, Achievement):
            _check_same_periods(before, rule)
        goal = running.goal if running and before and before.counting == rule.counting and not fills else None
        version = running.version + 1 if running else 1
        RuleVersion.create(
            id=self._last_id,
            kind=kind,
            rule=name,
            version=version,
            goal_id=goal or self._last_id,
            document=document,
            since=self._since,
            judges_after=0 if fills else self._since,
            published_at=self._now,
            force_insert=True,
        )
        self.published.append(Published(name, version))
        if fills:
            self.to_fill.add(self._last_id)

    def add_draw(self, draw: Draw) -> None:
        """Members can win tickets of it, as it is published now."""
        version, new = ensure_draw(draw, now=self._now)
        (self.published if new else self.unchanged).append(Published(draw.id, version))


def _check_same_periods(before: Achievement, rule: Achievement) -> None:
    """What was won is known by its period: under others, the past would be won, and paid, a second time.

    :raises RuleMistakes: the rule has other periods than before.
    """
    if (before.window, before.repeat, before.times) != (rule.window, rule.repeat, rule.times):
        problem = "cannot be back-filled, for its window or repeat is another than before; give the rule another id"
        raise RuleMistakes(mistakes=(Mistake("rules", 1, rule.id, problem),))


def _of_document(kind: str, document: str) -> Rule:
    types: dict[str, type[Rule]] = {"achievement": Achievement, "leaderboard": Leaderboard, LEVELS: Levels}
    return types.get(kind, Referral).from_document(orjson.loads(document))
