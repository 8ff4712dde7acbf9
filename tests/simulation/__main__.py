"""Live the lives of some seeds: ``python -m tests.simulation --seed 7`` tells of one, ``--seeds 1000`` lives many."""

import multiprocessing
import os
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from coalition.clock import ManualClock
from tests.simulation.life import Life
from tests.simulation.process import founded
from tests.simulation.simulator import START, run

_TOLD = 25
"""Lines of the log of a life that failed."""
_ENOUGH = 5
"""Failures to stop at."""


@click.command()
@click.option("--seed", type=int, help="Tell everything about the life of this seed.")
@click.option("--seeds", type=int, default=1000, show_default=True, help="Live that many lives.")
@click.option("--first", type=int, default=0, show_default=True, help="The first of these seeds.")
@click.option("--jobs", type=int, default=os.cpu_count() or 1, show_default="processors", help="At the same time.")
def main(seed: int | None, seeds: int, first: int, jobs: int) -> None:
    """Drive the recorder through crashes, reorganisations and failing nodes; fail where an invariant does not hold."""
    with founded(ManualClock(START)) as template:
        if seed is not None:
            life = run(seed, template)
            click.echo("\n".join(life.log))
            failed = [life] if life.failure else []
        else:
            failed = _live(range(first, first + seeds), template, jobs)
    for life in failed:
        click.echo(
            f"Seed {life.seed} failed: {life.failure}\nTo see it again: make simulate SEED={life.seed}", err=True
        )
    sys.exit(bool(failed))


def _live(seeds: range, template: Path, jobs: int) -> list[Life]:
    """The lives that failed. What occurred in all of them is told."""
    occurred: Counter[str] = Counter()
    failed: list[Life] = []
    console = Console()
    with multiprocessing.Pool(jobs) as pool:
        lives = pool.imap_unordered(partial(run, template=template), seeds)
        for life in track(lives, description="Lives", total=len(seeds), console=console):
            occurred.update(life.occurred)
            if life.failure:
                failed.append(life)
                console.print("\n".join(life.log[-_TOLD:]), markup=False, highlight=False)
            if len(failed) == _ENOUGH:
                break
    for what, times in sorted(occurred.items()):
        click.echo(f"{times:9,}  {what}")
    return failed


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # In which order Python walks through a set must be no chance of its own.
        os.execve(sys.executable, sys.orig_argv, {**os.environ, "PYTHONHASHSEED": "0"})
    main()
