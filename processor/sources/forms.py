"""Unreadable forms: files without log entries that can be read, and the remedy for each.

A sentence per file, before anything is counted. Checked with the first bytes of a file, raw and as text. Lines of plain
text are handled elsewhere: they are refused, or with `--text` counted, line by line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD_BYTES: Final = 1 << 16
"""Bytes of a file that are examined."""
_TAR_MAGIC: Final = 257
_JSON_INSTEAD: Final = "export it with `gcloud logging read FILTER --format=json`"


class _Form(NamedTuple):
    """The first bytes of a file form, and the sentence about it."""

    magic: bytes
    sentence: str


_BINARY: Final = (
    _Form(b"PK\x03\x04", "is a zip archive: unpack it first, `unzip -p FILE | gardener replay -`"),
    _Form(b"PK\x05\x06", "is an empty zip archive"),
    _Form(b"\x28\xb5\x2f\xfd", "is compressed with zstd: `zstd -dc FILE | gardener replay -`"),
    _Form(b"\x04\x22\x4d\x18", "is compressed with lz4: `lz4 -dc FILE | gardener replay -`"),
    _Form(b"\x1f\x9d", "is compressed with compress: `zcat FILE | gardener replay -`"),
    _Form(b"7z\xbc\xaf\x27\x1c", "is a 7-Zip archive: `7z x -so FILE | gardener replay -`"),
    _Form(b"Rar!", "is a RAR archive: unpack it first"),
    _Form(b"PAR1", "is Parquet: export the table as JSON, `bq extract --destination_format NEWLINE_DELIMITED_JSON`"),
    _Form(b"Obj\x01", "is Avro: export the table as JSON, `bq extract --destination_format NEWLINE_DELIMITED_JSON`"),
    _Form(b"SQLite format 3\0", "is an SQLite database; if it is a state, `gardener clusters --state sqlite:FILE`"),
    _Form(b"LPKSHHRH", "is systemd's journal: `journalctl -o json --file FILE | gardener replay -`"),
    _Form(b"ElfFile\0", "is a Windows event log: export it as JSON, or take it from Cloud Logging"),
    _Form(b"%PDF-", f"is a PDF, not an export of log entries: {_JSON_INSTEAD}"),
    _Form(b"\x7fELF", f"is a program, not an export of log entries: {_JSON_INSTEAD}"),
)
_HTML: Final = regex(rb"\s*(?:<!doctype html|<html|<head|<body)", re.IGNORECASE)
_XML: Final = regex(rb"\s*<(?:\?xml|[A-Za-z][\w:-]*(?:\s[^<>]*)?>)")
_GCLOUD_ERROR: Final = regex(rb"\s*ERROR: \(gcloud\.")
_FIELD: Final = (
    r"(?:insert_?id|log_?name|(?:receive_?)?timestamp|severity|(?:text|json|proto)_?payload\b|resource|labels)"
)
_YAML: Final = regex(
    rb"(?:[^{\[\n][^\n]*\n)?(?:---[^\n]*\n)?(?:[ \t]*(?:#[^\n]*)?\n)*(?:- )?[A-Za-z_][\w./-]*:(?:[ \t][^\n]*)?\r?\n"
)
_YAML_FIELD: Final = regex(rf"^(?:- |  )?{_FIELD}:(?:\s|$)".encode(), re.IGNORECASE | re.MULTILINE)
_BOX_TABLE: Final = regex(r"\s*(?:┌─|\+-{2,})".encode())
_TABLE: Final = regex(rb"[A-Z][A-Z0-9_]*(?: +[A-Z][A-Z0-9_]*)*\s*\r?\n")
_TABLE_FIELD: Final = regex(_FIELD.upper().replace(r"\B", r"\b").encode())
_CSV: Final = regex(rb"\"?[A-Za-z_@][\w./@\[\]-]*\"?(?:[,;\t]\s*\"?[A-Za-z_@][^,;\t\n]*)+\r?\n")
_CSV_FIELD: Final = regex(rf"(?:^|[,;\t\"]){_FIELD}".encode(), re.IGNORECASE)
_OTLP: Final = regex(rb"\s*\[?\s*\{\s*\"(?:resourceLogs|resource_logs)\"\s*:")
_OTLP_LINES: Final = (
    '\'.resourceLogs[] | ((.resource.attributes[]? | select(.key == "service.name") | .value.stringValue) //'
    ' "unknown") as $service | .scopeLogs[].logRecords[] | {time: .timeUnixNano, level: .severityText,'
    " message: .body.stringValue, service: $service, trace: .traceId}'"
)
_API_ERROR: Final = regex(rb"\s*\[?\s*\{\s*\"error\"\s*:\s*\{\s*\"(?:code|message|status|errors)\"\s*:")


def refusal_of_bytes(head: bytes) -> str:
    """Return why a file that begins like this cannot be read; "" if unknown."""
    if head[_TAR_MAGIC : _TAR_MAGIC + 5] == b"ustar":
        return "is a tar archive: `tar -xOf FILE | gardener replay -`"
    return next((form.sentence for form in _BINARY if head.startswith(form.magic)), "")


def refusal_of_text(head: bytes) -> str:
    """Return why text that begins like this is no export of log entries; "" if it may be an export."""
    line = head[: head.find(b"\n") + 1] or head + b"\n"
    is_json = head.lstrip()[:1] in (b"{", b"[")
    return next(
        (sentence for sentence, fits in _TEXT if is_json is (fits in _OF_JSON) and fits(head, line)),
        "",
    )


def _is_api_error(head: bytes, _line: bytes) -> bool:
    return _API_ERROR.match(head) is not None


def _is_otlp(head: bytes, _line: bytes) -> bool:
    return _OTLP.match(head) is not None


_OF_JSON: Final = (_is_api_error, _is_otlp)


def _is_csv(_head: bytes, line: bytes) -> bool:
    return _CSV.fullmatch(line) is not None and _CSV_FIELD.search(line) is not None


def _is_table(head: bytes, line: bytes) -> bool:
    return _BOX_TABLE.match(head) is not None or (
        _TABLE.fullmatch(line) is not None and _TABLE_FIELD.search(line) is not None
    )


def _is_yaml(head: bytes, _line: bytes) -> bool:
    return _YAML.match(head) is not None and _YAML_FIELD.search(head) is not None


_TEXT: Final[tuple[tuple[str, Callable[[bytes, bytes], bool]], ...]] = (
    ("holds an error answer of the API, not its entries; the answer says what is missing", _is_api_error),
    (
        f"holds OTLP requests of OpenTelemetry, each with many records: `jq -c {_OTLP_LINES} FILE | gardener replay -`",
        _is_otlp,
    ),
    (
        f"is a web page, perhaps of a sign-in that failed: {_JSON_INSTEAD}",
        lambda head, _line: _HTML.match(head) is not None,
    ),
    (f"is XML: {_JSON_INSTEAD}", lambda head, _line: _XML.match(head) is not None),
    (
        "holds gcloud's error message, not its output; run the gcloud command again and read what it says",
        lambda head, _line: _GCLOUD_ERROR.match(head) is not None,
    ),
    (f"is CSV: download JSON from the Logs Explorer (Actions, Download), or {_JSON_INSTEAD}", _is_csv),
    (f"is a table for people: {_JSON_INSTEAD}", _is_table),
    ("is YAML, as gcloud prints it when it is not told otherwise: add --format=json to the gcloud command", _is_yaml),
)
"""Possible forms of a text, surest first: the sentence, and a test of the head and its first line."""
