"""Levels of plain lines: where level words count, and where they are only words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.parsing import levels, severity

NAMES = {"DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"}

INFERRED = [
    # swift-log, timbre, Postgres with the user and the database, SQL Server
    ("2025-09-16T00:42:59+0000 error shop.cart: cart=17 [Cart] no route", "ERROR"),
    ("2025-09-16T00:42:59+0000 warning shop.cart: [Cart] no route", "WARNING"),
    ("2025-09-16T00:42:59.123Z pier ERROR [shop.cart:17] - no route", "ERROR"),
    ("2025-09-16 00:42:59.123 UTC [17] app@shop FATAL:  too many clients", "CRITICAL"),
    ("2025-09-16 00:42:59.12 Logon       Error: 18456, Severity: 14, State: 8.", "ERROR"),
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
    ("[cart] › ✖  error     no cart", "ERROR"),
    ("{ERROR} no cart", "ERROR"),
    ("#4123 ERROR no cart", "ERROR"),
    ("ERR! cart no cart", "ERROR"),
    ("error Command failed with exit code 1.", "ERROR"),
    ("error[E0433]: failed to resolve: use of undeclared type `Cart`", "ERROR"),
    ("src/cart.ts(88,12): error TS2304: Cannot find name 'Cart'.", "ERROR"),
    ("(node:1) [DEP0040] DeprecationWarning: The cart is deprecated.", "WARNING"),
    ("2025/09/16 00:42:59 kid1| ERROR: no cart", "ERROR"),
    ("Unhandled rejection CartRefusedError: no cart", "ERROR"),
    ("2025-09-16 00:42:59.1234|0|FATAL|Shop.Cart|no cart", "CRITICAL"),
    ("2025-09-16 00:42:59,123 shop-0 shop[1] ERROR [com.acme.Cart] (executor-1) no cart", "ERROR"),
    ("Sep 16, 2025 8:00:00 AM com.acme.Cart load\nSEVERE: no cart", "ERROR"),
    ("<Sep 16, 2025, 8:00:00,123 AM UTC> <Error> <Deployer> <BEA-1> <no cart>", "ERROR"),
    ("2025-09-16 00:42:59.123:WARN :oejs.HttpChannel:qtp-1: /cart", "WARNING"),
    ("2025/09/16 00:42:59 ERROR> Cart.pm:33 Shop::Cart::load - no cart", "ERROR"),
    # a letter: gitea, beego, tornado, jupyter, PyTorch, TensorFlow, Android, Telegraf, WebSphere, CockroachDB
    ("2025/09/16 00:42:59 ...routers/shop/cart.go:112:Load() [E] no cart", "ERROR"),
    ("2025/09/16 00:42:59.123 [W] [cart.go:88]  no cart", "WARNING"),
    ("[W 250916 00:42:59 shop:2271] no cart", "WARNING"),
    ("[I 2025-09-16 00:42:59.123 ShopApp] cart", "INFO"),
    ("[rank0]:[E916 00:42:59.123 Cart.cpp:607] no cart", "ERROR"),
    ("2025-09-16 00:42:59.123456: E shop/cuda/cart.cc:282] no cart", "ERROR"),
    ("09-16 00:42:59.123  4123  4150 E CartView: no cart", "ERROR"),
    ("2025-09-16T00:42:59Z E! [outputs.shop] no cart", "ERROR"),
    ("2025-09-16T00:42:59Z I! [agent] cart", "INFO"),
    ("[9/16/25, 0:42:59:123 UTC] 0000002a com.acme.shop.CartHelper  E SHOPZ0002E: no cart", "ERROR"),
    ("[9/16/25, 0:42:59:123 UTC] 0000002a com.acme.shop.CartHelper  A SHOPZ0001I: cart", "INFO"),
    ("E250916 00:42:59.123456 55 shop/cart.go:812 [n1] 12  no cart", "ERROR"),
    # a thread beside the level, a scope behind it, a process behind it, a method with its level below
    ("[00:42:59] [Shop thread/ERROR]: no cart", "ERROR"),
    ("error(cart): no cart", "ERROR"),
    ("2025-09-16T00:42:59.123Z shop-01 cartd[7012] error cartd[7012] [sub=Default] no cart", "ERROR"),
    ("2025-09-16 00:42:59 [main] com.acme.Cart.load()\nERROR: no cart", "ERROR"),
    ("2025-09-16 00:42:59.123 UTC [1] LOG C-0x55d1a2: shop/app@198.51.100.7:4411 login", "INFO"),
    # a kernel and systemd, which state no level in a file or on a console
    ("[12345.678901] Kernel panic - not syncing: Attempted to kill init!", "CRITICAL"),
    ("[12345.678901] BUG: kernel NULL pointer dereference, address: 0000000000000008", "ERROR"),
    ("Memory cgroup out of memory: Killed process 4123 (cart) total-vm:8123456kB", "ERROR"),
    ("Sep 16 00:42:59 shop-0 kernel: [12345.678901] cart[4123]: segfault at 0 ip 000055d1a2b3c4d5 sp 0", "ERROR"),
    ("[12345.678901] blk_update_request: I/O error, dev sdb, sector 88123 op 0x0:(READ)", "ERROR"),
    ("[12345.678901] Buffer I/O error on dev sdb1, logical block 0, async page read", "ERROR"),
    ("[12345.678901] EXT4-fs error (device sda1): ext4_lookup:1706: inode #8: comm cart", "ERROR"),
    ("[12345.678901] INFO: task cart:4123 blocked for more than 120 seconds.", "ERROR"),
    ("[12345.678901] NVRM: Xid (PCI:0000:00:04): 79, GPU has fallen off the bus.", "ERROR"),
    ("[12345.678901] cart invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0", "WARNING"),
    ("[12345.678901] nf_conntrack: nf_conntrack: table full, dropping packet", "WARNING"),
    ("Sep 16 00:42:59 shop-0 systemd[1]: Failed to start cart.service - Cart.", "ERROR"),
    ("Sep 16 00:42:59 shop-0 systemd[1]: cart.service: Main process exited, code=exited, status=1/FAILURE", "WARNING"),
    ("Sep 16 00:42:59 shop-0 systemd[1]: cart.service: Failed with result 'exit-code'.", "WARNING"),
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
    "[12345.678901] EXT4-fs (sda1): mounted filesystem. Opts: errors=remount-ro",
    "Sep 16 00:42:59 shop-0 systemd[1]: cart.service: Main process exited, code=exited, status=0/SUCCESS",
    "2025-09-16 A cart: full",
    "E is a letter: so is A",
    "the DeprecationWarning: is a class",
    "{no level}: error",
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
