"""Nicknames, the only thing that others see of a member on a leaderboard: what is one, and which are the same."""

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
_DRAWN_LIKE = {ord(pair[0]): pair[1] for pair in _PAIRS.split()}
_DRAWN_LIKE_TWO = (("rn", "m"), ("vv", "w"))


def read_nickname(text: str) -> str:
    """The nickname in the form in which it is kept and shown: NFKC, without spaces at its ends or two in a row.

    :raises InvalidNickname: it is too short, too long, has other signs than it may, or tells how to reach somebody.
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
    return nickname


def nickname_key(nickname: str) -> str:
    """The same for two nicknames that people take for each other: by case, accents, look-alike letters, separators."""
    plain = "".join(each for each in normalize("NFKD", nickname.casefold()) if not category(each).startswith("M"))
    key = plain.translate(_DRAWN_LIKE)
    key = "".join(filter(str.isalnum, key))
    for two, one in _DRAWN_LIKE_TWO:
        key = key.replace(two, one)
    return key


def _is_allowed(sign: str) -> bool:
    return sign in " _-" or category(sign) in ("Lu", "Ll", "Lt", "Lo", "Nd")
