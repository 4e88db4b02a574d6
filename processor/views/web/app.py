"""The on-call page: its routes, over the poller's snapshot. Nothing here touches the store.

Every page has a `.json` equivalent. Changes are in `processor.views.web.forms`.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from processor.model.errors import GardenerError
from processor.views import query as selection
from processor.views.overview import overview_of
from processor.views.redacted import remembering
from processor.views.web import acts, as_json, forms
from processor.views.web import responses as answers
from processor.views.web.access_log import AccessLog
from processor.views.web.middleware import Gate, SafeHeaders

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from processor.views.web.auth import Access
    from processor.views.web.poller import Poller

MAX_VIEWERS: Final = 500
_BEAT_S: Final = 15.0


def make_app(
    make_poller: Callable[[], Poller],
    access: Access,
    log: AccessLog | None = None,
    *,
    redact: Callable[[str], str] = str,
) -> ASGIApp:
    """Return the page as an ASGI application; the poller runs as long as the application.

    `redact` removes secrets from rendered log text.
    """
    log = log or AccessLog()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.poller, app.state.access, app.state.log = make_poller(), access, log
        app.state.redact = remembering(redact) if redact is not str else str
        app.state.one_compares = asyncio.Lock()
        polling = asyncio.create_task(app.state.poller.run())
        yield
        polling.cancel()
        with suppress(asyncio.CancelledError):
            await polling
        await app.state.poller.close()

    app = Starlette(
        routes=_routes(),
        middleware=[Middleware(GZipMiddleware, minimum_size=1000), Middleware(Gate, access=access, log=log)],
        exception_handlers={
            HTTPException: answers.refused,
            GardenerError: answers.failed,
            500: answers.broken,
        },
        lifespan=lifespan,
    )
    return SafeHeaders(app)


def _routes() -> list[Route | Mount]:
    return [
        Route("/", overview),
        Route("/index.json", overview),
        Route("/incidents/{cluster_id}.json", incident),
        Route("/incidents/{cluster_id}", incident),
        Route("/incidents/{cluster_id}/actions", acts.act_on_incident, methods=["POST"]),
        Route("/clusters", clusters),
        Route("/clusters/actions", acts.act_on_many, methods=["POST"]),
        Route("/undo", acts.undo, methods=["POST"]),
        Route("/clusters.json", clusters),
        Route("/clusters/{cluster_id}.json", cluster),
        Route("/clusters/{cluster_id}", cluster),
        Route("/clusters/{cluster_id}/actions", acts.act, methods=["POST"]),
        Route("/events", events),
        Route("/signin", forms.sign_in, methods=["GET", "POST"]),
        Route("/signout", forms.sign_out, methods=["POST"]),
        Route("/healthz", health),
        Mount("/static", StaticFiles(packages=[("processor.views.web", "static")])),
    ]


async def overview(request: Request) -> Response:
    """Show what is new, growing or back; the totals; the workers."""
    snapshot = await answers.snapshot(request)
    content = overview_of(snapshot)
    if request.scope["path"].endswith(".json"):
        return JSONResponse(as_json.overview_json(snapshot, content))
    return answers.page(request, "overview.html", snapshot=snapshot, overview=content)


async def clusters(request: Request) -> Response:
    """Show the list: searched, filtered, sorted, one page of it."""
    snapshot = await answers.snapshot(request)
    query = selection.parse(dict(request.query_params))
    rows = selection.select(snapshot.rows, query, request.state.viewer.name)
    if request.scope["path"].endswith(".json"):
        cut = selection.cut(rows, query.page)
        told = cut._replace(rows=[answers.seen(request, row) for row in cut.rows])
        return JSONResponse(as_json.list_json(snapshot, told, query))
    page = selection.cut(selection.folded(rows, snapshot, query), query.page)
    services = sorted({row.cluster.stream.service for row in snapshot.rows.values()})
    answer = answers.page(
        request,
        "clusters.html",
        snapshot=snapshot,
        page=page,
        query=query,
        services=services,
        total=len(rows),
        message=answers.done(request),
        undo=request.query_params.get("undo", ""),
    )
    return answers.said_once(request, answer)


async def incident(request: Request) -> Response:
    """Show an incident; the id of any member leads to it, or to the cluster once the incident no longer exists."""
    snapshot = await answers.snapshot(request)
    name = request.path_params["cluster_id"]
    row = answers.row(snapshot, name)
    twin = ".json" if request.scope["path"].endswith(".json") else ""
    found = snapshot.incident_of(name)
    if found is None:
        return RedirectResponse(f"/clusters/{row.cluster.id}{twin}", 307)
    if found.id != name:
        return RedirectResponse(f"/incidents/{found.id}{twin}", 307)
    if twin:
        return JSONResponse(as_json.incident_detail_json(snapshot, found))
    return answers.incident(request, snapshot, found)


async def cluster(request: Request) -> Response:
    """Show a cluster; an alias leads to the cluster that continues it."""
    snapshot = await answers.snapshot(request)
    name = request.path_params["cluster_id"]
    row = answers.row(snapshot, name)
    is_json = request.scope["path"].endswith(".json")
    if row.cluster.id != name:
        return RedirectResponse(f"/clusters/{row.cluster.id}{'.json' if is_json else ''}", 307)
    if is_json:
        relations, row = await answers.relations(request, snapshot, row), answers.seen(request, row)
        return JSONResponse(as_json.detail_json(snapshot, row, relations))
    answer = await answers.detail(request, snapshot, row, message=answers.done(request))
    return answers.said_once(request, answer)


async def events(request: Request) -> Response:
    """Notify a viewer whenever the snapshot has changed; the page then reloads its content."""
    poller: Poller = request.app.state.poller
    if poller.viewers >= MAX_VIEWERS:
        raise HTTPException(503, "Too many viewers; reload the page manually.")

    async def stream() -> AsyncIterator[str]:
        version = _known_version(request)
        poller.viewers += 1
        try:
            while not poller.ending:
                snapshot = await poller.after(version, _BEAT_S)
                if snapshot is None:
                    yield ": still here\n\n"
                    continue
                version = snapshot.version
                yield f'id: {version}\nevent: garden\ndata: {{"version": {version}}}\n\n'
        finally:
            poller.viewers -= 1

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def health(_request: Request) -> Response:
    """Answer that the process is alive, without revealing anything about the state."""
    return JSONResponse({"status": "ok"})


def _known_version(request: Request) -> int:
    """Return the viewer's version: from a broken stream, or from the loaded page."""
    given = request.headers.get("last-event-id") or request.query_params.get("version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 0  # noqa: PLR2004
