"""Every language's traces: what is read, which variants agree, which near misses differ, what is none."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.parsing import stacktrace as tb
from processor.parsing.stacktrace.registry import LANGUAGES, extent

GOLDEN = Path(__file__).parents[2] / "golden" / "tracebacks"
REAL_HOUR = Path(__file__).parents[4] / "shared" / "data" / "cloud-run-hour" / "export.json"


@dataclass
class Case:
    language: str
    name: str
    text: str
    wants: dict[str, str] = field(default_factory=dict)


def read(path: Path) -> list[Case]:
    cases = []
    for block in re.split(r"(?m)^=== case: ", path.read_text())[1:]:
        name, _, rest = block.partition("\n")
        wants = dict(re.findall(r"(?m)^=== ([\w-]+): (.*)$", rest))
        text = re.sub(r"(?m)^=== .*\n", "", rest).rstrip("\n")
        cases.append(Case(path.stem, name, text, wants))
    return cases


CASES = [case for path in sorted(GOLDEN.glob("*.txt")) for case in read(path)]
TRACES = [case for case in CASES if case.language != "none"]
BY_NAME = {(case.language, case.name): case for case in CASES}


def mask(text: str) -> str:
    return re.sub(r"'[^']*\d[^']*'|\d[\w.:]*", "<*>", text)


def named(case: Case) -> str:
    found = tb.parse(case.text)
    assert found is not None
    return tb.fingerprint(found, mask)


def label(case: Case) -> str:
    return f"{case.language}: {case.name}"


@pytest.mark.parametrize("case", TRACES, ids=label)
def test_a_trace_is_read_with_its_chain_from_root_cause_to_last(case):
    found = tb.parse(case.text)
    assert found is not None
    assert found.language == case.language
    assert [raised.type for raised in found.chain] == case.wants["chain"].split(" > ")


@pytest.mark.parametrize("case", [c for c in TRACES if "raised-in" in c.wants], ids=label)
def test_the_last_exception_was_raised_in_the_innermost_own_function(case):
    found = tb.parse(case.text)
    assert found is not None
    frames = found.chain[-1].frames
    inner = next((frame for frame in reversed(frames) if frame.in_app), frames[-1])
    assert f"{inner.function} ({inner.module})" == case.wants["raised-in"]


@pytest.mark.parametrize("case", [c for c in TRACES if "same-as" in c.wants], ids=label)
def test_variants_of_one_bug_have_one_fingerprint(case):
    assert named(case) == named(BY_NAME[case.language, case.wants["same-as"]])


@pytest.mark.parametrize("case", [c for c in TRACES if "differs-from" in c.wants], ids=label)
def test_near_misses_have_fingerprints_of_their_own(case):
    assert named(case) != named(BY_NAME[case.language, case.wants["differs-from"]])


@pytest.mark.parametrize("case", [c for c in CASES if c.language == "none"], ids=label)
def test_what_only_looks_like_a_trace_is_none(case):
    assert tb.parse(case.text) is None


@pytest.mark.parametrize("case", TRACES, ids=label)
def test_a_fingerprint_is_one_line_without_line_numbers_or_machine_paths(case):
    name = named(case)
    assert name.isprintable()
    assert not re.search(r":\d+|line \d+|site-packages|node_modules|0x[0-9a-f]|/usr/|/home/|C:", name), name


def test_the_golden_folder_covers_every_language_and_at_least_thirty_cases():
    assert {case.language for case in TRACES} <= {language.name for language in LANGUAGES}
    assert len(CASES) >= 30
    assert len(BY_NAME) == len(CASES), "two cases share a name"


def test_different_golden_bugs_never_share_a_fingerprint():
    origins = {}
    for case in TRACES:
        origin = case
        while "same-as" in origin.wants:
            origin = BY_NAME[origin.language, origin.wants["same-as"]]
        origins.setdefault(named(case), set()).add(label(origin))
    assert [bugs for bugs in origins.values() if len(bugs) > 1] == []


def test_a_fingerprint_says_type_masked_message_and_own_frames_innermost_first():
    assert named(BY_NAME["python", "during handling"]) == (
        "KeyError: <*> at load (shop/cart.py) [return carts[key]]"
        ' => shop.errors.CartError: no cart <*> at checkout (shop/views.py) [raise CartError("<*>")]'
    )


def test_how_many_tasks_of_a_group_failed_is_not_another_bug():
    def failed(tasks):
        found = tb.Traceback(
            "python",
            (
                *(tb.Raised("ValueError", f"bad {n}", (tb.Frame("a", "g.py", in_app=True),)) for n in range(tasks)),
                tb.Raised("ExceptionGroup", f"unhandled ({tasks} sub-exceptions)", ()),
            ),
        )
        return tb.fingerprint(found, mask)

    assert failed(2) == failed(20) == failed(2_000) == "ValueError: bad <*> at a (g.py) => ExceptionGroup: unhandled"


def test_frames_are_equal_whatever_their_line():
    one, other = (tb.Frame("load", "shop/cart.py", True, "/app/shop/cart.py", n, "return 1") for n in (4, 17))

    assert one == other
    assert len({one, other}) == 1
    assert one != tb.Frame("load", "shop/cart.py", False, "/app/shop/cart.py", 4, "return 1")
    assert one != ("load", "shop/cart.py", True)


def test_a_long_chain_keeps_its_first_and_last_four():
    chain = tuple(tb.Raised(f"E{letter}", "", ()) for letter in "abcdefghijkl")
    assert tb.fingerprint(tb.Traceback("jvm", chain), mask) == "Ea => Eb => Ec => Ed => Ei => Ej => Ek => El"


def test_a_title_names_the_last_exception_and_its_root_cause_with_its_place():
    found = tb.describe(BY_NAME["python", "during handling"].text)
    assert tb.title(found) == "CartError: no cart 17 in load (cart.py) (from KeyError: 'cart-17')"
    single = tb.describe(BY_NAME["python", "syntax error without a header"].text)
    assert tb.title(single) == "SyntaxError: invalid syntax in rules.py"


def test_a_title_without_values_says_what_the_fingerprint_says():
    case = BY_NAME["python", "during handling"]
    found = tb.without_values(tb.describe(case.text), named(case))
    assert tb.title(found) == "CartError: no cart <*> in load (cart.py) (from KeyError)"


def test_a_trace_cut_before_its_type_is_named_by_its_place():
    text = (
        "Traceback (most recent call last):\n"
        '  File "/app/a.py", line 1, in f\n    g()\n  File "/app/b.py", line 2, in g'
    )
    found = tb.parse(text)
    assert found is not None
    assert found.chain[0].type == ""
    assert tb.title(tb.describe(text)) == "exception in g (b.py)"


def test_interpreter_traces_of_this_python_are_read():
    import traceback

    def inner():
        raise KeyError(17)

    def outer():
        try:
            inner()
        except KeyError as error:
            raise RuntimeError("no cart") from error

    try:
        outer()
    except RuntimeError:
        found = tb.parse(traceback.format_exc())
    assert found is not None
    assert [(raised.type, raised.frames[-1].function) for raised in found.chain] == [
        ("KeyError", "inner"),
        ("RuntimeError", "outer"),
    ]


# What an agent that writes one entry per line hands over: (line, whether it can only be a part of a trace).
LINES = [
    ("Traceback (most recent call last):", True),
    ("2025-09-16 ERROR x Traceback (most recent call last):", True),
    ("  + Exception Group Traceback (most recent call last):", True),
    ('  File "/app/x.py", line 3, in f', True),
    ('  |   File "/app/x.py", line 3, in f', True),
    ("           ^^^^^^^", True),
    ("           ~~~~^^^^", True),
    ("  [Previous line repeated 996 more times]", True),
    ("During handling of the above exception, another exception occurred:", True),
    ("The above exception was the direct cause of the following exception:", True),
    ("  +-+---------------- 1 ----------------", True),
    ("ValueError: x", False),
    ("KeyboardInterrupt", False),
    ("requests.exceptions.Timeout: read timed out", False),
    ("ExceptionGroup: jobs (2 sub-exceptions)", False),
    ('Exception in thread "main" java.lang.NullPointerException', True),
    ("\tat com.acme.Main.main(Main.java:5)", True),
    ("\tat com.acme.Main.main(Main.java:5) ~[app.jar:1.0]", True),
    ("Caused by: java.io.IOException: x", True),
    ("\t... 12 more", True),
    ("    at fn (/app/x.js:1:2)", True),
    ("    at /app/x.js:1:2", True),
    ("  [cause]: Error: y", True),
    ("   at A.B.C(String s) in /src/x.cs:line 12", True),
    ("   --- End of inner exception stack trace ---", True),
    (" ---> System.Exception: x", True),
    ("panic: boom", True),
    ("goroutine 1 [running]:", True),
    ("main.main()", True),
    ("\t/app/main.go:5 +0x25", True),
    ("created by main.start in goroutine 1", True),
    ("exit status 2", False),
    ("\tfrom /app/x.rb:3:in `f'", True),
    ("#0 /app/x.php(12): f()", True),
    # Ordinary lines are none of these.
    ("Listening at: http://0.0.0.0:8080 (1)", False),
    ("[ERROR] Reason: Worker failed to boot.", False),
    ("  at noon we meet", False),
    ("do not panic: it is a drill", False),
    ("no panic here", False),
    ("Errors: 0", False),
    ("", False),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_a_single_line_is_known_for_what_it_is(line, expected):
    assert tb.is_fragment(line) is expected


def test_the_real_hour_has_three_tracebacks_of_fifteen():
    if not REAL_HOUR.exists():
        pytest.skip("the real hour of Cloud Run logs is not on this machine")
    texts = [entry.get("textPayload") or "" for entry in json.loads(REAL_HOUR.read_text())]
    found = [trace for text in texts if (trace := tb.parse(text))]
    assert sorted(Counter(tb.fingerprint(trace, mask) for trace in found).values()) == [15, 15, 15]


PIECES = st.sampled_from(
    [line for case in CASES for line in case.text.split("\n")] + ["\r", "\x1b[31m", "\x00", "| ", "+-", "\\n", " " * 40]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=30)), max_size=25).map("\n".join))
def test_any_mixture_of_lines_is_read_without_error_and_named_in_bounds(text):
    found = tb.parse(text)
    for line in text.split("\n"):
        tb.is_fragment(line), tb.may_begin(line)
    if found:
        name, title = tb.fingerprint(found, mask), tb.title(tb.describe(text))
        assert len(name) <= 8 * (120 + 300 + 8 * 250 + 20)
        assert len(title) <= 600
        assert "\n" not in name + title
        assert tb.fingerprint(tb.parse(text), mask) == name


def steps(call, text: str) -> int:
    """Lines of Python executed: work that does not depend on the machine."""
    count = 0

    def trace(_frame, event, _arg):
        nonlocal count
        count += event == "line"
        return trace

    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        call(text)
    finally:
        sys.settrace(previous)
    return count


HOSTILE = [
    # a comment per row: what grows
    ('  File "/app/x.py", line 1, in f\n', "Python frames without end"),
    ("Caused by: a.b.CException: x\n\tat a.b.C.d(C.java:1)\n", "a chain of causes"),
    ('  | Exception Group Traceback (most recent call last):\n  |   File "x", line 1, in f\n', "groups"),
    (" ---> System.XException: x\n   at A.B.C()\n", "inner exceptions that never end"),
    ("panic: x\nmain.f()\n\t/a/x.go:1 +0x1\n", "panics"),
    ("a.rb:1:in `f': x (E)\n", "Ruby causes"),
    ("  [cause]: Error: x\n    at f (/x.js:1:1)\n", "Node causes"),
    ("#0 /x.php(1): f()\nNext E: x in /y.php:1\n", "PHP chains"),
]


@pytest.mark.parametrize(("unit", "_what"), HOSTILE)
def test_work_grows_with_the_text_not_with_its_square(unit, _what):
    def name(text):
        found = tb.parse(text)
        return found and tb.fingerprint(found, mask)

    small, large = steps(name, unit * 40), steps(name, unit * 160)
    assert large <= 5 * small


@pytest.mark.parametrize(
    "unit",
    [
        "a.",
        "at ",
        "(",
        "Error",
        "/",
        "$$Lambda$1/0x",
        "|",
        " ",
        "'",
        '"',
        ":1",
        "[",
        "<",
        "#0 ",
        "panic: ",
        "x: ",
    ],
)
def test_a_line_of_256_kib_is_cut_before_any_pattern_sees_it(unit):
    for lead in ("\tat ", '  File "', "\t/x.go:", "a.rb:1:in `", "#0 ", "    at f (", "Caused by: ", "E: "):
        line = lead + unit * (262_144 // len(unit))
        tb.parse(f'{line}\n  File "x.go:1\tat :in `#0 \n{line}')
        tb.is_fragment(line), tb.may_begin(line), tb.extent([line, line], 0, is_after=False)


def test_every_module_of_the_package_is_a_language_and_the_order_of_trial_is_definite():
    modules = {path.stem for path in Path(tb.__file__).with_name("languages").glob("*.py")} - {"__init__"}

    assert len(LANGUAGES) == len(modules)
    assert (
        len({language.name for language in LANGUAGES}) == len({language.rank for language in LANGUAGES}) == len(modules)
    )
    assert [language.rank for language in LANGUAGES] == sorted(language.rank for language in LANGUAGES)


LINE_TRACES = sorted((GOLDEN / "lines").glob("*.txt"))


@pytest.mark.parametrize("path", LINE_TRACES, ids=lambda path: path.stem)
def test_the_quick_look_at_the_next_line_leaves_no_language_out(path):
    lines = ["worker started", *path.read_text("utf-8").splitlines(), "worker stopped"]
    for at in range(len(lines)):
        found = extent(lines, at, is_after=False)
        ends = [
            language.automaton.extent(lines, at).end for language in LANGUAGES if language.automaton.begin(lines[at])
        ]

        assert found.crossed_at or found.end == max([at, *ends])


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_every_pattern_compiles(language):
    module = sys.modules[language.parse.__module__]
    held = [value for name, value in vars(module).items() if name.startswith("_") and hasattr(value, "pattern")]
    rows = [*language.automaton._start, *(row for rows in language.automaton._states.values() for row in rows)]

    assert held
    for each in (*held, *(pattern for pattern, _ in rows)):
        assert re.compile(each.pattern).match("") == each.match("") or each.match("") is not None


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("cpp_glog", ("acme::Ledger::Close", "ledger.cc", 44)),
        ("rust_color_eyre", ("open_ledger", "/srv/bank/src/ledger.rs", 18)),
        ("julia_task", ("weigh", "/app/bakery.jl", 9)),
        ("crystal_cause", ("heat", "bakery.cr", 13)),
        ("deno_cause", ("heat", "file:///app/r.mjs", 3)),
        ("zig_panic", ("tray", "/app/src/main.zig", 5)),
        ("php_laravel", None),
    ],
)
def test_the_place_of_an_exception_has_file_and_line(name, place):
    found = tb.describe((GOLDEN / "lines" / f"{name}.txt").read_text("utf-8"))
    assert found is not None
    if place is None:
        assert found.file.endswith(".php")
        assert found.line > 0
    else:
        assert (found.function, found.file, found.line) == place
