"""What needs no database: the states of an act, and what rules may know of it."""

from itertools import product

import pytest

from gamification.acts.attributes import Attribute, check_attributes
from gamification.acts.errors import EventDecided, InvalidAttributes
from gamification.acts.posting import BUILT_IN
from gamification.acts.registered import RESERVED_WORDS
from gamification.acts.states import COUNTING, TRANSITIONS, State, check_transition
from gamification.event_types import COUNTED_AS, EVENT_TYPES, FORBIDDEN_FIELDS, FieldType

ALLOWED = {
    ("recorded", "withdrawn"),
    ("pending_moderation", "approved"),
    ("pending_moderation", "rejected"),
    ("pending_moderation", "withdrawn"),
    ("approved", "rejected"),
    ("approved", "withdrawn"),
}


@pytest.mark.parametrize(("before", "after"), [*product(State, State)])
def test_state__every_pair__is_allowed_or_refused(before, after):
    if (before, after) in ALLOWED:
        check_transition("evt_1", before, after)
    else:
        with pytest.raises(EventDecided):
            check_transition("evt_1", before, after)


def test_states__what_counts__is_left_only_for_what_does_not():
    assert all(not COUNTING & TRANSITIONS[state] for state in COUNTING)


def test_rules__may_read_of_no_review__the_rating():
    assert set(FORBIDDEN_FIELDS) == {"review.approved", "review.posted"}
    assert all("rating" not in fields for fields in EVENT_TYPES.values())
    assert all(reasons["rating"] for reasons in FORBIDDEN_FIELDS.values())


def test_rules__may_count_every_act__under_its_own_name_or_after_approval():
    counted = {COUNTED_AS.get(type_, type_) for type_ in BUILT_IN}
    assert counted | {"purchase.recorded", "member.birthday"} == set(EVENT_TYPES)


def test_first_words__of_built_in_types__are_reserved():
    assert {type_.partition(".")[0] for type_ in (*EVENT_TYPES, *BUILT_IN)} <= RESERVED_WORDS


def test_attributes__bounds__are_within():
    schema = {"n": Attribute(FieldType.INTEGER, least=1, most=3), "t": Attribute(FieldType.TEXT, longest=3)}
    check_attributes({"n": 1, "t": "abc"}, schema)
    check_attributes({"n": 3, "t": "a"}, schema)
    with pytest.raises(InvalidAttributes) as refusal:
        check_attributes({"n": 4, "t": "abcd", "x": None}, schema)
    assert str(refusal.value) == "x: Unknown attribute.\nn: Not from 1 to 3.\nt: Not from 1 to 3 characters."
