"""HTML: the title and heading of a page that is, or is part of, a message.

Promises: pure, linear, never raises; text without a page is returned unchanged. The usual case is a proxy's error body.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from processor.model.patterns import regex

_READ: Final = 16_384  # characters of a page that are examined
_SAID: Final = 200  # characters taken from a page without title and heading
_PAGE: Final = regex(r"<(?:!doctype html|html|head|body|title|h1)(?:\s[^<>]{0,200})?>", re.IGNORECASE)
_SAYING: Final = regex(r"<(title|h1|h2)(?:\s[^<>]{0,200})?>([^<]{1,300})", re.IGNORECASE)
_SILENT: Final = regex(r"<(style|script)\b[^<]{0,4096}(?:<(?!/)[^<]{0,4096}){0,64}</\1>", re.IGNORECASE)
_TAG: Final = regex(r"<[!/A-Za-z][^<>]{0,1000}>")


def said(text: str) -> str:
    """Return the text with an HTML page in it replaced by the page's title and headings, each once."""
    if "<" not in text or (begin := _PAGE.search(text[:_READ])) is None:
        return text
    before, page = text[: begin.start()], text[begin.start() : begin.start() + _READ]
    end = page.rfind(">") + 1
    words = dict.fromkeys(" ".join(unescape(found).split()) for _, found in _SAYING.findall(page[:end]))
    message = ": ".join(word for word in words if word)
    if not message:
        message = " ".join(unescape(_TAG.sub(" ", _SILENT.sub(" ", page[:end]))).split())[:_SAID]
    return " ".join([*before.split(), *message.split(), *page[end:].split()])
