"""In front of every route: authentication, and the headers of every response.

Plain ASGI, so that a stream of events passes untouched. An unauthenticated request gets no further than the sign-in
page and the static files. Access is decided on the path that the router uses: a URL made from the Host header is chosen
by the sender.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from processor.views.web.access_log import client_of
from processor.views.web.guesses import TooManyGuesses
from processor.views.web.render import PageContext, render

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from processor.views.web.access_log import AccessLog
    from processor.views.web.auth import Access

_READING: Final = frozenset({"GET", "HEAD"})
_OPEN: Final = {"/signin": _READING | {"POST"}, "/healthz": _READING}
_OPEN_FOLDER: Final = "/static/"
HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer": that would take the origin away from our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "x-robots-tag": "noindex",
}


class SafeHeaders:
    """Adds the headers above to every response; unless a route allows caching, it is not cached."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_safely if scope["type"] == "http" else send)


class Gate:
    """Puts the viewer into the request's state, or answers 401; 429 if tokens are being guessed."""

    def __init__(self, app: ASGIApp, access: Access, log: AccessLog) -> None:
        self._app = app
        self._access = access
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope)
        client = client_of(scope)
        try:
            # In a thread: the proxy's keys may have to be fetched.
            viewer = await run_in_threadpool(self._access.viewer, request.headers, request.cookies, client)
        except TooManyGuesses as error:
            self._log.refused("guessing", client=client, path=scope["path"])
            await too_many(error)(scope, receive, send)
            return
        scope.setdefault("state", {})["viewer"] = viewer
        if viewer is None and not is_open(scope["method"], scope["path"]):
            self._log.refused("nobody", client=client, path=scope["path"])
            await self._refusal(request)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, request: Request) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse({"error": "Sign in first."}, 401, {"www-authenticate": "Bearer"})
        path = request.scope["path"]
        if self._access.can_sign_in and request.method == "GET":
            return RedirectResponse(f"/signin?next={quote(path, safe='/')}", 303)
        page = render(
            "problem.html",
            PageContext(None, "", path),
            status=401,
            sentence="This page cannot identify you. Open it through the proxy in front of it.",
        )
        return Response(page, 401, media_type="text/html")


def is_open(method: str, path: str) -> bool:
    """Return whether a path is public; everything not listed is closed.

    An ambiguous path is closed, too.
    """
    if method in _OPEN.get(path, ()):
        return True
    steps = path.split("/")
    is_plain = ".." not in steps and "" not in steps[1:] and "\\" not in path and path.isprintable()
    return method in _READING and path.startswith(_OPEN_FOLDER) and is_plain


def too_many(error: TooManyGuesses) -> Response:
    """Return 429 with the time to wait."""
    return JSONResponse({"error": str(error)}, 429, {"retry-after": str(error.wait_s)})
