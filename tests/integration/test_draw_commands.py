"""``coalition draw``: from closing to the winners, each command as a process of its own."""

import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click
import pytest

from coalition.clock import ManualClock, SystemClock
from coalition.config import IN_PROCESS_URL
from coalition.domain.draws import TicketList, pseudonym
from coalition.ledger.chains import Anvil, anvil_binary
from coalition.ledger.draws import drawing
from coalition.ledger.draws.binding import Status
from coalition.ledger.draws.errors import BlockNotThere
from coalition.ledger.keys import Keyring
from coalition.ledger.node import Node
from coalition.services.members import EnrolMember, enrol_member, member_number
from coalition.store.database import execute
from gamification import draw_outcomes
from gamification.draws import TicketWin, ensure_draw, issue_tickets, ticket_list
from gamification.rules.draws import Draw, DrawPrize
from scripts.main import main
from tests.integration.ledger.conftest import needs_anvil
from tests.integration.test_commands_lifecycle import Run, runner

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GUIDE = (Path(__file__).parents[2] / "docs" / "draws.md").read_text("utf-8")
BOTH = {"en": "Some text", "ru": "Какой-то текст"}
SPRING = Draw("spring", BOTH, "cinema", date(2026, 3, 31), (DrawPrize(BOTH, 1, 500), DrawPrize(BOTH, 1)))


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def run(coalition, till, database_url: str, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Three members have tickets of a draw whose last day is over, and the chain has a ledger."""
    monkeypatch.setattr(SystemClock, "now", lambda self: clock.now())
    ensure_draw(SPRING, now=clock.now())
    people = [coalition.anna.id]
    for phone in ("+79161234568", "+79161234569"):
        people.append(enrol_member(EnrolMember(phone=phone), coalition.cinema.number, now=clock.now()).id)
    wins = [TicketWin(f"gra_{place}", member_number(each), 2) for place, each in enumerate(people)]
    issue_tickets("spring", wins, now=clock.now())
    till.sell(coalition.cinema, 1000)
    clock.advance(datetime(2026, 4, 1, tzinfo=UTC) - clock.now())
    environment = {
        "COALITION_DATA_DIR": str(tmp_path),
        "COALITION_DATABASE_URL": database_url,
        "COALITION_CHAIN_URL": IN_PROCESS_URL,
    }
    run = runner(environment)
    assert run("record").status == 0
    return run


def state(run: Run) -> str:
    (found,) = run("draw", "list", "--json").document
    return found["state"]


def given() -> list[str]:
    """The tickets for which something was given: points, then perks."""
    points = execute("SELECT source FROM entry WHERE kind = 'reward' ORDER BY id").fetchall()
    perks = execute("SELECT grant_id FROM reward ORDER BY id").fetchall()
    return [ticket for (ticket,) in [*points, *perks]]


def rows() -> list:
    return [execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in ("prize_draw", "draw_ticket")]


def test_draw__from_closing_to_winners__each_step_says_what_it_did(run):
    closed = run("draw", "close", "spring", "--json").document
    assert (closed["state"], closed["tickets"], closed["winners"]) == ("closed", 6, 2)
    published = run("draw", "tickets", "spring").out
    assert TicketList.from_json(published.encode()).root.hex() == closed["root"]
    committed = run("draw", "commit", "spring", "--json").document
    assert (committed["state"], committed["attempts"], committed["won"]) == ("committed", 1, [])
    drawn = run("draw", "reveal", "spring", "--json")
    assert (drawn.status, drawn.document["state"]) == (0, "drawn")
    won = drawn.document["won"]
    assert len(won) == 2
    assert set(won) <= {each.ticket for each in ticket_list("spring").tickets}
    assert won[0] in run("draw", "list").out


def test_close__to_people__shows_what_is_known(run):
    shown = run("draw", "close", "spring").out
    assert "tickets" in shown and "dry_run" in shown
    assert not [word for word in ("None", "[]", "contract", "won ") if word in shown]


@pytest.mark.parametrize("step", ["close", "commit", "reveal"])
def test_dry_run__of_each_step__changes_nothing(run, step):
    for before in ("close", "commit", "reveal"):
        if before == step:
            break
        assert run("draw", before, "spring").status == 0
    was = rows()
    assert run("draw", step, "spring", "--dry-run").status == 0
    assert rows() == was


def test_steps__out_of_turn_or_of_no_draw__exit_2_with_a_code(run):
    for words, code in (
        (("close", "winter"), "unknown_draw"),
        (("commit", "spring"), "wrong_draw_state"),
        (("reveal", "spring"), "wrong_draw_state"),
        (("tickets", "spring"), "tickets_not_published"),
    ):
        said = run("draw", *words)
        assert (said.status, said.err.split(":")[0]) == (2, code)
    assert state(run) == "open"


def test_close__before_its_last_day_is_over__exits_2(run, clock, monkeypatch):
    monkeypatch.setattr(SystemClock, "now", lambda self: datetime(2026, 3, 31, 12, tzinfo=UTC))
    assert run("draw", "close", "spring").err.startswith("draw_not_over")


def test_reveal__time_is_over__exits_1_void_and_can_be_committed_to_again(run, monkeypatch):
    run("draw", "close", "spring")
    run("draw", "commit", "spring")
    step = drawing._step

    def too_late(administrator, contract, draw, secret):
        administrator.chain.node.request("testing_timeTravel", contract.draw(draw).deadline + 1)
        step(administrator, contract, draw, secret)

    monkeypatch.setattr(drawing, "_step", too_late)
    assert run("draw", "reveal", "spring").status == 1
    assert state(run) == "void"


def test_reveal__block_not_there__exits_2_and_keeps_which_block_counts(run, monkeypatch):
    run("draw", "close", "spring")
    run("draw", "commit", "spring")

    def missing(chain, contract, draw):
        raise BlockNotThere(draw=draw, block=7, last=6)

    monkeypatch.setattr(drawing, "_reach", missing)
    assert run("draw", "reveal", "spring").err.startswith("block_not_there")
    assert state(run) == "committed"


def test_reveal__dry_run__asks_the_chain(run, monkeypatch):
    run("draw", "close", "spring")
    run("draw", "commit", "spring")
    said = run("draw", "reveal", "spring", "--dry-run", "--json")
    assert (said.status, said.document["would_be"], said.document["state"]) == (0, "drawn", "committed")

    def early(administrator, contract, tickets):
        raise BlockNotThere(draw=tickets.draw, block=7, last=6)

    monkeypatch.setattr(drawing, "foresee", early)
    said = run("draw", "reveal", "spring", "--dry-run")
    assert (said.status, said.err.split(":")[0]) == (2, "block_not_there")
    monkeypatch.setattr(drawing, "foresee", lambda *_: Status.VOID)
    assert run("draw", "reveal", "spring", "--dry-run").status == 1
    assert state(run) == "committed"


def test_reveal__forged_secret__exits_2_with_the_place_and_nobody_wins(run, monkeypatch):
    run("draw", "close", "spring")
    contract = run("draw", "commit", "spring", "--json").document["contract"]
    monkeypatch.setattr(Keyring, "secret", lambda *_: b"\x01" * 32)
    was = rows()
    for words in ((), ("--dry-run",)):
        said = run("draw", "reveal", "spring", *words)
        assert (said.status, said.err.split(":")[0]) == (2, "another_secret")
        assert contract in said.err
        assert "spring" in said.err
    assert rows() == was
    assert execute("SELECT COUNT(*) FROM draw_winner").fetchone()[0] == 0
    monkeypatch.undo()
    run("draw", "reveal", "spring")


def test_reveal__list_changed_in_the_database__exits_2_with_the_place_and_nobody_wins(run):
    run("draw", "close", "spring")
    contract = run("draw", "commit", "spring", "--json").document["contract"]
    execute("UPDATE draw_ticket SET member_hash = ? WHERE serial = 1", ("0" * 64,))
    said = run("draw", "reveal", "spring")
    assert (said.status, said.err.split(":")[0]) == (2, "another_list")
    assert contract in said.err
    assert execute("SELECT COUNT(*) FROM draw_winner").fetchone()[0] == 0


def test_reveal__winners_have_their_prizes__and_none_more_if_it_is_said_twice(run):
    for step in ("close", "commit", "reveal"):
        run("draw", step, "spring")
    (found,) = run("draw", "list", "--json").document
    assert (found["state"], found["held"]) == ("drawn", 0)
    assert given() == found["won"]
    assert run("draw", "reveal", "spring").err.startswith("wrong_draw_state")
    assert given() == found["won"]
    # What the ledger has of them is what the database says of them.
    assert run("record").status == 0
    assert run("reconcile").status == 0
    execute("UPDATE draw_winner SET place = 7 WHERE place = 0")
    said = run("reconcile")
    assert said.status == 1
    assert found["won"][0] in said.out + said.err


def test_reveal__somebody_else_was_faster__is_no_mistake(run, monkeypatch):
    run("draw", "close", "spring")
    run("draw", "commit", "spring")
    noted = draw_outcomes.note_drawn

    def twice(*given, **named):
        noted(*given, **named)
        return noted(*given, **named)

    monkeypatch.setattr(draw_outcomes, "note_drawn", twice)
    assert run("draw", "reveal", "spring").status == 0
    assert len(given()) == 2


def test_pin__keeps_the_hash_for_a_later_reveal(run):
    run("draw", "close", "spring")
    assert run("draw", "pin", "spring").err.startswith("wrong_draw_state")
    run("draw", "commit", "spring")
    assert run("draw", "pin", "spring", "--dry-run").status == 0
    pins = "SELECT COUNT(*) FROM chain_tx WHERE purpose = 'pin on PrizeDraw'"
    assert execute(pins).fetchone()[0] == 0
    assert run("draw", "pin", "spring").status == 0
    assert execute(pins).fetchone()[0] == 1
    assert state(run) == "committed"
    assert run("draw", "reveal", "spring").status == 0


def test_pin__block_not_there__exits_2_and_keeps_which_block_counts(run, monkeypatch):
    run("draw", "close", "spring")
    run("draw", "commit", "spring")

    def missing(chain, contract, draw):
        raise BlockNotThere(draw=draw, block=7, last=6)

    monkeypatch.setattr(drawing, "_reach", missing)
    said = run("draw", "pin", "spring")
    assert (said.status, said.err.split(":")[0]) == (2, "block_not_there")
    assert state(run) == "committed"


@pytest.fixture
def node(run, tmp_path: Path):
    """A chain of others, on which the accounts have something to pay for gas with."""
    binary = anvil_binary()
    assert binary is not None
    anvil = Anvil(binary, tmp_path / "node")
    anvil.start()
    found = Node.at(anvil.url)
    fund(run, found)
    yield found
    anvil.stop()


def fund(run: Run, node: Node) -> None:
    for address in run("ledger", "accounts", "--json").document.values():
        node.request("anvil_setBalance", address, hex(10**20))


@pytest.fixture
def elsewhere(run, node: Node, database_url: str, tmp_path: Path) -> Run:
    """The commands, with the ledger on that chain, by a passphrase that is named."""
    elsewhere = runner(
        {
            "COALITION_DATA_DIR": str(tmp_path),
            "COALITION_DATABASE_URL": database_url,
            "COALITION_CHAIN_URL": node.url,
            "COALITION_KEY_PASSPHRASE_FILE": str(tmp_path / "keys" / "passphrase"),
        }
    )
    assert elsewhere("ledger", "rebuild").status == 0
    assert elsewhere("draw", "close", "spring").status == 0
    return elsewhere


@needs_anvil
def test_outsider__with_a_node_and_the_list__finds_the_same_winners(elsewhere, node, tmp_path):
    committed = elsewhere("draw", "commit", "spring", "--delay", "30", "--json").document
    assert elsewhere("draw", "reveal", "spring").err.startswith("block_not_there")
    node.request("anvil_mine", hex(40))
    # A new ledger beside the old one leaves the draw where it was committed to.
    assert elsewhere("ledger", "rebuild").status == 0
    drawn = elsewhere("draw", "reveal", "spring", "--json").document
    assert (drawn["contract"], drawn["block"]) == (committed["contract"], committed["block"])

    tickets = tmp_path / "tickets.json"
    assert elsewhere("draw", "tickets", "spring", "--out", tickets).status == 0
    where = ("--rpc", node.url, "--contract", drawn["contract"], "--json")
    said = elsewhere("verify-draw", tickets, *where, *(f"--winner={ticket}" for ticket in drawn["won"]))
    assert said.status == 0, said.out
    assert [each["ticket"] for each in said.document["winners"]] == drawn["won"]


@needs_anvil
def test_commit__after_the_chain_was_left__is_made_again_on_the_new_one(run, elsewhere, node):
    assert elsewhere("draw", "commit", "spring").status == 0
    node.request("anvil_reset")
    fund(run, node)
    said = elsewhere("draw", "reveal", "spring")
    assert (said.status, said.err.split(":")[0]) == (2, "wrong_contract")
    assert elsewhere("ledger", "rebuild").status == 0
    again = elsewhere("draw", "commit", "spring", "--json").document
    assert (again["state"], again["attempts"]) == ("committed", 1)
    assert again["block"] > node.latest_block().number
    node.request("anvil_mine", hex(70))
    assert elsewhere("draw", "reveal", "spring").status == 0


@pytest.mark.parametrize("words", re.findall(r"^coalition (.+?)(?: +#.*)?$", GUIDE, re.MULTILINE))
def test_guide__its_commands__are_there_and_take_their_words(words, tmp_path, monkeypatch, database_url):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tickets.json").touch()
    name, *given = words.split()
    command = main.commands[name]
    if isinstance(command, click.Group):
        command, given = command.commands[given[0]], given[1:]
    with command.make_context(name, given) as context:
        assert context.command is command


def test_guide__how_to_find_oneself__gives_what_the_list_has(database_url):
    (program,) = re.findall(r"python3 -c '(.+?)'", GUIDE)
    words = ["spring", "mem_01KK", "5f0c"]
    said = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == pseudonym(*words)
