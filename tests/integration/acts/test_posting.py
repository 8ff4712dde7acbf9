"""Posting an act, refusing it, and taking it back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from peewee import IntegrityError

from coalition import events
from coalition.errors import PartnerSuspended, ReasonRequired, UnknownMember
from coalition.services.members import member_number
from coalition.services.partners import set_status
from coalition.store.database import database
from gamification.acts import book, posting
from gamification.acts.errors import (
    DuplicateEvent,
    EventBeforeEnrolment,
    EventDecided,
    EventFromFuture,
    InvalidAttributes,
    UnknownEvent,
    UnknownEventType,
)
from gamification.store.act_tables import ACT_TABLES, Act
from tests.integration.acts.helpers import refused, stream, streamed


@pytest.mark.parametrize("table", ACT_TABLES, ids=lambda table: table.__name__)
def test_migrations__of_a_table__made_the_columns_that_the_code_expects(store, table):
    columns = {(column.name, column.null) for column in database.get_columns(table._meta.table_name)}
    assert columns == {(field.column_name, field.null) for field in table._meta.sorted_fields}


def test_post__a_share__is_recorded_and_in_the_stream_under_the_same_id(post, coalition, clock):
    posted = post.shares()
    assert (posted.type, posted.state, posted.member) == ("social.shared", "recorded", coalition.anna.id)
    (event,) = stream()
    assert (event.public_id, event.type, event.occurred_at) == (posted.id, "social.shared", clock.now())
    assert (event.member, event.partner) == (member_number(coalition.anna.id), coalition.cafe.number)
    assert event.attributes == {"partner": "cafe", "network": "vk", "what": "badge"}
    assert posting.get_event(posted.id, coalition.cafe.number) == posted


def test_post__name_of_a_receipt__is_no_obstacle_to_either(post, till, coalition):
    till.sell(coalition.cafe, 1000, receipt_id="r-7")
    post.shares(event_id="r-7")
    post.shares(event_id="r-8")
    till.sell(coalition.cafe, 1000, receipt_id="r-8")


def test_post__same_name_again__is_refused_naming_the_first(post, coalition, clock):
    first = post.shares(event_id="e-1")
    for changed in ({}, {"what": "something else"}, {"at": clock.now() - timedelta(hours=1)}):
        with refused(DuplicateEvent) as refusal:
            post.shares(event_id="e-1", **changed)
        assert refusal.value.values == {"event_id": "e-1", "event": first.id}


def test_post__same_name_by_another_partner__is_another_event(post, coalition):
    first = post.shares(event_id="e-1")
    assert post.shares(by=coalition.cinema, event_id="e-1").id != first.id


def test_acts__same_name_entered_past_the_check__the_database_refuses(post, coalition, monkeypatch):
    post.shares(event_id="e-1")
    monkeypatch.setattr(book, "find", lambda source, event_id: None)
    with pytest.raises(IntegrityError):
        post.shares(event_id="e-1")


def test_post__type_that_nobody_registered__is_refused_with_the_nearest(post):
    with refused(UnknownEventType) as refusal:
        post("visit.checkedin", store_id="s-1")
    assert refusal.value.values == {"type": "visit.checkedin", "nearest": "visit.checked_in"}
    assert str(refusal.value).endswith("is named visit.checkedin; did you mean visit.checked_in?")
    with refused(UnknownEventType) as refusal:
        post("qwerty.asdf")
    assert str(refusal.value).endswith("is named qwerty.asdf.")
    for type_ in ("purchase.recorded", "achievement.granted", "review.approved", "event.withdrawn"):
        with refused(UnknownEventType):
            post(type_)


def test_post__attributes_of_other_kinds__names_every_mistake(post):
    with refused(InvalidAttributes) as refusal:
        post("social.shared", network=7, wat="badge")
    assert [tuple(mistake) for mistake in refusal.value.mistakes] == [
        ("wat", "Unknown attribute; did you mean what?"),
        ("network", "Not a text."),
        ("what", "Missing attribute."),
    ]


def test_post__time__is_from_enrolment_to_five_minutes_ahead(post, bob, clock):
    enrolled_at = clock.now()
    clock.advance(timedelta(hours=1))
    with refused(EventBeforeEnrolment) as refusal:
        post.shares(member=bob, at=enrolled_at - timedelta(milliseconds=1))
    assert refusal.value.enrolled_at == enrolled_at
    post.shares(member=bob, at=enrolled_at)
    post.shares(member=bob, at=clock.now() + timedelta(minutes=5))
    with refused(EventFromFuture):
        post.shares(member=bob, at=clock.now() + timedelta(minutes=5, milliseconds=1))


def test_post__member_or_partner_who_may_not__is_refused(post, coalition, bob, clock):
    stranger = replace(bob, id="mem_nobody")
    with refused(UnknownMember):
        post.shares(member=stranger)
    set_status(coalition.cafe.id, "suspended")
    with refused(PartnerSuspended):
        post.shares()


def test_withdrawal__by_its_poster__tells_the_stream_once(post, coalition, clock):
    posted = post.shares()
    clock.advance(timedelta(hours=1))
    with refused(ReasonRequired):
        posting.withdraw(posted.id, "  ", coalition.cafe.number, "key_1", now=clock.now())
    withdrawn = posting.withdraw(posted.id, "posted by mistake", coalition.cafe.number, "key_1", now=clock.now())
    assert (withdrawn.id, withdrawn.state) == (posted.id, "withdrawn")
    undone = stream()[1]
    assert (undone.type, undone.attributes) == ("event.withdrawn", {"event": posted.id})
    assert (undone.member, undone.partner) == (stream()[0].member, coalition.cafe.number)
    assert undone.occurred_at == clock.now()
    assert Act.get(Act.public_id == posted.id).withdrawn_because == "posted by mistake"
    with refused(EventDecided) as refusal:
        posting.withdraw(posted.id, "again", coalition.cafe.number, "key_1", now=clock.now())
    assert refusal.value.values == {"event": posted.id, "state": "withdrawn"}


def test_withdrawal__by_somebody_else__only_an_operator_may(post, coalition, clock):
    posted = post.shares()
    for event, partner in ((posted.id, coalition.cinema.number), ("evt_nothing", None)):
        with refused(UnknownEvent):
            posting.withdraw(event, "mine?", partner, "key_1", now=clock.now())
        with refused(UnknownEvent):
            posting.get_event(event, partner)
    assert posting.withdraw(posted.id, "cheating", None, "key_1", now=clock.now()).state == "withdrawn"


def test_withdrawal__of_a_purchase__is_not_for_this_door(post, till, coalition, clock):
    till.sell(coalition.cafe, 1000)
    (event,) = events.read_after(0, 1)
    with refused(UnknownEvent):
        posting.withdraw(event.public_id, "no", None, "key_1", now=clock.now())


def test_withdrawn__name__is_not_free_again(post, coalition, clock):
    posted = post.shares(event_id="e-1")
    posting.withdraw(posted.id, "mistake", None, "key_1", now=clock.now())
    with refused(DuplicateEvent):
        post.shares(event_id="e-1")
    assert [type_ for type_, _ in streamed()] == ["social.shared", "event.withdrawn"]
