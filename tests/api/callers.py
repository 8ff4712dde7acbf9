"""Callers of the API, who hold every answer against the contract that /openapi.json gives."""

from functools import cache
from json import dumps
from typing import Any
from uuid import uuid4

from flask import Flask
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from werkzeug.test import TestResponse


class Caller:
    """A till or an operator with a key; each POST is a new request unless an idempotency key is given."""

    def __init__(self, app: Flask, key: str | None) -> None:
        self.app = app
        self.key = key

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.call("GET", path, **options)

    def post(self, path: str, json: Any = None, idempotency_key: str | None = "", **options: Any) -> TestResponse:
        headers = dict(options.pop("headers", {}))
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key or str(uuid4())
        return self.call("POST", path, json, headers=headers, **options)

    def call(
        self, method: str, path: str, json: Any = None, headers: dict[str, str] | None = None, **options: Any
    ) -> TestResponse:
        if json is not None:
            options |= {"data": dumps(json), "content_type": "application/json"}
        sent = dict(headers or {})
        if self.key is not None:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        response = self.app.test_client().open(path, method=method, headers=sent, **options)
        check_against_contract(self.app, response)
        return response


def check_against_contract(app: Flask, response: TestResponse) -> None:
    """The answer is of the form that the contract states for this call and status."""
    assert response.headers["X-Request-Id"]
    problem = response.status_code >= 400
    if response.status_code == 204 or (not problem and not response.request.path.startswith("/v1/")):
        return
    content_type, validator = _of_problems(app) if problem else _of_answer(app, *_called(app, response))
    assert response.content_type == content_type
    if response.is_json:
        validator.validate(response.get_json())


def _called(app: Flask, response: TestResponse) -> tuple[str, str, str]:
    rule, _ = app.url_map.bind("").match(response.request.path, response.request.method, return_rule=True)
    return rule.rule, response.request.method, str(response.status_code)


@cache
def _of_problems(app: Flask) -> tuple[str, OAS31Validator]:
    return _form(app, _contract(app)["components"]["responses"]["Problem"])


@cache
def _of_answer(app: Flask, rule: str, method: str, status: str) -> tuple[str, OAS31Validator]:
    path = rule.replace("number:", "").replace("<", "{").replace(">", "}")
    return _form(app, _contract(app)["paths"][path][method.lower()]["responses"][status])


def _form(app: Flask, declared: dict[str, Any]) -> tuple[str, OAS31Validator]:
    """The content type that the contract declares, and what holds a content against its schema."""
    (content_type,) = declared["content"]
    schema = declared["content"][content_type]["schema"] | {"components": _contract(app)["components"]}
    return content_type, OAS31Validator(schema, format_checker=oas31_format_checker)


@cache
def _contract(app: Flask) -> dict[str, Any]:
    contract: dict[str, Any] = app.test_client().get("/openapi.json").get_json()
    return contract


def refused(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The problem document, after checking that it is this one."""
    problem: dict[str, Any] = response.get_json()
    assert (response.status_code, problem["code"], problem["status"]) == (status, code, status), problem
    assert problem["type"] == f"/problems/{code}"
    assert problem["instance"] == response.request.path
    return problem
