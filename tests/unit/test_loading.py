"""What loading the commands loads with them: not what only a few need, and what takes long."""

import json
import subprocess
import sys

HEAVY = {"babel", "jinja2", "typst", "xmlschema"}


def test_commands__loaded__without_what_writes_papers_and_payment_files():
    program = f"import json, sys, scripts.main; print(json.dumps(sorted({HEAVY!r} & sys.modules.keys())))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == []
