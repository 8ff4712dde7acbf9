"""Who brings whom: what the stream hears, and who is near a referral."""

from itertools import count

import pytest

from coalition import events
from coalition.domain.referrals import Trait
from coalition.errors import UnknownMember, UnknownReferralCode
from coalition.services.members import EnrolMember, enrol_member, member_number, public_ids
from coalition.services.referrals import invitation, neighbourhood, own_code
from coalition.store import referrals as store
from coalition.store import tables
from coalition.store import traits as trait_store


@pytest.fixture
def bring(coalition, clock):
    """Somebody new, brought by the member of this number, with hashes of these devices; returns their number."""
    serial = count(1)

    def bring(by=None, devices=(), **other):
        code = tables.Member.get_by_id(by).referral_code if by else None
        command = EnrolMember(f"+7926{next(serial):07d}", referral_code=code, **other)
        number = member_number(enrol_member(command, coalition.cafe.number, now=clock.now()).id)
        for device in devices:
            trait_store.keep(number, Trait("device", device), clock.now())
        return number

    return bring


@pytest.fixture
def anna(coalition):
    return member_number(coalition.anna.id)


def stream():
    return [event for event in events.read_after(0, 100) if event.type == "referral.accepted"]


def test_enrolment__by_a_code__is_heard_of_in_the_stream(bring, anna, coalition, clock):
    boris = bring(anna)
    (event,) = stream()
    assert (event.member, event.partner, event.occurred_at) == (boris, coalition.cafe.number, clock.now())
    assert event.attributes == {"referrer": coalition.anna.id}


def test_enrolment__without_a_code__is_not(bring):
    bring()
    assert stream() == []


def test_enrolment__refused__leaves_nothing_in_the_stream(bring, anna, coalition, clock):
    bring()
    with pytest.raises(UnknownReferralCode):
        enrol_member(EnrolMember("+79269999999", referral_code="NOBODY22"), coalition.cafe.number, now=clock.now())
    assert stream() == []


def test_invitation__of_a_member__has_the_code_and_how_many_came(bring, anna, coalition):
    boris = bring(anna)
    bring(anna)
    bring(boris)
    found = invitation(coalition.anna.id)
    assert (found.member, found.code, found.invited) == (anna, tables.Member.get_by_id(anna).referral_code, 2)


def test_invitation__of_nobody__refused(coalition):
    with pytest.raises(UnknownMember):
        invitation("mem_nobody")


def test_code__however_written__is_the_one_that_the_member_has(anna):
    code = tables.Member.get_by_id(anna).referral_code
    assert own_code(code.lower()) == own_code(code) == code


@pytest.mark.usefixtures("coalition")
@pytest.mark.parametrize("code", ["NOBODY22", "", "a" * 10_000])
def test_code__of_nobody__refused(code):
    with pytest.raises(UnknownReferralCode):
        own_code(code)


def near(friend, referrer):
    return set(neighbourhood(friend, referrer).people)


def test_surroundings__of_two_strangers__are_the_two(bring, anna):
    boris = bring(anna, name="Boris", email="boris@example.org", devices=["b"])
    bring()
    found = neighbourhood(boris, anna)
    assert set(found.people) == {anna, boris}
    assert not found.crowded
    person = found.people[boris]
    assert (person.name, person.email, person.referred_by) == ("Boris", "boris@example.org", anna)
    assert person.traits == {Trait("device", "b")}


def test_surroundings__go_up_from_the_referrer_and_down_from_the_friend_and_not_aside(bring, anna):
    boris = bring(anna)
    vera = bring(boris)
    gleb = bring(vera)
    dina = bring(gleb)
    aside = {bring(anna), bring(boris), bring(vera)}
    found = near(gleb, vera)
    assert found == {anna, boris, vera, gleb, dina}
    assert not found & aside


def test_surroundings__have_those_who_share_a_trait_and_whom_they_lead_to(bring, anna):
    boris = bring(anna, devices=["b"])
    vera = bring(devices=["b"])
    gleb = bring(vera)
    ernst = bring()
    dina = bring(ernst, devices=["a"])
    trait_store.keep(anna, Trait("device", "a"), tables.Member.get_by_id(anna).created_at)
    assert near(boris, anna) == {anna, boris, vera, gleb, dina, ernst}


def test_surroundings__what_a_crowd_shares__leads_nowhere(bring, anna):
    boris = bring(anna, devices=["tablet", "b"])
    vera = bring(devices=["b"])
    for _ in range(store.CROWD - 1):
        bring(devices=["tablet"])
    assert len(near(boris, anna)) == store.CROWD + 2
    bring(devices=["tablet"])
    found = neighbourhood(boris, anna)
    assert set(found.people) == {anna, boris, vera}
    assert found.crowded == {Trait("device", "tablet")}


def test_surroundings__six_referrals_up_and_as_many_down__and_no_farther(bring):
    chain = [bring()]
    for _ in range(2 * store.DEPTH + 5):
        chain.append(bring(chain[-1]))
    middle = len(chain) // 2
    found = near(chain[middle], chain[middle - 1])
    assert found == set(chain[middle - 1 - store.DEPTH - 1 : middle + store.DEPTH + 2])


def test_surroundings__of_a_crowd_of_friends__end_somewhere(bring, anna, monkeypatch):
    monkeypatch.setattr(store, "NEAR", 5)
    boris = bring(anna)
    friends = [bring(boris) for _ in range(9)]
    for friend in friends:
        bring(friend)
    assert near(boris, anna) == {anna, boris, *friends[:5]}


def test_surroundings__where_two_brought_each_other__end(bring, anna):
    boris = bring(anna)
    tables.Member.update(referred_by=boris).where(tables.Member.id == anna).execute()
    assert near(boris, anna) == {anna, boris}
    assert public_ids([anna])
