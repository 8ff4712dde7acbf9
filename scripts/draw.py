"""``coalition draw``: close prize draws, commit to them on the chain, and reveal who has won."""

import sys
from typing import Any, BinaryIO

import click

from coalition.config import Settings
from coalition.ledger.administration import Administrator
from coalition.ledger.draws import contracts, drawing
from coalition.ledger.draws.binding import LEAST_DELAY
from coalition.ledger.errors import WrongContract
from coalition.ledger.keys import Keyring
from gamification import draw_outcomes, draws
from gamification.draw_outcomes import DrawView, OnChain
from gamification.draw_prizes import PrizeState
from gamification.errors import WrongDrawState
from scripts.administering import administering
from scripts.composition import CLOCK, open_coalition
from scripts.draw_chain import bring_out, on_chain, pin
from scripts.output import (
    as_told,
    dry_run_option,
    json_option,
    out_option,
    people,
    print_document,
    print_json,
    print_table,
    refusals_exit,
)

_DELAY = 64
"""Blocks: more than a public chain ever takes back."""
_HOUR_S = 3600


@click.group()
def draw() -> None:
    """Prize draws whose winners anyone can recompute: close, commit, reveal.

    DRAW is the id under which the draw was published.
    """


@draw.command(name="list")
@json_option
@refusals_exit
def list_(as_json: bool) -> None:
    """Every draw, and how far it is."""
    open_coalition(Settings.from_environment())
    found = [_document(view) for view in draw_outcomes.list_draws()]
    if as_json:
        print_json(found)
        return
    columns = ("draw", "state", "closes_on", "tickets", "winners", "block", "deadline", "attempts", "won", "held")
    print_table("Draws", columns, [[_cell(each[column]) for column in columns] for each in found])


@draw.command()
@click.argument("name", metavar="DRAW")
@dry_run_option
@json_option
@refusals_exit
def close(name: str, dry_run: bool, as_json: bool) -> None:
    """Fix the list of tickets, and publish it: GET /v1/draws/DRAW/tickets.json has it from then on."""
    open_coalition(Settings.from_environment())
    with as_told(dry_run):
        draws.close_draw(name, now=CLOCK.now())
        document = _document(draw_outcomes.get_draw(name))
    _print(document | {"dry_run": dry_run}, as_json)


@draw.command()
@click.argument("name", metavar="DRAW")
@out_option
@refusals_exit
def tickets(name: str, out: BinaryIO) -> None:
    """Write the published list of tickets: canonical JSON, always the same bytes."""
    open_coalition(Settings.from_environment())
    out.write(draws.ticket_list(name).to_json() + b"\n")


@draw.command()
@click.argument("name", metavar="DRAW")
@click.option(
    "--delay",
    type=click.IntRange(LEAST_DELAY),
    help="Blocks until the one that counts; default: 64, or 4 on a chain of our own.",
)
@click.option(
    "--hours", type=click.IntRange(1, 720), default=168, show_default=True, help="How long it may take to reveal."
)
@dry_run_option
@json_option
@refusals_exit
def commit(name: str, delay: int | None, hours: int, dry_run: bool, as_json: bool) -> None:
    """Commit to a new secret, to the list, and to a block that does not exist yet.

    Also again, with the same list, where the draw is void.
    """
    settings = Settings.from_environment()
    open_coalition(settings)
    if dry_run:
        listed, winners = draw_outcomes.to_be_committed(name)
        would = {"draw": name, "root": listed.root.hex(), "tickets": len(listed.tickets), "winners": winners}
        _print(would | {"dry_run": True}, as_json)
        return
    with administering(settings, Keyring(settings)) as administrator:
        _forget_lost(administrator, name)
        listed, winners = draw_outcomes.to_be_committed(name)
        if delay is None:
            delay = LEAST_DELAY if administrator.chain.ours else _DELAY
        contract, state = drawing.commit(administrator, name, listed, winners, delay, hours * _HOUR_S)
        draw_outcomes.note_committed(name, on_chain(contract, name, state))
    _print(_document(draw_outcomes.get_draw(name)) | {"dry_run": False}, as_json)


@draw.command()
@click.argument("name", metavar="DRAW")
@dry_run_option
@json_option
@refusals_exit
def reveal(name: str, dry_run: bool, as_json: bool) -> None:
    """Reveal the secret once the block is there; from then on the winners are certain, and have their prizes.

    A running worker does so itself, except that it makes no blocks on a chain of our own.

    Exit status 1: the time to reveal is over, the draw is void, and is to be committed to again. 2: not done; the
    reason is told. With --dry-run the chain is asked what would come of it now, and nothing is sent there.
    """
    settings = Settings.from_environment()
    open_coalition(settings)
    known = _committed(name, draws.DrawState.DRAWN)
    with administering(settings, Keyring(settings)) as administrator:
        contract = contracts.contract_at(administrator.chain, known.contract)
        if dry_run:
            outcome = drawing.foresee(administrator, contract, draws.ticket_list(name)).name.lower()
        else:
            bring_out(administrator, contract, name)
            outcome = draw_outcomes.get_draw(name).state.value
    document = _document(draw_outcomes.get_draw(name)) | ({"would_be": outcome} if dry_run else {})
    _print(document | {"dry_run": dry_run}, as_json)
    sys.exit(1 if outcome == draws.DrawState.VOID else 0)


@draw.command(name="pin")
@click.argument("name", metavar="DRAW")
@dry_run_option
@json_option
@refusals_exit
def pin_(name: str, dry_run: bool, as_json: bool) -> None:
    """Have the contract keep the hash of the block that counts, before the chain forgets it.

    Revealing does so as well. Exit status 2: not done; the reason is told.
    """
    settings = Settings.from_environment()
    open_coalition(settings)
    known = _committed(name, "pinned")
    if not dry_run:
        with administering(settings, Keyring(settings)) as administrator:
            pin(administrator, contracts.contract_at(administrator.chain, known.contract), name)
    _print(_document(draw_outcomes.get_draw(name)) | {"dry_run": dry_run}, as_json)


def _committed(name: str, wanted: str) -> OnChain:
    """What the chain has of the draw, which waits to be revealed."""
    view = draw_outcomes.get_draw(name)
    if view.state is not draws.DrawState.COMMITTED or view.on_chain is None:
        raise WrongDrawState(draw=name, state=view.state, wanted=wanted)
    return view.on_chain


def _forget_lost(administrator: Administrator, name: str) -> None:
    """A draw that was committed to on another chain, which the ledger has left, cannot be revealed: it is void."""
    view = draw_outcomes.get_draw(name)
    if view.state is not draws.DrawState.COMMITTED or view.on_chain is None:
        return
    try:
        contracts.contract_at(administrator.chain, view.on_chain.contract)
    except WrongContract as lost:
        people.print(f"void, for the chain has no such contract: {lost}", style="dim")
        draw_outcomes.note_void(name, view.on_chain)


def _document(view: DrawView) -> dict[str, Any]:
    known = view.on_chain
    return {
        "draw": view.draw.id,
        "state": view.state.value,
        "closes_on": view.draw.closes_on.isoformat(),
        "root": view.root,
        "tickets": view.tickets,
        "winners": view.winners_to_be,
        "chain_id": known and known.chain_id,
        "contract": known and known.contract,
        "commitment": known and known.commitment,
        "block": known and known.block,
        "deadline": known and known.deadline,
        "attempts": known.attempts if known else 0,
        "rearms": known.rearms if known else 0,
        "seed": known and known.seed,
        "won": [each.ticket.ticket for each in view.winners],
        "held": sum(each.state is not PrizeState.GIVEN for each in view.winners),
    }


def _print(document: dict[str, Any], as_json: bool) -> None:
    """For people, of what is known."""
    told = {name: _cell(value) for name, value in document.items() if value not in (None, [])}
    print_document(document if as_json else told, as_json)


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else value
