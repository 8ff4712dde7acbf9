"""Check-ins: near enough to the store, and no faster from store to store than anybody travels."""

from datetime import timedelta

import pytest

from coalition.errors import UnknownStore
from coalition.services.partners import change_partner
from coalition.store.database import execute
from gamification.acts import posting, visits
from gamification.acts.errors import (
    CheckedInAlready,
    InaccuratePosition,
    InvalidAttributes,
    StoreWithoutPosition,
    TooFar,
    TooFast,
)
from gamification.acts.visits import StorePlace
from gamification.store.act_tables import ACT_TABLES
from tests.integration.acts.helpers import refused, streamed

RED_SQUARE = {"latitude_e6": 55_753_930, "longitude_e6": 37_620_795}
PETERSBURG = {"latitude_e6": 59_939_095, "longitude_e6": 30_315_868}


@pytest.fixture
def stores(post, coalition, clock):
    """The cafe in Moscow, and one in Petersburg, 636 km away."""
    visits.place_store(StorePlace("moscow", **RED_SQUARE), coalition.cafe.number, now=clock.now())
    visits.place_store(StorePlace("petersburg", **PETERSBURG), coalition.cafe.number, now=clock.now())


def test_check_in__at_the_store__is_recorded_with_the_metres_and_no_position(post, stores):
    visit = post("visit.checked_in", store_id="moscow", latitude_e6=55_754_930, longitude_e6=37_620_795, accuracy_m=20)
    assert visit.state == "recorded"
    assert streamed() == [("visit.checked_in", {"partner": "cafe", "store": "moscow", "distance_m": 111})]
    for table in (*(each._meta.table_name for each in ACT_TABLES), "event"):
        assert "55754930" not in repr(execute(f"SELECT * FROM {table}").fetchall())


def test_check_in__too_far__is_refused_with_the_metres(post, stores):
    with refused(TooFar) as refusal:
        post("visit.checked_in", store_id="moscow", latitude_e6=55_755_930, longitude_e6=37_620_795)
    assert refusal.value.values == {"distance_m": 223, "radius_m": 150}


def test_check_in__by_the_radius_of_the_store__is_within_or_not(post, stores, coalition, clock):
    visits.place_store(StorePlace("moscow", **RED_SQUARE, radius_m=223), coalition.cafe.number, now=clock.now())
    there = {"store_id": "moscow", "latitude_e6": 55_755_930, "longitude_e6": 37_620_795}
    visits.place_store(StorePlace("moscow", **RED_SQUARE, radius_m=222), coalition.cafe.number, now=clock.now())
    with refused(TooFar):
        post("visit.checked_in", **there)
    visits.place_store(StorePlace("moscow", **RED_SQUARE, radius_m=223), coalition.cafe.number, now=clock.now())
    post("visit.checked_in", **there)


def test_check_in__known_too_roughly__is_refused(post, stores):
    with refused(InaccuratePosition) as refusal:
        post("visit.checked_in", store_id="moscow", **RED_SQUARE, accuracy_m=151)
    assert refusal.value.values == {"accuracy_m": 151, "radius_m": 150}
    post("visit.checked_in", store_id="moscow", **RED_SQUARE, accuracy_m=150)


def test_check_in__at_a_store_nobody_has_placed__is_refused(post, stores, coalition):
    with refused(StoreWithoutPosition):
        post("visit.checked_in", store_id="kazan", **RED_SQUARE)
    with refused(StoreWithoutPosition):
        post("visit.checked_in", by=coalition.cinema, store_id="moscow", **RED_SQUARE)


def test_store__that_the_partner_has_not__is_neither_placed_nor_visited(post, stores, coalition, clock):
    change_partner(coalition.cafe.id, stores=["petersburg"])
    with refused(UnknownStore):
        visits.place_store(StorePlace("moscow", **RED_SQUARE), coalition.cafe.number, now=clock.now())
    with refused(UnknownStore):
        post("visit.checked_in", store_id="moscow", **RED_SQUARE)


@pytest.mark.parametrize("wrong", [{"latitude_e6": 90_000_001}, {"longitude_e6": -180_000_001}, {"latitude_e6": 55.7}])
def test_check_in__nowhere_on_earth__is_refused(post, stores, wrong):
    with refused(InvalidAttributes):
        post("visit.checked_in", **({"store_id": "moscow"} | RED_SQUARE | wrong))


def test_speed__of_636_km_in_four_hours__is_not_believed_and_in_five_it_is(post, stores, clock):
    start = clock.now()
    first = post("visit.checked_in", store_id="moscow", **RED_SQUARE)
    clock.advance(timedelta(hours=5))
    with refused(TooFast) as refusal:
        post("visit.checked_in", store_id="petersburg", **PETERSBURG, at=start + timedelta(hours=4))
    assert refusal.value.values == {"event": first.id, "kmh": 160, "most_kmh": 150}
    post("visit.checked_in", store_id="petersburg", **PETERSBURG, at=start + timedelta(hours=5))


def test_speed__at_one_moment__is_not_believed(post, stores):
    post("visit.checked_in", store_id="moscow", **RED_SQUARE)
    with refused(TooFast):
        post("visit.checked_in", store_id="petersburg", **PETERSBURG)


def test_speed__posted_out_of_order__is_measured_to_the_next_one_too(post, stores, coalition, clock):
    morning = clock.now()
    clock.advance(timedelta(hours=12))
    last = post("visit.checked_in", store_id="petersburg", **PETERSBURG)
    with refused(TooFast) as refusal:
        post("visit.checked_in", store_id="moscow", **RED_SQUARE, at=clock.now() - timedelta(hours=1))
    assert refusal.value.event == last.id
    post("visit.checked_in", store_id="moscow", **RED_SQUARE, at=morning)


def test_speed__after_the_store_has_moved__is_from_where_it_was(post, stores, coalition, clock):
    first = post("visit.checked_in", store_id="moscow", **RED_SQUARE)
    visits.place_store(StorePlace("moscow", **PETERSBURG), coalition.cafe.number, now=clock.now())
    clock.advance(timedelta(hours=1))
    for store in ("moscow", "petersburg"):
        with refused(TooFast) as refusal:
            post("visit.checked_in", store_id=store, **PETERSBURG)
        assert refusal.value.event == first.id


def test_speed__of_other_members_and_withdrawn_check_ins__is_not_asked(post, stores, bob, coalition, clock):
    first = post("visit.checked_in", store_id="moscow", **RED_SQUARE)
    post("visit.checked_in", member=bob, store_id="petersburg", **PETERSBURG)
    posting.withdraw(first.id, "not there", coalition.cafe.number, "key_1", now=clock.now())
    post("visit.checked_in", store_id="petersburg", **PETERSBURG)


def test_same_store__within_ten_minutes__is_refused_before_and_after(post, stores, coalition, clock):
    noon = clock.now()
    first = post("visit.checked_in", store_id="moscow", **RED_SQUARE)
    clock.advance(timedelta(hours=1))
    for minutes in (-9.99, 0, 9.99):
        with refused(CheckedInAlready) as refusal:
            post("visit.checked_in", store_id="moscow", **RED_SQUARE, at=noon + timedelta(minutes=minutes))
        assert refusal.value.values == {"store": "moscow", "event": first.id, "minutes": 10}
    post("visit.checked_in", store_id="moscow", **RED_SQUARE, at=noon + timedelta(minutes=10))
    post("visit.checked_in", store_id="moscow", **RED_SQUARE, at=noon - timedelta(minutes=10))


def test_same_store_id__of_another_partner__is_another_store(post, stores, coalition, clock):
    visits.place_store(StorePlace("moscow", **RED_SQUARE), coalition.cinema.number, now=clock.now())
    post("visit.checked_in", store_id="moscow", **RED_SQUARE)
    post("visit.checked_in", by=coalition.cinema, store_id="moscow", **RED_SQUARE)


def test_distance__between_known_places__is_that_of_the_ellipsoid():
    equator, degree_east, pole = (0, 0), (0, 1_000_000), (90_000_000, 0)
    assert visits.distance_m(equator, degree_east) == 111_319
    assert visits.distance_m(equator, pole) == 10_001_966
    assert visits.distance_m((0, 179_999_000), (0, -179_999_000)) == 223
    assert visits.distance_m(equator, (0, 180_000_000)) == 20_003_931
