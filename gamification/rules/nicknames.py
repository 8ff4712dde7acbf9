"""Nicknames, the only thing that others see of a member on a leaderboard: what is one, and which are the same."""

import re
from collections.abc import Iterable
from itertools import pairwise
from unicodedata import category, normalize

from gamification.errors import InvalidNickname

SHORTEST, LONGEST = 3, 24
_MOST_DIGITS = 6
"""Local telephone numbers have seven."""

# Each with what it is drawn like, upper case or lower, after case folding: Latin letters and digits, Cyrillic, Greek.
# After the idea of UTS 39, for the scripts that our members write.
_PAIRS = """
il 1l ıl ӏl 0o 5s ɑa ɡg
аa вb еe з3 кk мm нh оo рp сc тt уy хx ѕs іl јj һh ԁd ԛq ԝw ьb гr пn б6 ч4
αa βb γy εe ζz ηh ιl κk μm νn οo ρp τt υy χx ωw
"""
_OURS = "operator admin administrator coalition support оператор админ администратор коалиция поддержка"
"""Nobody speaks for us under a nickname. (Nor for a partner: who those are, whoever asks has to say.)"""
_SITES = (("t", "me"), ("wa", "me"), ("vk", "com"), ("vk", "ru"), ("ok", "ru"))
_DRAWN_LIKE = {ord(pair[0]): pair[1] for pair in _PAIRS.split()}
_DRAWN_LIKE_TWO = (("rn", "m"), ("vv", "w"))


def read_nickname(text: str) -> str:
    """The nickname in the form in which it is kept and shown: NFKC, without spaces at its ends or two in a row.

    :raises InvalidNickname: it is too short, too long, has other signs than it may, or tells how to reach somebody or
        where to go.
    """
    nickname = " ".join(normalize("NFKC", text).split())
    if not SHORTEST <= len(nickname) <= LONGEST:
        raise InvalidNickname(problem=f"it has {len(nickname)} characters, not {SHORTEST} to {LONGEST}")
    if "@" in nickname:
        raise InvalidNickname(problem="others may see it, so it must not be an email address")
    if wrong := next((each for each in nickname if not _is_allowed(each)), None):
        raise InvalidNickname(problem=f"it may have letters, digits, spaces, _ and -, but not {wrong!r}")
    if sum(map(str.isdecimal, nickname)) > _MOST_DIGITS:
        raise InvalidNickname(
            problem=f"more than {_MOST_DIGITS} digits could be a phone number, which others would see"
        )
    if not any(map(str.isalnum, nickname)):
        raise InvalidNickname(problem="it has neither a letter nor a digit")
    if _leads_away(nickname):
        raise InvalidNickname(problem="it looks like a link or an account elsewhere, which others would see")
    return nickname


def check_not_reserved(nickname: str, partners: Iterable[str]) -> None:
    """:raises InvalidNickname: people would take it for ours, or for a partner of one of these names."""
    key = nickname_key(nickname)
    ours = {nickname_key(name) for name in _OURS.split()}
    words = {key, *map(nickname_key, re.split(r"[ _-]+", nickname))}
    if words & ours or key in set(map(nickname_key, partners)):
        raise InvalidNickname(problem="it could be taken for that of the coalition or of a partner")


def nickname_key(nickname: str) -> str:
    """The same for two nicknames that people take for each other: by case, accents, look-alike letters, separators."""
    key = "".join(filter(str.isalnum, _drawn(nickname)))
    for two, one in _DRAWN_LIKE_TWO:
        key = key.replace(two, one)
    return key


def _drawn(text: str) -> str:
    plain = "".join(each for each in normalize("NFKD", text.casefold()) if not category(each).startswith("M"))
    return plain.translate(_DRAWN_LIKE)


def _leads_away(nickname: str) -> bool:
    words = re.split(r"[ _-]+", _drawn(nickname))
    return (
        any(word.startswith(("www", "http")) for word in words)
        or any(pair in _DRAWN_SITES for pair in pairwise(words))
        or (len(words) > 1 and words[-1] == "bot")
    )


_DRAWN_SITES = {(_drawn(name), _drawn(domain)) for name, domain in _SITES}


def _is_allowed(sign: str) -> bool:
    return sign in " _-" or category(sign) in ("Lu", "Ll", "Lt", "Lo", "Nd")
