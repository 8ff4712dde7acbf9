"""Text in the characters that a payment file may have: what else there is, is rewritten by one rule for each."""

import re
import unicodedata

from anyascii import anyascii

_STAND_INS = str.maketrans({"_": "-", "&": "+", '"': "'", "`": "'", ";": ",", "@": "(at)", "[": "(", "]": ")"})
_NO_SEPA = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]+")


def plain_text(text: str, longest: int) -> str:
    """Any script, composed (NFC), in one line, without control characters, cut at ``longest`` characters."""
    return _cut(_one_line(text), longest)


def sepa_text(text: str, longest: int) -> str:
    """The Latin set that every SEPA bank must take (EPC217-08), cut at ``longest`` characters.

    Other scripts and accented letters are transliterated, signs get the nearest one of the set, and a space where there
    is none. Empty if nothing is left.
    """
    latin = anyascii(_one_line(text)).translate(_STAND_INS)
    return _cut(_NO_SEPA.sub(" ", latin), longest)


def windows_1251_text(text: str, longest: int) -> str:
    """As ``plain_text``, but a character that windows-1251 lacks is transliterated to ASCII, letter by letter."""
    kept = "".join(_in_windows_1251(character) for character in _one_line(text))
    return _cut(kept, longest)


def _one_line(text: str) -> str:
    return "".join(_shown(character) for character in unicodedata.normalize("NFC", text))


def _shown(character: str) -> str:
    # A soft hyphen or a mark of direction is not seen, so nothing stands for it; a line break separates words.
    if unicodedata.category(character) == "Cf":
        return ""
    return character if character.isprintable() else " "


def _in_windows_1251(character: str) -> str:
    try:
        character.encode("windows-1251")
    except UnicodeEncodeError:
        return anyascii(character)
    return character


def _cut(text: str, longest: int) -> str:
    return " ".join(text.split())[:longest].rstrip()
