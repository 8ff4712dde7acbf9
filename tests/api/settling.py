"""What partners and operators do about a closed period, and what they see of it."""

from typing import Any

from tests.api.callers import Caller


def statement_of(caller: Caller, period: str = "2026-03") -> dict[str, Any]:
    """The caller's only statement for the period."""
    (shown,) = caller.get("/v1/statements", query_string={"period": period}).get_json()["data"]
    statement: dict[str, Any] = caller.get(f"/v1/statements/{shown['id']}").get_json()
    return statement


def lines_of(caller: Caller, statement: dict[str, Any]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = caller.get(f"/v1/statements/{statement['id']}/entries.json").get_json()["lines"]
    return lines


def acknowledge(caller: Caller, period: str = "2026-03") -> None:
    statement = statement_of(caller, period)
    response = caller.post(f"/v1/statements/{statement['id']}/acknowledgement", {"root": statement["root"]})
    assert response.status_code == 200, response.text


def raise_dispute(caller: Caller, place: int = 0) -> dict[str, Any]:
    """About the line at this place of the caller's statement for March."""
    statement = statement_of(caller)
    body = {"line": lines_of(caller, statement)[place]["id"], "reason": "the till was off"}
    response = caller.post(f"/v1/statements/{statement['id']}/dispute", body)
    assert response.status_code == 201, response.text
    dispute: dict[str, Any] = response.get_json()
    return dispute
