"""Publishing rules: a file becomes versions that run, or nothing changes and every mistake is named."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import orjson

from coalition import events
from coalition.domain.documents import canonical_json
from coalition.errors import Mistake
from coalition.services.partners import list_partners
from coalition.store.database import transaction
from gamification.catalogue import running_rules
from gamification.errors import RuleMistakes
from gamification.rules.document import Achievement, Levels
from gamification.rules.reading import RuleFile, read_rules
from gamification.store.tables import AchievementVersion, LevelsVersion
from gamification.stream import CONSUMER

DEMO_RULES = Path(__file__).parent / "demo" / "achievements.yaml"
LEVELS = "levels"


class Published(NamedTuple):
    """A version; ``rule`` is an achievement's id, or ``levels``."""

    rule: str
    version: int


class PublishSummary(NamedTuple):
    """What the file brought: ``published`` runs from now on; ``unchanged`` ran already, word for word."""

    published: tuple[Published, ...]
    unchanged: tuple[Published, ...]


def publish(path_or_text: Path | str, *, now: datetime) -> PublishSummary:
    """Publish every rule of a file, given by its path, or as text.

    A rule that differs from the running one of its name becomes a new version, which judges the events that the engine
    has not yet read. As long as it counts the same, it goes on with the same counters. Rules that the file does not
    name stay as they are.

    :raises RuleMistakes: the file has mistakes; none of its rules was published.
    """
    name, text = _text(path_or_text)
    with transaction():
        # The engine waits: a batch is judged by the rules from before or by those from after.
        events.lock_cursor(CONSUMER)
        file = read_rules(
            text,
            name,
            sponsors=[partner.name for partner in list_partners()],
            published={goal.rule.id: goal.rule.requires for goal in running_rules().goals},
        )
        return _publish(file, now)


def ensure_demo_rules(*, now: datetime) -> PublishSummary:
    """Publish the demo's rules, unless there are rules already.

    :raises RuleMistakes: a partner who sponsors one of them is missing.
    """
    with transaction():
        if AchievementVersion.select().exists():
            return PublishSummary((), ())
        return publish(DEMO_RULES, now=now)


def _text(path_or_text: Path | str) -> tuple[str, str]:
    if isinstance(path_or_text, str):
        return "rules", path_or_text
    try:
        return path_or_text.name, path_or_text.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        mistake = Mistake(path_or_text.name, 1, "file", f"cannot be read: {error}")
        raise RuleMistakes(mistakes=(mistake,)) from error


def _publish(file: RuleFile, now: datetime) -> PublishSummary:
    published: list[Published] = []
    unchanged: list[Published] = []
    running = {goal.rule.id: goal for goal in running_rules().goals}
    for rule in file.achievements:
        goal = running.get(rule.id)
        if goal and _document(goal.rule) == _document(rule):
            unchanged.append(Published(rule.id, goal.version))
            continue
        version = goal.version + 1 if goal else 1
        same_counting = goal and goal.rule.counting == rule.counting
        _insert(rule, version, goal.id if goal and same_counting else None, now)
        published.append(Published(rule.id, version))
    if file.levels:
        levels, is_new = _publish_levels(file.levels, now)
        (published if is_new else unchanged).append(levels)
    return PublishSummary(tuple(published), tuple(unchanged))


def _insert(rule: Achievement, version: int, goal_id: int | None, now: datetime) -> None:
    last = AchievementVersion.select().order_by(AchievementVersion.id.desc()).first()
    id_ = last.id + 1 if last else 1
    AchievementVersion.create(
        id=id_,
        achievement=rule.id,
        version=version,
        goal_id=goal_id or id_,
        document=_document(rule),
        published_at=now,
        force_insert=True,
    )


def _publish_levels(levels: Levels, now: datetime) -> tuple[Published, bool]:
    last = LevelsVersion.select().order_by(LevelsVersion.version.desc()).first()
    if last and _document(Levels.from_document(orjson.loads(last.document))) == _document(levels):
        return Published(LEVELS, last.version), False
    version = last.version + 1 if last else 1
    LevelsVersion.create(version=version, document=_document(levels), published_at=now, force_insert=True)
    return Published(LEVELS, version), True


def _document(rule: Achievement | Levels) -> str:
    document: Mapping[str, object] = rule.document()
    return canonical_json(document).decode()
