"""Scoring: hands what members have reached on to the leaderboards and the teams."""

from datetime import datetime

from gamification import leaderboards, teams
from gamification.awarding import Awarding
from gamification.fold.catalogue import Catalogue
from gamification.fold.player import LEADERBOARD_LEFT
from gamification.folding import Folded
from gamification.leaderboards import Score


def keep_scores(folded: Folded, awarding: Awarding, catalogue: Catalogue, *, now: datetime) -> None:
    """The leaderboards and teams stand as the batch has left them; ``awarding`` has what teams have won and lost."""
    teams.keep_teams(folded.moves, folded.teams, awarding, catalogue)
    changes = _changes(folded, catalogue)
    left = [(each.attributes["leaderboard"], each.member) for each in folded.boards if each.type == LEADERBOARD_LEFT]
    # All of them at once, in the order in which everybody locks them.
    leaderboards.lock_boards({board for board, _ in left} | {board for board, _ in changes})
    for board, member in left:
        leaderboards.leave(board, member)
    if changes:
        leaderboards.set_scores(changes)


def _changes(folded: Folded, catalogue: Catalogue) -> dict[tuple[str, str], dict[int, Score]]:
    changes: dict[tuple[str, str], dict[int, Score]] = {}
    for member, scores in folded.scores:
        for (key, period), reached in scores.items():
            goal = catalogue.by_key.get(key)
            if goal and goal.kind == "leaderboard":
                changes.setdefault((goal.rule.id, period), {})[member] = Score(*reached)
    return changes
