"""No character that a person cannot see reaches Markdown, a terminal or the page unmarked."""

import sys
import unicodedata

import pytest

from processor.text import markdown
from processor.text.characters import is_unseen
from processor.text.terminal import plain
from processor.views.template_text import visible

UNSEEN_CLASSES = {"Cc", "Cf", "Cs", "Co", "Cn"}
# DerivedCoreProperties.txt, Default_Ignorable_Code_Point, and what the classes leave out of it.
IGNORABLE = [
    *(0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0),
    *range(0x180B, 0x1810),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    *range(0xFFF0, 0xFFF9),
    *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B),
    *range(0xE0000, 0xE1000),
]
RENDERERS = {
    "block": lambda text: markdown.block(text, max_chars=len(text) + 10),
    "line": lambda text: markdown.line(text, max_chars=len(text) + 10),
    "prose": lambda text: markdown.prose(text, max_chars=len(text) + 10),
    "terminal": plain,
    "page": visible,
}
SEEN_LAYOUT = {"\n", "\t"}
BLOCK = 1500


def unseen():
    found = {chr(one) for one in range(sys.maxunicode + 1) if unicodedata.category(chr(one)) in UNSEEN_CLASSES}
    return sorted((found | {chr(one) for one in IGNORABLE}) - SEEN_LAYOUT)


@pytest.mark.parametrize("name", RENDERERS)
def test_every_unseen_code_point_is_marked(name):
    characters = unseen()
    leaked = set()
    for start in range(0, len(characters), BLOCK):
        block = characters[start : start + BLOCK]
        leaked |= set(RENDERERS[name]("".join(f"a{one}" for one in block))) & set(block)

    assert len(characters) > 900_000
    # Our own no-break mark takes a mention or an address apart; log text cannot put it there.
    assert leaked == set()


@pytest.mark.parametrize(
    "text", ["naïve café", "⚠️ disk full", "نمی‌توان", "क्‍ष", "日本語のエラー", "👩‍💻 deployed", "a\tb\nc"]
)
def test_what_people_write_reads_as_it_was_written(text):
    shown = visible(text)

    assert "[U+" not in shown
    assert [one for one in text if not is_unseen(one)] == list(shown)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pay\u200dment", "pay[U+200D]ment"),
        ("\u202etxt.exe", "[U+202E]txt.exe"),
        ("x\U000e0041", "x[U+E0041]"),
        ("a\r\nb\u2028c", "a\nb\nc"),
        ("blank\u2800here", "blank[U+2800]here"),
    ],
)
def test_the_page_names_the_code_point(text, said):
    assert visible(text) == said
