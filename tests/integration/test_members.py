"""Enrolment, and how a till finds a member."""

import re
from datetime import date, timedelta

import pytest

from coalition.domain.cards import is_card_number
from coalition.errors import InvalidPhone, InvalidTimeZone, MemberExists, UnknownMember, UnknownReferralCode
from coalition.events import read_after
from coalition.services.members import (
    EnrolMember,
    enrol_member,
    enrol_members,
    enrolments,
    find_member,
    get_member,
    member_number,
    members_by_phone,
    normal_phone,
    public_ids,
)
from coalition.store import tables
from tests.integration.books import contents, count, refused


@pytest.fixture
def enrol(coalition, clock):
    return lambda phone, **other: enrol_member(
        EnrolMember(phone=phone, **other), coalition.cinema.number, now=clock.now()
    )


@pytest.mark.parametrize(
    "written", ["+79261234567", "+7 926 123-45-67", "+7 (926) 123.45.67", "tel:+7-926-123-45-67", " +79261234567 "]
)
def test_phone__however_written__is_kept_in_one_form(written):
    assert normal_phone(written) == "+79261234567"


@pytest.mark.parametrize("written", ["", "89261234567", "+7926", "+0123456789", "+79261234567890123", "anna", "+"])
def test_phone__that_cannot_be_dialled_from_abroad__refused(written):
    with pytest.raises(InvalidPhone) as refusal:
        normal_phone(written)
    assert refusal.value.phone == written


def test_enrolment__everything_given__is_kept_and_a_card_is_made(enrol, coalition, clock):
    member = enrol(
        "+1 202 555 0143",
        name="Boris",
        email="boris@example.org",
        birth_date=date(1990, 2, 28),
        locale="en",
        marketing_consent=True,
    )
    row = tables.Member.get(tables.Member.public_id == member.id)
    assert (row.phone, row.name, row.email, row.birth_date) == (
        "+12025550143",
        "Boris",
        "boris@example.org",
        date(1990, 2, 28),
    )
    assert (row.locale, row.marketing_consent, row.balance, row.referred_by_id) == ("en", True, 0, None)
    assert (row.enrolled_by_id, row.created_at) == (coalition.cinema.number, clock.now())
    assert is_card_number(member.card_number)
    assert re.fullmatch(r"0x[0-9a-f]{40}", row.address)
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{8}", row.referral_code)
    assert (member.balance, member.locale) == (0, "en")


def test_enrolment__a_number_that_belongs_to_a_member__refused_naming_them_and_nothing_changes(enrol, coalition):
    before = contents()
    with pytest.raises(MemberExists) as refusal:
        enrol("+7 916 123 45 67", name="Somebody else")
    assert refusal.value.member == coalition.anna.id
    assert contents() == before


def test_enrolment__with_a_members_referral_code__remembers_who_referred(enrol, coalition):
    anna = tables.Member.get(tables.Member.public_id == coalition.anna.id)
    for number, code in enumerate((anna.referral_code, anna.referral_code.lower())):
        boris = enrol(f"+7926000000{number}", referral_code=code)
        assert tables.Member.get(tables.Member.public_id == boris.id).referred_by_id == anna.id


def test_enrolment__with_a_code_that_nobody_has__refused_and_nothing_changes(enrol):
    before = contents()
    with pytest.raises(UnknownReferralCode):
        enrol("+79260000000", referral_code="NOBODYS1")
    assert contents() == before


def test_enrolment__of_many__skips_known_ones_and_numbers_named_twice(enrol, coalition, clock):
    wanted = [
        EnrolMember(phone=phone) for phone in ("+79261111111", "+7 926 111-11-11", "+79161234567", "+79262222222")
    ]
    ids = enrol_members(wanted, coalition.cafe.number, now=clock.now())
    assert set(ids) == {"+79261111111", "+79161234567", "+79262222222"}
    assert ids["+79161234567"] == coalition.anna.id
    assert count("member") == 3
    assert enrol_members(wanted, coalition.cafe.number, now=clock.now()) == ids
    assert count("member") == 3


def test_enrolment__of_nobody__is_nothing(coalition, clock):
    assert enrol_members([], coalition.cafe.number, now=clock.now()) == {}


@pytest.mark.usefixtures("store")
def test_enrolment__of_nobody_into_an_empty_coalition__is_nothing(clock):
    assert enrol_members([], 1, now=clock.now()) == {}


def test_enrolment__of_many_with_one_wrong_number__refused_as_a_whole(coalition, clock):
    before = contents()
    with pytest.raises(InvalidPhone):
        enrol_members([EnrolMember("+79261111111"), EnrolMember("12")], coalition.cafe.number, now=clock.now())
    assert contents() == before


def test_finding__by_phone_however_written_or_by_card__is_the_same_member(coalition, clock):
    now = clock.now()
    by_phone = find_member(phone="+7 (916) 123-45-67", now=now)
    assert by_phone == find_member(card=coalition.anna.card_number, now=now) == get_member(coalition.anna.id, now=now)
    assert by_phone == coalition.anna


@pytest.mark.usefixtures("coalition")
def test_finding__nobody__refused(clock):
    with pytest.raises(UnknownMember):
        find_member(phone="+79269999999", now=clock.now())
    with pytest.raises(UnknownMember):
        find_member(card="9000000000000005", now=clock.now())
    with pytest.raises(UnknownMember):
        get_member("mem_01ARZ3NDEKTSV4RRFFQ69G5FAV", now=clock.now())
    with pytest.raises(UnknownMember):
        member_number("mem_01ARZ3NDEKTSV4RRFFQ69G5FAV")


def test_finding__many_by_phone__names_those_that_there_are(enrol, coalition):
    boris = enrol("+79261111111")
    many = [f"+7926{number:07d}" for number in range(1200)]
    assert members_by_phone([*many, "+79261111111", "+79161234567"]) == {
        "+79261111111": boris.id,
        "+79161234567": coalition.anna.id,
    }


def test_numbers__lead_to_ids_and_back(enrol, coalition):
    people = [coalition.anna.id, enrol("+79261111111").id]
    numbers = [member_number(id_) for id_ in people]
    assert public_ids([*numbers, 10**6]) == dict(zip(numbers, people, strict=True))


def moves():
    return [(event.member, event.partner, event.attributes) for event in read_after(0, 10)]


def test_enrolment__with_a_time_zone__is_kept_and_the_stream_is_told(enrol, coalition, clock):
    boris = enrol("+79261111111", time_zone="Asia/Vladivostok")
    assert tables.Member.get(tables.Member.public_id == boris.id).time_zone == "Asia/Vladivostok"
    assert tables.Member.get(tables.Member.public_id == coalition.anna.id).time_zone is None
    (event,) = read_after(0, 10)
    assert (event.type, event.member, event.partner, event.attributes, event.occurred_at) == (
        "member.moved",
        member_number(boris.id),
        coalition.cinema.number,
        {"time_zone": "Asia/Vladivostok"},
        clock.now(),
    )


def test_enrolment__of_many_with_time_zones__tells_of_those_who_are_new_and_have_one(coalition, clock):
    wanted = [
        EnrolMember("+79261111111", time_zone="Europe/Samara"),
        EnrolMember("+79262222222"),
        EnrolMember("+79161234567", time_zone="Europe/Paris"),
        EnrolMember("+79263333333", time_zone="Asia/Omsk"),
    ]
    ids = enrol_members(wanted, coalition.cafe.number, now=clock.now())
    assert moves() == [
        (member_number(ids[phone]), coalition.cafe.number, {"time_zone": zone})
        for phone, zone in (("+79261111111", "Europe/Samara"), ("+79263333333", "Asia/Omsk"))
    ]


def test_enrolment__with_a_time_zone_that_there_is_not__refused_and_nothing_changes(enrol, coalition, clock):
    with refused(InvalidTimeZone) as refusal:
        enrol("+79261111111", time_zone="Moscow")
    assert refusal.value.time_zone == "Moscow"
    with refused(InvalidTimeZone):
        enrol_members([EnrolMember("+79261111111", time_zone="")], coalition.cafe.number, now=clock.now())


def test_enrolments__many__names_when_each_became_a_member(enrol, coalition, clock):
    enrolled_at = clock.now()
    clock.advance(timedelta(days=1))
    anna, boris = member_number(coalition.anna.id), member_number(enrol("+79261111111").id)
    found = enrolments([*range(10**6, 10**6 + 1200), boris, anna])
    assert found == {anna: enrolled_at, boris: clock.now()}
    assert enrolments([]) == {}
