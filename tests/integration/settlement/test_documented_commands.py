"""Commands that the guides quote: they are there, and take the words that they are quoted with."""

import re
import shlex
from pathlib import Path

import click
import pytest

from coalition.clock import ManualClock, SystemClock
from coalition.services import parties
from scripts.main import main
from tests.integration.test_commands_lifecycle import Run, runner

DOCS = Path(__file__).parents[3] / "docs"
SETTLEMENT = (DOCS / "settlement.md").read_text("utf-8")
BANKS = {
    "cafe": {"legal_name": "Café Löwe GmbH", "country": "DE", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX"},
    "cinema": {"legal_name": "Kino AG", "country": "FR", "iban": "FR1420041010050500013M02606", "bic": "PSSTFRPPXXX"},
}


def in_blocks(text: str) -> list[list[str]]:
    """The words of each line of the shell blocks that is one of our commands, without what is remarked on it."""
    found = []
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["coalition"]:
                found.append(words[1:])
    return found


def in_sentences(text: str) -> list[list[str]]:
    """The words of each command that is quoted within a sentence or in a remark: often only its name."""
    quoted = re.findall(r"`coalition ([^`]+)`", text) + re.findall(r"^# coalition (.+)$", text, re.MULTILINE)
    return [shlex.split(words) for words in quoted]


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words name, and the words that it is given."""
    command: click.Command = main
    for place, word in enumerate(words):
        if not isinstance(command, click.Group):
            return command, words[place:]
        assert word in command.commands, f"there is no {shlex.join(words[: place + 1])}"
        command = command.commands[word]
    return command, []


def test_quoted__in_the_guide_to_settlement__are_all_found():
    assert len(in_blocks(SETTLEMENT)) >= 10
    assert len(in_sentences(SETTLEMENT)) >= 5


@pytest.mark.parametrize("words", in_blocks(SETTLEMENT), ids=shlex.join)
def test_command_in_a_block__takes_its_words(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "january.csv").touch()
    command, given = command_of(words)
    # Reads and checks the words as the command itself does, and goes no further.
    assert command.make_context(words[-1], list(given)).params


@pytest.mark.parametrize("words", in_sentences(SETTLEMENT), ids=shlex.join)
def test_command_in_a_sentence__is_there_with_its_options(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("details.yaml", "card.yaml"):
        (tmp_path / name).touch()
    command, given = command_of(words)
    if given:
        assert command.make_context(words[-1], list(given)).params


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def run(till, database_url: str, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(SystemClock, "now", lambda self: clock.now())
    monkeypatch.chdir(tmp_path)
    return runner({"COALITION_DATA_DIR": str(tmp_path), "COALITION_DATABASE_URL": database_url})


def test_first_block__on_a_small_coalition__does_as_it_says(run, office, coalition, till, tmp_path):
    till.sell(coalition.cinema, 1000)
    till.redeem(coalition.cafe, 40)
    for name, details in BANKS.items():
        parties.set_bank_details(name, details, "tests", now=office.clock.now())
    office.until("2026-04-02T00:00:00+00:00")
    office.recorder.drain()

    # March here is the guide's January.
    first_block = SETTLEMENT.split("```sh\n")[1].split("```")[0]
    block = first_block.replace("2017-01", "2026-03").replace("2017-02", "2026-04")
    for words in in_blocks(f"```sh\n{block}```"):
        if words[1] == "pay":
            office.until("2026-04-20T00:00:00+00:00")
        said = run(*words)
        assert said.status == 0, f"{shlex.join(words)}: {said.err}"
    assert (tmp_path / "cafe.pdf").read_bytes().startswith(b"%PDF")
    assert b"0.40" in (tmp_path / "january.xml").read_bytes()
