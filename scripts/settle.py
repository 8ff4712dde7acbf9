"""``coalition settle``: close periods, hand out statements, plan payments and see them confirmed."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from coalition.config import Settings
from coalition.domain.statements import Statement
from coalition.services import corrections, disputes, payments, settlement, statements
from coalition.services.parties import party_named
from coalition.services.settlement import Period
from scripts.adjust import operator_option
from scripts.composition import CLOCK, open_coalition
from scripts.output import (
    DAY,
    as_told,
    dry_run_option,
    json_option,
    print_document,
    print_json,
    print_table,
    refusals_exit,
)
from scripts.settle_chain import anchor, replace_signing_key
from scripts.settle_documents import outlook_document
from scripts.settle_payments import confirm, pay, plan
from scripts.settle_statement import statement
from scripts.verify_statement import verify


@click.group()
def settle() -> None:
    """Settle what merchants owe each other: close a period, send statements, pay.

    PERIOD is a month as 2026-03, a year as 2026, or days as 2026-03-01..2026-03-15, both inclusive.
    """


@settle.command()
@click.option("--from", "from_", type=DAY, help="First day; default: the beginning.")
@click.option("--to", type=DAY, help="The day after the last; default: no end.")
@json_option
@refusals_exit
def outlook(from_: datetime | None, to: datetime | None, as_json: bool) -> None:
    """What the entries of a time come to, closed or not. Nothing is changed.

    Without what only a closing knows: monthly fees, corrections, and fractions that are carried.
    """
    open_coalition(Settings.from_environment())
    found = settlement.outlook(from_ and from_.date(), to and to.date(), now=CLOCK.now())
    _print_outlook(outlook_document(found), as_json)


@settle.command()
@click.argument("period")
@operator_option
@dry_run_option
@json_option
@refusals_exit
def close(period: str, by: str, dry_run: bool, as_json: bool) -> None:
    """Close PERIOD, with a statement for everybody."""
    open_coalition(Settings.from_environment())
    now = CLOCK.now()
    if dry_run:
        # Worked out, and not written and undone: that would keep tills waiting.
        draft = settlement.draft(period, now=now)
        issued = draft.statements("", now=now)
        document = outlook_document(draft.outlook())
        said = f"{period} would be closed up to batch {draft.books.scope.cut.sequence}, head {draft.head}"
    else:
        closed = settlement.close(period, by, now=now)
        issued = [each.statement for each in statements.list_statements(period_number=closed.number)]
        document = _period_document(closed) | outlook_document(settlement.result(closed))
        said = f"closed: {closed.name}, up to batch {closed.sequence}, head {closed.head}"
    rows = [_statement_row(each) for each in issued]
    if as_json:
        print_json(document | {"statements": rows, "dry_run": dry_run})
        return
    _print_outlook(document, as_json=False)
    print_table("Statements", list(rows[0]) if rows else ["none"], [list(row.values()) for row in rows])
    print(said)


@settle.command()
@json_option
@refusals_exit
def status(as_json: bool) -> None:
    """Every closed period and where it stands, what waits for an answer, and what is to be closed next.

    Nothing is changed: a running worker, or `settle pay`, settles what is accepted.
    """
    open_coalition(Settings.from_environment())
    now = CLOCK.now()
    found = settlement.periods(now=now)
    waiting = [asdict(each) for each in disputes.list_disputes(only_open=True)]
    following = settlement.next_days()
    document: dict[str, Any] = {
        "periods": [_period_document(each) | _progress(each) for each in found],
        "open_disputes": waiting,
        "next": following and {"first_day": str(following.first), "last_day": str(following.last)},
    }
    if as_json:
        print_json(document)
        return
    columns = ("period", "status", "statements", "accepted", "payments", "confirmed", "disputes until")
    rows = [
        (each["name"], each["status"], *_progress(period).values(), f"{period.dispute_until:%Y-%m-%d %H:%M} UTC")
        for each, period in zip(document["periods"], found, strict=True)
    ]
    print_table("Periods", columns, rows)
    print_table(
        "Disputes without an answer",
        ("dispute", "statement", "line", "reason"),
        [list(w.values())[:4] for w in waiting],
    )
    if following:
        print(f"next: {following.first} to {following.last}")


@settle.command()
@click.argument("dispute")
@click.argument("answer", type=click.Choice(["correction", "rejection"]))
@click.option("--words", required=True, help="What the partner is told.")
@click.option("--amount-minor", type=int, default=0, help="Of a correction: what the partner gets, or pays below zero.")
@click.option("--counterparty", help="Of a correction: who pays or gets it.")
@operator_option
@dry_run_option
@json_option
@refusals_exit
def answer(
    dispute: str,
    answer: disputes.Answer,
    words: str,
    amount_minor: int,
    counterparty: str | None,
    by: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Answer a dispute; a correction is in the next period that is closed."""
    open_coalition(Settings.from_environment())
    other = party_named(counterparty) if counterparty else None
    with as_told(dry_run):
        given = disputes.answer(
            dispute, answer, words, by, amount_minor=amount_minor, counterparty=other, now=CLOCK.now()
        )
    print_document(asdict(given) | {"dry_run": dry_run}, as_json)


@settle.command()
@click.argument("payer")
@click.argument("payee")
@click.argument("amount_minor", type=click.IntRange(min=1))
@click.option("--currency", required=True)
@click.option("--reason", required=True)
@operator_option
@dry_run_option
@json_option
@refusals_exit
def correct(
    payer: str, payee: str, amount_minor: int, currency: str, reason: str, by: str, dry_run: bool, as_json: bool
) -> None:
    """Let PAYER owe PAYEE an amount in the next period that is closed."""
    open_coalition(Settings.from_environment())
    with as_told(dry_run):
        made = corrections.correct_between(payer, payee, currency, amount_minor, reason, by, now=CLOCK.now())
    print_document(made._asdict() | {"dry_run": dry_run}, as_json)


def _print_outlook(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    for title in ("accounts", "positions", "transfers"):
        rows = document[title]
        print_table(title.capitalize(), list(rows[0]) if rows else ["nothing"], [list(row.values()) for row in rows])


def _period_document(found: Period) -> dict[str, Any]:
    return {
        "id": found.id,
        "number": found.number,
        "name": found.name,
        "first_day": str(found.days.first),
        "last_day": str(found.days.last),
        "status": found.status.value,
        "sequence": found.sequence,
        "head": found.head,
        "dispute_until": found.dispute_until,
        "closed_at": found.closed_at,
        "settled_at": found.settled_at,
    }


def _progress(found: Period) -> dict[str, int]:
    issued = statements.list_statements(period_number=found.number)
    planned = payments.list_payments(found.number)
    return {
        "statements": len(issued),
        "accepted": sum(each.status in ("acknowledged", "answered") for each in issued),
        "payments": len(planned),
        "confirmed": sum(each.confirmed_at is not None for each in planned),
    }


def _statement_row(found: Statement) -> dict[str, Any]:
    return {
        "id": found.id,
        "partner": found.partner_name,
        "position_minor": found.position_minor,
        "currency": found.currency,
        "lines": found.lines,
        "root": found.root,
    }


for command in (statement, verify, plan, pay, confirm, anchor, replace_signing_key):
    settle.add_command(command)
