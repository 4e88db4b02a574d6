"""Decode the bytes of a file to UTF-8: unpack gzip, bzip2 and xz, convert UTF-16 and UTF-32, drop a byte order mark.

Memory stays bounded whatever a compressed file holds: the output comes in pieces, on demand.
"""

from __future__ import annotations

import bz2
import codecs
import lzma
import zlib
from typing import TYPE_CHECKING, Final, Protocol

from processor.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PIECE: Final = 1 << 20
_UTF8_BOM: Final = codecs.BOM_UTF8
_HEAD: Final = 6
"""Bytes needed to determine the encoding."""
# The longer marks first: UTF-32's begins with UTF-16's.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"), (_UTF8_BOM, "utf-8"),
    # No mark, but JSON's first character of two bytes.
    (b"{\0", "utf-16-le"), (b"[\0", "utf-16-le"), (b"\0{", "utf-16-be"), (b"\0[", "utf-16-be"),
)  # fmt: skip


class _Unpacker(Protocol):
    """The common interface of the decompressors of bz2 and lzma."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes: ...


class _Gzip:
    """zlib's decompressor with the interface of the other two."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max(max_length, 0))


_PACKED: Final[tuple[tuple[bytes, str, Callable[[], _Unpacker]], ...]] = (
    (b"\x1f\x8b", "gzip", _Gzip),
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ", "xz", lzma.LZMADecompressor),
)


class Decoding:
    """Takes chunks and returns UTF-8; `finish` returns the rest. Raises `SourceError` on damaged packed data."""

    def __init__(self) -> None:
        self._unpacked: _Stage | None = None
        self._text = _Text()
        self._head = b""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the text of a chunk, in pieces of bounded size."""
        if self._unpacked is None:
            self._head += chunk
            if len(self._head) < _HEAD and not self._head.startswith((b"{", b"[")):
                return
            chunk, self._head = self._head, b""
            self._unpacked = _stage_of(chunk)
        for piece in self._unpacked.feed(chunk):
            if text := self._text.feed(piece):
                yield text

    def finish(self) -> Iterator[bytes]:
        """Yield the rest at the end of the file."""
        if self._unpacked is None:
            self._unpacked = _stage_of(self._head)
            yield from (text for piece in self._unpacked.feed(self._head) if (text := self._text.feed(piece)))
        if rest := self._text.finish():
            yield rest
        self._unpacked.check_end()


class _Stage:
    """Unpacks data, member after member; plain data is unchanged."""

    def __init__(self, name: str = "", make: Callable[[], _Unpacker] | None = None) -> None:
        self._name = name
        self._make = make
        self._current: _Unpacker | None = make() if make else None
        self._begun = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        if self._make is None:
            yield chunk
            return
        while chunk or (self._current is not None and not self._current.needs_input):
            if self._current is None:
                if not chunk.strip(b"\0"):
                    return  # tape padding behind the last member
                self._current = self._make()
            try:
                piece = self._current.decompress(chunk, _PIECE)
            except (zlib.error, OSError, lzma.LZMAError, EOFError) as error:
                raise SourceError(f"its {self._name} data is damaged: {error}") from None
            chunk = b""
            if piece:
                yield piece
            if self._current.eof:
                chunk, self._current = self._current.unused_data, None

    def check_end(self) -> None:
        if self._current is not None:
            raise SourceError(f"its {self._name} data breaks off; what came before is read")


def _stage_of(head: bytes) -> _Stage:
    for magic, name, make in _PACKED:
        if head.startswith(magic):
            return _Stage(name, make)
    return _Stage()


class _Text:
    """UTF-16 and UTF-32 to UTF-8; everything else unchanged, without a byte order mark."""

    def __init__(self) -> None:
        self._head: bytes | None = b""
        self._decode: codecs.IncrementalDecoder | None = None

    def feed(self, piece: bytes) -> bytes:
        if self._head is not None:
            self._head += piece
            if len(self._head) < len(_UTF8_BOM) + 1 and not self._head.startswith((b"{\n", b'{"', b"[\n", b"[{")):
                return b""
            piece = self._begin()
        return piece if self._decode is None else self._decode.decode(piece).encode("utf-8", "replace")

    def _begin(self) -> bytes:
        head, self._head = self._head or b"", None
        for mark, name in _MARKS:
            if head.startswith(mark):
                if name != "utf-8":
                    self._decode = codecs.getincrementaldecoder(name)("replace")
                return head if b"\0" in mark[:2] and mark[:2] != b"\0\0" and b"\xff" not in mark else head[len(mark) :]
        return head

    def finish(self) -> bytes:
        rest = self._begin() if self._head is not None else b""
        if self._decode is None:
            return rest
        return self._decode.decode(rest, final=True).encode("utf-8", "replace")
