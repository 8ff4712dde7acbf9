"""``coalition achievements reviews|release|revoke``: grants that are held until an operator has looked at them."""

from dataclasses import asdict
from typing import get_args

import click

from coalition.config import Settings
from gamification import reviewing
from gamification.grant_reviews import Decision, GrantReview, State, decide, list_reviews
from scripts.adjust import deciding
from scripts.composition import CLOCK, open_coalition
from scripts.output import as_told, json_option, print_json, print_table, refusals_exit

LISTED = 100

_reason_option = click.option("--reason", required=True, help="Why; it stays in the books.")


@click.command()
@click.option("--state", type=click.Choice(get_args(State)), default="pending", show_default=True)
@json_option
@refusals_exit
def reviews(state: State, as_json: bool) -> None:
    """Grants that something speaks against, the oldest hundred first, and what."""
    open_coalition(Settings.from_environment())
    found = list_reviews(state, limit=LISTED, cursor=None).data
    if as_json:
        print_json([_document(each) for each in found])
        return
    columns = ("grant", "member", "achievement", "points", "reasons", "friend", "referrer", "since")
    print_table(f"Reviews, {state}", columns, [_row(each) for each in found])


@click.command()
@deciding
@_reason_option
def release(id_: str, by: str, reason: str, dry_run: bool, as_json: bool) -> None:
    """Give what the grant ID held back."""
    _decide(id_, "released", by, reason, dry_run, as_json)


@click.command()
@deciding
@_reason_option
def revoke(id_: str, by: str, reason: str, dry_run: bool, as_json: bool) -> None:
    """Take back the grant ID, and those that came with it; it is not won again."""
    _decide(id_, "revoked", by, reason, dry_run, as_json)


def _decide(grant: str, decision: Decision, by: str, reason: str, dry_run: bool, as_json: bool) -> None:
    open_coalition(Settings.from_environment())
    with as_told(dry_run):
        review = decide(
            grant,
            decision,
            by=by,
            note=reason,
            now=CLOCK.now(),
            release=reviewing.release,
            revoke=reviewing.revoke_by_operator,
        )
    if as_json:
        print_json({**_document(review), "dry_run": dry_run})
    else:
        print(f"{review.grant} {review.state}, {review.points} points for {review.member}")


def _document(review: GrantReview) -> dict[str, object]:
    return asdict(review) | {"referral": review.referral and review.referral._asdict()}


def _row(review: GrantReview) -> tuple[object, ...]:
    friend, referrer = review.referral or ("", "")
    reasons, since = ", ".join(review.reasons), f"{review.opened_at:%Y-%m-%d %H:%M}"
    return review.grant, review.member, review.achievement, review.points, reasons, friend, referrer, since
