"""The hand-written statements of the engine: many rows at a time."""

from collections.abc import Iterable, Mapping, Sequence

from coalition.store.database import chunks, execute, execute_many, is_postgresql, placeholders

_WRITE = (
    "INSERT INTO member_progress (member_id, state) VALUES {} ON CONFLICT (member_id) DO UPDATE"
    " SET state = excluded.state"
)


def load_states(members: Iterable[int]) -> dict[int, str]:
    """The progress of those of the members who have any."""
    found: dict[int, str] = {}
    for chunk in chunks(members):
        found.update(
            execute(
                f"SELECT member_id, state FROM member_progress WHERE member_id IN ({placeholders(len(chunk))})", chunk
            ).fetchall()
        )
    return found


def save_states(states: Mapping[int, str]) -> None:
    """Keep the progress of these members."""
    if not is_postgresql():
        execute_many(_WRITE.format("(?, ?)"), states.items())
        return
    for chunk in chunks(states.items()):
        rows = ", ".join(["(?, ?)"] * len(chunk))
        execute(_WRITE.format(rows), [value for row in chunk for value in row])


def forget_states() -> None:
    """Every member's progress will be made anew from their history, with their next event."""
    execute("DELETE FROM member_progress")


def spent(rules: Sequence[str]) -> dict[tuple[str, int], int]:
    """What these rules have given so far, by rule and member; to everybody, as member 0."""
    if not rules:
        return {}
    rows = execute(
        f"SELECT rule, member_id, points FROM rule_spending WHERE rule IN ({placeholders(len(rules))})", rules
    ).fetchall()
    return {(rule, member): points for rule, member, points in rows}


def spend(points: Mapping[tuple[str, int], int]) -> None:
    """Add to what the rules have given; what is taken back is below zero."""
    execute_many(
        "INSERT INTO rule_spending (rule, member_id, points) VALUES (?, ?, ?) ON CONFLICT (rule, member_id)"
        " DO UPDATE SET points = rule_spending.points + excluded.points",
        ((rule, member, given) for (rule, member), given in sorted(points.items())),
    )
