"""A partner exports its purchases through the API, and the audit finds them on the chain."""

from contextlib import nullcontext
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

import scripts.export_purchases
from coalition.config import IN_PROCESS_URL
from coalition.domain.redemption import Exactly
from coalition.ledger.audit.audit import audit
from coalition.ledger.audit.purchases import audit_purchases, read_export
from coalition.services.keys import issue_key
from partner_api.app import create_app
from scripts.export_purchases import API_KEY, Api, export, export_purchases

pytestmark = pytest.mark.parametrize("ledger", [IN_PROCESS_URL], indirect=True)


class LocalApi(Api):
    """Asks the application itself."""

    def __init__(self, app: Any, key: str) -> None:
        super().__init__("", key)
        self.client = app.test_client()

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(path, query_string=query, headers=dict(self.session.headers))
        assert answer.status_code == 200, answer.text
        return answer.json


def test_export__of_recorded_and_waiting_purchases__all_found_and_proven(ledger, coalition, clock, buy, monkeypatch):
    monkeypatch.setattr(scripts.export_purchases, "_PAGE", 2)
    for number in range(3):
        buy(coalition.cinema, f"r-{number}", 1000)
    buy(coalition.cafe, "r-3", 1000, redeem=Exactly(30))
    recorder = ledger.recorder()
    recorder.drain()
    buy(coalition.cafe, "r-4", 1000)
    api = LocalApi(create_app(clock, nullcontext), issue_key("partner", coalition.cafe.id, now=clock.now()))

    lines = [orjson.dumps(line) for line in export(api)]
    result = audit_purchases(read_export(lines), audit(recorder.node, recorder.contract.address))

    assert (result.purchases, result.found, result.proven, result.unrecorded) == (2, 2, 2, 1)
    assert (result.differences, result.not_in_export) == ([], [])


def test_command__api_silent_or_no_key__exit_2_and_no_traceback(ledger):
    arguments = ["--api", "http://127.0.0.1:1"]
    for environment in ({}, {API_KEY: "key"}):
        result = CliRunner().invoke(export_purchases, arguments, env=environment)
        assert (result.exit_code, type(result.exception)) == (2, SystemExit)
