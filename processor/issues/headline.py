"""The title of an issue: what broke, in one line. Pure; the result is plain text that has passed `Wording`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.model import Kind
from processor.model.facets import OTHER
from processor.model.patterns import regex
from processor.parsing import stacktrace
from processor.parsing.decode import decode
from processor.parsing.entry_fields import log_id
from processor.parsing.log_entry import DecodeError
from processor.text import markdown

if TYPE_CHECKING:
    from processor.issues.publish import Wording
    from processor.model import Cluster

MAX_TITLE: Final = 200
# Words that continue a sentence: what stands before them is its subject, not a prefix.
_GOES_ON: Final = (
    r"(?:is|are|was|were|has|have|had|can|cannot|could|will|would|must|may|might|should|do|does|did|not"
    r"|on|of|in|at|for|from|to|with|by|and|or|than)\b"
)
# A logger's time, level or process: values and signs without a word, as in `<*>:M <*> #` and `- - [<*>]`.
_VALUES_FIRST: Final = regex(r"\A(?:(?:<\*>|[^\w\s<\u2800-\u28ff]){1,12}[A-Z]?\s{1,4}){1,9}(?=\S)")
_CONTINUED: Final = regex(_GOES_ON)
_CLASS: Final = regex(r"HTTP \dxx ")
_CONTEXT: Final = r"(?:(?:[\w.]{1,40}=)?(?:<\*>|…)[\s,|:\]-]{1,4}){0,9}"
_LEVEL_FIRST: Final = regex(
    rf"\A[^\w\s]*{_CONTEXT}\[?(?:ERROR|ERR|WARN|WARNING|FATAL|CRITICAL|SEVERE)\]?[\s:|-]+{_CONTEXT}"
    rf"(?=\w)(?!{_GOES_ON})"
)
_HANGING: Final = regex(r"[\s:;,=(-]+\Z")


def name(cluster: Cluster) -> str:
    """Return the raw name of a cluster, still log text: its template's first line, without frames.

    Values and a level before the first word are left out.
    """
    return _name(cluster, cluster.template)


def _name(cluster: Cluster, template: str) -> str:
    first = template.split("\n", 1)[0]
    if cluster.stream.kind == Kind.EXCEPTION:
        return first.split(" => ")[-1].split(" at ", 1)[0]
    return bare(first)


def bare(text: str) -> str:
    """Return a line of text without the values and the level before its first word."""
    return _LEVEL_FIRST.sub("", _without_values_first(text)) or text


def _without_values_first(text: str) -> str:
    """Return the text from its first word on; a value stays if it is what the sentence is about: `<*> is full`."""
    rest = _VALUES_FIRST.sub("", text)
    return f"<*> {rest}" if "<*>" in text[: len(text) - len(rest)] and _CONTINUED.match(rest) else rest


def said(cluster: Cluster, wording: Wording) -> str:
    """Return what broke, for publication: an exception with place and root, a request with routes, or text."""
    if cluster.stream.kind == Kind.HTTP:
        return _request(cluster, wording)
    template, constants = wording.constants(cluster.template, cluster.values)
    template, fixed = wording.fixed(template, _fixed_parts(cluster))
    constants |= fixed
    if cluster.stream.kind == Kind.EXCEPTION:
        told = _exception(cluster, template, wording)
    else:
        told = as_printed(wording.said(_name(cluster, template)), cluster.sample.text, Kind.TEXT)
        told = _HANGING.sub("", told) or told
    for mark, value in constants.items():
        told = told.replace(mark, value)
    return told


def _fixed_parts(cluster: Cluster) -> tuple[str, ...]:
    """Return the parts of the sample's message that come from a schema or a closed set: a method, a code, a status."""
    if cluster.stream.kind != Kind.TEXT:
        return ()
    try:
        entry = decode(cluster.sample.raw.encode("utf-8", "replace"), cluster.sample.at)
    except DecodeError:  # cut, or of another form
        return ()
    if not entry.text:
        return (log_id(entry.log_name),)
    return tuple(entry.text[start:end] for start, end in entry.said)


def as_printed(text: str, printed: str, kind: Kind) -> str:
    """Return masked text in the words that were printed, not in those that grouping uses for singular and plural."""
    return stacktrace.as_printed(text, printed, is_trace=kind == Kind.EXCEPTION) if printed else text


def title(cluster: Cluster, wording: Wording) -> str:
    """Return one inert, searchable line: the service and what broke."""
    return markdown.title(f"{wording.named(cluster.stream.service)}: {said(cluster, wording)}", max_chars=MAX_TITLE)


def _exception(cluster: Cluster, template: str, wording: Wording) -> str:
    """Return `Type: message in function (file.py) (from Root: its message)`; messages as masked by grouping."""
    found = cluster.sample.exception or stacktrace.describe(cluster.sample.text)
    if found is None:
        return wording.said(_name(cluster, template))
    told = stacktrace.without_values(found, template)
    message = _message(told.message, found.message, told.type, wording)
    if told.message.startswith("(<*>)") and found.message.startswith(f"({found.root_type})"):
        # SQLAlchemy's form; a class with a digit, such as sqlite3.OperationalError, is a value to grouping.
        message = message.replace("(…)", f"({wording.named(found.root_type)})", 1)
    return stacktrace.title(
        told._replace(
            type=wording.named(told.type),
            message=message,
            function=wording.named(told.function),
            file=wording.named(told.file),
            root_type=wording.named(told.root_type),
            root_message=_message(told.root_message, found.root_message, told.root_type, wording),
        ),
        max_chars=MAX_TITLE - len(cluster.stream.service) - len(": "),
    )


def _message(text: str, printed: str, kind: str, wording: Wording) -> str:
    """The message of an exception without its values, in the words that were printed; a name alone is what it says."""
    if stacktrace.is_name(text, kind):
        return wording.named(text)
    return stacktrace.as_printed(wording.said(text), printed)


def _request(cluster: Cluster, wording: Wording) -> str:
    """Return `HTTP 4xx on 7 routes, most GET /api/chat/stream 405`; a single route is named directly."""
    text = wording.route(cluster.template)
    rows = [row for row in wording.facet("route", cluster.facets.get("route", {})) if row[0] != OTHER]
    if not rows:
        return text
    known = cluster.facets["route"]
    most = rows[0][0]
    if len(known) == 1:
        route, _, status = most.rpartition(" ")
        if " /" not in text:
            return f"HTTP {status} {route}"
        # The template names the route already, and the outcome after it; only the status is new.
        return _CLASS.sub(f"HTTP {status} ", text, 1) if route.partition(" ")[2] in text else text
    more = "more than " if OTHER in known else ""
    if " /" in text:
        return text
    return f"{text} on {more}{len(known) - (OTHER in known):,} routes, most {most}"
