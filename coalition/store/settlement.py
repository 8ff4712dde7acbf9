"""What the journal says partners owe each other."""

from datetime import datetime

from coalition.store.database import execute, to_column


def obligations(from_: datetime | None, to: datetime | None) -> dict[tuple[int, int], int]:
    """``{(issuer, redeemer): points}`` redeemed less reversed, of what happened from ``from_`` until before ``to``."""
    conditions, parameters = ["account = 'redeemed'"], []
    if from_ is not None:
        conditions.append("occurred_at >= ?")
        parameters.append(to_column(from_))
    if to is not None:
        conditions.append("occurred_at < ?")
        parameters.append(to_column(to))
    rows = execute(
        f"SELECT issuer_id, redeemer_id, SUM(points) FROM posting WHERE {' AND '.join(conditions)}"
        " GROUP BY issuer_id, redeemer_id ORDER BY issuer_id, redeemer_id",
        parameters,
    ).fetchall()
    return {(issuer, redeemer): int(points) for issuer, redeemer, points in rows}
