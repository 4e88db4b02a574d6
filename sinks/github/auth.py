"""Credentials for GitHub: a token, or an App's installation whose token is renewed before it expires."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol

import jwt

from processor.model.errors import TrackerError

_EARLY_S: Final = 300.0
_JWT_S: Final = 540
_SKEW_S: Final = 60
Mint = Callable[[str, str, Any], Any]
"""(path, the App's own token, payload) -> GitHub's answer."""


class Authority(Protocol):
    """Provides the authorization header of a request."""

    def header(self, now_s: float, mint: Mint) -> str:
        """Return the value of `authorization`."""

    def renew(self) -> bool:
        """Note that the last one was rejected; return whether the next one may differ."""


class TokenAuthority:
    """A personal or fine-grained token, which cannot be renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    def header(self, now_s: float, mint: Mint) -> str:
        """See `Authority.header`."""
        del now_s, mint
        return f"Bearer {self._token}"

    def renew(self) -> bool:
        """See `Authority.renew`."""
        return False


class AppAuthority:
    """An installation of a GitHub App; its tokens are valid for an hour and may write issues only.

    Args:
        private_key: PEM.
    """

    def __init__(self, app_id: str, installation_id: int, private_key: str) -> None:
        self._app_id = app_id
        self._installation_id = installation_id
        self._private_key = private_key
        self._token = ""
        self._expires_s = 0.0

    def header(self, now_s: float, mint: Mint) -> str:
        """See `Authority.header`. Raises `TrackerError` for a key that is none, and what `mint` raises."""
        if now_s >= self._expires_s - _EARLY_S:
            # GitHub refuses a token from the future; clocks differ.
            claims = {"iat": int(now_s) - _SKEW_S, "exp": int(now_s) + _JWT_S, "iss": self._app_id}
            try:
                own = jwt.encode(claims, self._private_key, algorithm="RS256")
            except (ValueError, TypeError, jwt.PyJWTError):
                raise TrackerError("GARDENER_GITHUB_PRIVATE_KEY is not the PEM of an RSA private key") from None
            path = f"/app/installations/{self._installation_id}/access_tokens"
            answer = mint(path, own, {"permissions": {"issues": "write", "metadata": "read"}})
            self._token = str(answer["token"])
            self._expires_s = datetime.fromisoformat(answer["expires_at"]).timestamp()
        return f"Bearer {self._token}"

    def renew(self) -> bool:
        """See `Authority.renew`."""
        had_one = bool(self._token)
        self._token, self._expires_s = "", 0.0
        return had_one
