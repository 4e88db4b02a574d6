"""The text of docs/entries.md, made from the tables that the decoder reads with."""

from processor.parsing import levels, ownership
from processor.parsing.service_labels import RESOURCE_TYPES
from processor.parsing.severity import AGENT_STREAMS
from processor.parsing.spellings import SPELLINGS

HEAD = """# How entries are read

For every entry that Cloud Logging delivers: which service it belongs to, its message, its severity, and its kind (text,
exception or http), which decides how it is grouped. `make docs` generates the tables of this page from the code.

## Service

The service is the first label in the table below that holds a name, by type of the monitored resource. A number, a
UUID, an empty label and `null` do not count as names. `labels/X` is a label of the entry; `workload` is the owner of
the Kubernetes pod, or of the object of an event (a pod's name without the hashes); `context` is the service that the
payload names (`serviceContext.service`, `service.name`, `service`). Other labels become facets: instance, namespace,
cluster, location, container, and the resource of an audit log.

An audit log belongs to the named resource if its type is in the table, otherwise to the API
(`protoPayload.serviceName`, verbatim). Types that are not in the table follow the general rule: the label named like
the type, otherwise the first label ending in `name`, otherwise one ending in `_id`; never the project, a location, a
version or a kind. If nothing has a name, the service is the id of the log.

| resource type | sources of the name, best first |
|---|---|
"""

MESSAGE = """
## Message

1. Audit logs: the API, the method (two segments, without its version), the gRPC name of the code and an upper-case
   reason, then the status message: `compute instances.insert: RESOURCE_EXHAUSTED: no machine is left`.
2. App Engine request logs: the most severe line logged during the request, if at least WARNING; otherwise the request.
3. Kubernetes events: reason and message.
4. Any other payload: the first field of the table that holds text. Errors and reasons join it after a colon, a stack
   trace follows on lines of its own, short words under a name of codes or cues follow as `name=word`. Names are
   compared without regard to case and to `_ - . @`; one level of nesting is looked into, and the first of a list.
5. A payload without any of these, in an entry with a request and a status (also in fields of the payload): the
   request. 5xx are grouped by method, route template and the words that say how the request ended; 4xx are one message
   per service.
6. Otherwise the words that say why, after the noun of Google's `@type`; otherwise the longest text of two or more
   words; otherwise all leaves of the payload.

A line that is JSON, logfmt or klog's `"message" key=value` is a payload; a container runtime's prefix and terminal
colours are removed. Parts of an entry that Cloud Logging split (`split`) get the text of the whole; each part is
counted. Values from a schema (methods, codes, reasons, cues) are never masked.

| role in the message | names | written by |
|---|---|---|
"""

SEVERITY = """
## Severity

The severity is that of Cloud Logging, if it is set. If it is absent or DEFAULT, it is the level stated by the payload,
otherwise the level at the beginning of the line, otherwise the level assigned on the way (journald's PRIORITY),
otherwise it follows from the outcome of the call or request. Text that reads as a stack trace is at least ERROR. A
blank line is DEFAULT.

Some agents give every line of a stream the same severity: stdout INFO, stderr ERROR ({streams}). There, a level stated
by the line or the payload wins, in both directions; a line without a level keeps that of the stream; a severity that no
stream gives (NOTICE, CRITICAL, ...) was set by the writer and stays. The log sink exports such lines of stdout if they
state WARNING or worse; the only cost is the volume of these lines. `stdout_lines = false` in Terraform turns this off.
Lines of stderr that state INFO are exported, because the agent calls them ERROR, and then ignored.

An access line in text (Common Log Format, Envoy, HAProxy, Gin, Fiber, morgan, uvicorn, ASP.NET Core, Rails, ...) whose
status is 500 or more is an ERROR, even if its logger calls it INFO; a line that is nothing else is a request, like
`httpRequest`. With any other status it is INFO, on stderr too. Lines of a kernel or of systemd without a priority have
the severity of the failure that they report, such as an out-of-memory kill, an I/O error or a unit that failed.

| severity | words |
|---|---|
"""

FIELDS = """
The number of a bare `level` is pino's, bunyan's or Cloud Logging's, unless fields beside it give the logger away:
{beside}.

| field of a payload | numbers | written by |
|---|---|---|
"""

REST = """
## What is excluded

- Data access audit logs (`cloudaudit.googleapis.com/data_access`): they are large, personal, and no fault of a service.
  Failed jobs are included (BigQuery's `jobservice.jobcompleted` and entries with a `jobChange`). To count all of these
  logs, remove the exclusion `data-access` from the sink; the cost is the volume of every read.
- Log Gardener's own log, recognised by the resource that the deployment creates ({own}) together with the form of its
  lines, never by a field alone, which anybody can write. The sink excludes everything that names these resources.
- Entries below `min_severity`.
"""


def page():
    """The whole page."""
    parts = [HEAD]
    parts += [
        f"| {', '.join(row.types)} | {', '.join(f'`{name}`' for name in row.sources)} |\n" for row in RESOURCE_TYPES
    ]
    parts.append(MESSAGE)
    parts += [f"| {row.role} | {' '.join(f'`{name}`' for name in row.names)} | {row.by} |\n" for row in SPELLINGS]
    streams = ", ".join(f"`{name.lstrip('/')}`" for name in AGENT_STREAMS)
    parts.append(SEVERITY.format(streams=f"logs ending in {streams}"))
    parts += [f"| {name} | {' '.join(words)} |\n" for name, words in levels.WORDS.items()]
    beside = "; ".join(f"{scheme}: {', '.join(f'`{name}`' for name in names)}" for names, scheme in levels.BESIDE)
    parts.append(FIELDS.format(beside=beside))
    for field in (*levels.FIELDS, *levels.STREAM_FIELDS):
        numbers = ", ".join(f"{number} {name}" for number, name in sorted(levels.NUMBERS[field.numbers].items()))
        parts.append(f"| {' '.join(f'`{name}`' for name in field.names)} | {numbers or 'none'} | {field.by} |\n")
    own = ", ".join(
        f"`{kind}` whose `{label}` ends in `{ending}`" for kind, (label, ending) in ownership.RESOURCES.items()
    )
    parts.append(REST.format(own=own))
    return "".join(parts)
