"""Who is looking, and what they may do. Pure but for the proxy's keys, which somebody else fetches.

Three ways in: this machine only (no token, no proxy), a token (header or signed cookie), Identity-Aware Proxy's
signed header. Whoever is let in is a `Viewer` with a name and a role; everybody else is nobody. A forged, expired or
malformed proof is no proof; it never raises.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processor.views.web.settings import WebSettings

COOKIE: Final = "gardener"
SESSION_S: Final = 12 * 3600
IAP_HEADER: Final = "x-goog-iap-jwt-assertion"
IAP_ISSUER: Final = "https://cloud.google.com/iap"
_CLOCK_SKEW_S: Final = 30
_LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})
_MAX_NAME: Final = 80


class Role(StrEnum):
    """What a viewer may do."""

    READ = "read-only"
    ON_CALL = "on-call"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who was let in.

    Attributes:
        name: as the audit trail names them.
        by_header: they proved it in a header that no other site can make a browser send.
    """

    name: str
    role: Role
    by_header: bool = False


class Access:
    """Decides who is looking. `key_for` gives the proxy's public key by its id, None where there is none."""

    def __init__(
        self, settings: WebSettings, *, key_for: Callable[[str], Any | None], local_name: str = "local"
    ) -> None:
        self._tokens = {
            Role.ON_CALL: settings.token.get_secret_value(),
            Role.READ: settings.read_token.get_secret_value(),
        }
        self._audience = settings.iap_audience
        self._on_call = [pattern.strip().lower() for pattern in settings.on_call.split(",") if pattern.strip()]
        self._is_local = settings.is_local
        self._local_name = local_name
        self._key_for = key_for
        # Derived from the tokens, so that several processes accept each other's cookies and forms.
        seed = "\0".join(self._tokens.values()).encode() if any(self._tokens.values()) else secrets.token_bytes(32)
        self._secret = hashlib.blake2b(seed, digest_size=32, person=b"gardener-session").digest()

    @property
    def can_sign_in(self) -> bool:
        """There is a token to sign in with."""
        return any(self._tokens.values())

    def viewer(self, headers: Mapping[str, str], cookies: Mapping[str, str], now_s: float) -> Viewer | None:
        """Who sent this request, None for nobody. Header names are lower-case."""
        if self._audience and (assertion := headers.get(IAP_HEADER)):
            return self._by_proxy(assertion)
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and (role := self.role_of(token.strip())):
            return Viewer("token", role, by_header=True)
        if self.can_sign_in and (cookie := cookies.get(COOKIE)):
            return self._by_cookie(cookie, now_s)
        if self._is_local and _host_name(headers.get("host", "")) in _LOCAL_HOSTS:
            return Viewer(self._local_name, Role.ON_CALL)
        return None

    def role_of(self, token: str) -> Role | None:
        """The role that a token gives; takes the same time for every wrong one."""
        given = token.encode("utf-8", "replace")
        roles = [role for role, known in self._tokens.items() if known and hmac.compare_digest(given, known.encode())]
        return roles[0] if roles else None

    def session(self, name: str, role: Role, now_s: float) -> str:
        """The signed cookie of somebody who has shown a token."""
        shown = urlsafe_b64encode(name[:_MAX_NAME].encode("utf-8", "replace")).decode()
        claim = f"{role.name}.{shown}.{int(now_s) + SESSION_S}"
        return f"{claim}.{self._sign('session', claim)}"

    def form_token(self, viewer: Viewer) -> str:
        """What a form must send back, so that another site's form is refused."""
        return self._sign("form", f"{viewer.role.name}.{viewer.name}")

    def is_form_token(self, viewer: Viewer, given: str) -> bool:
        """Whether the form came from a page that this viewer was shown."""
        return hmac.compare_digest(self.form_token(viewer).encode(), given.encode("utf-8", "replace"))

    def _sign(self, purpose: str, text: str) -> str:
        return hmac.new(self._secret, f"{purpose}\0{text}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def _by_cookie(self, cookie: str, now_s: float) -> Viewer | None:
        claim, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(self._sign("session", claim).encode(), signature.encode("utf-8", "replace")):
            return None
        role, name, expires = claim.split(".")
        if int(expires) <= now_s:
            return None
        return Viewer(urlsafe_b64decode(name).decode("utf-8", "replace"), Role[role])

    def _by_proxy(self, assertion: str) -> Viewer | None:
        import jwt

        try:
            key = self._key_for(str(jwt.get_unverified_header(assertion).get("kid", "")))
            if key is None:
                return None
            claims = jwt.decode(
                assertion,
                key,
                algorithms=["ES256"],
                audience=self._audience,
                issuer=IAP_ISSUER,
                leeway=_CLOCK_SKEW_S,
                options={"require": ["exp", "iat", "aud", "iss", "email"]},
            )
        except (jwt.PyJWTError, ValueError):
            return None
        email = str(claims["email"]).rpartition(":")[2].lower()[:_MAX_NAME]
        acts = any(fnmatchcase(email, pattern) for pattern in self._on_call)
        return Viewer(email, Role.ON_CALL if acts else Role.READ) if email else None


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """The browser says that our own page sent this; a request that says nothing of its origin is not ours."""
    site = headers.get("sec-fetch-site")
    if site not in (None, "same-origin"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return site == "same-origin"
    try:
        return urlsplit(origin).netloc == headers.get("host", "") != ""
    except ValueError:
        return False


def _host_name(host: str) -> str:
    """The host header without its port; another name than ours is a page that rebinds its own to this machine."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()
