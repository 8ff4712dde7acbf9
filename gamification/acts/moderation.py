"""Reviews and photos: nothing of them counts before a moderator has approved them, whatever the rating.

A review is of something that the member has bought and not brought back, and there is one of each thing a partner
sells. Partners never see a rating; operators do once it is decided.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from coalition.errors import ReasonRequired
from coalition.services.bought import BoughtItem, bought_line, bought_sku
from coalition.services.cursors import Page, page, read_cursor
from coalition.services.members import public_ids
from coalition.services.partners import partners_numbered
from coalition.store.database import transaction
from gamification.acts import book
from gamification.acts.attributes import Attribute
from gamification.acts.errors import (
    AlreadyReviewed,
    AlreadyUploaded,
    AttributeMistake,
    InvalidAttributes,
    NotPurchased,
    UnknownEvent,
    UnknownReview,
)
from gamification.acts.kinds import Accepted, Kind, Posting
from gamification.acts.states import State
from gamification.event_types import COUNTED_AS, FieldType
from gamification.store.act_tables import Act, Submission

_PHOTO = Attribute(
    FieldType.TEXT,
    required=False,
    longest=500,
    form=re.compile(r"https://[^\s\"'<>\\]+|[0-9a-f]{64}"),
    form_is="an https address or a SHA-256 in small hexadecimal digits",
)
_HASH = re.compile(r"[0-9a-f]{64}")
_REVIEW, _UPLOAD = "review.posted", "photo.uploaded"


@dataclass(frozen=True, slots=True)
class Review:
    """A review or a photo as its moderators see it; ``rating`` is None for partners, and until it is decided."""

    id: str
    type: str
    state: str
    member: str
    partner: str
    sku: str | None
    purchase: str | None
    rating: int | None
    text: str | None
    photos: list[str]
    occurred_at: datetime
    reason: str | None
    decided_at: datetime | None


def _accept_review(posting: Posting) -> Accepted:
    given = posting.attributes
    item = _bought(posting)
    claim = f"review:{posting.member}:{posting.partner.number}:{item.sku}"
    if first := book.find_claim(claim):
        raise AlreadyReviewed(sku=item.sku, event=first)
    return _pending(claim, item, rating=given["rating"], text=given.get("text"), photos=given.get("photos", []))


def _accept_photo(posting: Posting) -> Accepted:
    given = posting.attributes
    photos = [given[name] for name in ("url", "sha256") if name in given]
    if len(photos) != 1:
        raise InvalidAttributes(mistakes=(AttributeMistake("url", "Give either url or sha256."),))
    claim = f"photo:{posting.member}:{photos[0]}"
    item = _bought(posting) if "sku" in given else None
    if first := book.find_claim(claim):
        raise AlreadyUploaded(event=first)
    return _pending(claim, item, photos=photos)


def _bought(posting: Posting) -> BoughtItem:
    """What the act is about, after checking that the member has bought it and kept some of it.

    :raises InvalidAttributes: it is named neither by its sku alone nor by its purchase and line alone.
    :raises NotPurchased: or not so.
    """
    given = posting.attributes
    named = {name for name in ("sku", "purchase", "line_id") if name in given}
    who = (posting.member, posting.partner.number)
    if named == {"sku"}:
        name, item = given["sku"], bought_sku(*who, given["sku"], posting.occurred_at)
    elif named == {"purchase", "line_id"}:
        name = f"line {given['line_id']} of {given['purchase']}"
        item = bought_line(*who, given["purchase"], given["line_id"], posting.occurred_at)
    else:
        raise InvalidAttributes(mistakes=(AttributeMistake("sku", "Give either sku, or purchase and line_id."),))
    if item is None:
        raise NotPurchased(item=name)
    return item


def _pending(claim: str, item: BoughtItem | None, photos: list[str], **rest: Any) -> Accepted:
    bought = {"sku": item.sku, "category": item.category, "purchase": item.purchase} if item else {}

    def keep(act: Act) -> None:
        Submission.create(act=act, photos=orjson.dumps(photos).decode(), **bought, **rest, force_insert=True)

    return Accepted(None, claim=claim, keep=keep)


_SKU = Attribute(FieldType.TEXT, required=False)
REVIEW = Kind(
    {"en": "Review", "ru": "Отзыв"},
    {
        "sku": _SKU,
        "purchase": Attribute(FieldType.TEXT, required=False, longest=40),
        "line_id": _SKU,
        "rating": Attribute(FieldType.INTEGER, least=1, most=5),
        "text": Attribute(FieldType.TEXT, required=False, longest=5000, lines=True),
        "photos": replace(_PHOTO, kind=FieldType.TEXTS, texts=10),
    },
    _accept_review,
)
PHOTO = Kind(
    {"en": "Photo", "ru": "Фотография"},
    {
        "url": replace(_PHOTO, form=re.compile(r"https://[^\s\"'<>\\]+"), form_is="an https address"),
        "sha256": Attribute(FieldType.TEXT, required=False, form=_HASH, form_is="64 small hexadecimal digits"),
        "sku": _SKU,
    },
    _accept_photo,
)


def approve(review_id: str, partner: int | None, by: str, *, now: datetime) -> Review:
    """From now on it counts, at the time at which it was posted; ``partner`` is None for an operator.

    :raises UnknownReview: there is none of that id, or it is another partner's.
    :raises EventDecided: it is decided already.
    :raises NotPurchased: all that was reviewed has come back meanwhile.
    """
    with transaction():
        act, submission = _locked(review_id, partner)
        book.move(act, State.APPROVED, now)
        if submission.sku is not None:
            _check_still_bought(act, submission.sku)
        book.count(act, COUNTED_AS[act.type], _countable(act, submission), now)
        return _decided(act, submission, None, partner, by, now)


def reject(review_id: str, reason: str, partner: int | None, by: str, *, now: datetime) -> Review:
    """It does not count, or no longer; the member may send another. ``partner`` is None for an operator, who alone may
    undo an approval.

    :raises ReasonRequired: no reason is given.
    :raises UnknownReview: there is none of that id, or it is another partner's.
    :raises OperatorDecides: it was approved, and no operator asks.
    :raises EventDecided: it is rejected already, or withdrawn.
    """
    if not reason.strip():
        raise ReasonRequired()
    with transaction():
        act, submission = _locked(review_id, partner)
        book.undo(act, State.REJECTED, reason, partner, by, now, free=True)
        return _decided(act, submission, reason, partner, by, now)


def list_reviews(*, partner: int | None, state: str | None, limit: int, cursor: str | None) -> Page[Review]:
    """Those of the partner, or of everybody if it is None, the oldest first.

    :raises InvalidCursor: this list did not give it.
    """
    asked = Submission.select(Submission, Act).join(Act).where(Act.id > read_cursor("reviews", cursor, default=0))
    if partner is not None:
        asked = asked.where(Act.partner_id == partner)
    if state is not None:
        asked = asked.where(Act.state == state)
    rows = list(asked.order_by(Act.id).limit(limit + 1))
    shown = page("reviews", rows, limit, lambda row: row.act.id)
    return Page(_reviews([(row.act, row) for row in shown.data], partner), shown.next_cursor)


def _locked(review_id: str, partner: int | None) -> tuple[Act, Submission]:
    try:
        act = book.locked(review_id, partner)
    except UnknownEvent as unknown:
        raise UnknownReview(review=review_id) from unknown
    submission = Submission.get_or_none(Submission.act == act.id)
    if submission is None:
        raise UnknownReview(review=review_id)
    return act, submission


def _check_still_bought(act: Act, sku: str) -> None:
    if not bought_sku(act.member_id, act.partner_id, sku, act.occurred_at):
        raise NotPurchased(item=sku)


def _countable(act: Act, submission: Submission) -> dict[str, Any]:
    """What rules may read of it: everything but what it says."""
    name = partners_numbered([act.partner_id])[act.partner_id].name
    about: dict[str, Any] = {"partner": name, "sku": submission.sku, "category": submission.category}
    if act.type == _REVIEW:
        about |= {"words": len((submission.text or "").split()), "with_photo": submission.photos != "[]"}
    return about


def _decided(
    act: Act, submission: Submission, reason: str | None, partner: int | None, by: str, now: datetime
) -> Review:
    submission.reason, submission.decided_by, submission.decided_at = reason, by, now
    submission.save()
    return _reviews([(act, submission)], partner)[0]


def _reviews(rows: Sequence[tuple[Act, Submission]], partner: int | None) -> list[Review]:
    members = public_ids({act.member_id for act, _ in rows})
    partners = partners_numbered(act.partner_id for act, _ in rows)
    return [
        Review(
            id=act.public_id,
            type=act.type,
            state=str(act.state),
            member=members[act.member_id],
            partner=partners[act.partner_id].id,
            sku=submission.sku,
            purchase=submission.purchase,
            rating=submission.rating if partner is None and act.state != State.PENDING else None,
            text=submission.text,
            photos=orjson.loads(submission.photos),
            occurred_at=act.occurred_at,
            reason=submission.reason,
            decided_at=submission.decided_at,
        )
        for act, submission in rows
    ]
