"""The hand-written statements for reports: sums over the journal and its lots, by issuer number."""

from collections.abc import Sequence
from datetime import datetime

from coalition.store.database import execute, from_column, to_column

_TAKING = "('redemption', 'accrual_reversal', 'expiry', 'adjustment_decrease')"


def outstanding(at: datetime, boundaries: Sequence[datetime]) -> dict[int, list[int]]:
    """``{issuer: points}`` of what the journal had recorded by then, one sum for each age.

    The first age is that of points issued after the first boundary, the last that of points not issued after any; the
    boundaries go back in time. An issuer that had issued nothing by then is left out.
    """
    age = "".join(f" WHEN born.occurred_at > ? THEN {age}" for age in range(len(boundaries)))
    columns = [to_column(boundary) for boundary in boundaries]
    rows = execute(
        "SELECT issuer, age, SUM(points) FROM ("
        f"SELECT l.issuer_id AS issuer, CASE{age} ELSE {len(boundaries)} END AS age, l.points AS points"
        " FROM lot l JOIN entry born ON born.id = l.entry_id WHERE born.recorded_at <= ?"
        " UNION ALL "
        f"SELECT l.issuer_id, CASE{age} ELSE {len(boundaries)} END,"
        f" CASE WHEN e.kind IN {_TAKING} THEN -u.points ELSE u.points END"
        " FROM lot_use u JOIN entry e ON e.id = u.entry_id JOIN lot l ON l.entry_id = u.lot_id"
        " JOIN entry born ON born.id = l.entry_id WHERE e.recorded_at <= ?"
        ") moved GROUP BY issuer, age",
        (*columns, to_column(at), *columns, to_column(at)),
    ).fetchall()
    found: dict[int, list[int]] = {}
    for issuer, number, points in rows:
        found.setdefault(issuer, [0] * (len(boundaries) + 1))[number] = int(points)
    return found


def lapsed(after: datetime | None, through: datetime | None) -> list[tuple[int, datetime, int]]:
    """``(issuer, moment, points)`` of what expired after the one moment, up to and with the other."""
    conditions, parameters = ["kind = 'expiry'"], []
    if after is not None:
        conditions.append("occurred_at > ?")
        parameters.append(to_column(after))
    if through is not None:
        conditions.append("occurred_at <= ?")
        parameters.append(to_column(through))
    return _by_moment(
        f"SELECT issuer_id, occurred_at, SUM(points) FROM entry WHERE {' AND '.join(conditions)}"
        " GROUP BY issuer_id, occurred_at",
        parameters,
    )


def lapsing(through: datetime | None) -> list[tuple[int, datetime, int]]:
    """``(issuer, moment, points)`` of what there is now and will expire, up to and with that moment."""
    condition, parameters = ("", []) if through is None else (" AND expires_at <= ?", [to_column(through)])
    return _by_moment(
        f"SELECT issuer_id, expires_at, SUM(remaining) FROM lot WHERE remaining > 0{condition}"
        " GROUP BY issuer_id, expires_at",
        parameters,
    )


def _by_moment(query: str, parameters: Sequence[str]) -> list[tuple[int, datetime, int]]:
    rows = execute(query, parameters).fetchall()
    return [(issuer, from_column(moment), int(points)) for issuer, moment, points in rows]
