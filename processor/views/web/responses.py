"""Responses of routes: pages, the detail of a cluster, problems as a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from processor.model.errors import ConfigError, Transient
from processor.triage.operate import DONE, NotThere, Overtaken
from processor.views.facets import breakdown
from processor.views.rates import is_new
from processor.views.redacted import redacted, redacted_sample
from processor.views.relations import kin_of
from processor.views.web import charts
from processor.views.web import sample as samples
from processor.views.web.render import PageContext, render
from processor.views.web.sessions import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from starlette.requests import Request

    from processor.model import Cluster, Sample
    from processor.views.incidents import IncidentRow
    from processor.views.relations import Relations
    from processor.views.row import Row
    from processor.views.snapshot import Snapshot
    from processor.views.web.auth import Access
    from processor.views.web.poller import Poller
    from processor.views.web.sessions import Viewer

_SENTENCES: Final = {404: "There is no such page.", 405: "This page cannot be used that way."}


async def snapshot(request: Request) -> Snapshot:
    """Return the newest snapshot. 503 as long as the store has never answered."""
    poller: Poller = request.app.state.poller
    found = await poller.current()
    if not found.version or (found.problem and not found.rows):
        raise HTTPException(503, f"The state cannot be read: {found.problem or 'not read yet'}.")
    return found


def row(found: Snapshot, cluster_id: str) -> Row:
    """Return the row of a cluster. Raises `NotThere`."""
    one = found.row(cluster_id)
    if one is None:
        raise NotThere(f"There is no cluster {cluster_id}.")
    return one


async def relations(request: Request, found: Snapshot, one: Row) -> Relations:
    """Return the relations of a cluster. One comparison at a time: the first finds the incidents for all."""
    async with request.app.state.one_compares:
        return await run_in_threadpool(kin_of, one.cluster, found)


def redact_for(request: Request) -> Callable[[str], str]:
    """Return the redaction for this viewer: secrets are removed, unless a person on call requests `?raw=1`."""
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    if request.query_params.get("raw") == "1" and viewer is not None and viewer.role is Role.ON_CALL:
        return str
    found: Callable[[str], str] = request.app.state.redact
    return found


def seen(request: Request, one: Row) -> Row:
    """Return the row as shown to this viewer."""
    return replace(one, cluster=redacted(one.cluster, redact_for(request)))


def page(request: Request, name: str, *, code: int = 200, **values: Any) -> Response:
    """Return a page for this viewer."""
    return HTMLResponse(render(name, _shell(request), **values), code)


async def detail(request: Request, found: Snapshot, one: Row, *, message: str = "", code: int = 200) -> Response:
    """Return the page of one cluster."""
    one, asked = seen(request, one), request.query_params
    mine = {one.cluster.id, *one.cluster.aliases}
    kept = [redacted_sample(sample, redact_for(request)) for sample in await _samples(request, one.cluster)]
    return page(
        request,
        "cluster.html",
        code=code,
        snapshot=found,
        row=one,
        relations=await relations(request, found, one),
        cluster=one.cluster,
        is_new=is_new(one.cluster, found.reference),
        chart=_chart(request, found, [one]),
        shown=samples.shown(one.cluster, kept, asked.get("sample", "")),
        breakdown=breakdown([one.cluster]),
        history=[record for record in found.audit if record.cluster_id in mine],
        message=message,
        undo=asked.get("undo", ""),
    )


def incident(request: Request, found: Snapshot, one: IncidentRow, *, message: str = "", code: int = 200) -> Response:
    """Return the page of one incident."""
    rows = [seen(request, row) for row in one.rows]
    root = redacted(one.root, redact_for(request))
    answer = page(
        request,
        "incident.html",
        code=code,
        snapshot=found,
        it=one,
        chart=_chart(request, found, one.rows, one.incident.started_at),
        shown=samples.shown(root, (root.latest,), ""),
        breakdown=breakdown([row.cluster for row in rows]),
        history=one.history(found.audit),
        message=message or done(request),
        undo=request.query_params.get("undo", ""),
    )
    return said_once(request, answer)


def done(request: Request) -> str:
    """Return the outcome of the action before, "" if there was none."""
    said = DONE.get(request.query_params.get("done", ""), "")
    n = request.query_params.get("n", "")
    many = f" {n} clusters." if n.isascii() and n.isdigit() and len(n) < 6 and n != "1" else ""  # noqa: PLR2004
    return f"{said[:-1]}:{many}" if said and many else said


def said_once(request: Request, answer: Response) -> Response:
    """Keep the page's own URL, so that a reload does not repeat the message."""
    if "done" in request.query_params:
        kept = [(name, value) for name, value in request.query_params.items() if name not in ("done", "undo", "n")]
        answer.headers["hx-replace-url"] = f"{request.scope['path']}{'?' + urlencode(kept) if kept else ''}"
    return answer


def _chart(request: Request, found: Snapshot, rows: Sequence[Row], began_at: datetime | None = None) -> charts.Chart:
    everything = (row.cluster for row in found.rows.values())
    series = charts.series_of([row.cluster for row in rows], everything, began_at)
    return charts.chart(series, found.reference, request.query_params.get("range", ""))


async def _samples(request: Request, cluster: Cluster) -> Sequence[Sample]:
    """Return the kept samples, read on demand; without an answer the two that are known."""
    poller: Poller = request.app.state.poller
    return await poller.samples(cluster)


def wants_json(request: Request) -> bool:
    """Return whether JSON is wanted: by a script, or a `.json` URL."""
    return request.scope["path"].endswith(".json") or "text/html" not in request.headers.get("accept", "*/*")


async def refused(request: Request, error: Exception) -> Response:
    """Return a refusal: a page for people, JSON for scripts."""
    code = error.status_code if isinstance(error, HTTPException) else 500
    sentence = error.detail if isinstance(error, HTTPException) else ""
    return problem(request, code, _SENTENCES.get(code, sentence))


async def failed(request: Request, error: Exception) -> Response:
    """Return one of our own errors: its text is a sentence for people."""
    codes: dict[type[Exception], int] = {ConfigError: 400, NotThere: 404, Overtaken: 409, Transient: 503}
    return problem(request, next((code for kind, code in codes.items() if isinstance(error, kind)), 503), str(error))


async def broken(request: Request, _error: Exception) -> Response:
    """Return a defect; the trace goes to the server's log, never to the viewer."""
    return problem(request, 500, "Something went wrong. See the server's log.")


def problem(request: Request, code: int, sentence: str) -> Response:
    """Return a sentence and nothing else."""
    if wants_json(request):
        return JSONResponse({"error": sentence}, code)
    return page(request, "problem.html", code=code, status=code, sentence=sentence)


def _shell(request: Request) -> PageContext:
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    access: Access = request.app.state.access
    shell = PageContext(
        viewer,
        "",
        request.scope["path"],
        can_sign_out=access.can_sign_in and viewer is not None,
        redact=redact_for(request),
    )
    if viewer is None or not shell.may_act:
        return shell
    return replace(shell, form_token=access.form_token(viewer))
