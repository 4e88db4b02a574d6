"""Take the pictures in docs/screenshots: a made-up shop, counted by `gardener replay`, looked at in Chromium.

    python tests/browser/screenshots.py

Needs what tests/browser needs. Nothing in the pictures is drawn by hand: the same commands give the same pages.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from oncall_state import commit_all  # noqa: E402  # it lies beside the tests

from processor.model import Severity  # noqa: E402
from sinks.sqlite.store import SqliteStore  # noqa: E402

SHOTS = Path(os.environ.get("SHOTS", ROOT / "docs" / "screenshots"))
RANDOM = random.Random(42)
MERCHANTS = (
    "alder",
    "birch",
    "cedar",
    "elm",
    "fir",
    "hazel",
    "ivy",
    "juniper",
    "larch",
    "maple",
    "oak",
    "rowan",
    "yew",
)
REFUSED = "ConnectionRefusedError: [Errno 111] connect to ledger-db:5432 refused"
TRACE = f"""Traceback (most recent call last):
  File "/app/checkout/charge.py", line 88, in charge
    balance = ledger.balance(order.account)
  File "/app/checkout/ledger.py", line 41, in balance
    return self._pool.fetch(ACCOUNT, account)
{REFUSED}"""
PAGES = {
    "overview": "/",
    "list": "/clusters",
    "detail": "/clusters?members=apart&q=webhook",
    "incident": "/clusters?q=ledger-db",
    "exception": "/clusters?members=apart&kind=exception",
    "http": "/clusters?status=all&kind=http&q=4xx",
}
OUTAGE = {"outage": "/", "outage-incident": "/clusters?q=session-store"}
DEMO = {
    "demo-now": "/",
    "demo-incident": "/clusters?q=currency",
    "demo-exception": "/clusters?members=apart&q=exception:currency&kind=exception",
}
HEIGHT_S = 140
"""Seconds into the demo: the outage's height, just before the fix."""
MANY = {"many": "/clusters", "many-search": "/clusters?q=service:svc-1+-timeout"}
VIEWS = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 1.5,
        "has_touch": True,
        "is_mobile": True,
    },
}


def entry(text, minutes_ago, *, service, severity="ERROR", revision=41, **more):
    """One log entry of the shop; its timestamp is still an age in minutes."""
    labels = {"project_id": "shop", "service_name": service, "revision_name": f"{service}-000{revision}-kxp"}
    return {
        "insertId": f"{RANDOM.getrandbits(48):012x}",
        "logName": "projects/shop/logs/run.googleapis.com%2Fstderr",
        "timestamp": minutes_ago,
        "severity": severity,
        "resource": {"type": "cloud_run_revision", "labels": labels},
        "labels": {"instanceId": f"00aa{RANDOM.randint(1, 3)}"},
        "textPayload": text,
        **more,
    }


def spread(count, first, last=0.0):
    """So many moments, in minutes ago."""
    return [RANDOM.uniform(last, first) for _ in range(count)]


def lately(count, first):
    """The same, denser towards now."""
    return [first * RANDOM.random() ** 3 for _ in range(count)]


def shop():
    """What a shop says in three days, and since its last deploy."""
    yield from (entry(TRACE, m, service="checkout", revision=42) for m in lately(140, 38))
    for m in lately(120, 37):
        yield entry(f"payment worker stopped: {REFUSED}", m, service="payments", revision=42)
    for m in lately(90, 37):
        yield entry(f"readiness probe failed: {REFUSED}", m, service="payments", severity="WARNING", revision=42)
    for m in [*spread(300, 4000, 60), *lately(260, 55)]:
        merchant = RANDOM.choice([*MERCHANTS, *["willow"] * 9])
        revision = 41 if m > 2000 else 42
        text = f"Merchant {merchant} refused the webhook for order {RANDOM.randint(9000, 99000)}: certificate expired"
        yield entry(text, m, service="webhooks", revision=revision)
    for m in spread(46, 5000):
        yield entry(
            f"SMTP 421 from relay-{RANDOM.randint(100, 199)}.mail.example.net, message deferred", m, service="mailer"
        )
    for m in [*spread(30, 4300, 200), *lately(24, 60)]:
        text = (
            f"Shard {RANDOM.randint(1, 9)} did not answer within {RANDOM.randint(300, 900)} ms, serving partial results"
        )
        yield entry(text, m, service="search", severity="WARNING")
    for m in spread(3, 130, 50):
        text = f"Ledger imbalance of {RANDOM.randint(1, 900)} cents in account {RANDOM.randint(10_000, 99_999)}"
        yield entry(text, m, service="ledger", severity="CRITICAL")
    for m in spread(9, 900, 400):
        yield entry("Redis connection to cache-1 lost, falling back", m, service="cart")
    for m in spread(70, 4300):
        text = f"Session {RANDOM.getrandbits(64):016x} expired while the cart was open"
        yield entry(text, m, service="storefront", severity="WARNING")
    for m in spread(55, 4200):
        url = f"https://shop.example/api/orders/{RANDOM.randint(1, 9999)}"
        request = {"requestMethod": "GET", "requestUrl": url, "status": RANDOM.choice([500, 503, 503])}
        yield entry("", m, service="storefront", httpRequest=request)
    for m in spread(160, 4200):
        path = RANDOM.choice(["wp-login.php", ".env", "admin", "cart"])
        request = {"requestMethod": "GET", "requestUrl": f"https://shop.example/{path}", "status": 404}
        yield entry("", m, service="storefront", severity="WARNING", httpRequest=request)


def back():
    """What was settled and is seen again."""
    yield from (
        entry(f"Redis connection to cache-{RANDOM.randint(1, 4)} lost, falling back", m, service="cart") for m in (0, 0)
    )


def main():
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "LOGNAME": "ana"}

        def gardener(*words):
            done = subprocess.run(
                [sys.executable, "-m", "processor", *words], cwd=here, env=environment, capture_output=True, check=True
            )
            return done.stdout

        def replay(entries, state="garden.db"):
            now = datetime.now(UTC)
            with (here / "e.ndjson").open("w") as file:
                for one in sorted(entries, key=lambda entry: -entry["timestamp"]):
                    at = now - timedelta(minutes=one["timestamp"])
                    file.write(json.dumps(one | {"timestamp": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"}) + "\n")
            gardener("replay", "e.ndjson", "--state", f"sqlite:{state}", "--issues", "folder:issues")

        began = time.monotonic()
        demo = [sys.executable, "-m", "processor", "demo", "--no-page"]
        playing = subprocess.Popen(demo, cwd=here, env=environment, stdout=subprocess.DEVNULL)
        replay(shop())
        ids = {one["template"]: one["id"] for one in json.loads(gardener("clusters", "--json", "--limit", "99"))}

        def decide(verb, words, *more):
            (found,) = [ids[text] for text in ids if words in text]
            gardener(verb, found, *more, "--state", "sqlite:garden.db")

        decide("priority", "Ledger", "P0", "--note", "money")
        decide("resolve", "Redis", "--note", "pool limit raised")
        decide("acknowledge", "SMTP", "--note", "relay provider has an incident")
        decide("acknowledge", "refused the webhook", "--note", "asking willow for a new certificate")
        decide("mute", "HTTP 4xx", "--for", "7d", "--note", "scanners")
        replay(back())
        picture(here, environment, "garden.db", PAGES)
        replay(outage(), "outage.db")
        picture(here, environment, "outage.db", OUTAGE)
        time.sleep(max(began + HEIGHT_S - time.monotonic(), 0))
        picture(here, environment, "demo/garden.db", DEMO, ["desktop"])
        playing.terminate()
        playing.wait(30)
        many(here / "many.db")
        picture(here, environment, "many.db", MANY)


def outage():
    """A store that all services share goes away, twenty minutes ago: every one of them says so, in its own words."""
    refused = "ConnectionError: session-store:6379 refused the connection"
    words = ("could not load the session", "login failed", "cart not saved", "job requeued", "retrying", "giving up")
    for number in range(18):
        service = f"{RANDOM.choice(MERCHANTS)}-{number}"
        for text in RANDOM.sample(words, 3):
            for m in lately(RANDOM.randint(20, 90), 20):
                yield entry(f"{text}: {refused}", m, service=service, revision=7)
        for m in lately(40, 19):
            url = f"https://shop.example/api/{service}/{RANDOM.randint(1, 999)}"
            request = {"requestMethod": "GET", "requestUrl": url, "status": 503}
            yield entry("", m, service=service, httpRequest=request, revision=7)
    yield from shop()


def many(path):
    """Ten thousand clusters, put into the store the way a worker would."""
    store = SqliteStore(str(path))
    now = datetime.now(UTC)
    wanted = []
    for number in range(10_000):
        what = RANDOM.choice(("timeout", "refused", "not found", "quota exceeded", "bad checksum"))
        text = f"Job {number} of batch {RANDOM.randint(1, 99)} failed: {what} in step {RANDOM.choice(MERCHANTS)}"
        ages = sorted(RANDOM.uniform(0, 4000) for _ in range(RANDOM.randint(1, 6)))
        severity = RANDOM.choice((Severity.WARNING, Severity.ERROR, Severity.ERROR, Severity.CRITICAL))
        more = {"service": f"svc-{number % 40}", "severity": severity}
        wanted.append((f"{number:05x}", ages, {"template": text, "text": text, **more}))
    commit_all(store, now, wanted)
    store.close()


def picture(here, environment, state, pages, views=tuple(VIEWS)):
    command = [sys.executable, "-m", "processor", "serve", "--state", f"sqlite:{state}", "--port", "0"]
    server = subprocess.Popen(command, cwd=here, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        line = server.stderr.readline()
        url = next(word for word in line.split() if word.startswith("http")).rstrip("/")
        with sync_playwright() as running:
            browser = running.chromium.launch(executable_path="/usr/bin/chromium")
            for name in views:
                page = browser.new_context(base_url=url, **VIEWS[name]).new_page()
                for kind, path in pages.items():
                    page.goto(path)
                    if "?" in path and not kind.startswith("many"):
                        page.locator("a.name").first.click()
                        page.get_by_role("heading", name="Assigned").wait_for()
                    page.get_by_text("live", exact=True).wait_for()
                    page.evaluate("document.fonts.ready")
                    is_whole = name != "phone" and "?" in path and not kind.startswith("many")
                    page.screenshot(path=SHOTS / f"{kind}-{name}.png", full_page=is_whole)
            browser.close()
    finally:
        server.terminate()
        server.wait(20)


if __name__ == "__main__":
    main()
