"""Escape log text for Markdown: nothing in it mentions, links, closes, opens a fence or forges a marker.

There are three forms. A block is put into a fence longer than any run of backticks inside it. A line, for a title, has
every character with a special meaning replaced or escaped; prose is such a line inside Markdown, where underscores
would otherwise mean emphasis. Log text appears in Markdown only in these forms.
"""

from __future__ import annotations

import re
from typing import Final

from processor.text.characters import marked, replaced

MAX_LINE: Final = 2_000
_NO_BREAK: Final = "\u200b"  # zero width space: splits a token for machines, not for eyes
_BACKTICKS: Final = re.compile("`+")
# cmark stores a fence's length in a byte: a run of 256 would close any fence.
_LONG_RUN: Final = re.compile("`{64,}")
_MARKER: Final = re.compile(r"log-gardener\s*:", re.IGNORECASE)
_HEX: Final = re.compile(r"\b(?=[a-f]*[0-9])[0-9a-f]{7,}\b", re.IGNORECASE)
_FOUR: Final = re.compile(r"(.{4})(?=.)")
_REFERENCE: Final = re.compile(r"#(?=\w)")
_MENTION: Final = re.compile(r"@(?=\w)")
_NUMBER: Final = re.compile(r"#(?=\w)")
_GH: Final = re.compile(r"\b(gh)-(?=\d)", re.IGNORECASE)
_DUPLICATE: Final = re.compile(r"\b(duplicate) (of)\b", re.IGNORECASE)
_WORD_LINK: Final = re.compile(r"\bwww\.", re.IGNORECASE)
_SHORTCODE: Final = re.compile(r":(?=[a-z0-9_+-]+:)", re.IGNORECASE)
# Characters that would begin Markdown or HTML are replaced by lookalikes.
_ALIKE: Final = str.maketrans(
    {
        "`": "'",
        "<": "\u2039",
        ">": "\u203a",
        "[": "\uff3b",
        "]": "\uff3d",
        "*": "\u2217",
        "|": "\u00a6",
        "\\": "\u29f5",
        "~": "\u223c",
        "&": "\uff06",
        "$": "\uff04",
    }
)


def clean(text: str) -> str:
    """Return the text with every invisible character marked; line ends are line feeds."""
    return _MARKER.sub("log gardener:", marked(text, replaced))


def block(text: str, *, max_chars: int, info: str = "text") -> str:
    """Return the text in its own fence, at column 0, without blank lines around it.

    Long lines are cut to `MAX_LINE`, the whole to `max_chars`; both cuts are marked.
    """
    lines = [line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]}… (line cut)" for line in _lines(text, max_chars)]
    content = "\n".join(lines)
    if len(content) > max_chars:
        content = f"{content[:max_chars]}\n… (cut)"
    content = _LONG_RUN.sub(f"{'`' * 63}…", content)
    longest = max((len(run) for run in _BACKTICKS.findall(content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{info}\n{content}\n{fence}"


def line(text: str, *, max_chars: int) -> str:
    """Return the text as a single line that stays text in a title, a mail subject or a chat message."""
    text = " ".join(clean(text[: max_chars * 4]).split()).replace("<*>", "…").replace("'…'", "…")
    text = text.translate(_ALIKE)
    text = text.replace("@", f"@{_NO_BREAK}").replace("://", f":{_NO_BREAK}//").replace("!(", f"!{_NO_BREAK}(")
    text = _REFERENCE.sub(f"#{_NO_BREAK}", text)
    text = _GH.sub("\\1\u2011", text)
    text = _WORD_LINK.sub(f"www{_NO_BREAK}.", text)
    text = _SHORTCODE.sub(f":{_NO_BREAK}", text)
    text = _DUPLICATE.sub(f"\\1{_NO_BREAK} \\2", text)
    text = _HEX.sub(lambda found: _FOUR.sub(rf"\1{_NO_BREAK}", found[0]), text)
    return text if len(text) <= max_chars else text[: max_chars - 1].rstrip(_NO_BREAK + " ") + "…"


def title(text: str, *, max_chars: int) -> str:
    """Return the text as an issue's title: a single line that can be found by searching for its words.

    GitHub renders only backticks and emoji short codes in a title, so brackets, digits and backslashes stay. Text that
    would become a mention, a reference or a link in a copy elsewhere is escaped.
    """
    text = " ".join(clean(text[: max_chars * 4]).split()).replace("<*>", "…").replace("`", "'")
    text = _MENTION.sub(f"@{_NO_BREAK}", text).replace("://", f":{_NO_BREAK}//")
    text = _NUMBER.sub(f"#{_NO_BREAK}", text)
    text = _GH.sub("\\1\u2011", text)
    text = _WORD_LINK.sub(f"www{_NO_BREAK}.", text)
    text = _SHORTCODE.sub(f":{_NO_BREAK}", text)
    text = _DUPLICATE.sub(f"\\1{_NO_BREAK} \\2", text)
    return text if len(text) <= max_chars else text[: max_chars - 1].rstrip(_NO_BREAK + " ") + "…"


def prose(text: str, *, max_chars: int) -> str:
    """Return the text as part of a line of Markdown, rendered as written: `__init__` keeps its underscores."""
    return line(text, max_chars=max_chars).replace("_", "\\_")


def _lines(text: str, max_chars: int) -> list[str]:
    """Return at most about `max_chars` of cleaned lines; the rest of a huge text is not read."""
    kept = clean(text[: max_chars * 2 + MAX_LINE])
    return kept.split("\n")
