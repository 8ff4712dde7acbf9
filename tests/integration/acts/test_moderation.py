"""Reviews and photos: of what was bought, once, and counted after approval, whatever the rating."""

from datetime import timedelta

import pytest

from coalition.errors import InvalidCursor, ReasonRequired
from coalition.services import audit_log
from gamification.acts import moderation, posting
from gamification.acts.errors import (
    AlreadyReviewed,
    AlreadyUploaded,
    EventDecided,
    InvalidAttributes,
    NotPurchased,
    OperatorDecides,
    UnknownReview,
)
from gamification.event_types import EVENT_TYPES, FieldType
from tests.integration.acts.helpers import refused, stream, streamed
from tests.integration.conftest import goods

REVIEW = {"sku": "sku-1", "rating": 2}
KINDS = {FieldType.TEXT: str, FieldType.INTEGER: int, FieldType.BOOLEAN: bool}


@pytest.fixture
def bought(post, till, coalition):
    """Anna has bought two things at the cafe."""
    return till.sell(coalition.cafe, 1000, 500)


@pytest.fixture
def review(post, bought):
    return post("review.posted", **REVIEW, text="Quite\ngood  coffee", photos=["https://photos.test/1"])


def approve(review, partner=None, *, clock):
    return moderation.approve(review.id, partner, "key_1", now=clock.now())


def test_review__of_something_bought__waits_for_a_moderator_and_counts_for_nothing(review, bought, coalition):
    assert review.state == "pending_moderation"
    assert streamed() == []
    (shown,) = moderation.list_reviews(
        partner=coalition.cafe.number, state="pending_moderation", limit=9, cursor=None
    ).data
    assert (shown.id, shown.member, shown.partner) == (review.id, coalition.anna.id, coalition.cafe.id)
    assert (shown.sku, shown.purchase, shown.text) == ("sku-1", bought.id, "Quite\ngood  coffee")
    assert shown.photos == ["https://photos.test/1"]
    assert shown.rating is None


def test_approval__counts_it_at_the_time_of_posting_with_what_rules_may_read(review, coalition, clock):
    posted_at = clock.now()
    clock.advance(timedelta(days=2))
    approved = approve(review, clock=clock)
    assert (approved.state, approved.rating, approved.decided_at) == ("approved", 2, clock.now())
    (event,) = stream()
    assert (event.public_id, event.type, event.occurred_at) == (review.id, "review.approved", posted_at)
    assert event.attributes == {
        "partner": "cafe",
        "sku": "sku-1",
        "category": "category",
        "words": 3,
        "with_photo": True,
    }
    fields = {name: KINDS[kind] for name, kind in EVENT_TYPES["review.approved"].items()}
    assert {name: type(value) for name, value in event.attributes.items()} == fields


def test_approval__of_any_rating__comes_to_the_same_event(post, till, coalition, bob, clock):
    for member, rating in ((coalition.anna, 1), (bob, 5)):
        till.sell(coalition.cafe, 1000, to=member)
        approve(post("review.posted", sku="sku-1", rating=rating, member=member), clock=clock)
    worst, best = streamed()
    assert worst == best


def test_review__of_what_was_not_bought__is_refused(post, till, bought, coalition, bob, clock):
    for named in ({"sku": "sku-9"}, {"purchase": bought.id, "line_id": "9"}, {"purchase": "pur_no", "line_id": "1"}):
        with refused(NotPurchased):
            post("review.posted", rating=5, **named)
    for other in ({"member": bob}, {"by": coalition.cinema}, {"at": clock.now() - timedelta(seconds=1)}):
        with refused(NotPurchased) as refusal:
            post("review.posted", **REVIEW, **other)
        assert refusal.value.item == "sku-1"


def test_review__of_what_all_came_back__is_refused(post, till, bought, coalition):
    till.take_back(coalition.cafe, bought, "1")
    with refused(NotPurchased):
        post("review.posted", **REVIEW)
    assert post("review.posted", sku="sku-2", rating=4).state == "pending_moderation"


def test_review__of_what_partly_came_back__is_taken_and_not_approved_after_the_rest_has(post, till, coalition, clock):
    bought = till.sell(coalition.cafe, lines=(goods("1", 1000, quantity=3),))
    till.take_back(coalition.cafe, bought, ("1", 2))
    review = post("review.posted", **REVIEW)
    till.take_back(coalition.cafe, bought, ("1", 1))
    with refused(NotPurchased):
        approve(review, clock=clock)


def test_review__of_a_rebate__is_refused(post, till, coalition):
    till.sell(coalition.cafe, 1000, -200)
    with refused(NotPurchased):
        post("review.posted", sku="sku-2", rating=5)


def test_review__names_its_item__in_one_of_two_ways(post, bought):
    for named in ({}, {"sku": "sku-1", "line_id": "1"}, {"purchase": bought.id}):
        with refused(InvalidAttributes):
            post("review.posted", rating=5, **named)
    assert post("review.posted", rating=5, purchase=bought.id, line_id="2").state == "pending_moderation"


def test_review__second_of_one_thing__is_refused_however_it_is_named(post, till, review, coalition):
    again = till.sell(coalition.cafe, 1000)
    for named in ({"sku": "sku-1"}, {"purchase": again.id, "line_id": "1"}):
        with refused(AlreadyReviewed) as refusal:
            post("review.posted", rating=5, **named)
        assert refusal.value.values == {"sku": "sku-1", "event": review.id}


def test_review__second_of_one_thing__is_for_another_partner_or_member_the_first(
    post, till, review, coalition, bob, clock
):
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cafe, 1000, to=bob)
    post("review.posted", by=coalition.cinema, **REVIEW)
    post("review.posted", member=bob, **REVIEW)


@pytest.mark.parametrize("rating", [0, 6, True, "5", 4.0, None])
def test_review__rating_outside_one_to_five__is_refused(post, bought, rating):
    with refused(InvalidAttributes):
        post("review.posted", sku="sku-1", rating=rating)


@pytest.mark.parametrize("text", ["", " \n", "a" * 5001, "bell\x07", "\ud800"])
def test_review__text_that_nobody_wrote__is_refused(post, bought, text):
    with refused(InvalidAttributes):
        post("review.posted", **REVIEW, text=text)


@pytest.mark.parametrize("photo", ["http://photos.test/1", "1.jpg", "A" * 64, "https://photos.test/ 1", "https://"])
def test_photo__that_is_neither_address_nor_hash__is_refused(post, bought, photo):
    with refused(InvalidAttributes):
        post("review.posted", **REVIEW, photos=[photo])
    with refused(InvalidAttributes):
        post("photo.uploaded", url=photo)
    with refused(InvalidAttributes):
        post("photo.uploaded", sha256=photo)


def test_rejection__frees_the_item_for_another_and_takes_back_what_counted(post, review, coalition, clock):
    with refused(ReasonRequired):
        moderation.reject(review.id, " ", None, "key_1", now=clock.now())
    rejected = moderation.reject(review.id, "advertising", coalition.cafe.number, "key_1", now=clock.now())
    assert (rejected.state, rejected.reason, streamed()) == ("rejected", "advertising", [])
    second = post("review.posted", **REVIEW)
    approve(second, clock=clock)
    moderation.reject(second.id, "copied", None, "key_2", now=clock.now())
    assert streamed()[1] == ("event.withdrawn", {"event": second.id})
    assert post("review.posted", **REVIEW).state == "pending_moderation"


def test_withdrawal__of_a_review__frees_the_item(post, review, coalition, clock):
    posting.withdraw(review.id, "by mistake", coalition.cafe.number, "key_1", now=clock.now())
    assert streamed() == []
    second = post("review.posted", **REVIEW)
    approve(second, clock=clock)
    posting.withdraw(second.id, "by mistake", None, "key_1", now=clock.now())
    assert [type_ for type_, _ in streamed()] == ["review.approved", "event.withdrawn"]


def test_decision__comes_once(review, clock):
    approve(review, clock=clock)
    with refused(EventDecided):
        approve(review, clock=clock)
    moderation.reject(review.id, "copied", None, "key_2", now=clock.now())
    with refused(EventDecided):
        approve(review, clock=clock)
    with refused(EventDecided):
        moderation.reject(review.id, "again", None, "key_2", now=clock.now())


def test_rating__is_never_shown_to_a_partner(post, till, review, coalition, bob, clock):
    cafe = coalition.cafe.number
    till.sell(coalition.cafe, 1000, to=bob)
    other = post("review.posted", **REVIEW, member=bob)
    assert approve(review, cafe, clock=clock).rating is None
    assert moderation.reject(other.id, "advertising", cafe, "key_1", now=clock.now()).rating is None

    def ratings(partner):
        return [each.rating for each in moderation.list_reviews(partner=partner, state=None, limit=9, cursor=None).data]

    assert ratings(cafe) == [None, None]
    assert ratings(None) == [2, 2]


@pytest.mark.parametrize("undo", ["reject", "withdraw"])
def test_approved__is_undone_by_operators_alone_and_noted(review, coalition, clock, undo):
    approve(review, coalition.cafe.number, clock=clock)

    def undone(partner, by):
        if undo == "reject":
            return moderation.reject(review.id, "copied", partner, by, now=clock.now())
        return posting.withdraw(review.id, "copied", partner, by, now=clock.now())

    with refused(OperatorDecides) as refusal:
        undone(coalition.cafe.number, "key_1")
    assert refusal.value.values == {"event": review.id}
    undone(None, "key_2")
    (deed,) = audit_log.list_deeds(subject=review.id).data
    deeds = {"reject": "rejected", "withdraw": "withdrawn"}
    assert (deed.by, deed.at, deed.action) == ("key_2", clock.now(), f"review.{deeds[undo]}")
    assert deed.details == {"type": "review.posted", "reason": "copied"}


def test_undone__before_it_was_approved__is_nothing_to_note(review, coalition, clock):
    moderation.reject(review.id, "advertising", coalition.cafe.number, "key_1", now=clock.now())
    assert audit_log.list_deeds(subject=review.id).data == []


def test_photo__of_what_all_came_back__is_not_approved(post, till, bought, coalition, clock):
    photo = post("photo.uploaded", sha256="ab" * 32, sku="sku-1")
    till.take_back(coalition.cafe, bought, "1")
    with refused(NotPurchased):
        approve(photo, clock=clock)


def test_decision__on_what_is_not_ones_own__is_refused(post, review, coalition, clock):
    share = post.shares()
    for id_, partner in ((review.id, coalition.cinema.number), (share.id, None), ("evt_nothing", None)):
        with refused(UnknownReview):
            moderation.approve(id_, partner, "key_1", now=clock.now())
        with refused(UnknownReview):
            moderation.reject(id_, "no", partner, "key_1", now=clock.now())


def test_photo__approved__counts_with_what_it_shows(post, bought, clock):
    alone = post("photo.uploaded", sha256="ab" * 32)
    of_coffee = post("photo.uploaded", url="https://photos.test/2", sku="sku-1")
    assert (alone.state, streamed()) == ("pending_moderation", [])
    approve(alone, clock=clock)
    approve(of_coffee, clock=clock)
    assert streamed() == [
        ("photo.approved", {"partner": "cafe", "sku": None, "category": None}),
        ("photo.approved", {"partner": "cafe", "sku": "sku-1", "category": "category"}),
    ]


def test_photo__again_or_of_nothing_bought__is_refused(post, bought, coalition, bob):
    first = post("photo.uploaded", sha256="ab" * 32)
    with refused(AlreadyUploaded) as refusal:
        post("photo.uploaded", by=coalition.cinema, sha256="ab" * 32)
    assert refusal.value.event == first.id
    post("photo.uploaded", member=bob, sha256="ab" * 32)
    with refused(NotPurchased):
        post("photo.uploaded", sha256="cd" * 32, sku="sku-9")
    for named in ({}, {"sha256": "cd" * 32, "url": "https://photos.test/1"}):
        with refused(InvalidAttributes):
            post("photo.uploaded", **named)


def test_list__of_reviews__is_read_page_by_page_and_by_state(post, bought, coalition, clock):
    photos = [post("photo.uploaded", sha256=f"{number:064x}") for number in range(3)]
    posted = [photo.id for photo in photos]
    approve(photos[1], clock=clock)
    first = moderation.list_reviews(partner=None, state=None, limit=2, cursor=None)
    rest = moderation.list_reviews(partner=None, state=None, limit=2, cursor=first.next_cursor)
    assert [each.id for each in (*first.data, *rest.data)] == posted
    assert rest.next_cursor is None
    approved = moderation.list_reviews(partner=coalition.cafe.number, state="approved", limit=9, cursor=None)
    assert [each.id for each in approved.data] == [posted[1]]
    assert moderation.list_reviews(partner=coalition.cinema.number, state=None, limit=9, cursor=None).data == []
    with pytest.raises(InvalidCursor):
        moderation.list_reviews(partner=None, state=None, limit=2, cursor="no cursor")
