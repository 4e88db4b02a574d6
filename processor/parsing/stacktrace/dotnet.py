"""Stack traces of .NET: inner exceptions, aggregates, async state machines.

Promises: inner exceptions before outer ones; names the compiler invents become the method they stand for.
Must not be asked before the JVM's and Node's parsers: a Java frame would pass for one of .NET.
"""

from __future__ import annotations

import re

from processor.parsing.stacktrace import exception_line as heads
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete

_END_OF_INNER = "--- End of inner exception stack trace ---"
_INNER = re.compile(r"\s*---> (?:\(Inner Exception #\d+\) )?")
# <LoadAsync>d__5.MoveNext -> LoadAsync; <>c__DisplayClass0_0.<Main>b__0 -> Main; Foo`1.Bar[T] -> Foo.Bar
_STATE = re.compile(r"<([^<>]+)>[a-z]__[\w|]*(?:\.MoveNext$)?")
_CLOSURE = re.compile(r"[.+]<>c(?:__DisplayClass\w*)?(?=[.+])")
_GENERIC = re.compile(r"`\d+|\[[^\[\]]*\]")
_LIBRARIES = re.compile(
    r"(?:System|Microsoft|Newtonsoft|Grpc|Npgsql|Serilog|NLog|Polly|Dapper|MassTransit|MediatR|StackExchange|Google"
    r"|Amazon|Azure|Castle|Autofac|AutoMapper|FluentValidation|Hangfire|Quartz|MySql|MySqlConnector|MongoDB|RabbitMQ"
    r"|Confluent|Swashbuckle|OpenTelemetry|Interop|Internal)\."
)


def frame(line: str) -> Frame | None:
    """The frame a line holds, or None."""
    stripped = line.strip()
    if not stripped.startswith("at "):
        return None
    name, paren, rest = stripped[3:].partition("(")
    signature, _, place = rest.partition(") in ")
    if not paren or "." not in name or " " in name or not (place or signature.endswith(")")):
        return None
    name = _GENERIC.sub("", _CLOSURE.sub("", name))
    name = _STATE.sub(r"\1", name)
    owner, _, method = name.replace("..", ".").rpartition(".")
    return Frame(method, owner, not _LIBRARIES.match(owner + "."))


def parse(lines: list[str]) -> Traceback | None:
    """The chain in `lines`, root cause first."""
    chain: list[Raised] = []
    waiting: list[tuple[str, str]] = []  # exceptions whose frames follow those of their inner ones
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
        elif _INNER.match(line) or not (waiting or frames):
            head.append(line)
    if frames or waiting:
        chain.append(_raised(waiting, frames))
    chain += [Raised(kind, message, ()) for kind, message in reversed(waiting)]
    return complete("dotnet", chain)


def _raised(waiting: list[tuple[str, str]], frames: list[Frame]) -> Raised:
    kind, message = waiting.pop() if waiting else ("", "")
    return Raised(kind, message, tuple(reversed(frames)))


def _opened(head: list[str]) -> list[tuple[str, str]]:
    """(type, message) of each exception a head announces, outer first: it says `Outer: m ---> Inner: n`."""
    if not any(line.strip() for line in head):
        return []
    links: list[list[str]] = [[]]
    for line in head:
        first, *inner = line.split("---> ")
        if first.strip():
            links[-1].append(first)
        links += [[part.rpartition("Inner Exception #")[2].partition(") ")[2] or part] for part in inner]
    return [heads.find(link) for link in links if link]
