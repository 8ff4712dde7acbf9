"""Who is in the coalition, and what each may have outstanding."""

import pytest

from coalition.errors import InvalidPartner, PartnerExists, UnknownPartner
from coalition.services.partners import (
    UNLIMITED,
    change_partner,
    ensure_operator,
    get_partner,
    list_partners,
    partner_named,
    register_partner,
    set_limit,
    set_status,
)
from coalition.store import tables
from tests.integration.books import contents

NOBODY = "par_01ARZ3NDEKTSV4RRFFQ69G5FAV"


def test_partners__are_numbered_in_the_order_in_which_they_joined(coalition):
    assert [(partner.number, partner.name, partner.kind) for partner in list_partners()] == [
        (1, "operator", "operator"),
        (2, "cinema", "merchant"),
        (3, "cafe", "merchant"),
        (4, "grocer", "merchant"),
    ]
    assert get_partner(coalition.cafe.id) == partner_named("cafe") == coalition.cafe
    assert (coalition.cafe.status, coalition.cafe.limit, coalition.cafe.outstanding) == ("active", 2**56 - 1, 0)


def test_operator__ensured_again__is_the_same(coalition, clock):
    assert ensure_operator(now=clock.now()) == coalition.operator


def test_registration__a_name_that_is_taken__refused(coalition, clock):
    before = contents()
    with pytest.raises(PartnerExists):
        register_partner("cinema", 500, now=clock.now())
    assert contents() == before


@pytest.mark.usefixtures("coalition")
@pytest.mark.parametrize(("rate_bps", "limit"), [(-1, UNLIMITED), (10_001, UNLIMITED), (100, -1), (100, UNLIMITED + 1)])
def test_registration__with_a_rate_or_limit_that_cannot_be__refused(rate_bps, limit, clock):
    before = contents()
    with pytest.raises(InvalidPartner):
        register_partner("museum", rate_bps, limit=limit, now=clock.now())
    assert contents() == before


@pytest.mark.usefixtures("coalition")
@pytest.mark.parametrize(("rate_bps", "limit"), [(0, 0), (10_000, UNLIMITED)])
def test_registration__at_the_bounds__accepted(rate_bps, limit, clock):
    museum = register_partner("museum", rate_bps, limit=limit, now=clock.now())
    assert (museum.number, museum.rate_bps, museum.limit) == (5, rate_bps, limit)


def test_limit__not_below_what_is_outstanding__nor_above_what_can_be_counted(coalition, till):
    till.sell(coalition.cinema, 1000)
    assert set_limit(coalition.cinema.id, 100).limit == 100
    for limit in (99, -1, UNLIMITED + 1):
        with pytest.raises(InvalidPartner):
            set_limit(coalition.cinema.id, limit)
    assert set_limit(coalition.cinema.id, UNLIMITED).limit == UNLIMITED


def test_change__of_status_and_limit__is_made_whole_or_not_at_all(coalition):
    with pytest.raises(InvalidPartner):
        change_partner(coalition.cafe.id, status="suspended", limit=-1)
    assert get_partner(coalition.cafe.id) == coalition.cafe
    changed = change_partner(coalition.cafe.id, status="suspended", limit=7)
    assert (changed.status, changed.limit) == ("suspended", 7)
    assert change_partner(coalition.cafe.id).status == "suspended"
    assert change_partner(coalition.cafe.id, status="active").status == "active"


def test_changes__are_noted_one_by_one_and_once_behind_the_entries_made_before(coalition, till):
    def changes():
        return [
            (each.partner_id, each.status, each.limit_points, each.after_entry)
            for each in tables.PartnerChange.select().order_by(tables.PartnerChange.id)
        ]

    cafe = coalition.cafe
    assert changes() == [(number, "active", UNLIMITED, 0) for number in (1, 2, 3, 4)]
    till.sell(coalition.cinema, 1000)
    change_partner(cafe.id, status="suspended", limit=7)
    till.sell(coalition.cinema, 1000)
    change_partner(cafe.id, status="suspended", limit=7, stores=["mall"])
    set_limit(cafe.id, 7)
    with pytest.raises(InvalidPartner):
        change_partner(cafe.id, status="active", limit=-1)
    set_status(cafe.id, "active")
    last = tables.Entry.select().order_by(tables.Entry.id.desc()).get().id
    assert changes()[4:] == [
        (cafe.number, "active", 7, last - 1),
        (cafe.number, "suspended", 7, last - 1),
        (cafe.number, "active", 7, last),
    ]
    assert not tables.PartnerChange.select().where(tables.PartnerChange.told).exists()


@pytest.mark.usefixtures("coalition")
@pytest.mark.parametrize(
    "ask",
    [
        lambda: get_partner(NOBODY),
        lambda: partner_named("museum"),
        lambda: set_status(NOBODY, "suspended"),
        lambda: set_limit(NOBODY, 5),
    ],
    ids=["get", "named", "status", "limit"],
)
def test_partner__that_nobody_is__refused(ask):
    with pytest.raises(UnknownPartner):
        ask()
