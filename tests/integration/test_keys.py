"""API keys open what they are for, until they are revoked."""

import pytest

from coalition.errors import Unauthenticated, UnknownKey, UnknownPartner
from coalition.services.keys import authenticate, issue_key, key_id, revoke_key, revoke_partner_key
from coalition.store.database import execute

NOBODY = "par_01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture
def key(coalition, clock):
    return issue_key("partner", coalition.cafe.id, now=clock.now())


def test_key__of_a_partner__speaks_for_it(key, coalition):
    principal = authenticate(key)
    assert (principal.role, principal.partner, principal.partner_id) == (
        "partner",
        coalition.cafe.number,
        coalition.cafe.id,
    )
    assert principal.key_id == key_id(key)


@pytest.mark.usefixtures("coalition")
def test_key__of_the_operator__speaks_for_no_partner(clock):
    principal = authenticate(issue_key("operator", now=clock.now()))
    assert (principal.role, principal.partner, principal.partner_id) == ("operator", None, None)


def test_key__its_secret__is_nowhere_in_the_database(key):
    secret = key.split("_")[3]
    (row,) = execute("SELECT * FROM api_key").fetchall()
    assert not any(secret[:20] in str(value) for value in row)


def test_rotation__two_keys_overlap__and_each_is_revoked_alone(key, coalition, clock):
    new = issue_key("partner", coalition.cafe.id, now=clock.now())
    assert new != key
    assert authenticate(key).partner == authenticate(new).partner
    revoke_key(key_id(key), now=clock.now())
    with pytest.raises(Unauthenticated):
        authenticate(key)
    assert authenticate(new).partner == coalition.cafe.number


def test_revocation__again__keeps_the_first_date(key, clock):
    revoke_key(key_id(key), now=clock.now())
    revoke_key(key_id(key), now=clock.now().replace(year=2030))
    assert "2026" in str(execute("SELECT revoked_at FROM api_key").fetchone()[0])


def test_revocation__of_a_partners_key__only_by_that_partner(key, coalition, clock):
    with pytest.raises(UnknownKey):
        revoke_partner_key(coalition.cinema.id, key_id(key), now=clock.now())
    authenticate(key)
    revoke_partner_key(coalition.cafe.id, key_id(key), now=clock.now())
    with pytest.raises(Unauthenticated):
        authenticate(key)


def flip(key: str, place: int) -> str:
    return key[:place] + ("0" if key[place] != "0" else "1") + key[place + 1 :]


def with_right_checksum(key: str) -> str:
    from zlib import crc32

    return key[:-8] + f"{crc32(key.split('_')[3][:-8].encode()):08x}"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: "",
        lambda key: key[:-1],
        lambda key: key + "0",
        lambda key: key.removeprefix("ck_"),
        lambda key: key + "_",
        lambda key: flip(key, -1),
        lambda key: flip(key, -9),
        lambda key: with_right_checksum(flip(key, -9)),
        lambda key: key.replace("partner", "operator"),
        lambda key: key.replace("_01", "_02", 1),
        lambda key: key.upper(),
        lambda key: key.replace("ck_partner", "ck_партнёр"),
        lambda key: "ck___",
    ],
)
def test_key__spoilt_in_any_way__opens_nothing(key, spoil):
    with pytest.raises(Unauthenticated):
        authenticate(spoil(key))


@pytest.mark.usefixtures("coalition")
def test_key__for_a_partner_that_nobody_is__refused(clock):
    with pytest.raises(UnknownPartner):
        issue_key("partner", NOBODY, now=clock.now())


def test_key__whose_role_and_partner_do_not_fit__is_never_made(coalition, clock):
    with pytest.raises(ValueError, match="partner"):
        issue_key("partner", now=clock.now())
    with pytest.raises(ValueError, match="operator"):
        issue_key("operator", coalition.cafe.id, now=clock.now())
    assert execute("SELECT COUNT(*) FROM api_key").fetchone()[0] == 0
