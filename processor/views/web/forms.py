"""Forms: reading and verifying them, signing in and out. Their effects on clusters are in `acts`.

A form counts only if our own page sent it (origin and form token) and the viewer is on call; a script authenticates
with a token in a header instead, which no other site can make a browser send.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from processor.views.web import responses as answers
from processor.views.web.access_log import client_of
from processor.views.web.auth import COOKIE, is_same_origin
from processor.views.web.guesses import TooManyGuesses
from processor.views.web.middleware import too_many
from processor.views.web.sessions import SESSION_S, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from processor.views.web.access_log import AccessLog
    from processor.views.web.auth import Access
    from processor.views.web.sessions import Viewer

_MAX_FORM: Final = 16_384
_CHOSEN: Final = ("chosen", "id")
"""The page's boxes are not called "id", which would hide the form's own id from the script that updates it."""
_MAX_FIELDS: Final = 20
_BODY_S: Final = 10.0
"""Seconds for a form to arrive; a sender that stops half-way must not hold a place."""


async def sign_in(request: Request) -> Response:
    """Handle the sign-in form; the right token gives a signed cookie."""
    access: Access = request.app.state.access
    if not access.can_sign_in:
        raise HTTPException(404, "Sign-in is not enabled on this page.")
    wanted = _own_path(request.query_params.get("next", "/"))
    if request.method != "POST":
        return answers.page(request, "signin.html", wanted=wanted, message="")
    if not is_same_origin(request.headers):
        raise HTTPException(403, "This form was not sent from this page.")
    fields, _ = await fields_of(request)
    log: AccessLog = request.app.state.log
    client = client_of(request.scope)
    try:
        role = access.role_of(fields.get("token", ""), client)
    except TooManyGuesses as error:
        log.refused("guessing", client=client, path="/signin")
        return too_many(error)
    name = fields.get("name", "").strip()
    if role is None or not name:
        log.refused("name" if role else "token", client=client, path="/signin")
        sentence = "Enter your name for the audit trail." if role else "This token is not valid."
        return answers.page(request, "signin.html", code=401, wanted=wanted, message=sentence)
    log.signed_in(name, role, client=client)
    response = RedirectResponse(wanted, 303)
    response.set_cookie(
        COOKIE,
        access.sign_in(name, role),
        max_age=SESSION_S,
        httponly=True,
        samesite="lax",
        # Behind a proxy that ends TLS only the browser knows.
        secure=request.url.scheme == "https" or request.headers.get("origin", "").startswith("https:"),
    )
    return response


async def sign_out(request: Request) -> Response:
    """End the session and delete the cookie."""
    if not is_same_origin(request.headers):
        raise HTTPException(403, "This form was not sent from this page.")
    access: Access = request.app.state.access
    # In a thread: the state is told.
    await run_in_threadpool(access.sign_out, request.cookies)
    request.app.state.log.signed_out(request.state.viewer, client=client_of(request.scope))
    response = RedirectResponse("/signin", 303)
    response.delete_cookie(COOKIE)
    return response


def check_may_act(request: Request, fields: Mapping[str, str]) -> None:
    """Refuse read-only viewers, and forms not sent by this page. Raises `HTTPException`."""
    viewer: Viewer = request.state.viewer
    log: AccessLog = request.app.state.log
    told = {"client": client_of(request.scope), "path": request.scope["path"]}
    if viewer.role is not Role.ON_CALL:
        log.refused("read-only", who=viewer.name, **told)
        raise HTTPException(403, f"{viewer.name} has read-only access.")
    if viewer.by_header:
        return
    access: Access = request.app.state.access
    if not is_same_origin(request.headers) or not access.is_form_token(viewer, fields.get("form_token", "")):
        log.refused("not our form", who=viewer.name, **told)
        raise HTTPException(403, "This form was not sent from this page as you see it. Reload the page and try again.")


async def fields_of(request: Request, most: int = 0) -> tuple[dict[str, str], list[str]]:
    """Return (the form's fields, up to `most` chosen ids); bounded before they are read."""
    body = b""
    try:
        async with asyncio.timeout(_BODY_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MAX_FORM:
                    raise HTTPException(413, f"A form may have at most {_MAX_FORM:,} bytes.")
    except TimeoutError:
        raise HTTPException(408, "The form did not arrive in time.", {"connection": "close"}) from None
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MAX_FIELDS + most)
    except ValueError:
        raise HTTPException(400, "This is not a form that the page sends.") from None
    return dict(pairs), [value for name, value in pairs if name in _CHOSEN]


def _own_path(wanted: str) -> str:
    """Return where to go after signing in: a path of ours, never another site."""
    is_own = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return quote(wanted, safe="/") if is_own and "\\" not in wanted else "/"
