"""Badges to take out: the credential, and what becomes of it"""

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from importlib.resources import files

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import RSAKey
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier

from coalition.errors import UnknownMember
from coalition.services.members import EnrolMember, enrol_member, member_number
from coalition.services.profiles import change_profile
from gamification.errors import NoCredential, NoEmailAddress, UnknownGrant, UnknownOpenBadge
from gamification.grants import GrantState
from gamification.store.tables import AchievementGrant
from tests.integration.gamification.grants_made import DOORS, grant, publish_version, set_state
from tests.integration.open_badges.reading import BASE, read

PERSONAL = ("Anna", "79161234567", "mem_", "cinema", "anna@")


def test_credential__is_an_open_badge_3_0_in_the_jwt_proof_format(take_out, badges, won, clock):
    header, payload = read(take_out(), badges)

    (key,) = badges.key_set()["keys"]
    assert header == {"alg": "RS256", "typ": "JWT", "kid": key["kid"]}
    assert badges.key(key["kid"].rpartition("/")[2]) == key
    subject = payload["credentialSubject"]
    assert payload["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert payload["validFrom"] == payload["awardedDate"] == "2026-03-02T09:00:00Z"
    assert payload["nbf"] == int(clock.now().timestamp())
    assert payload["iss"] == payload["issuer"]["id"] == f"{BASE}/v1/open-badges/issuer"
    assert payload["jti"] == payload["id"]
    assert payload["sub"] == subject["id"]
    assert subject["id"].startswith("urn:uuid:")
    achievement = subject["achievement"]
    assert achievement["id"] == f"{BASE}/v1/open-badges/achievements/three-doors.1.1.en"
    assert achievement["criteria"] == {"narrative": "Buy at several merchants\n\nTier 1 of 2; different ones: 3."}
    assert achievement["image"]["id"] == f"{BASE}/v1/icons/door-open.svg"
    assert payload["evidence"][0]["narrative"] == "Reached on 2026-03-02 (UTC), by rule three-doors, version 1."
    assert payload["credentialStatus"] == {"id": f"{BASE}/v1/open-badges/revocations", "type": "1EdTechRevocationList"}


def test_credential__another_implementation__verifies_it(take_out, badges):
    public = RSAKey.import_key(badges.key_set()["keys"][0] if take_out() else {}).public_key
    other = OB3Verifier(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    verified = other.verify(take_out())
    assert (verified.achievement.name, verified.issuer.id) == ("Three doors", f"{BASE}/v1/open-badges/issuer")
    body, signature = take_out().rsplit(".", 1)
    with pytest.raises(OB3VerificationError):
        other.verify(f"{body}.{signature[::-1]}")


def test_credential__every_word_of_it__is_one_of_the_published_contexts(take_out, badges):
    """Not held against the JSON Schema of 1EdTech, of which no package has a copy: against its JSON-LD contexts."""
    directory = files("openbadgeslib").joinpath("ob3", "contexts")
    names = ("credentials-v2", "ob-v3p0-context-3.0.3", "ob-v3p0-extensions")
    defined = {word for name in names for word in words(json.loads(directory.joinpath(f"{name}.json").read_text()))}
    _, payload = read(take_out(), badges)

    registered = {"iss", "jti", "sub", "nbf"}
    assert set(words(payload)) - registered <= defined | {"@context"}
    assert {type_ for each in types(payload) for type_ in each} <= defined


def words(document):
    if isinstance(document, list):
        for item in document:
            yield from words(item)
    elif isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from words(value)


def types(document):
    if isinstance(document, list):
        for item in document:
            yield from types(item)
    elif isinstance(document, dict):
        if found := document.get("type"):
            yield found if isinstance(found, list) else [found]
        for value in document.values():
            yield from types(value)


def test_credential__again__is_the_same(take_out, clock):
    first = take_out()
    clock.advance(timedelta(days=3))
    assert take_out() == first


def test_credential__in_russian__says_it_in_russian_and_is_the_same_award(take_out, badges):
    (_, english), (_, russian) = read(take_out(), badges), read(take_out("ru"), badges)

    assert russian["name"] == russian["credentialSubject"]["achievement"]["name"] == "Три двери"
    achievement = russian["credentialSubject"]["achievement"]
    assert achievement["criteria"]["narrative"] == "Купите у разных партнёров\n\nСтупень 1 из 2; разных: 3."
    assert achievement["inLanguage"] == "ru"
    (other,) = achievement["related"]
    assert other == {
        "id": english["credentialSubject"]["achievement"]["id"],
        "type": ["Related"],
        "inLanguage": "en",
    }
    assert (russian["id"], russian["sub"]) == (english["id"], english["sub"])


def test_credential__names_the_member_by_a_pseudonym_alone(take_out, badges, coalition, clock, version, won):
    second = grant(coalition, version, DOORS, tier=2, now=clock.now())
    _, first = read(take_out(), badges)
    _, other = read(badges.credential(coalition.anna.id, second.id, "en", now=clock.now()), badges)

    assert first["sub"] == other["sub"]
    assert first["id"] != other["id"]
    assert "identifier" not in first["credentialSubject"]
    assert not [word for word in PERSONAL if word in json.dumps(first)]


def test_credential__with_email__has_its_salted_hash(take_out, badges, coalition, clock):
    change_profile(member_number(coalition.anna.id), {"email": "Anna@example.com"}, now=clock.now())
    _, payload = read(take_out(with_email=True), badges)

    (identity,) = payload["credentialSubject"]["identifier"]
    digest = sha256(f"anna@example.com{identity['salt']}".encode()).hexdigest()
    assert identity["identityHash"] == f"sha256${digest}"
    assert (identity["type"], identity["hashed"], identity["identityType"]) == ("IdentityObject", True, "emailAddress")
    assert len(identity["salt"]) == 32
    assert "example.com" not in json.dumps(payload["credentialSubject"]["identifier"])


def test_credential__with_email_that_nobody_knows__refused(take_out):
    with pytest.raises(NoEmailAddress):
        take_out(with_email=True)


@pytest.mark.parametrize("state", [GrantState.HELD, GrantState.REVOKED])
def test_credential__of_what_does_not_stand__refused(take_out, won, badges, state):
    set_state(won.id, state)
    with pytest.raises(NoCredential) as refusal:
        take_out()
    assert refusal.value.state == state
    assert badges.key_set() == {"keys": []}


def test_credential__of_a_place_on_a_leaderboard__refused(take_out, coalition, version, clock, badges):
    place = grant(coalition, version, DOORS, now=clock.now(), tier=2, period="2026-03")
    AchievementGrant.update(tier=3).where(AchievementGrant.public_id == place.id).execute()
    with pytest.raises(NoCredential):
        badges.credential(coalition.anna.id, place.id, "en", now=clock.now())


def test_credential__of_another_member__refused(badges, coalition, clock, won):
    bob = enrol_member(EnrolMember(phone="+79161234568"), coalition.cinema.number, now=clock.now())
    with pytest.raises(UnknownGrant):
        badges.credential(bob.id, won.id, "en", now=clock.now())
    with pytest.raises(UnknownMember):
        badges.credential("mem_0", won.id, "en", now=clock.now())


def test_revocations__of_what_was_taken_out__are_listed_and_of_nothing_else(
    take_out, badges, coalition, clock, version, won
):
    never_out = grant(coalition, version, DOORS, tier=2, now=clock.now())
    _, payload = read(take_out(), badges)
    empty = {"id": f"{BASE}/v1/open-badges/revocations", "issuer": payload["iss"], "revokedCredential": []}
    assert badges.revocations() == empty

    for each in (won, never_out):
        set_state(each.id, GrantState.REVOKED)
    assert badges.revocations() == empty | {"revokedCredential": [{"id": payload["id"], "revoked": True}]}


def test_achievement__anybody__may_know_what_a_badge_stands_for(badges, take_out):
    _, payload = read(take_out(), badges)
    achievement = payload["credentialSubject"]["achievement"]
    shown = badges.achievement("three-doors.1.1.en")
    assert shown.pop("@context") == payload["@context"]
    assert shown == achievement
    assert badges.achievement("three-doors.1.2.ru")["criteria"]["narrative"].endswith("разных: 5.")


@pytest.mark.parametrize(
    "name",
    [
        "three-doors.1.3.en",
        "three-doors.1.0.en",
        "three-doors.2.1.en",
        "three-doors.1.1.de",
        "three-doors.1.1",
        "no-doors.1.1.en",
        "three-doors.99999999999.1.en",
        "",
    ],
)
def test_achievement__none__refused(badges, won, name):
    with pytest.raises(UnknownOpenBadge):
        badges.achievement(name)


def test_achievement__hidden__shows_once_somebody_has_it(badges, coalition, clock):
    hidden = replace(DOORS, id="secret", hidden=True)
    row = publish_version(hidden, now=clock.now())
    with pytest.raises(UnknownOpenBadge):
        badges.achievement("secret.1.1.en")

    grant(coalition, row, hidden, now=clock.now())
    assert badges.achievement("secret.1.1.en")["name"] == "Three doors"
    with pytest.raises(UnknownOpenBadge):
        badges.achievement("secret.1.2.en")


@pytest.mark.parametrize("kind", ["count", "sum", "max", "distinct", "streak"])
def test_achievement__of_every_measure__says_what_was_counted(badges, coalition, clock, kind):
    publish_version(replace(DOORS, id="any", measure=replace(DOORS.measure, kind=kind)), now=clock.now())
    assert badges.achievement("any.1.1.en")["criteria"]["narrative"].endswith(": 3.")
