"""Write the OpenAPI document to ``docs/openapi.json``, which is committed: a changed contract shows in its diff."""

import sys
from pathlib import Path

import click
import orjson

from coalition.clock import SystemClock
from partner_api.app import create_app

PATH = Path(__file__).parents[1] / "docs" / "openapi.json"


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if the committed document is not what the code gives.")
def main(check: bool) -> None:
    """Generate docs/openapi.json from the code."""
    document = create_app(SystemClock()).test_client().get("/openapi.json").get_json()
    content = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
    if check:
        current = PATH.exists() and PATH.read_bytes() == content
        print(f"{PATH.name}: {'up to date' if current else 'STALE: run make generate'}")
        sys.exit(not current)
    PATH.write_bytes(content)


if __name__ == "__main__":
    main()
