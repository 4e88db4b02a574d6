"""What changes something: actions on clusters, signing in and out.

A form counts only if our own page sent it (origin and form token) and the viewer is on call; a script proves itself
with a token in a header instead, which no other site can make a browser send.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, urlencode

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from processor.model.errors import ConfigError, GardenerError, OutcomeUnknown
from processor.triage.operate import TOGETHER, NotThere, Overtaken, Wish, mark_of
from processor.views.query import ListQuery
from processor.views.web import as_json
from processor.views.web import responses as answers
from processor.views.web.auth import COOKIE, SESSION_S, Role, is_same_origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from processor.views.snapshot import Outcome
    from processor.views.web.auth import Access, Viewer
    from processor.views.web.poller import Poller

_MAX_FORM: Final = 16_384
_MAX_FIELDS: Final = 20
_MAX_CHOSEN: Final = 200
_WHOLE: Final = "incident:"
"""Before an id in a choice: the whole incident, not the one cluster."""
_OWN: Final = re.compile(r"/|/clusters|/incidents/[\w-]{1,64}")


async def act(request: Request) -> Response:
    """Carry out what an on-call person asks for; 303 to the cluster as it is then."""
    fields, _ = await _fields(request)
    _check_may_act(request, fields)
    name = request.path_params["cluster_id"]
    poller: Poller = request.app.state.poller
    try:
        outcome = await poller.act(_wish(name, fields), who=request.state.viewer.name)
    except GardenerError as error:
        return await _not_done(request, name, error)
    done = outcome.done[0]
    if answers.wants_json(request):
        row = answers.row(poller.snapshot, done.id)
        relations = await answers.relations(request, poller.snapshot, row)
        return JSONResponse(as_json.detail_json(poller.snapshot, row, relations))
    return _back(f"/clusters/{quote(done.id)}", fields["action"], outcome.undo)


async def act_on_incident(request: Request) -> Response:
    """Carry an action out on every member of an incident that it concerns."""
    fields, _ = await _fields(request)
    _check_may_act(request, fields)
    poller: Poller = request.app.state.poller
    name = request.path_params["cluster_id"]
    found = poller.snapshot.incident_of(name)
    if found is None:
        return answers.problem(request, 404, f"There is no incident {name} any more.")
    wish = _wish(name, fields)
    if wish.action not in TOGETHER:
        return answers.problem(request, 422, f"Nothing was changed: an incident knows {', '.join(TOGETHER)}.")
    if wish.seen and wish.seen != found.mark:
        said = "Nothing was changed: somebody decided about one of its clusters first. Look again, then act."
        return answers.incident(request, poller.snapshot, found, message=said, code=409)
    seen = [wish._replace(cluster_id=row.cluster.id, seen=mark_of(row.cluster)) for row in found.reached(wish.action)]
    outcome = await _on_all(request, seen)
    if isinstance(outcome, Response):
        return outcome
    now = poller.snapshot.incident_of(name)
    if answers.wants_json(request):
        return JSONResponse(_outcome_json(outcome) | {"incident": now and as_json.incident_json(now)})
    return _back(f"/incidents/{quote(now.id if now else name)}", wish.action, outcome.undo, len(outcome.done))


async def act_on_many(request: Request) -> Response:
    """Carry an action out on the clusters that were chosen in the list."""
    fields, chosen = await _fields(request, most=_MAX_CHOSEN)
    _check_may_act(request, fields)
    poller: Poller = request.app.state.poller
    wish = _wish("", fields)
    settings = []
    for name in dict.fromkeys(chosen):
        incident = poller.snapshot.incident_of(name.removeprefix(_WHOLE)) if name.startswith(_WHOLE) else None
        rows = incident.reached(wish.action) if incident else [answers.row(poller.snapshot, name)]
        settings += [wish._replace(cluster_id=row.cluster.id, seen=mark_of(row.cluster)) for row in rows]
    if not settings or wish.action not in TOGETHER:
        said = f"there are {', '.join(TOGETHER)}" if settings else "choose at least one cluster"
        return answers.problem(request, 422, f"Nothing was changed: {said}.")
    outcome = await _on_all(request, settings)
    if isinstance(outcome, Response):
        return outcome
    if answers.wants_json(request):
        return JSONResponse(_outcome_json(outcome))
    return _back(_own_list(fields.get("back", "")), wish.action, outcome.undo, len(outcome.done))


async def undo(request: Request) -> Response:
    """Take an act back, by the name that its outcome gave."""
    fields, _ = await _fields(request)
    _check_may_act(request, fields)
    poller: Poller = request.app.state.poller
    outcome = await poller.take_back(fields.get("name", ""), who=request.state.viewer.name)
    if outcome.problems:
        return answers.problem(request, 409, "Not undone: " + "; ".join(outcome.problems))
    if answers.wants_json(request):
        return JSONResponse(_outcome_json(outcome))
    back = fields.get("back", "")
    return _back(_own_list(back) if back else f"/clusters/{quote(outcome.done[0].id)}", "undo")


async def _on_all(request: Request, settings: Sequence[Wish]) -> Outcome | Response:
    """What came of them; an answer where a wish makes no sense or any was not carried out."""
    poller: Poller = request.app.state.poller
    outcome = await poller.act_on_all(settings, who=request.state.viewer.name)
    if not outcome.problems:
        return outcome
    n, of = len(outcome.done), len(settings)
    said = f"{f'Only {n} of {of} were changed' if n else 'Nothing was changed'}: {'; '.join(outcome.problems[:3])}"
    return answers.problem(request, 409, said)


def _back(path: str, action: str, undo: str = "", n: int = 0) -> Response:
    """To the page as it is now, which says what was done and offers to take it back."""
    asked = {"done": action} | ({"undo": undo} if undo else {}) | ({"n": str(n)} if n else {})
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}{urlencode(asked)}", 303)


def _outcome_json(outcome: Outcome) -> dict[str, object]:
    return {"done": [one.id for one in outcome.done], "undo": outcome.undo}


async def _not_done(request: Request, name: str, error: GardenerError) -> Response:
    """What became of it, on the cluster's own page as it is by now, so that what was typed stays."""
    poller: Poller = request.app.state.poller
    codes: dict[type[Exception], int] = {ConfigError: 422, NotThere: 404, Overtaken: 409}
    code = next((code for kind, code in codes.items() if isinstance(error, kind)), 503)
    said = str(error) if isinstance(error, OutcomeUnknown) else f"Nothing was changed: {error}"
    await poller.look_again()
    row = poller.snapshot.row(name)
    if answers.wants_json(request) or row is None:
        return answers.problem(request, code, said)
    return await answers.detail(request, poller.snapshot, row, message=said, code=code)


async def sign_in(request: Request) -> Response:
    """A form for the token; the right one gives a signed cookie."""
    access: Access = request.app.state.access
    if not access.can_sign_in:
        raise HTTPException(404, "There is nothing to sign in to here.")
    wanted = _own_path(request.query_params.get("next", "/"))
    if request.method != "POST":
        return answers.page(request, "signin.html", wanted=wanted, message="")
    if not is_same_origin(request.headers):
        raise HTTPException(403, "This form was not sent from this page.")
    fields, _ = await _fields(request)
    role = access.role_of(fields.get("token", ""))
    name = fields.get("name", "").strip()
    if role is None or not name:
        sentence = "Say who you are, for the audit trail." if role else "This is not a token that is known here."
        return answers.page(request, "signin.html", code=401, wanted=wanted, message=sentence)
    response = RedirectResponse(wanted, 303)
    response.set_cookie(
        COOKIE,
        access.session(name, role, time.time()),
        max_age=SESSION_S,
        httponly=True,
        samesite="lax",
        # Behind a proxy that ends TLS only the browser knows.
        secure=request.url.scheme == "https" or request.headers.get("origin", "").startswith("https:"),
    )
    return response


async def sign_out(request: Request) -> Response:
    """Forget the cookie."""
    if not is_same_origin(request.headers):
        raise HTTPException(403, "This form was not sent from this page.")
    response = RedirectResponse("/signin", 303)
    response.delete_cookie(COOKIE)
    return response


def _wish(cluster_id: str, fields: Mapping[str, str]) -> Wish:
    return Wish(
        cluster_id=cluster_id,
        action=fields.get("action", ""),
        seen=fields.get("seen", ""),
        until=fields.get("until", ""),
        note=fields.get("note", "").strip(),
        priority=fields.get("priority", ""),
        into=fields.get("into", ""),
        apart=fields.get("apart", ""),
        next_revision=fields.get("next_revision", "") == "yes",
    )


def _check_may_act(request: Request, fields: Mapping[str, str]) -> None:
    viewer: Viewer = request.state.viewer
    if viewer.role is not Role.ON_CALL:
        raise HTTPException(403, f"{viewer.name} may look, not act.")
    if viewer.by_header:
        return
    access: Access = request.app.state.access
    if not is_same_origin(request.headers) or not access.is_form_token(viewer, fields.get("form_token", "")):
        raise HTTPException(403, "This form was not sent from this page as you see it. Reload the page and try again.")


async def _fields(request: Request, most: int = 0) -> tuple[dict[str, str], list[str]]:
    """(the form's fields, the ids that were chosen, `most` of them); bounded before they are read."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_FORM:
            raise HTTPException(413, f"A form has {_MAX_FORM:,} bytes at most.")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MAX_FIELDS + most)
    except ValueError:
        raise HTTPException(400, "This is not a form that the page sends.") from None
    return dict(pairs), [value for name, value in pairs if name == "id"]


def _own_list(wanted: str) -> str:
    """The list or incident where something was done, the filter included; nothing but a page of ours."""
    path, _, asked = wanted.partition("?")
    kept = [(name, value) for name, value in parse_qsl(asked) if name in ListQuery.model_fields]
    return f"{path if _OWN.fullmatch(path) else '/clusters'}{'?' + urlencode(kept) if kept else ''}"


def _own_path(wanted: str) -> str:
    """Where to go after signing in: a path of ours, never another site."""
    is_own = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return quote(wanted, safe="/") if is_own and "\\" not in wanted else "/"
