"""The templates' environment: all output is escaped, after invisible characters are made visible.

Both happen where the engine prints a value, so no template can forget either.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct

from processor import __version__
from processor.model import IssueRef, Kind, Priority, Status
from processor.triage.operate import mark_of
from processor.views import rates as figures
from processor.views import titles
from processor.views.overview import lag_of
from processor.views.query import SORTS, Folded
from processor.views.redacted import redacted
from processor.views.search import KEYS
from processor.views.template_text import visible
from processor.views.titles import ranked
from processor.views.variants import status_word
from processor.views.web import charts
from processor.views.web.sessions import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from processor.model import AuditRecord, Cluster
    from processor.views.row import Row
    from processor.views.template_text import Segment
    from processor.views.web.sessions import Viewer

_CUT: Final = 260
_REDACT: ContextVar[Callable[[str], str]] = ContextVar("redact", default=str)
"""Of the page that is being rendered: macros do not see its context."""
MUTES: Final[Mapping[str, str]] = {
    "2h": "2 hours",
    "8h": "8 hours",
    "1d": "1 day",
    "7d": "7 days",
    "30d": "30 days",
    "10x": "until 10x the count",
    "": "until reopened",
}
_DID: Final[Mapping[str, str]] = {
    "acknowledge": "acknowledged it",
    "assign": "assigned it",
    "mute": "muted it",
    "resolve": "resolved it",
    "reopen": "reopened it",
    "priority": "set the priority",
    "merge": "merged it",
    "split": "split it",
    "undo": "took it back",
    "forget": "erased",
}
_NUMBER: Final = re.compile(r"/(?:issues/)?0*(\d{1,9})(?:-[^/]*)?(?:\.md)?$", re.ASCII)
"""At the end of an issue's address, or of its file's path."""


class PageContext(Struct, frozen=True):
    """Data of every page besides its content.

    Attributes:
        form_token: part of every form, "" if the viewer may not act.
        path: the page's own path, for highlighting.
        redact: removes secrets from log text; `str` if a person on call requested raw text.
    """

    viewer: Viewer | None
    form_token: str
    path: str
    can_sign_out: bool = False
    redact: Callable[[str], str] = str

    @property
    def is_redacted(self) -> bool:
        """Whether secrets are removed."""
        return self.redact is not str

    @property
    def may_act(self) -> bool:
        """Whether the viewer is on call."""
        return self.viewer is not None and self.viewer.role is Role.ON_CALL


def render(name: str, shell: PageContext, **values: Any) -> str:
    """Return a page as HTML."""
    token = _REDACT.set(shell.redact)
    try:
        return _ENVIRONMENT.get_template(name).render(shell=shell, version=__version__, **values)
    finally:
        _REDACT.reset(token)


def name(cluster: Cluster) -> str:
    """Return a cluster's title for a list, cut to two or three lines."""
    text = title(cluster)
    return text if len(text) <= _CUT else text[: _CUT - 1] + "…"


def title(cluster: Cluster) -> str:
    """Return a cluster's title on one line, redacted for the viewer."""
    return titles.title(redacted(cluster, _REDACT.get()))


def title_segments(cluster: Cluster) -> tuple[Segment, ...]:
    """Return its pieces, redacted for the viewer."""
    return titles.title_segments(redacted(cluster, _REDACT.get()))


def unsecret(text: str) -> str:
    """Return redacted log text that belongs to no single cluster: an incident's cause, evidence."""
    return _REDACT.get()(text)


def iso(at: datetime) -> str:
    """Return a time for machines: to the second, UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(at: datetime) -> str:
    """Return a time for people: to the minute, UTC."""
    return at.strftime("%Y-%m-%d %H:%M")


def short(text: str, width: int = 48) -> str:
    """Cut the middle: ids are long and differ at both ends."""
    return text if len(text) <= width else f"{text[: width - 9]}…{text[-8:]}"


def is_web(url: str) -> bool:
    """Return whether a URL becomes a link; a folder's path stays text."""
    return url.startswith(("https://", "http://"))


def did(record: AuditRecord) -> str:
    """Return an action in the past tense: "muted it" before its end, "resolved it:" before a note."""
    said = _DID.get(record.action, record.action)
    is_clause = record.detail.startswith(("until ", "in the revision after ", "into ", "to "))
    return f"{said}:" if record.detail and not is_clause else said


def issue_of(record: AuditRecord, row: Row | None) -> IssueRef | None:
    """Return the issue of a record: that of its cluster, or one named by its URL; None for others."""
    if not record.action.startswith("issue "):
        return None
    known = row.cluster.triage.issue if row else None
    if known is not None and known.url == record.detail:
        return known
    found = _NUMBER.search(record.detail)
    return IssueRef("", int(found[1]), record.detail) if found else None


def _printed(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_FILTERS: Final[tuple[Callable[..., Any], ...]] = (
    name,
    figures.plural,
    iso,
    clock,
    ranked,
    short,
    title,
    title_segments,
    unsecret,
    visible,
    mark_of,
    figures.ago,
    figures.age,
    status_word,
    is_web,
    did,
    issue_of,
)


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("processor.views.web"),
        autoescape=True,
        finalize=_printed,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for one in _FILTERS:
        made.filters[one.__name__] = one
    made.filters["spark"] = charts.spark_path
    made.tests["back"] = figures.is_back
    made.tests["folded"] = lambda item: isinstance(item, Folded)
    made.globals.update(SORTS=SORTS, PRIORITIES=list(Priority), STATUSES=list(Status), KINDS=list(Kind))
    made.globals.update(CHART_HEIGHT=charts.HEIGHT, RANGES=charts.RANGES, MUTES=MUTES, KEYS=KEYS, lag_of=lag_of)
    return made


_ENVIRONMENT: Final = _environment()
