"""What members see and change of themselves."""

from datetime import timedelta

import pytest

from coalition.errors import InvalidTimeZone, TimeZoneChangedLately
from coalition.events import read_after
from coalition.services.members import EnrolMember, enrol_member, member_number
from coalition.services.profiles import Profile, change_profile, profile
from tests.integration.books import contents, refused
from tests.integration.test_concurrency import at_once


@pytest.fixture
def anna(coalition):
    return member_number(coalition.anna.id)


@pytest.fixture
def change(anna, clock):
    return lambda **change: change_profile(anna, change, now=clock.now())


def test_profile__of_a_new_member__is_what_was_given_at_enrolment(coalition, anna):
    assert profile(anna) == Profile(
        id=coalition.anna.id,
        card_number=coalition.anna.card_number,
        phone="+79161234567",
        name="Anna",
        email=None,
        locale="ru",
        time_zone=None,
        marketing_consent=False,
    )


def test_change__of_everything__is_kept_and_shown(anna, change):
    changed = change(
        name="Anna K.", email="anna@example.org", locale="en", time_zone="Europe/Moscow", marketing_consent=True
    )
    assert changed == profile(anna)
    assert (changed.name, changed.email, changed.locale, changed.time_zone, changed.marketing_consent) == (
        "Anna K.",
        "anna@example.org",
        "en",
        "Europe/Moscow",
        True,
    )


def test_change__of_one_thing__leaves_the_rest(anna, change):
    before = profile(anna)
    assert change(email="anna@example.org").name == before.name
    assert change(email=None) == before
    assert change(name=None).name is None


def test_change__of_nothing__changes_nothing(change):
    before = contents()
    change()
    assert contents() == before


def test_move__each__is_told_to_the_stream_once(coalition, anna, change, clock):
    change(time_zone="Europe/Moscow")
    change(time_zone="Europe/Moscow", name="Anna K.")
    clock.advance(timedelta(hours=1))
    change(time_zone="Asia/Omsk")
    clock.advance(timedelta(days=30))
    change(time_zone="Europe/Moscow")
    events = read_after(0, 10)
    assert [(event.type, event.member, event.partner) for event in events] == [
        ("member.moved", anna, coalition.operator.number)
    ] * 3
    assert [event.attributes for event in events] == [
        {"time_zone": zone} for zone in ("Europe/Moscow", "Asia/Omsk", "Europe/Moscow")
    ]
    month = timedelta(days=30)
    assert [clock.now() - event.occurred_at for event in events] == [month + timedelta(hours=1), month, timedelta()]


def test_move__again_within_thirty_days__refused_and_nothing_changes(change, clock):
    change(time_zone="Europe/Moscow")
    change(time_zone="Asia/Omsk")
    until = clock.now() + timedelta(days=30)
    clock.advance(timedelta(days=30, milliseconds=-1))
    with refused(TimeZoneChangedLately) as refusal:
        change(name="Anna K.", time_zone="Europe/Moscow")
    assert refusal.value.until == until
    assert change(name="Anna K.", time_zone="Asia/Omsk").name == "Anna K."
    clock.advance(timedelta(milliseconds=1))
    assert change(time_zone="Europe/Moscow").time_zone == "Europe/Moscow"
    with refused(TimeZoneChangedLately):
        change(time_zone="Asia/Omsk")


def test_move__from_the_zone_that_a_till_had_told__is_the_first_of_ones_own(coalition, clock):
    boris = EnrolMember("+79261111111", time_zone="Asia/Omsk")
    number = member_number(enrol_member(boris, coalition.cafe.number, now=clock.now()).id)
    for zone in ("Europe/Moscow", "Asia/Omsk"):
        change_profile(number, {"time_zone": zone}, now=clock.now())
    with refused(TimeZoneChangedLately):
        change_profile(number, {"time_zone": "Europe/Moscow"}, now=clock.now())


def test_moves__of_another_member__do_not_count(coalition, change, clock):
    boris = member_number(enrol_member(EnrolMember("+79261111111"), coalition.cafe.number, now=clock.now()).id)
    for zone in ("Europe/Moscow", "Asia/Omsk"):
        change_profile(boris, {"time_zone": zone}, now=clock.now())
    assert change(time_zone="Asia/Omsk").time_zone == "Asia/Omsk"


def test_change__of_anything_else__is_no_move(change):
    change(name="Anna K.", locale="en")
    assert read_after(0, 10) == []


def test_move__the_same_many_times_at_once__is_told_once(change):
    outcomes = at_once([lambda: change(time_zone="Asia/Omsk")] * 4)
    assert {outcome.time_zone for outcome in outcomes} == {"Asia/Omsk"}
    assert len(read_after(0, 10)) == 1


def test_move__to_nowhere__refused_and_nothing_changes(change):
    with refused(InvalidTimeZone) as refusal:
        change(name="Anna K.", time_zone="Nowhere/Else")
    assert refusal.value.time_zone == "Nowhere/Else"
