"""Both languages say everything, and with the same values."""

from string import Formatter

import pytest

from coalition.domain.entries import EntryKind
from coalition.domain.rate_cards import Cause
from coalition.papers.messages import MESSAGES, Words
from coalition.papers.money_sections import PARTS

KINDS = [kind.name.lower() for kind in EntryKind] + ["fee", "correction", "guarantee"]


def names(text: str) -> list[str | None]:
    return sorted({name for _, name, _, _ in Formatter().parse(text) if name is not None})


@pytest.mark.parametrize("key", MESSAGES)
def test_message__each__says_the_same_values_in_both_languages(key):
    message = MESSAGES[key]
    assert message.en.strip()
    assert message.ru.strip()
    assert names(message.en) == names(message.ru)


@pytest.mark.parametrize("key", sorted(set(MESSAGES) - {"none"}))
def test_message__each__is_translated(key):
    assert MESSAGES[key].en != MESSAGES[key].ru or key == "named_party"


def test_messages__causes_and_kinds__are_all_there():
    keys = {f"cause.{cause}" for cause in Cause} | {f"kind.{kind}" for kind in KINDS}
    assert keys == {key for key in MESSAGES if key.startswith(("cause.", "kind."))}


def test_parts__each_cause__belongs_to_one():
    assert sorted(cause for causes in PARTS.values() for cause in causes) == sorted(Cause)


def test_words__unknown_message_or_missing_value__is_an_error():
    with pytest.raises(KeyError):
        Words("en")("no such message")
    with pytest.raises(KeyError):
        Words("ru")("party")
