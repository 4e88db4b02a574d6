"""The text of docs/entries.md, made from the tables that the decoder reads with."""

from processor.parsing import levels, ownership
from processor.parsing.service_labels import RESOURCE_TYPES
from processor.parsing.severity import AGENT_STREAMS
from processor.parsing.spellings import SPELLINGS

HEAD = """# What an entry becomes

For every entry that Cloud Logging delivers: whose problem it is (service), what it says (message), how bad it is
(severity), and by what it is grouped (kind: text, exception, http). The tables of this page are made from the code by
`make docs`.

## Service

The first label that holds a name, by the type of the monitored resource. A number, a UUID, an empty label and `null`
are no names. `labels/X` is a label of the entry; `workload` is the owner of the Kubernetes pod or of the object that an
event is about (a pod's name without the hashes); `context` is the service that the payload names
(`serviceContext.service`, `service.name`, `service`). What is left of the labels becomes facets: instance, namespace,
cluster, location, container, and the resource that an audit log is about.

An audit log belongs to the resource's own name where its type has one here, else to the API
(`protoPayload.serviceName`, as it stands). A type that is not in the table goes by the general rule: the label that is
called like the type, else the first label ending in `name`, else one ending in `_id`; never the project, a location, a
version or a kind. Where nothing has a name, the log's own id is the service.

| resource type | where the name stands, best first |
|---|---|
"""

MESSAGE = """
## Message

1. An audit log: the API, the method (two segments, without its version), gRPC's name of the code and a reason in
   capitals, then the status message: `compute instances.insert: RESOURCE_EXHAUSTED: no machine is left`.
2. An App Engine request log: the worst line that was logged during the request, a WARNING at least; else the request.
3. A Kubernetes event: its reason and its message.
4. Any other payload: the first field of the table that has a text. Errors and reasons join it after a colon, a stack
   trace follows on lines of its own, short words under a name of codes or cues follow as `name=word`. Names are
   compared without regard to case and to `_ - . @`; one level of nesting is looked into, and the first of a list.
5. A payload without any of these, beside a request with a status (or with these in fields of its own): the request.
   5xx by method, route template and the words that say how it ended, 4xx one message for each service.
6. Else the words that say why, after the noun of Google's `@type`; else the longest text of two words and more; else
   all of its leaves.

A line that is JSON, logfmt or klog's `"message" key=value` is a payload; a container runtime's prefix and terminal
colours are taken off. Parts of one entry that Cloud Logging cut (`split`) get the text of the whole, each counted.
What comes from a schema (methods, codes, reasons, cues) is never masked.

| what it is to the message | names | who writes it |
|---|---|---|
"""

SEVERITY = """
## Severity

Cloud Logging's own, where it has one. Where it is absent or DEFAULT: a level that the payload states, else the level
that the line begins with, else what whoever carried the line gave it (journald's PRIORITY), else the outcome of the
call or request. A text that reads as a stack trace is at least ERROR. A blank line is DEFAULT.

Some agents give every line of a stream one severity: stdout INFO, stderr ERROR ({streams}). There a level that the
line or the payload states wins, in both directions; a line that states none keeps the stream's; a severity that no
stream gives (NOTICE, CRITICAL, ...) is the writer's word and stays. The log sink exports such lines of stdout when they
state WARNING or worse: that costs the messages of these lines and nothing else; `stdout_lines = false` in Terraform
turns it off. Lines of stderr that state INFO are exported, since the agent calls them ERROR, and ignored.

| severity | words |
|---|---|
"""

FIELDS = """
| field of a payload | numbers | who writes it |
|---|---|---|
"""

REST = """
## What is left out

- Data access audit logs (`cloudaudit.googleapis.com/data_access`): large, personal, and no fault of a service. Except
  jobs that failed (BigQuery's `jobservice.jobcompleted` and entries with a `jobChange`): somebody has to hear of them.
  To count all of it, take the exclusion `data-access` out of the sink; what that costs is the volume of every read.
- Log Gardener's own log, known by the resource that the deployment creates ({own}) together with the form of its lines,
  never by a field alone, which anybody can write. The sink leaves out everything that names its resources.
- What is below `min_severity`.
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
    parts.append(FIELDS)
    for field in (*levels.FIELDS, *levels.STREAM_FIELDS):
        numbers = ", ".join(f"{number} {name}" for number, name in sorted(levels.NUMBERS[field.numbers].items()))
        parts.append(f"| {' '.join(f'`{name}`' for name in field.names)} | {numbers or 'none'} | {field.by} |\n")
    own = ", ".join(
        f"`{kind}` whose `{label}` ends in `{ending}`" for kind, (label, ending) in ownership.RESOURCES.items()
    )
    parts.append(REST.format(own=own))
    return "".join(parts)
