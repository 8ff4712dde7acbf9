"""``make bench``: a table to look at, and ``var/bench.json`` to compare with."""

import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import click

from coalition.config import Settings
from coalition.services import settlement
from gamification.publishing import DEMO_RULES
from scripts.bench.folding import SIX_MORE_RULES, measure_both, measure_folding_on_postgresql
from scripts.bench.http_load import measure_posts
from scripts.bench.ledger_delay import measure_delay
from scripts.bench.ledger_load import measure_recording
from scripts.bench.obvious_way import measure_mints
from scripts.bench.ranks import measure_ranks
from scripts.completejourney import Year
from scripts.composition import CLOCK
from scripts.output import json_option, people, print_json, print_table
from scripts.replay import replay_year

RESULT = Path("var/bench.json")
_WEEKS_END = date(2017, 1, 29)
_QUARTER_END = date(2017, 4, 1)
"""In the first weeks everybody wins what is won once: a quarter is more like the year."""
_PACKAGES = ("flask", "granian", "peewee", "web3", "eth-tester")

Results = dict[str, float]


@click.command()
@click.option("--year", is_flag=True, help="Replay the whole year instead of four weeks or a quarter.")
@json_option
def main(year: bool, as_json: bool) -> None:
    """Measure replay, purchases over HTTP, recording on anvil, one mint per purchase, folding events, and ranks."""
    results: Results = {}
    weeks, quarter = (None, None) if year else (_WEEKS_END, _QUARTER_END)
    parts: dict[str, Callable[[Path], Results]] = {
        "folding by thirty rules": lambda directory: measure_both(_settings(directory)),
        "replay": lambda directory: _measure_replay(directory, weeks),
        "replay without rules and with thirty": lambda directory: _measure_rules(directory, quarter),
        "single purchases over HTTP": lambda directory: measure_posts(_settings(directory)),
        "recording on anvil": lambda directory: measure_recording(_settings(directory)),
        "one mint per purchase": measure_mints,
        "delay from journal to chain": lambda directory: measure_delay(_settings(directory)),
        "folding on PostgreSQL": measure_folding_on_postgresql,
        "ranks among a million": measure_ranks,
    }
    for name, measure in parts.items():
        people.print(f"measuring {name} …", style="dim")
        with tempfile.TemporaryDirectory() as directory:
            results |= measure(Path(directory))
    document = {
        "machine": {"cores": os.cpu_count(), "platform": platform.platform(), "python": platform.python_version()},
        "versions": {package: version(package) for package in _PACKAGES},
        "results": results,
        "ratios": _ratios(results),
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(document, indent=2) + "\n")
    if as_json:
        print_json(document)
    else:
        print_table("Results", ("what", "figure"), [(name, f"{figure:,.1f}") for name, figure in results.items()])
        print_table("Ratios", ("what", "times"), [(name, f"{ratio:,.2f}") for name, ratio in _ratios(results).items()])


def _ratios(results: Results) -> Results:
    mints = results["mint_per_purchase_per_s"]
    return {
        "recording_to_mint_per_purchase": results["recorded_entries_per_s"] / mints,
        "folding_to_asking_anew": results["folded_events_per_s"] / results["asked_anew_events_per_s"],
        "replay_with_thirty_rules_to_none": results["replay_with_thirty_rules_s"] / results["replay_with_no_rules_s"],
        "mint_gas_to_ours_existing_member": results["mint_gas_existing_member"] / results["gas_per_entry_existing"],
    }


def _measure_replay(directory: Path, to: date | None) -> Results:
    result = replay_year(_settings(directory), Year(None, to), redeem_from=500, rewards=True)
    started = time.perf_counter()
    settlement.close("2017" if to is None else f"2017-01-01..{to - timedelta(days=1)}", "bench", now=CLOCK.now())
    return {
        "replay_receipts": result.receipts,
        "replay_receipts_per_s": result.receipts / result.elapsed_s,
        "close_period_s": time.perf_counter() - started,
    }


def _measure_rules(directory: Path, to: date | None) -> Results:
    """What achievements cost a replay, rewards included."""
    elapsed = {}
    for name, rules in {"no": (), "thirty": (DEMO_RULES, SIX_MORE_RULES)}.items():
        result = replay_year(_settings(directory / name), Year(None, to), None, rewards=True, rules=rules)
        elapsed[name] = result.elapsed_s
    return {f"replay_with_{name}_rules_s": elapsed_s for name, elapsed_s in elapsed.items()}


def _settings(directory: Path) -> Settings:
    return Settings(directory, f"sqlite:///{directory / 'coalition.db'}", None, 0, 0)


if __name__ == "__main__":
    main()
