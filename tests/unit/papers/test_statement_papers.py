"""What a finance person reads: the right numbers in both languages, on a page that needs nothing besides."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO

import pytest
from pypdf import PdfReader

from coalition.domain.statements import CounterpartyTotal
from coalition.papers.scribe import Context
from coalition.papers.statement_html import statement_html
from coalition.papers.statement_paper import statement_paper
from coalition.papers.statement_pdf import statement_pdf
from tests.unit.papers.examples import CAFE, CONTEXT, GROCER, WEEKS, lines, statement

LANGUAGES = ("en", "ru")
FACTS = {
    "en": [
        *(
            "Statement of account",
            "To be received by you",
            "1,233,191.34",
            "1,234,567.89",
            "1,500.00",
            "123.45",
            "0.0073",
        ),
        *(
            "1,000,000",
            "-99,500",
            "1,150,000.00",
            "11 February 2026, 00:00 (Moscow Standard Time)",
            "62,417",
            "919.4375",
        ),
        *("RUB – Russian Rouble", "2025-12-31 23:15:00", "corrects dis_01JHASKED", "31 January 2026", "Monthly fee"),
    ],
    "ru": [
        *("Акт сверки взаимных расчётов", "К получению вами", "1 233 191,34 ₽", "1 234 567,89", "1 500,00", "123,45"),
        *("0,0073", "1 000 000", "-99 500", "1 150 000,00", "11 февраля 2026, 00:00", "62 417", "919,4375"),
        *("RUB – российский рубль", "31.12.2025 23:15:00", "исправляет dis_01JHASKED", "31 января 2026"),
        *("Ежемесячная плата", "Корень Меркла"),
    ],
}
BOTH = [CAFE, GROCER, "Сбербанк, …4021", "sta_01JHCAFE", "31337", "1234567", "sta_01JHCAFE.csv", "Europe/Moscow"]


class Page(HTMLParser):
    """The text of a page, its tags, and whether they close in order."""

    VOID = frozenset({"meta", "rect", "line"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def html(language: str = "en", **changes: object) -> str:
    changed = replace(statement(), **changes)
    return statement_html(changed, lines(), WEEKS, CONTEXT, language)


@pytest.fixture(scope="module", params=LANGUAGES)
def pdf(request) -> tuple[str, bytes]:
    return request.param, statement_pdf(statement(), iter(lines()), WEEKS, CONTEXT, request.param)


@pytest.mark.parametrize("language", LANGUAGES)
def test_html__a_statement__says_it_all(language):
    text = plain(Page(html(language)).text)
    for fact in [*FACTS[language], *BOTH, statement().root, statement().head, statement().ledger]:
        assert fact in text, fact


def test_pdf__a_statement__says_it_all(pdf):
    language, content = pdf
    text = plain(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages))
    for fact in [*FACTS[language], *BOTH, statement().root, statement().head, statement().ledger]:
        assert fact in text, fact


def test_pdf__a_statement__has_its_fonts_and_its_language_inside(pdf):
    language, content = pdf
    document = PdfReader(BytesIO(content))
    assert document.trailer["/Root"]["/Lang"] == language
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "sta_01JHCAFE" in document.metadata.title
    fonts = [font.get_object() for page in document.pages for font in page["/Resources"]["/Font"].values()]
    for font in fonts:
        described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & described.keys()


def test_papers__same_statement_again__are_the_same_bytes(pdf):
    language, content = pdf
    assert statement_pdf(statement(), lines(), WEEKS, CONTEXT, language) == content
    assert html(language) == html(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_html__page__needs_nothing_besides_and_can_be_read_aloud(language):
    page = Page(html(language))
    assert page.open == []
    attributes = [name for _, values in page.tags for name in values]
    tags = [tag for tag, _ in page.tags]
    assert not {"script", "link", "img", "iframe", "object", "use", "image"} & set(tags)
    assert not [name for name in attributes if name in ("src", "href", "xlink:href") or name.startswith("on")]
    assert "url(" not in html(language)
    assert ("html", {"lang": language}) in page.tags
    assert all(values.get("scope") in ("col", "row") for tag, values in page.tags if tag == "th")
    (svg,) = (values for tag, values in page.tags if tag == "svg")
    ids = [values["id"] for _, values in page.tags if "id" in values]
    assert svg["role"] == "img"
    assert set(svg["aria-labelledby"].split()) <= set(ids)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "</title><b>", "#set text(9pt) *x* $y$ @z \\", '" onload="x']
)
def test_papers__name_with_markup__is_text(name):
    context = replace(CONTEXT, names={1: name, 2: name}, bank_hints={2: name}, lines_file=name)
    changed = replace(statement(), partner_name=name)
    page = Page(statement_html(changed, lines(), WEEKS, context, "en"))
    assert name in page.text
    assert not {"script", "b"} & {tag for tag, _ in page.tags}
    assert not [values for _, values in page.tags if "onload" in values]
    document = PdfReader(BytesIO(statement_pdf(changed, lines(), WEEKS, context, "en")))
    assert name.replace(" ", "") in re.sub(r"\s", "", document.pages[0].extract_text())


@pytest.mark.parametrize("name", ["株式会社", "Café 🍕", "Bell\x07 \x00", "Ծիրան"])
def test_papers__name_that_fonts_or_markup_do_not_have__does_not_stop_them(name):
    changed = replace(statement(), partner_name=name)
    assert statement_pdf(changed, lines(), WEEKS, CONTEXT, "ru").startswith(b"%PDF")
    page = Page(statement_html(changed, lines(), WEEKS, CONTEXT, "ru"))
    assert re.sub("[\x00\x07]", "\N{REPLACEMENT CHARACTER}", name) in page.text


def test_pdf__of_ordinary_names__is_made_to_the_standards_with_the_fonts_of_the_library(pdf):
    _, content = pdf
    assert re.search(rb"pdfaid:part[>=\"' ]+2", content)
    assert b"pdfuaid:part" in content
    fonts = [font for page in PdfReader(BytesIO(content)).pages for font in page["/Resources"]["/Font"].values()]
    families = {font.get_object()["/BaseFont"].split("+")[1].split("-")[0] for font in fonts}
    assert families <= {"LibertinusSerif", "DejaVuSansMono", "NewCM10"}


@pytest.mark.parametrize(
    ("minor", "language", "label"),
    [
        (-1, "en", "To be paid by you"),
        (-1, "ru", "К уплате вами"),
        (0, "en", "Nothing to pay or to receive"),
        (0, "ru", "Платежей не требуется"),
        (1, "en", "To be received by you"),
        (1, "ru", "К получению вами"),
    ],
)
def test_position__its_sign__says_who_pays(minor, language, label):
    totals = (CounterpartyTotal(0, "redemption", 2, 1, minor, 0),)
    paper = statement_paper(
        replace(statement(), totals=totals, position_minor=minor), lines(), WEEKS, CONTEXT, language
    )
    assert paper.position.label == label
    assert "-" not in paper.position.money
    assert paper.position.money.strip("RUB₽\N{NO-BREAK SPACE}") in (f"0.0{abs(minor)}", f"0,0{abs(minor)}")
    assert CAFE in paper.position.meaning


def table(title: str, **changes: object) -> list[tuple[str, ...]]:
    context = replace(CONTEXT, **changes)
    sections = statement_paper(statement(), lines(), WEEKS, context, "en").sections
    (found,) = (section.table for section in sections if section.title == title)
    return [*found.rows, found.total]


def test_summary__parts__come_to_the_position():
    assert table("How the position comes about") == [
        ("Settlements by counterparty", "1,234,567.89", "—"),
        ("Fees", "—", "1,500.00"),
        ("Corrections", "123.45", "—"),
        ("Position", "1,233,191.34", "—"),
    ]


def test_parts__totals__are_under_the_side_they_belong_to():
    total = ("Total", "", "", "")
    assert table("Settlements by counterparty")[-1] == (*total, "1,234,567.89", "0.00", "")
    assert table("Fees")[-1] == (*total, "0.00", "1,500.00", "")


def test_liability__movements__add_up_from_opening_to_closing():
    rows = table("Your points in members' hands")
    *movements, closing = (int(points.replace(",", "")) for _, points, _ in rows)
    assert sum(movements) == closing == 1_150_000
    assert [worth for _, _, worth in rows] == ["1,000,000.00", "—", "—", "—", "1,150,000.00"]


def test_liability__movements_do_not_add_up__the_rest_is_shown():
    paper = statement_paper(replace(statement(), closing_points=1_150_007), lines(), WEEKS, CONTEXT, "en")
    (found,) = (section.table for section in paper.sections if section.title == "Your points in members' hands")
    assert found.rows[-1] == ("Other changes", "7", "—")


def test_liability__opening_not_known__is_a_dash():
    assert table("Your points in members' hands", opening_liability_minor=None)[0][2] == "—"


def test_lines__more_than_are_shown__corrections_and_late_ones_are_and_the_first_of_the_others():
    special = table("Corrections and late entries", first_lines=2)
    first = table("Entries", first_lines=2)
    assert [row[-1] for row in special[:-1]] == [
        "ent_01JH0000000000000000000000, late",
        "ent_01JHREVERSAL, corrects red_01JHSOLD",
        "cor_01JHFIXED, corrects dis_01JHASKED",
    ]
    assert [row[-1][-1] for row in first[:-1]] == ["1", "2"]
    sections = statement_paper(statement(), lines(), WEEKS, replace(CONTEXT, first_lines=2), "en").sections
    notes = [note for section in sections for note in section.notes]
    assert "Shown here: 5 of 8 lines. All of them are in sta_01JHCAFE.csv." in notes


def test_paper__statement_that_contradicts_itself__is_not_written():
    with pytest.raises(ValueError, match="do not come to its position"):
        statement_paper(replace(statement(), position_minor=1), lines(), WEEKS, CONTEXT, "en")
    with pytest.raises(ValueError, match="has 8 lines, not 7"):
        statement_paper(statement(), lines()[:-1], WEEKS, CONTEXT, "en")
    unknown = (CounterpartyTotal(2, "bribe", None, 1, 5, 0),)
    with pytest.raises(ValueError, match="bribe"):
        statement_paper(replace(statement(), totals=unknown, position_minor=5), lines(), WEEKS, CONTEXT, "en")


def test_paper__nothing_happened__is_a_statement_too():
    empty = replace(statement([]), totals=(), position_minor=0)
    bare = Context(names={}, dispute_until=CONTEXT.dispute_until, lines_file="lines.csv")
    text = plain(Page(statement_html(empty, [], [], bare, "en")).text)
    assert "None in this period." in text
    assert "Partner no. 1" in text
    assert statement_pdf(empty, [], [], bare, "ru").startswith(b"%PDF")


def test_parties__pool_and_strangers__have_names():
    totals = (CounterpartyTotal(0, "redemption", 7, 1, 5, 0),)
    paper = statement_paper(replace(statement(), totals=totals, position_minor=5), lines(), WEEKS, CONTEXT, "ru")
    (found,) = (section.table for section in paper.sections if section.title == "Расчёты по контрагентам")
    assert found.rows[0][:3] == ("Фонд коалиции", "Списание баллов", "Партнёр №\N{NO-BREAK SPACE}7")
