"""The demo's events, second by second: log entries in Cloud Run's shapes, and on-call's actions. Pure.

The same start gives the same entries. The shop, its services and its faults are invented.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH_S: Final = 300
PROJECT: Final = "demo-shop"
BAD_DEPLOY_S: Final = 45
OUTAGE_S: Final = 80
MUTE_S: Final = 110
ACKNOWLEDGE_S: Final = 145
FIX_S: Final = 150
RESOLVE_S: Final = 185
REGRESS_S: Final = 235
ROLLBACK_S: Final = 275


class Act(Struct, frozen=True):
    """A sentence to print, and a person's action.

    Attributes:
        at_s: seconds since the start.
        action: an action as on the page, "" for none.
        search: the affected clusters, as on the page.
        incident: apply it to the whole incident of these clusters.
    """

    at_s: int
    says: str
    action: str = ""
    search: str = ""
    incident: bool = False


ACTS: Final = (
    Act(0, "The shop is open: a few warnings and scanners, as on every day."),
    Act(BAD_DEPLOY_S, "Deploy: pay-gate-00042. Charges in a foreign currency fail, and checkout with them."),
    Act(OUTAGE_S, "Outage: pay-gate's instances run out of memory. One incident on the page, not a dozen problems."),
    Act(MUTE_S, "On-call mutes the basket's slow queries: known, and nobody's tonight.", "mute", "service:basket slow"),
    Act(
        ACKNOWLEDGE_S, "On-call acknowledges the incident: somebody is on it.", "acknowledge", "currency", incident=True
    ),
    Act(FIX_S, "Fix: pay-gate-00043 goes out, the failures end."),
    Act(RESOLVE_S, "On-call resolves the incident, all of it.", "resolve", "currency", incident=True),
    Act(REGRESS_S, "Deploy: pay-gate-00044 lost the fix. What was resolved comes back as a regression."),
    Act(ROLLBACK_S, "Rollback to pay-gate-00043. The issue that was closed is open again, with its history."),
)

_TRACEBACK: Final = """Traceback (most recent call last):
  File "/srv/pay/charge.py", line 88, in charge
    amount = convert(order.total, rates[order.currency])
  File "/srv/pay/rates.py", line 31, in __getitem__
    raise UnknownCurrencyError(f"no rate for currency {code}")
pay.rates.UnknownCurrencyError: no rate for currency CHF"""


def entries(begin: datetime) -> Iterator[tuple[float, dict[str, Any]]]:
    """Return every entry with the second at which it is written, in order."""
    for second in range(LENGTH_S):
        made = [*_everyday(second), *_failing(second)]
        for number, (service, revision, fields) in enumerate(made):
            at_s = second + number / (len(made) + 1)
            yield at_s, _entry(begin + timedelta(seconds=at_s), service, revision, fields)


def _everyday(second: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if second % 5 == 0:
        slow = f"slow query: basket {4000 + second} took {900 + second * 7 % 600} ms"
        yield "basket", "basket-00017", {"severity": "WARNING", "jsonPayload": {"message": slow, "logger": "db"}}
    if (second + 5) % 8 == 0:
        path = ("/wp-login.php", "/.env", "/admin/config", "/xmlrpc.php")[second // 8 % 4]
        yield "checkout", "checkout-00108", _request("GET", path, 404, second)
    if (second + 13) % 20 == 0:
        said = f"voucher SUMMER-{second} was spent twice, second use refused"
        yield "vouchers", "vouchers-00003", {"severity": "WARNING", "textPayload": said}
    yield "checkout", "checkout-00108", _request("GET", f"/products/{second % 50}", 200, second)


def _failing(second: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if BAD_DEPLOY_S <= second < FIX_S:
        revision = "pay-gate-00042"
    elif REGRESS_S <= second < ROLLBACK_S:
        revision = "pay-gate-00044"
    else:
        return
    trace = f"projects/{PROJECT}/traces/{_hex(second, 32)}"
    order = 70_000 + second
    yield "pay-gate", revision, {"severity": "ERROR", "textPayload": _TRACEBACK, "trace": trace}
    said = f"order {order}: pay-gate answered 500: UnknownCurrencyError: no rate for currency CHF"
    yield "checkout", "checkout-00108", {"severity": "ERROR", "jsonPayload": {"message": said}, "trace": trace}
    yield "checkout", "checkout-00108", {**_request("POST", f"/orders/{order}/pay", 502, second), "trace": trace}
    if OUTAGE_S <= second < FIX_S and second % 4 == 0:
        said = (
            f"Memory limit of 512 MiB exceeded with {514 + second % 9} MiB used: out of memory, instance is terminated"
        )
        yield "pay-gate", revision, {"severity": "CRITICAL", "textPayload": said, "trace": trace}


def _request(method: str, path: str, status: int, second: int) -> dict[str, Any]:
    level = "ERROR" if status >= 500 else "WARNING" if status >= 400 else "INFO"  # noqa: PLR2004  # HTTP's classes
    request = {
        "requestMethod": method,
        "requestUrl": f"https://shop.example{path}",
        "status": status,
        "latency": f"{0.04 + second % 9 / 100:.2f}s",
    }
    return {"severity": level, "httpRequest": request}


def _entry(at: datetime, service: str, revision: str, fields: dict[str, Any]) -> dict[str, Any]:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    log = "requests" if "httpRequest" in fields else "stderr"
    resource = {
        "type": "cloud_run_revision",
        "labels": {
            "project_id": PROJECT,
            "service_name": service,
            "revision_name": revision,
            "location": "europe-west4",
        },
    }
    return {
        "insertId": _hex(f"{stamp} {service} {sorted(fields)}", 20),
        "logName": f"projects/{PROJECT}/logs/run.googleapis.com%2F{log}",
        "timestamp": stamp,
        "resource": resource,
        "labels": {"instanceId": _hex(f"{revision} {at.second % 3}", 24)},
        **fields,
    }


def _hex(of: object, digits: int) -> str:
    return hashlib.blake2b(str(of).encode(), digest_size=digits // 2).hexdigest()
