"""Levels of plain lines: where level words count, and where they are only words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.parsing import levels, severity

NAMES = {"DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"}

INFERRED = [
    # brackets, alone and after stamps (gunicorn, nginx, Apache, MySQL, Python's multiprocessing, Rust)
    ("[ERROR] Reason: Worker failed to boot.", "ERROR"),
    ("[error] x", "ERROR"),
    ("[2025-09-16 00:42:59 +0000] [7] [ERROR] Reason: Worker failed to boot.", "ERROR"),
    ("[2025-09-16 00:42:59 +0000] [7] [INFO] Booting worker with pid: 7", "INFO"),
    ("2025/09/16 00:42:59 [error] 7#7: *1 connect() failed", "ERROR"),
    ("2025/09/16 00:42:59 [emerg] 7#7: bind() failed", "EMERGENCY"),
    ("[Tue Sep 16 00:42:59.123 2025] [core:error] [pid 1] x", "ERROR"),
    ("2025-09-16T00:42:59.000001Z 0 [ERROR] [MY-010119] [Server] Aborting", "ERROR"),
    ("[ERROR/MainProcess] x", "ERROR"),
    ("[WARN  tokio::runtime] x", "WARNING"),
    ("[2025-09-16T00:42:59Z ERROR mycrate] x", "ERROR"),
    ("[00:42:59 WRN] x", "WARNING"),
    ("(WARNING) x", "WARNING"),
    # Python's logging and its usual formats, uvicorn, loguru, celery
    ("ERROR:root:no cart", "ERROR"),
    ("WARNING:shop.main:x", "WARNING"),
    ("2025-09-16 00:42:59,123 - shop.cart - ERROR - no cart", "ERROR"),
    ("2025-09-16 00:42:59,123 ERROR shop.cart no cart", "ERROR"),
    ("ERROR:    Exception in ASGI application", "ERROR"),
    ("INFO:     127.0.0.1:1234 - GET / HTTP/1.1", "INFO"),
    ("2025-09-16 00:42:59.123 | ERROR    | shop.cart:load:12 - no cart", "ERROR"),
    ("/app/shop/main.py:12: DeprecationWarning: old", "WARNING"),
    # JVM
    ("2025-09-16 00:42:59.123  WARN 1 --- [           main] c.e.Foo : x", "WARNING"),
    ("2025-09-16 WARN c.e.Foo", "WARNING"),
    ("12:00:01.123 [http-nio-8080-exec-1] ERROR c.e.Foo - x", "ERROR"),
    ("SEVERE: x", "ERROR"),
    # Go: glog, zap's console, logrus on and off a terminal
    ("E0916 12:00:00.000123       7 file.go:12] no cart", "ERROR"),
    ("W0916 12:00:00.000 file.go:12] slow", "WARNING"),
    ("F0916 12:00:00.000 file.go:12] gone", "CRITICAL"),
    ("2025-09-16T00:42:59.123Z\tERROR\tshop/cart.go:12\tno cart", "ERROR"),
    ("2025-09-16T00:42:59.123Z\terror\tshop/cart.go:12\tno cart", "ERROR"),
    ('time="2025-09-16T00:42:59Z" level=error msg="no cart"', "ERROR"),
    ("level=warn msg=slow", "WARNING"),
    ("ts=1 caller=x.go:1 level=error err=eof", "ERROR"),
    ("ERRO[0000] no cart", "ERROR"),
    # .NET, Node, Ruby, Postgres, syslog, compose
    ("fail: Shop.Program[0]", "ERROR"),
    ("npm ERR! code 1", "ERROR"),
    ("npm warn deprecated x", "WARNING"),
    ("error: unknown option", "ERROR"),
    ("Error: Cannot find module 'x'", "ERROR"),
    ("Warning: x is deprecated", "WARNING"),
    ("E, [2025-09-16T00:42:59.123456 #123] ERROR -- : no cart", "ERROR"),
    ('2025-09-16 00:42:59.123 UTC [123] ERROR:  relation "x" does not exist', "ERROR"),
    ("2025-09-16 00:42:59.123 UTC [123] FATAL:  password", "CRITICAL"),
    ("Sep 16 00:42:59 host app[123]: ERROR: x", "ERROR"),
    ("<3>no cart", "ERROR"),
    ("<0>gone", "EMERGENCY"),
    ("<190>kept", "INFO"),
    ("web-1  | ERROR x", "ERROR"),
    ("\x1b[31mERROR\x1b[0m x", "ERROR"),
    ("\x1b[1;33m[WARN]\x1b[0m x", "WARNING"),
    # names, pairs, symbols and boxes before a level
    ("[2025-09-16T00:42:59.123456+02:00] app.CRITICAL: no cart", "CRITICAL"),
    ("[2025-09-16 00:42:59] production.ERROR: no cart", "ERROR"),
    ("[16-Sep-2025 00:42:59 UTC] PHP Warning:  Undefined array key", "WARNING"),
    ("2025-09-16T00:42:59.123Z pid=8 tid=abc class=CartJob elapsed=0.2 WARN: no cart", "WARNING"),
    ("00:42:59.123 request_id=F8xy [error] no cart", "ERROR"),
    ("\n00:42:59.123 [warning] no cart", "WARNING"),
    ("2025-09-16T00:42:59+0000 [shop.cart#error] no cart", "ERROR"),
    ("2025-09-16T00:42:59+0000 error shop.cart : id=8 [Shop] no cart", "ERROR"),
    ("[8:00:00 AM] › ✖  error     no cart", "ERROR"),
    ("┌ Error: no cart", "ERROR"),
    ("2025-09-16 00:42:59.1234|0|FATAL|Shop.Cart|no cart", "CRITICAL"),
    ("2025-09-16 00:42:59,123 shop-0 shop[1] ERROR [com.acme.Cart] (executor-1) no cart", "ERROR"),
    ("Sep 16, 2025 8:00:00 AM com.acme.Cart load\nSEVERE: no cart", "ERROR"),
    ("<Sep 16, 2025, 8:00:00,123 AM UTC> <Error> <Deployer> <BEA-1> <no cart>", "ERROR"),
    ("2025-09-16 00:42:59.123:WARN :oejs.HttpChannel:qtp-1: /cart", "WARNING"),
    ("2025/09/16 00:42:59 ERROR> Cart.pm:33 Shop::Cart::load - no cart", "ERROR"),
    # signs and four letters
    ("1:M 16 Sep 2025 00:42:59.123 # Background saving error", "WARNING"),
    ("1:M 16 Sep 2025 00:42:59.123 * Ready to accept connections", "NOTICE"),
    ("EROR[09-16|00:42:59] no cart   id=8", "ERROR"),
    ("\x1b[31m ERROR\x1b[0m[0000] no cart", "ERROR"),
    ("2025/09/16 00:42:59 ERRO <cart/cart.go:33> no cart", "ERROR"),
    ("=ERROR REPORT==== 16-Sep-2025::00:42:59.123 ===", "ERROR"),
    ("Warning message:\nIn cart(8) : no cart", "WARNING"),
    # below WARNING under an agent's ERROR
    ("2025-09-16 00:42:59.123 UTC [88] LOG:  checkpoint starting: time", "INFO"),
    ("2025-09-16T00:42:59.000001Z 0 [System] [MY-010931] [Server] ready", "NOTICE"),
    # JSON in a plain line
    ('{"level":"error","msg":"x"}', "ERROR"),
    ('{"ts":1,"level": "warn"}', "WARNING"),
    ('{"level":50,"time":1}', "ERROR"),
    ('{"severity":"CRITICAL"', "CRITICAL"),
    ('{"@l":"Warning"}', "WARNING"),
    # what ends a process
    ("panic: runtime error: index out of range", "CRITICAL"),
    ("goroutine 1 [running]:", "CRITICAL"),
    ("fatal error: all goroutines are asleep - deadlock!", "CRITICAL"),
    ("FATAL: x", "CRITICAL"),
    ("Segmentation fault (core dumped)", "CRITICAL"),
    # traces and the lines they are cut into
    ("Traceback (most recent call last):\n  File", "ERROR"),
    ("  + Exception Group Traceback (most recent call last):", "ERROR"),
    ("During handling of the above exception, another exception occurred:", "ERROR"),
    ("The above exception was the direct cause of the following exception:", "ERROR"),
    ('  File "/app/x.py", line 3, in f', "ERROR"),
    ("ModuleNotFoundError: No module named 'x'", "ERROR"),
    ("shop.errors.CartError: x", "ERROR"),
    ('Exception in thread "main" java.lang.NullPointerException', "ERROR"),
    ("java.lang.IllegalStateException: x\n\tat a.b.C.d(C.java:1)", "ERROR"),
    ("\tat com.acme.Main.main(Main.java:5)", "ERROR"),
    ("Caused by: java.io.IOException: x", "ERROR"),
    ("request failed\n    at fn (/app/x.js:1:2)", "ERROR"),
    ("/app/x.js:3\n  throw e\n  ^\n\nError: x\n    at /app/x.js:1:2", "ERROR"),
    ("    at fn (/app/x.js:1:2)", "ERROR"),
    ("Unhandled exception. System.Exception: x", "ERROR"),
    ("   at A.B.C(String s) in /src/x.cs:line 12", "ERROR"),
    ("app.rb:3:in `foo': undefined method (NoMethodError)", "ERROR"),
    ("\tfrom app.rb:7:in `bar'", "ERROR"),
    ("PHP Fatal error:  Uncaught Exception: x in /a.php:3", "ERROR"),
]

# Level words that are only words.
UNKNOWN = [
    "no error found",
    "LOG: a new file was opened",
    "retry=3 and no error: left",
    "<div> no error </div>",
    "the fatal  blow",
    "first line\nno ERROR here",
    "ERROR_COUNT metric registered",
    "Errors: 0",
    "Error: 0",
    "errors: none",
    "Error rate is 0.1 %",
    "error handling is enabled",
    "ERROR-level logging enabled",
    "ERROR, WARN and INFO are valid levels",
    "DEBUG=1 is set",
    "Warnings: 3",
    "Info about the service",
    "set level=error in the configuration",
    "Backend Service: Running in staging - skipping .env file loading (using GSM)",
    "Container called exit(3).",
    "Default STARTUP TCP probe succeeded after 1 attempt for container",
    "Starting new instance. Reason: MANUAL_OR_CUSTOMER_MIN_INSTANCE",
    "2025-09-16 00:42:59 service started, error reporting is on",
    "[main] all fine, no ERROR",
    "notice the difference",
    "alert rules loaded",
    "critical path computed",
    '{"message":"level is error"}',
    "<200>no such priority",
    "  at noon (we meet)",
    "do not panic: it is a drill",
    "GET /errors HTTP/1.1",
    "x" * 600 + " [ERROR]",
    "",
]

NORMALISED = [
    # spellings of names
    ("warn", "WARNING"), ("Warning", "WARNING"), ("WARNING", "WARNING"), (" error ", "ERROR"), ("err", "ERROR"),
    ("fatal", "CRITICAL"), ("panic", "CRITICAL"), ("trace", "DEBUG"), ("SEVERE", "ERROR"), ("emerg", "EMERGENCY"),
    ("notice", "NOTICE"), ("Information", "INFO"), ("alert", "ALERT"),
    # Cloud Logging's numbers, as numbers and as text; pino's
    (400, "WARNING"), ("400", "WARNING"), (800, "EMERGENCY"), (50, "ERROR"), ("30", "INFO"),
    # no severity
    (None, None), ("DEFAULT", None), (0, None), ("0", None), ("", None), ("loud", None), (7, None), (-400, None),
    ("4" * 5_000, None), ("٤٠٠", None), ("²", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name"), INFERRED)
def test_a_level_in_level_position_is_the_severity(text, name):
    assert severity.infer(text) == name


@pytest.mark.parametrize("text", UNKNOWN)
def test_a_level_word_inside_a_sentence_says_nothing(text):
    assert severity.infer(text) is None


@pytest.mark.parametrize(("name", "normal"), NORMALISED)
def test_every_spelling_of_a_level_has_cloud_loggings_name(name, normal):
    assert levels.of(name) == normal


@pytest.mark.parametrize("name", sorted(NAMES))
def test_cloud_loggings_names_are_kept_and_found_in_brackets(name):
    assert levels.of(name) == name
    assert severity.infer(f"[{name}] x") == name
    assert severity.infer(f"{name}: x") == name


PIECES = st.sampled_from(
    [*(text for text, _ in INFERRED), *UNKNOWN, "[", "{", "<", ": ", " - ", "2025-09-16 ", "level="]
)


@given(st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=9)), max_size=9).map("".join)))
def test_any_text_has_a_known_severity_or_none(text):
    assert severity.infer(text) in {*NAMES, None}
    assert levels.of(text) in {*NAMES, None}


@given(st.text(min_size=512, max_size=600), st.text(max_size=50))
def test_only_the_first_512_characters_count(head, tail):
    assert severity.infer(head[:512] + tail) == severity.infer(head[:512])


@given(st.integers())
def test_any_number_has_a_known_severity_or_none(number):
    assert levels.of(number) in {*NAMES, None}
