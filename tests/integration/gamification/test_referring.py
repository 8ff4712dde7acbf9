"""What is known of a referral when its friend has qualified, and how a member's invitations stand."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from coalition.domain.referrals import Trait
from coalition.errors import UnknownMember
from coalition.services.members import EnrolMember, enrol_member, member_number
from coalition.store import traits as trait_store
from coalition.store.database import execute
from gamification import reviewing
from gamification.fold.synthetic import REFERRED, REFERRER
from gamification.grant_reviews import decide, open_reviews
from gamification.referrals import ThisMonth, invitations, signals
from gamification.rules.document import Burst
from tests.integration.gamification.granting import add_grant, add_referral_rule

BURST = Burst(referrals=3, hours=24)


@pytest.fixture
def bring(coalition, clock):
    serial = count(1)

    def bring(by=None, **other):
        code = invitations(by, now=clock.now()).code if by else None
        command = EnrolMember(f"+7926{next(serial):07d}", referral_code=code, **other)
        return enrol_member(command, coalition.cafe.number, now=clock.now()).id

    return bring


@pytest.fixture
def anna(coalition):
    return coalition.anna.id


def qualify(friend, referrer, at, state="granted"):
    """Both sides have their grants; returns the referrer's."""
    won = add_grant(friend, REFERRED, at, state=state)
    return add_grant(referrer, REFERRER, at, state=state, cause=won)


def told(friend, referrer, at, burst=None, per_month=None, **other):
    numbers = member_number(friend), member_number(referrer)
    return signals(*numbers, burst=burst, per_month=per_month, occurred_at=at, **other)


def test_signals__of_strangers__are_none(bring, anna, clock):
    assert told(bring(anna), anna, clock.now(), BURST, 1) == ()


def test_signals__of_what_both_have__are_told(bring, anna, clock):
    boris = bring(anna, email="boris@example.org")
    execute("UPDATE member SET email = 'Boris+a@example.org' WHERE public_id = ?", (anna,))
    for member in (anna, boris):
        trait_store.keep(member_number(member), Trait("payment_card", "same"), clock.now())
    assert told(boris, anna, clock.now()) == ("same_email", "same_card")


def test_signals__of_one_person_with_two_numbers__are_told(coalition, bring, clock):
    """Their name and birth date are read as the database keeps them."""
    born = {"name": "Anna Ivanova", "birth_date": datetime(1990, 5, 1, tzinfo=UTC).date()}
    anna = bring(**born)
    assert told(bring(anna, **born), anna, clock.now()) == ("self_referral",)


def test_signals__of_a_ring__are_told_for_each_of_it(bring, anna, clock):
    boris = bring(anna)
    vera = bring(boris)
    for member in (anna, vera):
        trait_store.keep(member_number(member), Trait("device", "same"), clock.now())
    assert told(vera, boris, clock.now()) == told(boris, anna, clock.now()) == ("ring",)


def test_signals__of_a_burst__are_told_from_the_referral_that_makes_it_one(bring, anna, clock):
    for friend in (bring(anna), bring(anna)):
        assert told(friend, anna, clock.now(), BURST) == ()
        qualify(friend, anna, clock.now())
        clock.advance(timedelta(hours=1))
    last = bring(anna)
    assert told(last, anna, clock.now(), BURST) == ("burst",)
    assert told(last, anna, clock.now() + timedelta(hours=23), BURST) == ()
    qualify(last, anna, clock.now())
    assert told(last, anna, clock.now(), BURST) == ("burst",), "asked again, it counts itself once"


def test_signals__of_a_burst__count_what_is_not_written_yet_and_what_was_revoked(bring, anna, clock):
    qualify(bring(anna), anna, clock.now(), state="revoked")
    boris = bring(anna)
    assert told(boris, anna, clock.now(), BURST) == ()
    assert told(boris, anna, clock.now(), BURST, unwritten=[clock.now()]) == ("burst",)


def test_signals__of_others_who_bring_many__are_not_this_members(bring, anna, clock):
    boris = bring()
    for friend in (bring(boris), bring(boris)):
        qualify(friend, boris, clock.now())
    assert told(bring(anna), anna, clock.now(), BURST, 1) == ()


def test_signals__beyond_the_months_limit__are_told(bring, anna, clock):
    for friend in (bring(anna), bring(anna)):
        assert told(friend, anna, clock.now(), per_month=2) == ()
        qualify(friend, anna, clock.now())
    last = bring(anna)
    assert told(last, anna, clock.now(), per_month=2) == ("over_monthly_limit",)
    assert told(last, anna, clock.now(), per_month=3) == ()
    assert told(last, anna, clock.now(), per_month=3, unwritten=[clock.now()]) == ("over_monthly_limit",)


def test_signals__asked_again__are_what_they_were(bring, anna, clock):
    boris = bring(anna)
    assert told(boris, anna, clock.now(), per_month=1) == ()
    qualify(boris, anna, clock.now())
    assert told(boris, anna, clock.now(), Burst(referrals=2, hours=24), 1) == ()


@pytest.mark.parametrize("hours", [1, -1])
def test_signals__of_a_burst__reach_over_the_end_of_a_month(bring, anna, hours):
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    for _ in range(2):
        qualify(bring(anna), anna, midnight - timedelta(hours=hours, seconds=1))
    assert told(bring(anna), anna, midnight + timedelta(hours=hours, seconds=-1), BURST) == ("burst",)


def test_signals__what_was_revoked__uses_nothing_of_the_months_limit(bring, anna, clock):
    qualify(bring(anna), anna, clock.now(), state="revoked")
    qualify(bring(anna), anna, clock.now(), state="held")
    assert told(bring(anna), anna, clock.now(), per_month=2) == ()
    assert told(bring(anna), anna, clock.now(), per_month=1) == ("over_monthly_limit",)


@pytest.mark.usefixtures("coalition")
@pytest.mark.parametrize(
    ("zone", "earlier", "now", "found"),
    [
        ("UTC", (2026, 2, 28, 23, 59), (2026, 3, 1, 0, 1), ()),
        ("Europe/Moscow", (2026, 2, 28, 21, 0), (2026, 3, 1, 0, 1), ("over_monthly_limit",)),
        ("Europe/Moscow", (2026, 2, 28, 20, 59), (2026, 3, 1, 0, 1), ()),
        ("Europe/Moscow", (2026, 2, 28, 20, 59), (2026, 2, 28, 21, 1), ()),
        ("UTC", (2025, 12, 31, 23, 59), (2026, 1, 1, 0, 1), ()),
    ],
)
def test_signals__a_month__is_one_of_the_programmes_calendar(bring, anna, zone, earlier, now, found):
    execute("UPDATE programme SET document = REPLACE(document, '\"UTC\"', ?)", (f'"{zone}"',))
    qualify(bring(anna), anna, datetime(*earlier, tzinfo=UTC))
    assert told(bring(anna), anna, datetime(*now, tzinfo=UTC), per_month=1) == found


def test_invitations__of_a_member_who_has_invited_nobody__are_a_code_and_zeros(anna, clock):
    found = invitations(anna, now=clock.now())
    assert len(found.code) == 8
    assert (found.invited, found.qualified, found.rewarded, found.held) == (0, 0, 0, 0)
    assert found.this_month == ThisMonth(0, None)


def test_invitations__are_counted_by_what_became_of_them(bring, anna, clock):
    add_referral_rule(per_month=5)
    earlier = clock.now() - timedelta(days=31)
    bring(anna)
    qualify(bring(anna), anna, earlier)
    qualify(bring(anna), anna, clock.now())
    qualify(bring(anna), anna, clock.now(), state="held")
    # A return undid this one, an operator revoked the next.
    qualify(bring(anna), anna, clock.now(), state="revoked")
    grant = qualify(bring(anna), anna, clock.now(), state="held")
    open_reviews([(grant, ["burst"])], clock.now())
    means = {"release": reviewing.release, "revoke": reviewing.revoke_by_operator}
    decide(grant, "revoked", by="key_1", note="a fraud", now=clock.now(), **means)
    qualify(anna, bring(), clock.now())

    found = invitations(anna, now=clock.now())
    assert (found.invited, found.qualified, found.rewarded, found.held) == (6, 4, 2, 1)
    assert found.this_month == ThisMonth(1, 5)


def test_invitations__limit__is_of_the_rule_published_last(anna, clock):
    add_referral_rule(per_month=5)
    add_referral_rule(per_month=7)
    assert invitations(anna, now=clock.now()).this_month.limit == 7


@pytest.mark.usefixtures("coalition")
def test_invitations__of_nobody__refused(clock):
    with pytest.raises(UnknownMember):
        invitations("mem_nobody", now=clock.now())
