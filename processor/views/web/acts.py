"""People's actions on a cluster, an incident, or several chosen clusters, and undo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, urlencode

from starlette.responses import JSONResponse, RedirectResponse, Response

from processor.model.errors import ConfigError, GardenerError, OutcomeUnknown
from processor.triage.operate import NotThere, Overtaken, Wish, mark_of
from processor.triage.transitions import VERBS
from processor.views.query import ListQuery
from processor.views.web import as_json
from processor.views.web import responses as answers
from processor.views.web.access_log import client_of
from processor.views.web.forms import check_may_act, fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from processor.views.outcome import Outcome
    from processor.views.web.access_log import AccessLog
    from processor.views.web.poller import Poller

_MAX_CHOSEN: Final = 200
_WHOLE: Final = "incident:"
"""Before an id in a choice: the whole incident, not the one cluster."""
_OWN: Final = re.compile(r"/|/clusters|/incidents/[\w-]{1,64}")


async def act(request: Request) -> Response:
    """Carry out an action; answer 303 to the cluster."""
    fields, _ = await fields_of(request)
    check_may_act(request, fields)
    name = request.path_params["cluster_id"]
    poller: Poller = request.app.state.poller
    log: AccessLog = request.app.state.log
    told = {"client": client_of(request.scope), "cluster": name, "what": fields.get("action", "")}
    try:
        outcome = await poller.act(_wish(name, fields), who=request.state.viewer.name)
    except GardenerError as error:
        log.acted(request.state.viewer, **told, problem=type(error).__name__)
        return await _not_done(request, name, error)
    log.acted(request.state.viewer, **told)
    done = outcome.done[0]
    if answers.wants_json(request):
        row = answers.row(poller.snapshot, done.id)
        relations = await answers.relations(request, poller.snapshot, row)
        return JSONResponse(as_json.detail_json(poller.snapshot, row, relations))
    return _back(f"/clusters/{quote(done.id)}", fields["action"], outcome.undo)


async def act_on_incident(request: Request) -> Response:
    """Carry out an action on every affected member of an incident."""
    fields, _ = await fields_of(request)
    check_may_act(request, fields)
    poller: Poller = request.app.state.poller
    name = request.path_params["cluster_id"]
    found = poller.snapshot.incident_of(name)
    if found is None:
        return answers.problem(request, 404, f"There is no incident {name} any more.")
    wish = _wish(name, fields)
    if wish.action not in VERBS:
        return answers.problem(request, 422, f"Nothing was changed: an incident knows {', '.join(VERBS)}.")
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
    """Carry out an action on the clusters chosen in the list."""
    fields, chosen = await fields_of(request, most=_MAX_CHOSEN)
    check_may_act(request, fields)
    poller: Poller = request.app.state.poller
    wish = _wish("", fields)
    settings = []
    for name in dict.fromkeys(chosen):
        incident = poller.snapshot.incident_of(name.removeprefix(_WHOLE)) if name.startswith(_WHOLE) else None
        rows = incident.reached(wish.action) if incident else [answers.row(poller.snapshot, name)]
        settings += [wish._replace(cluster_id=row.cluster.id, seen=mark_of(row.cluster)) for row in rows]
    if not settings or wish.action not in VERBS:
        said = f"there are {', '.join(VERBS)}" if settings else "choose at least one cluster"
        return answers.problem(request, 422, f"Nothing was changed: {said}.")
    outcome = await _on_all(request, settings)
    if isinstance(outcome, Response):
        return outcome
    if answers.wants_json(request):
        return JSONResponse(_outcome_json(outcome))
    return _back(_own_list(fields.get("back", "")), wish.action, outcome.undo, len(outcome.done))


async def undo(request: Request) -> Response:
    """Undo an action by the name in its outcome."""
    fields, _ = await fields_of(request)
    check_may_act(request, fields)
    poller: Poller = request.app.state.poller
    outcome = await poller.take_back(fields.get("name", ""), who=request.state.viewer.name)
    log: AccessLog = request.app.state.log
    for one in outcome.done:
        log.acted(request.state.viewer, client=client_of(request.scope), cluster=one.id, what="undo")
    if outcome.problems:
        return answers.problem(request, 409, "Not undone: " + "; ".join(outcome.problems))
    if answers.wants_json(request):
        return JSONResponse(_outcome_json(outcome))
    back = fields.get("back", "")
    return _back(_own_list(back) if back else f"/clusters/{quote(outcome.done[0].id)}", "undo")


async def _on_all(request: Request, settings: Sequence[Wish]) -> Outcome | Response:
    """Return the outcome; a response if a request is invalid or was not carried out."""
    poller: Poller = request.app.state.poller
    outcome = await poller.act_on_all(settings, who=request.state.viewer.name)
    log: AccessLog = request.app.state.log
    for one in outcome.done:
        log.acted(request.state.viewer, client=client_of(request.scope), cluster=one.id, what=settings[0].action)
    if not outcome.problems:
        return outcome
    n, of = len(outcome.done), len(settings)
    said = f"{f'Only {n} of {of} were changed' if n else 'Nothing was changed'}: {'; '.join(outcome.problems[:3])}"
    return answers.problem(request, 409, said)


def _back(path: str, action: str, undo: str = "", n: int = 0) -> Response:
    """Redirect to the page, which shows the outcome and offers undo."""
    asked = {"done": action} | ({"undo": undo} if undo else {}) | ({"n": str(n)} if n else {})
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}{urlencode(asked)}", 303)


def _outcome_json(outcome: Outcome) -> dict[str, object]:
    return {"done": [one.id for one in outcome.done], "undo": outcome.undo}


async def _not_done(request: Request, name: str, error: GardenerError) -> Response:
    """Return the problem on the cluster's page as it is now, so that typed text is kept."""
    poller: Poller = request.app.state.poller
    codes: dict[type[Exception], int] = {ConfigError: 422, NotThere: 404, Overtaken: 409}
    code = next((code for kind, code in codes.items() if isinstance(error, kind)), 503)
    said = str(error) if isinstance(error, OutcomeUnknown) else f"Nothing was changed: {error}"
    await poller.look_again()
    row = poller.snapshot.row(name)
    if answers.wants_json(request) or row is None:
        return answers.problem(request, code, said)
    return await answers.detail(request, poller.snapshot, row, message=said, code=code)


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
        assignee=fields.get("assignee", ""),
    )


def _own_list(wanted: str) -> str:
    """Return the list or incident of the action, with its filter; only a page of ours."""
    path, _, asked = wanted.partition("?")
    kept = [(name, value) for name, value in parse_qsl(asked) if name in ListQuery.model_fields]
    return f"{path if _OWN.fullmatch(path) else '/clusters'}{'?' + urlencode(kept) if kept else ''}"
