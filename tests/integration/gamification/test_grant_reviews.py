"""Grants that wait for an operator: opened, listed, decided once."""

import threading
from datetime import timedelta

import pytest

from coalition.errors import InsufficientPoints, InvalidCursor, ReasonRequired
from coalition.services.audit_log import list_deeds
from coalition.services.members import EnrolMember, enrol_member
from coalition.store.database import connection, execute
from gamification.errors import AlreadyDecided, UnknownGrantReview
from gamification.fold.synthetic import REFERRED, REFERRER
from gamification.grant_reviews import (
    decide,
    get_review,
    list_reviews,
    open_reviews,
)
from tests.integration.gamification.granting import add_grant


class Engine:
    """What it is told to give and to take."""

    def __init__(self, refusal=None):
        self.told = []
        self.refusal = refusal

    def release(self, grant, now):
        if self.refusal:
            raise self.refusal
        self.told.append(("release", grant, now))

    def revoke(self, grant, reason, now):
        self.told.append(("revoke", grant, reason, now))

    @property
    def means(self):
        return {"release": self.release, "revoke": self.revoke}


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def boris(coalition, clock):
    return enrol_member(EnrolMember("+79261111111"), coalition.cafe.number, now=clock.now()).id


@pytest.fixture
def grant(coalition, clock):
    """Of Anna's, waiting."""
    grant = add_grant(coalition.anna.id, "first", clock.now(), state="held")
    open_reviews([(grant, ["same_card", "burst"])], clock.now())
    return grant


@pytest.fixture
def decided(engine, grant, clock):
    """Decide on the grant, as an operator would."""

    def decided(decision, note="looked at it", by="key_1", of=grant):
        return decide(of, decision, by=by, note=note, now=clock.now(), **engine.means)

    return decided


def reviews():
    return execute("SELECT * FROM grant_review").fetchall()


def test_review__opened__waits_with_its_reasons(grant, coalition, clock):
    (found,) = list_reviews("pending", limit=10, cursor=None).data
    assert found == get_review(grant)
    assert (found.grant, found.member, found.achievement, found.points) == (grant, coalition.anna.id, "first", 100)
    assert (found.reasons, found.state, found.opened_at) == (["same_card", "burst"], "pending", clock.now())
    assert (found.referral, found.decided_at, found.decided_by, found.note) == (None, None, None, None)


def test_review__opened_again__stays_as_it_was(grant, clock):
    before = get_review(grant)
    clock.advance(timedelta(hours=1))
    open_reviews([(grant, ["ring"])], clock.now())
    assert get_review(grant) == before


def test_review__of_a_referral__names_both_sides_on_both_grants(coalition, boris, clock):
    won = add_grant(boris, REFERRED, clock.now(), state="held")
    came = add_grant(coalition.anna.id, REFERRER, clock.now(), state="held", cause=won)
    add_grant(coalition.anna.id, "team", clock.now(), cause=won)
    open_reviews([(won, ["ring"]), (came, ["ring"])], clock.now())
    found = list_reviews("pending", limit=10, cursor=None).data
    assert [(each.grant, each.member) for each in found] == [(won, boris), (came, coalition.anna.id)]
    assert [each.referral for each in found] == [(boris, coalition.anna.id)] * 2


def test_review__of_a_referral_whose_other_side_has_no_grant__names_none(boris, clock):
    won = add_grant(boris, REFERRED, clock.now(), state="held")
    open_reviews([(won, ["ring"])], clock.now())
    assert get_review(won).referral is None


@pytest.mark.parametrize("decision", ["released", "revoked"])
def test_decision__is_carried_out_and_kept_and_logged(grant, decided, engine, clock, decision):
    clock.advance(timedelta(hours=1))
    review = decided(decision, "the family shares a tablet", by="key_7")
    assert review == get_review(grant)
    assert (review.state, review.decided_at, review.decided_by) == (decision, clock.now(), "key_7")
    assert review.note == "the family shares a tablet"
    told = {
        "released": ("release", grant, clock.now()),
        "revoked": ("revoke", grant, "the family shares a tablet", clock.now()),
    }
    assert engine.told == [told[decision]]
    (deed,) = list_deeds(subject=grant).data
    assert (deed.action, deed.by, deed.at) == (f"grant.{decision}", "key_7", clock.now())
    assert deed.details == {"reasons": ["same_card", "burst"], "note": "the family shares a tablet"}
    assert list_reviews("pending", limit=10, cursor=None).data == []
    assert list_reviews(decision, limit=10, cursor=None).data == [review]


@pytest.mark.parametrize("first", ["released", "revoked"])
@pytest.mark.parametrize("second", ["released", "revoked"])
def test_decision__a_second_time__refused_and_nothing_changes(grant, decided, engine, first, second):
    decided(first)
    before = reviews(), list_deeds().data
    with pytest.raises(AlreadyDecided) as refusal:
        decided(second, by="key_2")
    assert refusal.value.values == {"grant": grant, "state": first}
    assert (reviews(), list_deeds().data) == before
    assert len(engine.told) == 1


@pytest.mark.parametrize("note", ["", "  "])
def test_decision__without_a_reason__refused_and_nothing_changes(decided, engine, note):
    before = reviews()
    with pytest.raises(ReasonRequired):
        decided("released", note)
    assert reviews() == before
    assert not engine.told


def test_decision__of_what_never_waited__refused_and_nothing_changes(decided, engine, coalition, clock):
    granted = add_grant(coalition.anna.id, "second", clock.now())
    before = reviews()
    for of in (granted, "gra_none"):
        with pytest.raises(UnknownGrantReview):
            decided("released", of=of)
        with pytest.raises(UnknownGrantReview):
            get_review(of)
    assert reviews() == before
    assert not engine.told


def test_decision__that_cannot_be_carried_out__leaves_the_grant_waiting(decided, engine, grant):
    engine.refusal = InsufficientPoints(available=0, required=100)
    before = reviews()
    with pytest.raises(InsufficientPoints):
        decided("released")
    assert reviews() == before
    assert list_deeds(subject=grant).data == []


def test_decision__by_two_operators_at_once__is_carried_out_once(grant, decided, engine):
    """Whoever comes second waits, and then finds it decided."""
    outcomes = []
    both = threading.Barrier(2)

    def operator(by):
        with connection():
            both.wait()
            try:
                outcomes.append(decided("released", by=by).decided_by)
            except AlreadyDecided:
                outcomes.append("refused")

    threads = [threading.Thread(target=operator, args=(by,)) for by in ("key_1", "key_2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) in (["key_1", "refused"], ["key_2", "refused"])
    assert len(engine.told) == 1


def test_grant__taken_back_before_anybody_decided__waits_no_longer(grant, decided, engine):
    execute("UPDATE achievement_grant SET state = 'revoked' WHERE public_id = ?", (grant,))
    review = get_review(grant)
    assert (review.state, review.decided_at, review.decided_by) == ("withdrawn", None, None)
    assert list_reviews("pending", limit=10, cursor=None).data == []
    assert list_reviews("withdrawn", limit=10, cursor=None).data == [review]
    with pytest.raises(AlreadyDecided) as refusal:
        decided("released")
    assert refusal.value.state == "withdrawn"
    assert not engine.told


def test_grant__taken_back_after_it_was_released__stays_released(grant, decided):
    review = decided("released")
    execute("UPDATE achievement_grant SET state = 'revoked' WHERE public_id = ?", (grant,))
    assert get_review(grant) == review
    assert list_reviews("withdrawn", limit=10, cursor=None).data == []


def test_reviews__page_by_page__the_oldest_first(coalition, clock):
    grants = [add_grant(coalition.anna.id, f"rule-{number}", clock.now(), state="held") for number in range(5)]
    open_reviews([(each, ["burst"]) for each in grants], clock.now())
    first = list_reviews("pending", limit=2, cursor=None)
    decide(grants[0], "released", by="key_1", note="fine", now=clock.now(), **Engine().means)
    second = list_reviews("pending", limit=2, cursor=first.next_cursor)
    last = list_reviews("pending", limit=2, cursor=second.next_cursor)
    assert [each.grant for page in (first, second, last) for each in page.data] == grants
    assert last.next_cursor is None


def test_reviews__with_a_cursor_of_another_list__refused(coalition, clock):
    for number in range(3):
        open_reviews([(add_grant(coalition.anna.id, f"rule-{number}", clock.now()), [])], clock.now())
    cursor = list_reviews("pending", limit=1, cursor=None).next_cursor
    with pytest.raises(InvalidCursor):
        list_reviews("released", limit=1, cursor=cursor)
