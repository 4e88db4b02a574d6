"""File names: extensions, and the forms of a name with blanks in it.

Promises: data only; `masks` and `masker` apply it.
"""

from __future__ import annotations

import re
from typing import Final

from processor.model.patterns import regex

EXTENSION: Final = (
    r"(?:txt|log|csv|tsv|json|ndjson|ya?ml|xml|html?|php|jsp|jar|war|zip|gz|bz2|tar|tgz|rpm|deb|whl|pid|sock|conf|cfg"
    r"|ini|properties|jpe?g|png|gif|svg|pdf|docx?|xlsx?|bak|tmp|dat|db|sql|sqlite|parquet|avro|orc|so|dll|exe|pyc?|js"
    r"|ts|java|c|h|cpp|hpp|rb|go|rs|sh|heic|webp|tiff?|bmp|mp[34]|mov|avi|mkv|wav|flac|ogg|pptx?|odt|ods|rtf|epub|ics"
    r"|vcf|eml|psd|svgz?|7z|rar|iso|dmg|apk|ipa|md|rst|tex)"
)
_FILE_NOUNS = (
    "upload", "file", "attachment", "document", "image", "photo", "picture", "video", "workbook", "spreadsheet",
    "recording", "scan", "blob", "asset", "object",
)  # fmt: skip
_FILE_PRODUCTS = ("thumbnail", "preview", "copy", "scan", "import", "upload", "conversion", "export")  # "copy of"
_HOLDS_FILE = rf"{'|'.join(_FILE_NOUNS)}|(?:{'|'.join(_FILE_PRODUCTS)}) of"
_TAKES_FILE = (
    r"open|read|load|save|print|preview|convert|scan|render|attach|upload|download|delete|parse|index|import|export|play"
    r"|process|transcode|compress|sign|encrypt|decrypt|share|sync|copy|move|rename|merge|split|classify|translate|send"
    r"|archive|restore|store|fetch|publish|stream"
)
_DOCUMENT_NOUNS = (
    r"clip|song|track|movie|slides?|deck|form|contract|receipt|statement|letter|invoice|report|certificate|book|drawing"
)
_DOCUMENTS = (
    "doc", "docx", "xls", "xlsx", "ppt", "pptx", "pdf", "odt", "ods", "csv", "rtf", "epub", "png", "jpg", "jpeg", "gif",
    "heic", "tif", "tiff", "webp", "mov", "wav", "zip",
)  # fmt: skip
HOLDS_FILE: Final = (*_FILE_NOUNS, *_FILE_PRODUCTS, *(f".{extension}" for extension in _DOCUMENTS))
"""A text with a file of such a name contains one of these, in lower case."""
_OF_FILE_NAME = (
    rf"(?:(?!(?:from|in|to|for|of|with|by|is|was|not)(?!\w)|(?:{_HOLDS_FILE}) )[^\s\"'`:,;/=]{{1,40}} ){{1,6}}"
    r"[^\s\"'`:,;/=]{0,60}"
)
_OF_DOCUMENT = (  # as a person names it, "minutes of May.docx"
    rf"(?:(?!(?:from|to|with|by|is|was|not)(?!\w)|(?:{_HOLDS_FILE}|{_DOCUMENT_NOUNS}) )[^\s\"'`:,;/=]{{1,40}} ){{1,6}}"
    r"[^\s\"'`:,;/=]{0,60}"
)
_OF_LAST_PART = (  # of a path
    r"(?:(?!(?:from|to|for|with|by|is|was|not|has|and|or)(?!\w))[^\s\"'`:,;/=]{1,40} ){1,6}[^\s\"'`:,;/=]{0,60}"
)
BLANKED_FILE: Final = regex(
    rf"(?<!\w)(?:(?P<reader>{_TAKES_FILE}) [^\s\"'`:,;=]{{1,200}}/{_OF_LAST_PART}\.(?:{'|'.join(_DOCUMENTS)})"
    rf"|(?P<lead>{_HOLDS_FILE}) (?:[^\s\"'`:,;=]{{1,200}}/)?{_OF_FILE_NAME}\.{EXTENSION}"
    rf"|(?P<verb>{_TAKES_FILE}|{_DOCUMENT_NOUNS}) {_OF_DOCUMENT}\.(?:{'|'.join(_DOCUMENTS)}))(?!\w)",
    re.IGNORECASE,
)
"""A file name with blanks in it, beside a noun that announces a file, "upload Q3 figures v2.xlsx", or a document beside
a verb: "could not open holiday list.docx"."""
