"""Write the JSON Schema of rule files, which is committed beside the demo's: editors complete and check with it."""

import sys

import click
import orjson

from gamification.icons import icon_names
from gamification.publishing import DEMO_RULES
from gamification.rules.json_schema import rule_schema

PATH = DEMO_RULES.with_name("rules.schema.json")


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if the committed schema is not what the code gives.")
def main(check: bool) -> None:
    """Generate gamification/demo/rules.schema.json from the code."""
    content = orjson.dumps(rule_schema(icons=icon_names()), option=orjson.OPT_INDENT_2) + b"\n"
    if check:
        current = PATH.exists() and PATH.read_bytes() == content
        print(f"{PATH.name}: {'up to date' if current else 'STALE: run make generate'}")
        sys.exit(not current)
    PATH.write_bytes(content)


if __name__ == "__main__":
    main()
