"""Signed sessions, until sign-out or for twelve hours. Pure except for the random key.

Each role has its own signing key, derived from a secret known only to this process (or `session_key`, if several
processes share one) and the role's token: a new token ends the sessions of the old one. A role without a token has no
key, hence no sessions. No key is derived only from what a viewer may know.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

SESSION_S: Final = 12 * 3600
_MAX_ENDED: Final = 50_000
_MAX_COOKIE: Final = 1000


class Role(StrEnum):
    """The rights of a viewer."""

    READ = "read-only"
    ON_CALL = "on-call"


class Viewer(Struct, frozen=True):
    """An authenticated person or script.

    Attributes:
        name: as in the audit trail.
        by_header: authenticated by a header that no other site can make a browser send.
        session: id of the session, "" without one.
    """

    name: str
    role: Role
    by_header: bool = False
    session: str = ""


class Sessions:
    """Makes cookies, reads them, and remembers which of them have ended."""

    def __init__(self, shared_key: str, tokens: Mapping[Role, str]) -> None:
        secret = shared_key.encode() if shared_key else secrets.token_bytes(32)
        self._keys = {
            role: _key(secret, f"session\0{role.name}\0{token}", b"gardener-role")
            for role, token in tokens.items()
            if token
        }
        self._form_key = _key(secret, "form", b"gardener-form")
        self._ended: dict[str, float] = {}
        self._floor_s = 0.0

    def cookie(self, name: str, role: Role, now_s: float) -> str:
        """Return a new session's cookie. Raises `KeyError` for a role without a token."""
        shown = urlsafe_b64encode(name.encode("utf-8", "replace")).decode()
        claim = f"{role.name}.{secrets.token_hex(16)}.{shown}.{int(now_s) + SESSION_S}"
        return f"{claim}.{_sign(self._keys[role], claim)}"

    def viewer(self, cookie: str, now_s: float) -> Viewer | None:
        """Return the viewer of a cookie, None if it is forged, expired or ended."""
        found = self._read(cookie)
        if found is None:
            return None
        viewer, expires_s = found
        if expires_s <= now_s or viewer.session in self._ended or expires_s <= self._floor_s:
            return None
        return viewer

    def end(self, cookie: str, now_s: float) -> tuple[str, int] | None:
        """End this session for every copy of its cookie; return its id and expiry."""
        found = self._read(cookie)
        if found is None:
            return None
        viewer, expires_s = found
        if len(self._ended) >= _MAX_ENDED:
            self._ended = {session: at for session, at in self._ended.items() if at > now_s}
        if len(self._ended) >= _MAX_ENDED:
            # Too many to remember: everybody signs in again, rather than an ended session coming back.
            self._floor_s, self._ended = now_s + SESSION_S, {}
        self._ended[viewer.session] = expires_s
        return viewer.session, expires_s

    def form_token(self, viewer: Viewer) -> str:
        """Return the token of forms shown to this viewer in this session."""
        return _sign(self._form_key, f"{viewer.role.name}.{viewer.session}.{viewer.name}")

    def _read(self, cookie: str) -> tuple[Viewer, int] | None:
        claim, _, signature = cookie.rpartition(".")
        parts = claim.split(".")
        key = next((key for role, key in self._keys.items() if role.name == parts[0]), None)
        if key is None or len(cookie) > _MAX_COOKIE:
            return None
        if not hmac.compare_digest(_sign(key, claim).encode(), signature.encode("utf-8", "replace")):
            return None
        role, session, name, expires = parts
        viewer = Viewer(urlsafe_b64decode(name).decode("utf-8", "replace"), Role[role], session=session)
        return viewer, int(expires)


def _key(secret: bytes, purpose: str, person: bytes) -> bytes:
    return hmac.new(secret, person + b"\0" + purpose.encode(), hashlib.sha256).digest()


def _sign(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
