"""Messages in which numbers may stay: what is remembered of them is what would be worked out again."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from processor.mining import codes
from processor.mining.masker import Masker

# The numbers are put in where a `#` stands; every row of codes has texts here, and what comes close to one.
FORMS = (
    "exit code #",
    "Worker (pid:#) exited with code # after # ms",
    'x.x "GET /v#/a#b/c HTTP/#.#" status: # len: # time: #.#',
    '"POST /users/# HTTP/#.#" # # "-" "agent/#.#"',
    "GET /users/# # # ms",
    '"GET /" status%#',
    "http/# and status #",
    "http/#.# # Not Found",
    "HTTP/#.# # Bad Gateway, errno=#",
    "answered with # in # ms, # rows",
    "got # of # parts, response code: #",
    "upstream returned # Service Unavailable",
    "killed by signal #, code=#, errno=#, address=0x#b#",
    "main process exited, status=#/ABRT",
    "ORA-#: table # is gone at line #",
    "error[E#]: mismatched types --> src/main.rs:#:#",
    "Error # (#): Access denied for 'u#'@'10.0.0.#'",
    "(#, 'Lock wait timeout exceeded; try # times')",
    "io.netty.Http#Exception: stream # closed, status=#",
    "[HRESULT = 0x#f#d - CBS_E_INVALID_PACKAGE]",
    "HRESULT #A#B# at #.#.#",
    "status=# status=# exit=# rc=#",
    '{"status": #, "code": "#", "took": #}',
    "cannot cast int# to float#, base# and sha#, utf-#, h#",
    "dsn=#.#.# recipient said: #.#.#, # #.#.# mailbox full",
    "reason 0x#A, ret=-#, could not probe it: -#",
    "DTC P#A, Xid (PCI:#:#:#): #, exception #, Msg #, Level #",
    "migration #_add_phone.sql, Shop.Cart.add/#, SQLSTATE[HY#] [#], error code #, data #e",
    "rcode #, grpc status #, TLS fatal alert #, Code: #. status=#.#.#, SQLSTATE[#]: General error: #",
    "plain # text with # numbers",
    "状态码 # status: # 失败",
)
NEAR_CODES = [
    *("0", "2", "4", "5", "16", "17", "32", "40", "63", "64", "256"),
    *("200", "404", "429", "500", "503", "600", "765", "1404", "1500", "40400"),
]
NUMBERS = st.one_of(
    st.sampled_from(
        [
            "0",
            "2",
            "4",
            "5",
            "16",
            "17",
            "32",
            "40",
            "63",
            "64",
            "256",
            "200",
            "404",
            "429",
            "500",
            "503",
            "600",
            "765",
            "1404",
            "1500",
            "40400",
        ]
    ),
    st.integers(0, 10**9).map(str),
)


@st.composite
def messages(draw: st.DrawFn) -> list[str]:
    form = " ".join(draw(st.lists(st.sampled_from(FORMS), min_size=1, max_size=2)))
    parts = form.split("#")
    return ["".join(part + draw(NUMBERS) for part in parts[:-1]) + parts[-1] for _ in range(draw(st.integers(2, 6)))]


WARM = Masker()


@settings(max_examples=300, deadline=None)
@given(messages())
def test_what_was_masked_before_changes_no_result(texts: list[str]) -> None:
    assert [WARM.mask(text) for text in texts] == [Masker().mask(text) for text in texts]


@settings(max_examples=300, deadline=None)
@given(messages())
def test_patterns_of_kinds_that_are_not_near_find_nothing(texts: list[str]) -> None:
    for text in texts:
        kinds = codes.near(re.sub("[0-9]+", "0", text))
        assert not kinds or codes.lifted(text, kinds) == codes.lifted(text)


@settings(max_examples=300, deadline=None)
@given(messages())
def test_only_runs_that_decide_stay(texts: list[str]) -> None:
    for text in texts:
        skeleton = re.sub("[0-9]+", "0", text)
        if kinds := codes.near(skeleton):
            runs = list(re.finditer("[0-9]+", text))
            kept = codes.lifted(text, kinds)
            stayed = {order for order, run in enumerate(runs) if kept[slice(*run.span())] != run[0]}
            assert stayed <= set(codes.deciding(skeleton, kinds))


def test_number_of_a_closed_set_was_seen_before() -> None:
    masker = Masker()
    assert masker.mask("cannot cast to int16 here") == "cannot cast to int16 here"
    assert masker.mask("cannot cast to int17 here") == "cannot cast to <*> here"


def test_status_of_a_request_stays_whatever_was_seen_before() -> None:
    masker = Masker()
    text = '10.0.0.1 "GET /a HTTP/1.1" status: {} len: 5'
    assert masker.mask(text.format(200)) == '<*> "GET <*> HTTP/<*>" status: <*> len: <*>'
    assert masker.mask(text.format(765)) == '<*> "GET <*> HTTP/<*>" status: 765 len: <*>'
    assert masker.mask(text.format(503)) == '<*> "GET <*> HTTP/<*>" status: 503 len: <*>'
    assert masker.mask(text.format(404)) == '<*> "GET <*> HTTP/<*>" status: <*> len: <*>'
