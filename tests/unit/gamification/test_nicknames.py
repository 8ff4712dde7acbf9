"""What may be a nickname, and which two are the same."""

import pytest

from gamification.errors import InvalidNickname
from gamification.rules.nicknames import check_not_reserved, nickname_key, read_nickname


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
        ("Robot", "Robot"),
        ("Bot", "Bot"),
        ("Pop Corn", "Pop Corn"),
        ("Tom Me", "Tom Me"),
        ("Com Pass", "Com Pass"),
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
        ("t me anna", "link"),
        ("Write T_ME-anna", "link"),
        ("т mе anna", "link"),
        ("vk com anna", "link"),
        ("VK-RU anna", "link"),
        ("wa me 79", "link"),
        ("anna_bot", "link"),
        ("Anna B0T", "link"),
        ("www anna", "link"),
        ("wwwanna ru", "link"),
        ("https anna", "link"),
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


@pytest.mark.parametrize(
    "name",
    [
        "Operator", "ADMIN", "adm1n", "аdmin", "A d m i n", "Coalition", "Support", "5upport", "Anna Support",
        "coalition_team", "Оператор", "ПОДДЕРЖКА", "Анна-админ", "Cafe", "c-a-f-e", "Саfе", "The Grocer", "thegrocer",
    ],
)  # fmt: skip
def test_nickname__that_could_be_taken_for_ours_or_a_partners__refused(name):
    with pytest.raises(InvalidNickname, match="of the coalition or of a partner"):
        check_not_reserved(read_nickname(name), ["cafe", "The Grocer", "…"])


@pytest.mark.parametrize("name", ["Anna", "Cafe lover", "Grocer", "Administer", "Supporter", "- 1 -"])
def test_nickname__that_only_has_to_do_with_it__may_be(name):
    check_not_reserved(read_nickname(name), ["cafe", "The Grocer", "…"])


def test_nickname__that_may_be__has_a_key():
    assert nickname_key(read_nickname("- 1 -"))
