"""Elixir and Erlang: `** (KeyError) ...` with frames in parentheses, crash reports with lists of frames.

Promises: process ids, arities' arguments and versions of applications are removed. Must not read the state of a
process.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.paths import line_number, short_path

_HEAD = regex(r"(?:.*\s)?\*\* \(([A-Za-z_][\w.]*)\) ?(.*)$")
_FRAME = regex(r"\s+(?:\(([\w.]+)(?: [^()]*)?\) )?(\S+\.(?:exs?|erl|eex|heex)):(\d+): (.+)$")
_BARE = regex(r"\s+\(([\w.]+)(?: [^()]*)?\) ([A-Z:\w][\w.!?:\"]*/\d+)$")
_ERLANG = regex(
    r"\{([a-z]\w*),'?([\w/<>-]+)'?,(\d+|\[(?:[^\[\]]|\[[^\[\]]*\])*\]),\[(?:\{file,\"([^\"]+)\"\},\{line,(\d+)\})?"
)
_EXITS = frozenset({"exit", "EXIT", "throw", "stop"})
_EXCEPTION = regex(r"\s*exception (error|exit|throw): (.*)$")
_CALLED = regex(r"\s+in (?:function|call from) +'?([\w.]+)'?:'?([\w/<>-]+?)'?/\d+ *(?:\((\S+), line (\d+)\))?")
_REASON = regex(r"\{(?:\{)?([a-z_]+)[,}]")
_STATED = regex(r" = (?:error|exit|throw):([a-z_]\w*)")  # gen_statem
_WRAPPERS = frozenset({"shutdown", "failed_to_start_child", "error", "exit", "throw"})
_ANONYMOUS = regex(r"anonymous fn/\d+ in |-fun-\d+-|/\d+$|\(.*\)$")
_LIBRARIES = frozenset(
    [
        "stdlib",
        "kernel",
        "elixir",
        "mix",
        "logger",
        "ex_unit",
        "eex",
        "iex",
        "phoenix",
        "plug",
        "plug_cowboy",
        "cowboy",
        "ranch",
        "bandit",
        "thousand_island",
        "ecto",
        "ecto_sql",
        "db_connection",
        "postgrex",
        "oban",
        "broadway",
        "gen_stage",
        "telemetry",
        "finch",
        "mint",
        "jason",
        "absinthe",
        "tesla",
        "hackney",
    ]
)
_OTP = frozenset(
    [
        "gen_server",
        "gen_statem",
        "proc_lib",
        "supervisor",
        "gen",
        "gen_event",
        "lists",
        "maps",
        "erlang",
        "ets",
        "io",
        "erl_eval",
        "shell",
        "init",
    ]
)


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception; a linked process that failed with it prints its own."""
    kind = message = ""
    frames: list[Frame] = []
    for line in lines:
        if match := _FRAME.match(line):
            frames.append(_frame(match.group(1) or "", match.group(2), match.group(3), match.group(4)))
        elif match := _BARE.match(line):
            frames.append(_frame(match.group(1), "", "0", match.group(2)))
        elif not frames and (not kind or kind in _EXITS) and (match := _HEAD.match(line)):
            kind, message = match.groups()
    if kind and (frames or message):
        return Traceback("elixir", (Raised(kind, message, tuple(reversed(frames))),))
    return _report(lines) or _erlang(" ".join(lines))


def _report(lines: list[str]) -> Traceback | None:
    """Return the report of proc_lib: `exception error: ...`, then `in function  m:f/1 (src/m.erl, line 14)`."""
    said = next((found for line in lines if (found := _EXCEPTION.match(line))), None)
    frames = [
        Frame(
            match.group(2),
            match.group(1),
            match.group(1) not in _OTP,
            match.group(3) or "",
            line_number(match.group(4)),
        )
        for match in map(_CALLED.match, lines)
        if match
    ]
    return (
        Traceback("elixir", (Raised(said.group(1), said.group(2), tuple(reversed(frames))),))
        if said and frames
        else None
    )


def _erlang(text: str) -> Traceback | None:
    text = text[:20_000]
    frames = []
    for match in _ERLANG.finditer(text):
        module, function, _, path, line = match.groups()
        frames.append(Frame(function, module, module not in _OTP, path or "", line_number(line)))
    if len(frames) < 2 and not (frames and "exit value" in text):  # noqa: PLR2004
        return None
    first = _ERLANG.search(text)
    before = text[: first.start()] if first else ""
    before = before.rpartition("Reason for termination")[2]
    if named := _STATED.match(before):
        return Traceback("elixir", (Raised(named.group(1), "", tuple(reversed(frames))),))
    reasons = _REASON.findall(before)
    reason = next((reason for reason in reasons if reason not in _WRAPPERS), "error")
    return Traceback("elixir", (Raised(reason, "", tuple(reversed(frames))),))


def _frame(application: str, path: str, line: str, call: str) -> Frame:
    name = call.strip()
    for _ in range(3):
        name = _ANONYMOUS.sub("", name)
    owner, _, function = name.rpartition(".")
    own = application not in _LIBRARIES and owner.lstrip(":") not in _OTP
    return Frame(function or name, owner or (short_path(path) if path else ""), own, path, line_number(line))


_AT = r"\s+(?:\([\w.]+(?: [^()]*)?\) )?(?:\S+\.(?:exs?|erl|eex|heex):\d+: |[A-Z:]\S*/\d+$)"

LANGUAGE = Language(
    "elixir",
    rank=100,
    needles=("** (", '{file,"', "  exception "),
    parse=parse,
    automaton=Automaton(
        start=rules(
            (r"(?:\{\")?init terminating in ", "boot"),
            (r".{0,200}\*\* \([A-Za-z_][\w.]*\)", "raised"),
            (
                (
                    r".{0,120}(?:terminat(?:ing|ed)$|raised an exception|Task #PID\S+ started from|Process #PID\S+"
                    r"|Error in process <|CRASH REPORT|ERROR REPORT)"
                ),
                "report",
            ),
        ),
        states={
            "boot": rules((r"init terminating in |Crash dump ", "boot")),
            "report": rules(
                (r".{0,60}\*\* \(", "raised"),
                (r"\s*\{", "terms"),
                (r"\s+exception (?:error|exit|throw): ", "crash"),
                (RECORD, ""),
                (r"", "report"),
            ),
            "crash": rules((r"\s", "crash")),
            "raised": rules(
                (_AT, "frames"), (r"\s+\*\* \(", "raised"), (rf"{RECORD}|.{{0,60}}\*\* \(", ""), (r"", "message")
            ),
            "message": rules((_AT, "frames"), (rf"{RECORD}|.{{0,60}}\*\* \(", ""), (r"", "message")),
            "frames": rules(
                (_AT, "frames"),
                (r"(?:Last message|State|Function|Initial Call|Ancestors|    Args|Queue|Client)\b.*[:\]]", "rest"),
            ),
            "rest": rules(
                (r"(?:Last message|State|Function|Initial Call|Ancestors|    Args|Queue|Client)\b|\s", "rest")
            ),
            "terms": rules((r"\s*[\[{]", "terms"), (r"\s+\S", "terms")),
        },
        accepting=frozenset({"boot", "raised", "frames", "rest", "terms", "crash"}),
    ),
    fragments=(
        r"\s+in (?:function|call from) +\S+:\S+/\d+",
        r"\s+exception (?:error|exit|throw): ",
        r".{0,200}[*]{2} \([A-Za-z_][\w.]*\) ",
        r"\s+\([\w.]+ [^()]*\) \S+\.(?:exs?|erl|eex|heex):\d+: ",
        r"\s+\S+\.exs?:\d+: ",
        r"Error in process <",
        r"(?:\{\")?init terminating in ",
        r"\s*\[?\{[a-z]\w*,'?[\w/<>-]+'?,(?:\d+|\[.*\]),\[\{file,",
    ),
    crash=(
        r"(?:\{\")?init terminating in ",
        r".{0,80}[*]{2} \([A-Z][\w.]*\) ",
    ),
    noise=(r"\.exs?:\d+", r"#PID<[\d.]+>"),
    lines=(
        r"Crash dump is being written",
        r"[*]{2} ",
        r"(?:Last message|State|Function|Initial Call|Ancestors)\b",
        r"\{\w+,\[\{",
    ),
)
