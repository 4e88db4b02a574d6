"""Authentication and authorisation of viewers. Pure except for the proxy's keys, which are fetched elsewhere.

Three ways in: this machine only (no token, no proxy), a token (header or signed cookie), Identity-Aware Proxy's
signed header. An authenticated sender is a `Viewer` with a name and a role; anybody else is None. A forged, expired or
malformed credential is none; it never raises.
"""

from __future__ import annotations

import hmac
import re
import time
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from processor.views.web.guesses import Guesses
from processor.views.web.sessions import Role, Sessions, Viewer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processor.views.web.ended import EndedSessions
    from processor.views.web.settings import WebSettings

COOKIE: Final = "gardener"
IAP_HEADER: Final = "x-goog-iap-jwt-assertion"
IAP_ISSUER: Final = "https://cloud.google.com/iap"
_CLOCK_SKEW_S: Final = 30
_LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})
_MAX_NAME: Final = 80
_MAX_CLAIM: Final = 400
_GOOGLE_ACCOUNTS: Final = "accounts.google.com"
_EMAIL: Final = re.compile(r"[^\s@:]+@[^\s@:]+")


class Access:
    """Identifies viewers. `key_for` returns the proxy's public key by its id, None if there is none.

    Args:
        settings: tokens, audience and people on call.
        key_for: looks up a public key of the proxy.
        local_name: name of a viewer on this machine.
        now_s: returns the time in seconds; replaceable for tests.
        ended: reads sessions that ended elsewhere from the state; needed if processes share a key, or outlive one.
    """

    def __init__(
        self,
        settings: WebSettings,
        *,
        key_for: Callable[[str], Any | None],
        local_name: str = "local",
        now_s: Callable[[], float] = time.time,
        ended: EndedSessions | None = None,
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
        self._now_s = now_s
        self._ended = ended if settings.session_key.get_secret_value() else None
        self.sessions = Sessions(settings.session_key.get_secret_value(), self._tokens)
        self.guesses = Guesses()

    @property
    def can_sign_in(self) -> bool:
        """Whether a token is set."""
        return any(self._tokens.values())

    def viewer(self, headers: Mapping[str, str], cookies: Mapping[str, str], client: str = "") -> Viewer | None:
        """Return the sender of a request, None if unknown. Header names are lower-case; `client` is its address.

        Raises `TooManyGuesses` if a token is given but not compared.
        """
        if self._audience and (assertion := headers.get(IAP_HEADER)):
            return self._by_proxy(assertion)
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self.can_sign_in and (role := self.role_of(token.strip(), client)):
            return Viewer("token", role, by_header=True)
        if self.can_sign_in and (cookie := cookies.get(COOKIE)):
            viewer = self.sessions.viewer(cookie, self._now_s())
            return None if viewer and self._ended and self._ended.has_ended(viewer.session) else viewer
        if self._is_local and _host_name(headers.get("host", "")) in _LOCAL_HOSTS:
            return Viewer(self._local_name, Role.ON_CALL)
        return None

    def role_of(self, token: str, client: str = "") -> Role | None:
        """Return the role of a token; takes the same time for every wrong one. Raises `TooManyGuesses`."""
        now_s = self._now_s()
        self.guesses.check(client, now_s)
        given = token.encode("utf-8", "replace")
        roles = [role for role, known in self._tokens.items() if known and hmac.compare_digest(given, known.encode())]
        self.guesses.note(client, now_s, is_right=bool(roles))
        return roles[0] if roles else None

    def sign_in(self, name: str, role: Role) -> str:
        """Return the signed cookie of a viewer with a valid token."""
        return self.sessions.cookie(name[:_MAX_NAME], role, self._now_s())

    def sign_out(self, cookies: Mapping[str, str]) -> None:
        """End the session of a cookie, for every copy of it and in every process that shares the key."""
        ended = self.sessions.end(cookies.get(COOKIE, ""), self._now_s())
        if ended is not None and self._ended is not None:
            session, expires_s = ended
            self._ended.end(session, datetime.fromtimestamp(expires_s, UTC))

    def form_token(self, viewer: Viewer) -> str:
        """Return the token that a form must send back, so that another site's form is refused."""
        return self.sessions.form_token(viewer)

    def is_form_token(self, viewer: Viewer, given: str) -> bool:
        """Return whether the form came from a page shown to this viewer."""
        return hmac.compare_digest(self.form_token(viewer).encode(), given.encode("utf-8", "replace"))

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
        return self._named(claims["email"])

    def _named(self, claim: object) -> Viewer | None:
        """Return the viewer of the proxy's e-mail claim, `ISSUER:E-MAIL` or the e-mail alone.

        Issuers other than Google's own accounts let people choose their address, so the issuer's name stays in front,
        and only a pattern that also names the issuer lets them act.
        """
        if not isinstance(claim, str) or len(claim) > _MAX_CLAIM or not claim.isprintable():
            return None
        issuer, _, email = claim.lower().rpartition(":")
        if not _EMAIL.fullmatch(email):
            return None
        issuer = "" if issuer == _GOOGLE_ACCOUNTS else issuer
        acts = any(_fits(pattern, issuer, email) for pattern in self._on_call)
        name = f"{issuer}:{email}" if issuer else email
        return Viewer(name, Role.ON_CALL if acts else Role.READ)


def _fits(pattern: str, issuer: str, email: str) -> bool:
    """Return whether a pattern, `[ISSUER:]E-MAIL`, matches this person; each part is compared separately."""
    wanted, _, people = pattern.rpartition(":")
    return wanted == issuer and fnmatchcase(email, people)


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Return whether the browser states that our own page sent this; without an origin it is not ours."""
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
    """Return the host header without its port; another name than ours means DNS rebinding."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()
