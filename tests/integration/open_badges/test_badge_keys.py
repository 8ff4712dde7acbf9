"""Who signs badges, and how anybody verifies one"""

import stat
from datetime import timedelta

import pytest

from coalition.errors import InvalidSetting
from gamification.badge_keys import BadgeKeys
from gamification.errors import UnknownOpenBadge
from gamification.open_badges import OpenBadges
from gamification.store.reward_tables import BadgeKey
from scripts.verify_badge import InvalidBadge, verify
from tests.integration.open_badges.reading import BASE, read


def test_issuer__shows_its_keys(badges, take_out):
    take_out()
    (key,) = badges.key_set()["keys"]
    profile = badges.issuer()
    assert profile["type"] == ["Profile"]
    assert profile["assertionMethod"] == [key["kid"]]
    assert profile["verificationMethod"] == [
        {"id": key["kid"], "type": "JsonWebKey", "controller": profile["id"], "publicKeyJwk": key}
    ]


def test_keys__published__are_public(badges, take_out):
    take_out()
    (key,) = badges.key_set()["keys"]
    assert set(key) == {"kty", "n", "e", "use", "alg", "kid"}
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
    with pytest.raises(UnknownOpenBadge):
        badges.key("none")


def test_keys__private__are_readable_by_their_owner_alone(badges, take_out):
    take_out()
    directory = badges.keys.directory
    (file,) = directory.iterdir()
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(directory.stat().st_mode)) == (0o600, 0o700)
    assert b"PRIVATE KEY" in file.read_bytes()

    file.chmod(0o640)
    with pytest.raises(InvalidSetting):
        OpenBadges(BadgeKeys(BASE, directory)).keys.sign({}, now=BadgeKey.get().created_at)


def test_keys__with_a_passphrase__are_encrypted(tmp_path, store, clock):
    keys = BadgeKeys(BASE, tmp_path / "keys", "open sesame")
    keys.rotate(now=clock.now())
    (file,) = keys.directory.iterdir()
    assert b"ENCRYPTED" in file.read_bytes()

    assert BadgeKeys(BASE, keys.directory, "open sesame").sign({"a": 1}, now=clock.now())
    for wrong in ("sesame", None):
        with pytest.raises(InvalidSetting):
            BadgeKeys(BASE, keys.directory, wrong).sign({"a": 1}, now=clock.now())


def test_keys__rotated__what_was_signed_before_stays_valid(take_out, badges, clock):
    before = take_out()
    clock.advance(timedelta(days=1))
    badges.keys.rotate(now=clock.now())
    after = take_out()

    (old, _), (new, _) = read(before, badges), read(after, badges)
    assert [key["kid"] for key in badges.key_set()["keys"]] == [old["kid"], new["kid"]]
    assert old["kid"] != new["kid"]


def test_keys__of_another_machine__are_published_and_not_signed_with(take_out, badges, tmp_path, clock):
    first, _ = read(take_out(), badges)
    clock.advance(timedelta(days=1))
    other = OpenBadges(BadgeKeys(BASE, tmp_path / "other machine"))
    other.keys.sign({}, now=clock.now())

    again, _ = read(take_out(), badges)
    assert again["kid"] == first["kid"]
    assert len(badges.key_set()["keys"]) == 2
    read(take_out(), other)


def test_verify__what_we_signed__holds_and_nothing_that_was_changed(take_out, badges, clock):
    _, payload = read(take_out(), badges)
    now, keys = clock.now(), badges.key_set()
    assert verify(take_out(), keys, now) == payload

    for change in (
        {"iss": "https://other.example"},
        {"sub": "urn:uuid:other"},
        {"jti": "urn:uuid:other"},
        {"nbf": 1},
        {"type": ["VerifiableCredential"]},
        {"@context": payload["@context"][1:]},
        {"validUntil": "2026-03-02T08:00:00Z"},
        {"validFrom": "yesterday"},
        {"credentialSubject": {"id": payload["sub"]}},
    ):
        with pytest.raises(InvalidBadge):
            verify(badges.keys.sign(payload | change, now=now), keys, now)


def test_verify__too_early__does_not_hold(take_out, badges, clock):
    with pytest.raises(InvalidBadge):
        verify(take_out(), badges.key_set(), clock.now() - timedelta(seconds=1))


@pytest.mark.parametrize("token", ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_verify__no_badge__does_not_hold(take_out, badges, clock, token):
    take_out()
    with pytest.raises(InvalidBadge):
        verify(token, badges.key_set(), clock.now())


def test_verify__signed_by_another__does_not_hold(take_out, badges, tmp_path, clock):
    stranger = BadgeKeys(BASE, tmp_path / "stranger")
    _, payload = read(take_out(), badges)
    keys = badges.key_set()
    with pytest.raises(InvalidBadge):
        verify(stranger.sign(payload, now=clock.now()), keys, clock.now())
    for none in ({}, {"keys": []}, [], None):
        with pytest.raises(InvalidBadge):
            verify(take_out(), none, clock.now())
