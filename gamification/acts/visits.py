"""Check-ins: the member is where the store is, and could have come there from the last store, and to the next one.

How far two stores are from each other is all that the speed needs, so nobody's position is kept: only at which store a
member was, and when.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from geographiclib.geodesic import Geodesic

from coalition.errors import UnknownStore
from coalition.services.partners import check_store, partners_numbered
from coalition.store.database import transaction
from gamification.acts.attributes import Attribute, check_attributes
from gamification.acts.errors import (
    CheckedInAlready,
    InaccuratePosition,
    InvalidAttributes,
    StoreWithoutPosition,
    TooFar,
    TooFast,
)
from gamification.acts.kinds import Accepted, Kind, Posting
from gamification.acts.states import State
from gamification.event_types import FieldType
from gamification.store.act_tables import Act, StorePosition, Visit

RADIUS_M = 150
"""Whoever is as near as that to a store is there, unless its partner says otherwise."""
MOST_KMH = 150
PAUSE = timedelta(minutes=10)
"""So long after a check-in the same store takes no other of the member."""
NORTHERNMOST_E6, EASTERNMOST_E6 = 90_000_000, 180_000_000

_KMH_TO_M_PER_H = 1000
_STORE_ID = Attribute(FieldType.TEXT, longest=64)
_MS_PER_H = 3_600_000


@dataclass(frozen=True, slots=True)
class StorePlace:
    """Where a store is, in millionths of a degree (WGS 84), and how near counts as there."""

    store_id: str
    latitude_e6: int
    longitude_e6: int
    radius_m: int = RADIUS_M


def place_store(place: StorePlace, partner: int, *, now: datetime) -> StorePlace:
    """From now on the partner's store is there; check-ins that were believed stay so.

    :raises UnknownStore: the partner has named its stores, and this is none of them; or no store is named so.
    """
    with transaction():
        owner = partners_numbered([partner])[partner]
        try:
            check_attributes({"store_id": place.store_id}, {"store_id": _STORE_ID})
        except InvalidAttributes as unfit:
            raise UnknownStore(partner=owner.name, store=place.store_id) from unfit
        check_store(owner, place.store_id)
        StorePosition.insert(
            partner_id=partner,
            store_id=place.store_id,
            latitude_e6=place.latitude_e6,
            longitude_e6=place.longitude_e6,
            radius_m=place.radius_m,
            updated_at=now,
        ).on_conflict(
            conflict_target=[StorePosition.partner_id, StorePosition.store_id],
            preserve=[
                StorePosition.latitude_e6,
                StorePosition.longitude_e6,
                StorePosition.radius_m,
                StorePosition.updated_at,
            ],
        ).execute()
    return place


def distance_m(one: tuple[int, int], other: tuple[int, int]) -> int:
    """Metres between two points of latitude and longitude in millionths of a degree, on the ellipsoid WGS 84.

    By Karney's solution of the geodesic problem, which is right also near the poles and the antipode.
    """
    degrees = [each / 1_000_000 for each in (*one, *other)]
    metres: float = Geodesic.WGS84.Inverse(*degrees, Geodesic.DISTANCE)["s12"]
    return round(metres)


def _accept(posting: Posting) -> Accepted:
    given, partner = posting.attributes, posting.partner
    check_store(partner, given["store_id"])
    store = StorePosition.get_or_none(
        StorePosition.partner_id == partner.number, StorePosition.store_id == given["store_id"]
    )
    if store is None:
        raise StoreWithoutPosition(store=given["store_id"])
    if given.get("accuracy_m", 0) > store.radius_m:
        raise InaccuratePosition(accuracy_m=given["accuracy_m"], radius_m=store.radius_m)
    away = distance_m((given["latitude_e6"], given["longitude_e6"]), (store.latitude_e6, store.longitude_e6))
    if away > store.radius_m:
        raise TooFar(distance_m=away, radius_m=store.radius_m)
    for other in _neighbours(posting):
        _check_journey(store, posting, other)

    def keep(act: Act) -> None:
        Visit.create(
            act=act,
            member_id=posting.member,
            partner_id=partner.number,
            store_id=store.store_id,
            latitude_e6=store.latitude_e6,
            longitude_e6=store.longitude_e6,
            occurred_at=posting.occurred_at,
            force_insert=True,
        )

    return Accepted({"partner": partner.name, "store": store.store_id, "distance_m": away}, keep=keep)


def _neighbours(posting: Posting) -> list[Visit]:
    """The member's check-ins next before and next after: a till may post them in any order."""
    visits = Visit.select(Visit, Act).join(Act).where(Visit.member_id == posting.member, Act.state == State.RECORDED)
    before = visits.where(Visit.occurred_at <= posting.occurred_at).order_by(Visit.occurred_at.desc(), Visit.act.desc())
    after = visits.where(Visit.occurred_at > posting.occurred_at).order_by(Visit.occurred_at, Visit.act)
    return [*before.limit(1), *after.limit(1)]


def _check_journey(store: StorePosition, posting: Posting, other: Visit) -> None:
    between = abs(posting.occurred_at - other.occurred_at)
    same_store = (other.partner_id, other.store_id) == (store.partner_id, store.store_id)
    if same_store and between < PAUSE:
        minutes = PAUSE // timedelta(minutes=1)
        raise CheckedInAlready(store=store.store_id, event=other.act.public_id, minutes=minutes)
    way = distance_m((store.latitude_e6, store.longitude_e6), (other.latitude_e6, other.longitude_e6))
    milliseconds = max(between // timedelta(milliseconds=1), 1)
    if way * _MS_PER_H > MOST_KMH * _KMH_TO_M_PER_H * milliseconds:
        kmh = -(-way * _MS_PER_H // (_KMH_TO_M_PER_H * milliseconds))
        raise TooFast(event=other.act.public_id, kmh=kmh, most_kmh=MOST_KMH)


VISIT = Kind(
    {"en": "Check-in", "ru": "Отметка в магазине"},
    {
        "store_id": _STORE_ID,
        "latitude_e6": Attribute(FieldType.INTEGER, least=-NORTHERNMOST_E6, most=NORTHERNMOST_E6),
        "longitude_e6": Attribute(FieldType.INTEGER, least=-EASTERNMOST_E6, most=EASTERNMOST_E6),
        "accuracy_m": Attribute(FieldType.INTEGER, required=False, least=0, most=100_000),
    },
    _accept,
)
