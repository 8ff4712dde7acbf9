"""What may be a nickname, and which two are the same."""

import pytest

from gamification.errors import InvalidNickname
from gamification.rules.nicknames import nickname_key, read_nickname


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Anna", "Anna"),
        ("  Anna   B ", "Anna B"),
        ("Ёжик_2", "Ёжик_2"),
        ("ﬁne", "fine"),
        ("Ａｎｎａ", "Anna"),
        ("Анна-Мария", "Анна-Мария"),
        ("a" * 24, "a" * 24),
        ("a12", "a12"),
        ("Agent 007007", "Agent 007007"),
    ],
)
def test_nickname__that_may_be__is_kept_in_one_form(given, kept):
    assert read_nickname(given) == kept


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("An", "it has 2 characters"),
        ("  A  ", "it has 1 characters"),
        ("", "it has 0 characters"),
        ("a" * 25, "it has 25 characters"),
        ("anna@cafe.ru", "email address"),
        ("anna.b", "but not '.'"),
        ("anna\u202eb", "but not"),
        ("anna\u200bb", "but not"),
        ("an\u0338na", "but not"),
        ("anna🎉", "but not"),
        ("anna²\u2460", None),
        ("anna/b", "but not '/'"),
        ("79161234567", "phone number"),
        ("8-916-123 45 67", "phone number"),
        ("Anna 123-4567", "phone number"),
        ("anna ٠١٢٣٤٥٦", "phone number"),
        ("_-_", "neither a letter nor a digit"),
    ],
)
def test_nickname__that_may_not_be__refused(given, problem):
    if problem is None:
        assert read_nickname(given) == "anna21"
        return
    with pytest.raises(InvalidNickname, match=problem):
        read_nickname(given)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna", "ANNA"),
        ("Anna", "Аnnа"),
        ("COCO", "СОСО"),
        ("Ann a", "an_n-a"),
        ("Ánna", "anna"),
        ("Bill", "BiII"),
        ("M0rn", "morn"),
        ("Mom", "Morn"),
        ("Wolf", "VVolf"),
        ("straße", "STRASSE"),
        ("Ёлка", "елка"),
        ("Τοτο", "Toto"),
        ("Вера", "Bepa"),
    ],
)
def test_nicknames__that_people_take_for_each_other__are_the_same(one, other):
    assert nickname_key(one) == nickname_key(other)


@pytest.mark.parametrize(("one", "other"), [("Anna", "Anya"), ("Анна", "Анка"), ("Boris", "Борис"), ("Max1", "Max2")])
def test_nicknames__that_differ__are_not(one, other):
    assert nickname_key(one) != nickname_key(other)


def test_nickname__that_may_be__has_a_key():
    assert nickname_key(read_nickname("- 1 -"))
