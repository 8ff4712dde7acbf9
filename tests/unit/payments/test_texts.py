"""What a payment file cannot say is said by the nearest that it can."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given

from coalition.payments.texts import plain_text, sepa_text, windows_1251_text
from tests.unit.payments.examples import TEXTS


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Kino & Café Müller GmbH", "Kino + Cafe Muller GmbH"),
        ("Щука, «Ёж» № 5", "Shchuka, Ezh No 5"),
        ("pay_1; [x] 漢", "pay-1, (x) Han"),
        ("a\u00adb\u200ec\r\nd", "abc d"),
        ("\ue000", ""),
    ],
)
def test_sepa_text__other_characters__are_transliterated(text: str, written: str):
    assert sepa_text(text, 70) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("ООО «Ёлка» № 5 – €", "ООО «Ёлка» № 5 – €"),
        ("и\u0306од", "йод"),
        ("Café Қазақ", "Cafe Qазаq"),
        ("до\u00a0конца\u2028строки", "до конца строки"),
    ],
)
def test_windows_1251_text__missing_letters_alone__are_transliterated(text: str, written: str):
    assert windows_1251_text(text, 70) == written


def test_plain_text__any_script__is_kept():
    assert plain_text(" Ёлка\t漢 \x07Қ ", 70) == "Ёлка 漢 Қ"


@pytest.mark.parametrize("rule", [plain_text, sepa_text, windows_1251_text])
def test_texts__too_long__are_cut_and_end_in_no_space(rule: Callable[[str, int], str]):
    assert rule("март " * 50, 10) == rule("март март", 10)
    assert len(rule("щ" * 300, 210)) == 210


@given(TEXTS)
def test_sepa_text__any_text__is_of_the_set_and_short_enough(text: str):
    assert re.fullmatch(r"[A-Za-z0-9/\-?:().,'+ ]{0,70}", sepa_text(text, 70))


@given(TEXTS)
def test_windows_1251_text__any_text__can_be_encoded_in_one_line(text: str):
    written = windows_1251_text(text, 210)
    assert len(written.encode("windows-1251")) == len(written) <= 210
    assert written.isprintable()


@given(TEXTS)
def test_texts__written_again__stay(text: str):
    for rule in (plain_text, sepa_text, windows_1251_text):
        assert rule(rule(text, 100), 100) == rule(text, 100)
