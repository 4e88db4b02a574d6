"""Stack traces of .NET: inner exceptions, aggregates, async state machines.

Promises: inner exceptions before outer ones; compiler-generated names become the method they stand for.
Must not be tried before the parsers of the JVM and Node: a Java frame would pass for a .NET frame.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace import exception_line as heads
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import line_number

_FRAME = regex(r"\s*+at ([^\s(][^(]*?) ?\((.*?)\)(?: \[0x[0-9a-f]+\])?(?: in (.*?)(?::(?:line )?(\d+))?)?\s*$")
_FOLDED = regex(r" ( {2}at [\w.<>`+\[\],]+ ?\(| ?---> |  --- End of )")
_END_OF_INNER = "--- End of inner exception stack trace ---"
_INNER = regex(r"\s*---> (?:\(Inner Exception #\d+\) )?")
# <LoadAsync>d__5.MoveNext -> LoadAsync; <>c__DisplayClass0_0.<Main>b__0 -> Main; Foo`1.Bar[T] -> Foo.Bar
_RECORD = regex(r"(?:trce|dbug|info|warn|fail|crit): [\w.]+\[\d+\]$")  # the category above a message of ASP.NET
# An async lambda is a state machine of its own: <<Main>b__0_1>d.MoveNext -> Main
_LAMBDA = regex(r"<<([^<>]+)>b__[\w|]*>d(?:__\d+)?(?:\.MoveNext$)?")
_STATE = regex(r"<([^<>]+)>[a-z]__[\w|]*(?:\.MoveNext$)?")
_CLOSURE = regex(r"[.+]<>c(?:__DisplayClass\w*)?(?=[.+])")
_GENERIC = regex(r"`\d+|\[[^\[\]]*\]")
_KEYWORDS = ("async ", "void ", "static ", "new ")
_LIBRARIES = regex(
    r"(?:System|Microsoft|Newtonsoft|Grpc|Npgsql|Serilog|NLog|Polly|Dapper|MassTransit|MediatR|StackExchange|Google"
    r"|Amazon|Azure|Castle|Autofac|AutoMapper|FluentValidation|Hangfire|Quartz|MySql|MySqlConnector|MongoDB|RabbitMQ"
    r"|Confluent|Swashbuckle|OpenTelemetry|Interop|Internal)\."
)


def frame(line: str) -> Frame | None:
    """Return the frame of a line, or None."""
    match = _FRAME.match(line)
    if not match:
        return None
    name, _, file, number = match.groups()
    if " " in name and (number or name.startswith(_KEYWORDS)):
        name = name.rpartition(" ")[2]  # Ben.Demystifier prints what the method returns
    if "." not in name or " " in name:
        return None
    name = _GENERIC.sub("", _CLOSURE.sub("", name)).replace("<Main>$", "Main")
    name = _STATE.sub(r"\1", _LAMBDA.sub(r"\1", name))
    owner, _, method = name.replace("..", ".").rpartition(".")
    return Frame(method, owner, not _LIBRARIES.match(owner + "."), file or "", line_number(number))


def unfold(text: str) -> str:
    """Restore the line breaks of a trace that a logger replaced by blanks."""
    if "\n" in text or "   at " not in text:  # this runs for every entry of one line
        return text
    return _FOLDED.sub(r"\n\1", text) if len(_FOLDED.findall(text)) > 1 else text


def parse(lines: list[str]) -> Traceback | None:
    """Return the chain in `lines`, root cause first."""
    chain: list[Raised] = []
    waiting: list[tuple[str, str]] = []  # exceptions whose frames follow those of their inner exceptions
    head: list[str] = []
    frames: list[Frame] = []
    for line in lines:
        if found := frame(line):
            waiting += _opened(head)
            head = []
            frames.append(found)
        elif _END_OF_INNER in line or line.rstrip().endswith("<---"):
            waiting += _opened(head)
            chain.append(_raised(waiting, frames))
            head, frames = [], []
        elif _INNER.match(line) or (not (waiting or frames) and not _RECORD.match(line)):
            head.append(line)
    if frames or waiting:
        chain.append(_raised(waiting, frames))
    chain += [Raised(kind, message, ()) for kind, message in reversed(waiting)]
    return complete("dotnet", chain)


def _raised(waiting: list[tuple[str, str]], frames: list[Frame]) -> Raised:
    kind, message = waiting.pop() if waiting else ("", "")
    return Raised(kind, message, tuple(reversed(frames)))


def _opened(head: list[str]) -> list[tuple[str, str]]:
    """Return (type, message) of each exception in a head such as `Outer: m ---> Inner: n`, outer first."""
    if not any(line.strip() for line in head):
        return []
    links: list[list[str]] = [[]]
    for line in head:
        first, *inner = line.split("---> ")
        if first.strip():
            links[-1].append(first)
        links += [[part.rpartition("Inner Exception #")[2].partition(") ")[2] or part] for part in inner]
    return [heads.find(link) for link in links if link]


_AT = r"\s+at (?:[\w.<>\[\],?]+ ){0,3}(?:\S+\.\S|lambda_method).*\)(?: \[0x[0-9a-f]+\])?(?: in .*)?(?:<---)?\s*$"

LANGUAGE = Language(
    "dotnet",
    rank=60,
    needles=("  at ",),
    parse=parse,
    at_frame=frame,
    unfold=unfold,
    automaton=Automaton(
        start=rules(
            (r"(?:fail|crit|warn): [\w.]+\[\d+\]\s*$", "record"),
            (r"(?i:.{0,80}unhandled exception)[.:]", "unhandled"),
            (r"Stack overflow\.|Process terminated\.", "ended"),
            (rf"(?!\s+at ).{{0,300}}?{heads.TYPED}", "message"),
            (r"(?!\s+at | *--->|\s*--- End)", "line"),
        ),
        states={
            "record": rules((_AT, "frames"), (r"\s", "record")),
            "line": rules((_AT, "frames")),
            "ended": rules((_AT, "ended"), (r"Repeat \d+ times:|-{20,}$", "ended")),
            "unhandled": rules((_AT, "frames"), (RECORD, ""), (r"", "message")),
            "message": rules(
                (_AT, "frames"),
                (r" *---> ", "message"),
                (rf"{RECORD}|{heads.TYPED}|Traceback |\s+at ", ""),
                (r"", "message"),
            ),
            "data": rules((_AT, "frames"), (r"\s*--- ?End of ", "frames"), (r"\s", "data")),
            "frames": rules(
                (_AT, "frames"),
                (r"\s+Exception data:$", "data"),
                (r"\s*--- ?End of ", "frames"),
                (r" *---> ", "inner"),
                (r"\s{6}\s*--->", "inner"),
            ),
            "inner": rules(
                (_AT, "frames"),
                (r"\s*--- ?End of ", "frames"),
                (r" *---> ", "inner"),
                (rf"{RECORD}", ""),
                (r"", "inner"),
            ),
        },
        accepting=frozenset({"frames", "inner", "ended"}),
    ),
    fragments=(
        r"\s+at \S+\.\S+ ?\([^()]*\)(?: \[0x[0-9a-f]+\])?(?: in .*:(?:line )?\d+)?(?:<---)?\s*$",
        r"\s+at (?:[\w.<>\[\],?]+ ){1,3}\S+\.\S+\(.*\)\S* in .*:line \d+\s*$",
        r"\s*---> \S",
        r"\s*--- End of (?:inner exception )?stack trace",
        r"Unhandled [Ee]xception[.:]",
    ),
    crash=(r"Stack overflow\.$", r"Process terminated\. "),
    noise=(r"line \d+",),
    lines=(r"Repeat \d+ times:", r"-{20,}$"),
)
