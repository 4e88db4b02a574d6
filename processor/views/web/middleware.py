"""In front of every route: who is it, and the headers that every answer carries.

Plain ASGI, so that a stream of events passes untouched. A request that nobody has proved to have sent gets no further
than the sign-in page and the static files.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from processor.views.web.render import PageContext, render

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from processor.views.web.auth import Access

OPEN_PATHS: Final = ("/static/", "/signin", "/healthz")
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
    """Adds the headers above to every answer; what a route does not say about caching is not kept."""

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
    """Puts the viewer into the request's state, or answers 401."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        # In a thread: the proxy's keys may have to be fetched.
        viewer = await run_in_threadpool(self._access.viewer, request.headers, request.cookies, time.time())
        scope.setdefault("state", {})["viewer"] = viewer
        if viewer is None and not request.url.path.startswith(OPEN_PATHS):
            await self._refusal(request)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, request: Request) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse({"error": "Sign in first."}, 401, {"www-authenticate": "Bearer"})
        if self._access.can_sign_in and request.method == "GET":
            wanted = quote(request.url.path, safe="/")
            return RedirectResponse(f"/signin?next={wanted}", 303)
        page = render(
            "problem.html",
            PageContext(None, "", request.url.path),
            status=401,
            sentence="This page cannot tell who you are. Open it through the proxy that protects it.",
        )
        return Response(page, 401, media_type="text/html")
