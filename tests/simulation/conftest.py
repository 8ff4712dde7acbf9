"""The simulation runs contracts in revm, which has wheels for Python 3.11 and 3.12; elsewhere it is left out."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("pyrevm") else ["test_*.py"]
