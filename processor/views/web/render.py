"""The templates' environment: everything that is printed is escaped, and every string is made visible first.

Both happen at the one place where the engine prints a value, so no template can forget either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from processor import __version__
from processor.model import Kind, Priority, Status
from processor.triage.operate import mark_of
from processor.views import rates as figures
from processor.views.query import SORTS
from processor.views.web import charts
from processor.views.web.sessions import Role
from processor.views.web.template_text import pieces, segments, visible

if TYPE_CHECKING:
    from datetime import datetime

    from processor.views.web.sessions import Viewer

_CUT: Final = 260


@dataclass(frozen=True, slots=True)
class PageContext:
    """What every page knows besides its content.

    Attributes:
        form_token: goes into every form, "" where the viewer may not act.
        path: the page's own address, for highlighting.
    """

    viewer: Viewer | None
    form_token: str
    path: str
    can_sign_out: bool = False

    @property
    def may_act(self) -> bool:
        """The viewer is on call."""
        return self.viewer is not None and self.viewer.role is Role.ON_CALL


def render(name: str, shell: PageContext, **values: Any) -> str:
    """One page as HTML."""
    return _ENVIRONMENT.get_template(name).render(shell=shell, version=__version__, **values)


def words(template: str) -> list[str]:
    """A template for a list: the texts between wildcards, cut to what two or three lines hold."""
    return pieces(template if len(template) <= _CUT else template[: _CUT - 1] + "…")


def iso(at: datetime) -> str:
    """For machines: to the second, UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(at: datetime) -> str:
    """For people: to the minute, UTC."""
    return at.strftime("%Y-%m-%d %H:%M")


def ranked(counts: dict[str, int]) -> list[tuple[str, int]]:
    """A breakdown, the most frequent first."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def short(text: str, width: int = 48) -> str:
    """Ids are long and differ at both ends."""
    return text if len(text) <= width else f"{text[: width - 9]}…{text[-8:]}"


def is_web(url: str) -> bool:
    """Only such an address becomes a link; a folder's path stays text."""
    return url.startswith(("https://", "http://"))


def _printed(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("processor.views.web"),
        autoescape=True,
        finalize=_printed,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for one in (words, iso, clock, ranked, short, segments, visible, mark_of, figures.ago, figures.age, is_web):
        made.filters[one.__name__] = one
    made.filters["spark"] = charts.spark_path
    made.tests["back"] = figures.is_back
    made.globals.update(SORTS=SORTS, PRIORITIES=list(Priority), STATUSES=list(Status), KINDS=list(Kind))
    made.globals.update(CHART_HEIGHT=charts.HEIGHT)
    return made


_ENVIRONMENT: Final = _environment()
