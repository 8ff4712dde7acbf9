"""What tills tell of a member that another may have too: kept as hashes, compared, and forgotten."""

import stat
from datetime import timedelta

import pytest

from coalition.errors import InvalidSetting, UnknownMember
from coalition.services import traits
from coalition.services.members import EnrolMember, enrol_member, member_number
from coalition.services.traits import forget_old_traits, note_number_of_another, note_trait
from coalition.store import secret_file
from coalition.store import traits as store
from coalition.store.database import execute, from_column
from tests.integration.books import count


@pytest.fixture
def keys(tmp_path, monkeypatch):
    monkeypatch.setattr(traits, "_directory", None)
    traits.keep_key_in(tmp_path / "keys")
    return tmp_path / "keys"


@pytest.fixture
def anna(coalition):
    return coalition.anna.id


@pytest.fixture
def boris(coalition, clock):
    return enrol_member(EnrolMember("+79261111111"), coalition.cafe.number, now=clock.now()).id


def traits_of(member):
    return store.traits_of([member_number(member)]).get(member_number(member), set())


def test_trait__noted__is_a_hash_and_says_nothing(keys, anna, clock):
    note_trait(anna, "device", "anna's telephone", clock.now())
    ((kind, hash_, since),) = execute("SELECT kind, hash, first_seen_at FROM member_trait").fetchall()
    assert (kind, from_column(since)) == ("device", clock.now())
    assert len(hash_) == 64 and set(hash_) <= set("0123456789abcdef")


def test_trait__noted_again__is_there_once_since_the_first_time(keys, anna, clock):
    first = clock.now()
    note_trait(anna, "device", "d-1", first)
    clock.advance(timedelta(days=3))
    note_trait(anna, "device", "d-1", clock.now())
    ((since,),) = execute("SELECT first_seen_at FROM member_trait").fetchall()
    assert from_column(since) == first


def test_traits__of_two_members__are_the_same_where_kind_and_value_are(keys, anna, boris, clock):
    for member in (anna, boris):
        note_trait(member, "device", "same", clock.now())
    note_trait(anna, "payment_card", "other", clock.now())
    note_trait(boris, "device", "other", clock.now())
    shared = traits_of(anna) & traits_of(boris)
    assert {trait.kind for trait in shared} == {"device"}
    assert len({trait.hash for trait in traits_of(anna) | traits_of(boris)}) == 3


def test_traits__of_another_installation__are_others(keys, anna, boris, clock, tmp_path):
    note_trait(anna, "device", "same", clock.now())
    traits.keep_key_in(tmp_path / "elsewhere")
    note_trait(boris, "device", "same", clock.now())
    assert not traits_of(anna) & traits_of(boris)


def test_trait__of_nobody__refused_and_nothing_changes(keys, coalition, clock):
    with pytest.raises(UnknownMember):
        note_trait("mem_nobody", "device", "d-1", clock.now())
    assert count("member_trait") == 0


def test_trait__where_nobody_has_said_where_the_key_is__is_not_kept(anna, clock, monkeypatch):
    monkeypatch.setattr(traits, "_directory", None)
    with pytest.raises(RuntimeError):
        note_trait(anna, "device", "d-1", clock.now())
    assert count("member_trait") == 0


def test_number__that_another_member_gave_up__is_a_trait_of_both(keys, anna, boris, clock):
    note_trait(anna, "phone", "+79262222222", clock.now())
    note_number_of_another(boris, "+7 926 222-22-22", clock.now())
    assert traits_of(anna) == traits_of(boris)


def test_number__that_nobody_had__is_no_trait(keys, anna, boris, clock):
    note_trait(anna, "phone", "+79262222222", clock.now())
    note_number_of_another(boris, "+79263333333", clock.now())
    assert traits_of(boris) == set()


def test_number__while_nobody_has_given_up_any__needs_no_key(boris, clock, monkeypatch):
    monkeypatch.setattr(traits, "_directory", None)
    note_number_of_another(boris, "+79263333333", clock.now())
    assert traits_of(boris) == set()


def test_forgetting__after_four_hundred_days__is_of_the_old_alone(keys, anna, clock):
    note_trait(anna, "device", "old", clock.now())
    clock.advance(timedelta(days=1))
    note_trait(anna, "device", "new", clock.now())
    clock.advance(timedelta(days=399))
    assert forget_old_traits(now=clock.now()) == 0
    clock.advance(timedelta(milliseconds=1))
    assert forget_old_traits(now=clock.now()) == 1
    assert forget_old_traits(now=clock.now()) == 0
    assert len(traits_of(anna)) == 1


def test_key__made_once__is_readable_by_its_owner_alone(tmp_path):
    path = tmp_path / "keys" / "traits"
    secret = secret_file.read_or_make(path)
    assert len(secret) == 32
    assert secret_file.read_or_make(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["traits"]


def test_key__that_another_process_made_meanwhile__is_that_one(tmp_path, monkeypatch):
    path = tmp_path / "traits"
    made = secret_file.read_or_make(path)
    secret_file._make(path)
    assert secret_file.read_or_make(path) == made


def test_key__open_to_others__refused(tmp_path):
    path = tmp_path / "traits"
    secret_file.read_or_make(path)
    path.chmod(0o640)
    with pytest.raises(InvalidSetting, match="readable by its owner alone"):
        secret_file.read_or_make(path)


@pytest.mark.parametrize("content", ["", "00", "no key", "0" * 63, "0" * 66, "ключ"])
def test_key__damaged__refused(tmp_path, content):
    path = tmp_path / "traits"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(InvalidSetting, match="damaged"):
        secret_file.read_or_make(path)
