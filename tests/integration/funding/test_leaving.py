"""Partners that leave, or fail: what stops, what members hear and keep, and what the deposit is for."""

from datetime import UTC, date, datetime, timedelta

import pytest

from coalition.errors import (
    InvalidOffboarding,
    PartnerLeaving,
    PartnerNotLeaving,
    PartnerSuspended,
    UnknownPartner,
)
from coalition.services.expiry import expire_points, extend_lot
from coalition.services.holds import expire_holds
from coalition.services.leaving import announce_leaving, end_offboardings, watch_deposits
from coalition.services.offboarding import (
    OffboardPartner,
    get_offboarding,
    list_offboardings,
    offboard_partner,
)
from coalition.services.packs import BuyPack, buy_pack, switch_to_prepaid
from coalition.services.partners import get_partner, set_status
from coalition.services.redemptions import reverse_redemption
from coalition.store import tables
from coalition.store.database import execute
from tests.integration.books import lots_of, news, refused
from tests.integration.conftest import Purse

LAST_DAY = date(2026, 4, 30)
OVER = datetime(2026, 5, 1, tzinfo=UTC)
LAPSE = "partners: {failure: lapse, failure_notice_days: 10}"
NOTICE_OVER = datetime(2026, 3, 13, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def offboard(partner, clock, last_day=LAST_DAY, deposit=None, failed=False):
    return offboard_partner(OffboardPartner(partner.id, last_day, deposit, failed, "cli:olga"), now=clock.now())


def announce(clock) -> int:
    """Members told, until there are no more."""
    told = 0
    while tables.Offboarding.select().where(tables.Offboarding.announced_at.is_null()).exists():
        told += announce_leaving(now=clock.now(), limit=2)
    return told


def watch(clock) -> list:
    exhausted: list = []
    clock.advance(MINUTE)
    watch_deposits(now=clock.now(), tell=exhausted.append)
    return exhausted


def pass_time(clock, until: datetime) -> None:
    clock.advance(until - clock.now())
    expire_holds(now=clock.now())
    while expire_points(now=clock.now()):
        pass


def lives_until(member) -> list[datetime]:
    return [expires_at for *_, expires_at in lots_of(member.id)]


@pytest.fixture
def anna_has_200(till, coalition):
    """100 points of the cinema's, and 100 of the café's."""
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cafe, 2000)


@pytest.mark.usefixtures("anna_has_200")
def test_offboarding__the_partner_stops_at_once_and_its_points_stay_spendable(till, coalition, clock):
    leaving = offboard(coalition.cinema, clock, deposit=5000)
    assert (leaving.status, leaving.spendable_until, leaving.borne_by) == ("leaving", OVER, None)
    assert (leaving.outstanding, leaving.outstanding_minor, leaving.drawn) == (100, 100, 0)
    with refused(PartnerSuspended):
        till.sell(coalition.cinema, 1000)
    with refused(PartnerSuspended):
        till.redeem(coalition.cinema, 10)
    till.redeem(coalition.grocer, 150)
    changes = tables.PartnerChange.select().where(tables.PartnerChange.partner == coalition.cinema.number)
    assert [each.status for each in changes.order_by(tables.PartnerChange.id)] == ["active", "suspended"]


@pytest.mark.usefixtures("anna_has_200")
def test_offboarding__members_hear_of_it_each_once(till, coalition, clock):
    people = [till.enrol(number) for number in range(4)]
    for person in people[:3]:
        till.sell(coalition.cinema, 500, to=person)
    till.sell(coalition.grocer, 500, to=people[3])
    offboard(coalition.cinema, clock)
    assert [announce_leaving(now=clock.now(), limit=3) for _ in range(4)] == [3, 1, 0, 0]
    expires_at = "2026-05-01T00:00:00.000Z"
    assert news("partner.leaving") == [{"points": points, "expires_at": expires_at} for points in (100, 50, 50, 50)]
    heard = execute("SELECT member_id FROM event WHERE type = 'partner.leaving'").fetchall()
    assert len({member for (member,) in heard}) == 4
    assert get_offboarding(coalition.cinema.id, now=clock.now()).announced_at == clock.now()


def test_offboarding__points_lapse_after_the_day__and_sooner_if_they_would_have(till, coalition, clock):
    till.sell(coalition.cinema, 1000, at=clock.now() - timedelta(days=710))
    till.sell(coalition.cinema, 500)
    till.sell(coalition.cafe, 2000)
    sooner, _, cafes = lives_until(coalition.anna)
    assert sooner < OVER
    offboard(coalition.cinema, clock)
    announce(clock)
    assert lives_until(coalition.anna) == [sooner, OVER, cafes]
    pass_time(clock, sooner)
    assert till.purse() == Purse(150)
    pass_time(clock, OVER - timedelta(milliseconds=1))
    assert till.purse() == Purse(150)
    # Whether or not the worker comes round at midnight.
    clock.advance(timedelta(milliseconds=1))
    assert till.purse() == Purse(100)
    pass_time(clock, OVER + timedelta(hours=5))
    lapsed = tables.Entry.select().where(tables.Entry.kind == "expiry").order_by(tables.Entry.id)
    assert [(each.points, each.occurred_at) for each in lapsed] == [(100, sooner), (50, OVER)]


@pytest.mark.usefixtures("anna_has_200")
def test_offboarding__ends_once_the_day_is_over_and_nothing_is_outstanding(till, coalition, clock):
    offboard(coalition.cinema, clock)
    assert end_offboardings(now=clock.now()) == 0
    announce(clock)
    clock.advance(OVER - clock.now())
    assert end_offboardings(now=clock.now()) == 0
    pass_time(clock, OVER)
    assert (end_offboardings(now=clock.now()), end_offboardings(now=clock.now())) == (1, 0)
    ended = get_offboarding(coalition.cinema.id, now=clock.now())
    assert (ended.status, ended.ended_at, ended.outstanding) == ("ended", OVER, 0)


@pytest.mark.usefixtures("anna_has_200")
def test_offboarding__with_nothing_outstanding__still_waits_for_the_day(till, coalition, clock):
    till.redeem(coalition.grocer, 200)
    offboard(coalition.cinema, clock)
    assert (announce(clock), end_offboardings(now=clock.now())) == (0, 0)
    clock.advance(OVER - clock.now())
    assert end_offboardings(now=clock.now()) == 1


def test_offboarding__points_that_have_lapsed_unnoticed__are_no_news(till, coalition, clock):
    till.sell(coalition.cinema, 1000, at=clock.now() - timedelta(days=710))
    clock.advance(lives_until(coalition.anna)[0] - clock.now())
    offboard(coalition.cinema, clock)
    assert (announce(clock), news("partner.leaving")) == (0, [])


@pytest.mark.usefixtures("anna_has_200")
def test_offboarding__points_of_a_hold_are_waited_for(till, coalition, clock):
    offboard(coalition.cinema, clock)
    announce(clock)
    clock.advance(OVER - clock.now() - MINUTE)
    till.hold(coalition.cafe, 30, ttl_s=600)
    pass_time(clock, OVER)
    assert end_offboardings(now=clock.now()) == 0
    pass_time(clock, OVER + timedelta(minutes=10))
    assert (till.purse(), expire_points(now=clock.now())) == (Purse(100), 0)
    assert end_offboardings(now=clock.now()) == 1


@pytest.mark.usefixtures("anna_has_200")
def test_points_given_back__of_a_leaving_partner__live_no_longer_than_its_others(till, coalition, clock):
    redeemed = till.redeem(coalition.grocer, 100)
    offboard(coalition.cinema, clock)
    assert announce(clock) == 0
    born_until = lives_until(coalition.anna)
    reverse_redemption(redeemed.redemption.id, coalition.grocer.number, now=clock.now())
    assert lives_until(coalition.anna) == [OVER, born_until[1]]
    extension = tables.LotExtension.get()
    assert (extension.previous_expires_at, extension.expires_at, extension.reason) == (
        born_until[0],
        OVER,
        "partner leaving",
    )


@pytest.mark.usefixtures("anna_has_200")
def test_points_given_back__of_a_partner_that_has_left__live_on_for_the_days_of_grace_once(till, coalition, clock):
    redemptions = [till.redeem(coalition.grocer, 50).redemption for _ in range(2)]
    offboard(coalition.cinema, clock)
    announce(clock)
    pass_time(clock, OVER)
    assert end_offboardings(now=clock.now()) == 1
    for redemption in redemptions:
        reverse_redemption(redemption.id, coalition.grocer.number, now=clock.now())
    assert lives_until(coalition.anna)[0] == OVER + timedelta(days=31)
    assert till.purse() == Purse(200)


def test_extension__of_points_of_a_leaving_partner__refused_beyond_its_day(till, coalition, clock):
    bought = till.sell(coalition.cinema, 1000)
    offboard(coalition.cinema, clock)
    announce(clock)
    entry = tables.Entry.get(tables.Entry.source == bought.id).public_id
    with refused(PartnerLeaving):
        extend_lot(entry, OVER + timedelta(days=1), "please", "key_1", now=clock.now())


# The deposit


@pytest.mark.usefixtures("anna_has_200")
def test_deposit__what_others_redeem_since_is_drawn__less_reversals(till, coalition, clock):
    till.redeem(coalition.grocer, 10)
    offboard(coalition.cinema, clock, deposit=1000)
    redeemed = till.redeem(coalition.grocer, 30)
    till.redeem(coalition.cafe, 20)
    reverse_redemption(redeemed.redemption.id, coalition.grocer.number, now=clock.now())

    def drawn() -> tuple[int, int, int]:
        found = get_offboarding(coalition.cinema.id, now=clock.now())
        return found.drawn, found.drawn_minor, found.outstanding

    assert drawn() == (20, 20, 70)
    assert watch(clock) == []
    assert drawn() == (20, 20, 70)
    till.redeem(coalition.cafe, 5)
    assert drawn() == (25, 25, 65)


@pytest.mark.usefixtures("anna_has_200")
def test_deposit__what_the_partner_itself_gives_back__is_not_counted(till, coalition, clock):
    bought = till.sell(coalition.cinema, 100, redeem=50)
    offboard(coalition.cinema, clock, deposit=1000)
    till.redeem(coalition.grocer, 20)
    till.take_back(coalition.cinema, bought, "1")
    assert get_offboarding(coalition.cinema.id, now=clock.now()).drawn == 20


@pytest.mark.usefixtures("anna_has_200")
def test_deposit__exhausted_and_points_honoured__the_operator_bears_the_rest_and_members_keep_theirs(
    till, coalition, clock
):
    offboard(coalition.cinema, clock, deposit=60)
    announce(clock)
    till.redeem(coalition.grocer, 59)
    assert watch(clock) == []
    assert get_offboarding(coalition.cinema.id, now=clock.now()).borne_by is None
    till.redeem(coalition.grocer, 21)
    (told,) = watch(clock)
    assert (told.name, told.drawn_minor, told.deposit_minor, told.uncovered_minor) == ("cinema", 80, 60, 20)
    assert (told.exhausted_at, told.borne_by, told.failed_at) == (clock.now(), "operator", None)
    assert watch(clock) == []
    assert (announce(clock), news("partner.failed")) == (0, [])
    assert lives_until(coalition.anna)[0] == OVER
    till.redeem(coalition.grocer, 20)


@pytest.mark.usefixtures("anna_has_200")
def test_deposit__exhausted_and_points_lapse__as_if_the_partner_had_failed(till, coalition, clock):
    till.rules(LAPSE)
    offboard(coalition.cinema, clock, deposit=60)
    announce(clock)
    till.redeem(coalition.grocer, 60)
    (told,) = watch(clock)
    assert (told.borne_by, told.failed_at, told.spendable_until) == ("operator", clock.now(), NOTICE_OVER)
    assert announce(clock) == 1
    assert news("partner.failed") == [{"points": 40, "expires_at": "2026-03-13T00:00:00.000Z"}]
    pass_time(clock, NOTICE_OVER)
    assert (till.purse(), end_offboardings(now=clock.now())) == (Purse(100), 1)


@pytest.mark.usefixtures("anna_has_200")
@pytest.mark.parametrize("deposit", [None, 0])
def test_deposit__that_was_not_given__is_never_exhausted_and_the_partner_keeps_owing(till, coalition, clock, deposit):
    offboard(coalition.cinema, clock, deposit=deposit)
    till.redeem(coalition.grocer, 60)
    assert watch(clock) == []
    leaving = get_offboarding(coalition.cinema.id, now=clock.now())
    assert (leaving.borne_by, leaving.exhausted_at, leaving.uncovered_minor) == (None, None, 60)


@pytest.mark.usefixtures("anna_has_200")
def test_deposit__is_looked_at_once_a_minute(till, coalition, clock):
    offboard(coalition.cinema, clock)
    assert watch(clock) == []
    till.redeem(coalition.grocer, 1)
    assert watch_deposits(now=clock.now(), tell=pytest.fail) == 0


# Failure


@pytest.mark.usefixtures("anna_has_200")
def test_failure__points_honoured__live_as_long_as_they_were_born_to(till, coalition, clock):
    born_until = lives_until(coalition.anna)
    failed = offboard(coalition.cinema, clock, last_day=None, failed=True)
    assert (failed.spendable_until, failed.failed_at, failed.borne_by) == (None, clock.now(), "operator")
    assert announce(clock) == 1
    assert (news("partner.failed"), news("partner.leaving")) == ([{"points": 100, "expires_at": None}], [])
    assert lives_until(coalition.anna) == born_until
    assert end_offboardings(now=clock.now()) == 0
    till.redeem(coalition.grocer, 100)
    assert end_offboardings(now=clock.now()) == 1


@pytest.mark.usefixtures("anna_has_200")
def test_failure__points_lapse_after_the_notice(till, coalition, clock):
    till.rules(LAPSE)
    failed = offboard(coalition.cinema, clock, last_day=None, deposit=7, failed=True)
    assert (failed.spendable_until, failed.deposit_minor) == (NOTICE_OVER, 7)
    assert announce(clock) == 1
    assert news("partner.failed") == [{"points": 100, "expires_at": "2026-03-13T00:00:00.000Z"}]
    pass_time(clock, NOTICE_OVER)
    assert (till.purse(), end_offboardings(now=clock.now())) == (Purse(100), 1)


@pytest.mark.usefixtures("anna_has_200")
def test_failure__while_leaving__members_hear_again_and_the_earlier_day_counts(till, coalition, clock):
    till.rules(LAPSE)
    offboard(coalition.cinema, clock, deposit=500)
    announce(clock)
    failed = offboard(coalition.cinema, clock, last_day=None, failed=True)
    assert (failed.spendable_until, failed.deposit_minor) == (NOTICE_OVER, 500)
    assert announce(clock) == 1
    assert lives_until(coalition.anna)[0] == NOTICE_OVER
    assert (len(news("partner.leaving")), len(news("partner.failed"))) == (1, 1)


def test_failure__with_a_day_sooner_than_the_notice__that_day_counts(till, coalition, clock):
    till.rules(LAPSE)
    failed = offboard(coalition.cinema, clock, last_day=date(2026, 3, 5), failed=True)
    assert failed.spendable_until == datetime(2026, 3, 6, tzinfo=UTC)


# Refusals


def test_offboarding__again__refused(coalition, clock):
    offboard(coalition.cinema, clock)
    with refused(PartnerLeaving) as refusal:
        offboard(coalition.cinema, clock)
    assert refusal.value.status == "leaving"


@pytest.mark.parametrize("again", [{"last_day": None}, {"last_day": LAST_DAY}, {"last_day": None, "deposit": 1}])
def test_failure__again_or_on_other_terms__refused(coalition, clock, again):
    offboard(coalition.cinema, clock)
    if again == {"last_day": None}:
        offboard(coalition.cinema, clock, last_day=None, failed=True)
    with refused(PartnerLeaving):
        offboard(coalition.cinema, clock, failed=True, **again)


def test_failure__of_a_partner_that_has_left__refused(coalition, clock):
    offboard(coalition.cinema, clock)
    announce(clock)
    pass_time(clock, OVER)
    end_offboardings(now=clock.now())
    with refused(PartnerLeaving) as refusal:
        offboard(coalition.cinema, clock, last_day=None, failed=True)
    assert refusal.value.status == "ended"


@pytest.mark.parametrize("terms", [{"last_day": date(2026, 3, 1)}, {"last_day": None}, {"deposit": -1}])
def test_offboarding__on_impossible_terms__refused(coalition, clock, terms):
    with refused(InvalidOffboarding):
        offboard(coalition.cinema, clock, **terms)


def test_offboarding__until_the_end_of_today__is_possible(coalition, clock):
    assert offboard(coalition.cinema, clock, last_day=date(2026, 3, 2)).spendable_until == datetime(
        2026, 3, 3, tzinfo=UTC
    )


def test_offboarding__of_the_operator__refused(coalition, clock):
    with refused(InvalidOffboarding):
        offboard(coalition.operator, clock)


@pytest.mark.usefixtures("coalition")
def test_offboarding__of_nobody__refused(clock):
    command = OffboardPartner("par_none", LAST_DAY, 0, False, "cli:olga")
    with refused(UnknownPartner):
        offboard_partner(command, now=clock.now())
    with refused(UnknownPartner):
        get_offboarding("par_none", now=clock.now())


def test_get_offboarding__of_who_stays__refused(coalition, clock):
    offboard(coalition.cafe, clock)
    with refused(PartnerNotLeaving):
        get_offboarding(coalition.cinema.id, now=clock.now())
    assert [each.name for each in list_offboardings(now=clock.now())] == ["cafe"]


def test_leaving_partner__is_neither_reinstated_nor_funded(coalition, clock):
    set_status(coalition.cinema.id, "suspended")
    offboard(coalition.cinema, clock)
    with refused(PartnerLeaving):
        set_status(coalition.cinema.id, "active")
    with refused(PartnerLeaving):
        buy_pack(BuyPack(coalition.cinema.id, 1, 1, "USD", "r", "cli:olga"), now=clock.now())
    with refused(PartnerLeaving):
        switch_to_prepaid(coalition.cinema.id, now=clock.now())
    assert get_partner(coalition.cinema.id).status == "suspended"
