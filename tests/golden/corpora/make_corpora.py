"""Made-up services in the shapes of real ones: a page of log lines each, the same on every machine.

`lines(service)` gives them; nothing is stored, because the generator is seeded. A form is a line with places in braces;
what may stand there is in VALUES, and `|` inside a place lists words that are each another problem.
"""

from __future__ import annotations

import re
from random import Random

LINES_PER_SERVICE = 260
VALUES = {
    "person": ["Ines Albrecht", "Tomás Rey", "Yuki Mori", "Femi Ade", "Olga Petrenko", "Lars van Dam", "Mr. Okoro"],
    "user": ["nadia", "oleg", "mtanaka", "bvos", "chidi", "root", "guest7", "svc-report"],
    "tenant": ["walnut", "juniper", "northwind", "acme", "blue-heron", "zephyr"],
    "firm": ["Kestrel Foods", "Halvorsen & Sons AG", "Bluefin Logistics GmbH", "Osterhaus Bikes Ltd."],
    "place": ["Gdansk", "Porto Alegre", "Seoul", "New Zealand", "Andorra", "Lagos"],
    "queue": ["invoices", "thumbnails", "mail-out", "audit"],
    "branch": ["main", "hotfix", "feature/login_form", "docs"],
    "goods": ["red lamp", "Walnut Bowl", "merino beanie", "kettle"],
    "typed": ["blue suede shoes", "lamp", "wifi 6 router", "naïve café"],
    "coupon": ["SPRINGFLING", "thankyou-mum", "WELCOME10", "PRAIRIE"],
    "money": ["EUR 12.50", "JPY 9000", "$41.10", "7.00 CHF"],
    "day": ["Monday", "yesterday", "last Tuesday", "2025-09-14"],
    "file": ["Q3 figures v2.xlsx", "stock take.xlsx", "cv.pdf", "IMG 0412 copy.heic"],
    "agent": ["Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/126.0", "Wget/1.21.4", "curl/8.5.0"],
    "path": ["/srv/app/data", "/var/lib/store/0001.sst", "/opt/x/y"],
    "url": ["https://api.example.test/v1/a?b=1", "http://old.example/x"],
    "ip": ["10.0.0.7", "192.168.14.3", "::1"],
    "host": ["db-1.internal", "cache.prod.example.com", "node-7"],
    "code": ["ORA-00942", "ORA-01017"],
    "japanese": ["田中", "鈴木", "佐々木", "高橋"],
    "chinese": ["王伟", "李娜", "欧阳修", "张敏"],
    "thai": ["สมชาย", "มาลี", "อนงค์"],
}
SERVICES = {
    "shop-checkout": [
        "Payment of {money} for order {n} was declined by the acquirer",
        "Coupon {coupon} could not be applied: cart is locked",
        "No courier available in {place} after {n}:00",
        "Invoice run for {firm} stopped: tax service is offline",
        "capture {failed|succeeded} although order was {confirmed|cancelled}",
        "provider answered {502|503|401} after {n} ms",
    ],
    "identity": [
        "Password reset for {user} refused: mailbox is on the suppression list",
        'tenant "{tenant}" is over its seat limit, sign-in refused',
        "token lacks scope {calendar.write|contacts.read|mail.send}",
        "no entry for uid '{user}', directory sync is behind",
        "session {hex} expired, user={user}, sending to sign-in",
        "session {hex} expired, user={user}, device=ios, sending to sign-in",
    ],
    "kube-node": [
        'E0504 07:11:22.{n} {n} kubelet.go:114] "Node is not ready" node="{host}"',
        'E0504 07:11:22.{n} {n} pod.go:9] "Error syncing pod, skipping" err="secret \\"{dockerhub|tls}\\" not found"',
        'W0504 07:11:22.{n} {n} eviction_manager.go:33] "Failed to evict pod" pod="{tenant}" reason="disk pressure"',
        "Container app exited with code {137|1|2}",
        "Readiness probe of pod {tenant} failed: HTTP probe failed with statuscode: {500|503}",
    ],
    "warehouse-db": [
        'ERROR:  column "{loyalty_tier|shipping_zone}" does not exist at character {n}',
        'ERROR:  relation "{draft_posts|feed_cursor}" does not exist at character {n}',
        "ERROR:  duplicate key value violates unique constraint {orders_pkey|users_email_key}",
        "canceling statement due to statement timeout: SELECT id FROM orders WHERE customer = '{user}' LIMIT {n}",
        "{code}: table or view does not exist",
        "SQLSTATE[{23505|40001}]: statement did not end well after {n} ms",
        "checkpoint request took {n} s, target is {n} s",
    ],
    "edge-proxy": [
        '{ip} - - [14/Sep/2025:05:00:{n} +0000] "GET /cart/{n} HTTP/1.1" {502|503} {n} "-" "{agent}"',
        "upstream timed out (110: Connection timed out) while {connecting|reading}, client: {ip}, server: {host}",
        "SSL_do_handshake() failed, client: {ip}: certificate {expired|revoked}",
        "no healthy upstream for {ip}:{n}",
    ],
    "python-worker": [
        "ModuleNotFoundError: No module named '{yaml|sharp}'",
        "TypeError: run() got an unexpected keyword argument '{metadata|timeout}'",
        "Fetch of rates for {tenant} failed: requests.exceptions.{TooManyRedirects|ChunkedEncodingError}",
        "{n} messages could not be acknowledged and were requeued",
        "1 message could not be acknowledged and was requeued",
        "Could not requeue {n} messages of queue {queue}: broker is draining",
    ],
    "node-front": [
        "TypeError: {cart.getTotals|user.toProfile|menu.openAt} is not a function (page {n})",
        "Cannot find package '{pino|undici}' imported from {path}",
        "unfurl of {url} timed out after {n} ms",
        "connect {ECONNREFUSED|EHOSTUNREACH} {ip}:{n}",
        "Bot check challenged {agent} twice, captcha provider is down",
    ],
    "logfmt-store": [
        'level=error caller=ship.go:{n} msg="upload of block refused, store is read-only" tenant={tenant}',
        'level=error caller=ship.go:{n} msg="upload of block refused, store is read-only" tenant={tenant} attempt={n}',
        'level=warn caller=ring.go:{n} msg="replica is behind" replica={host} lag={n}s',
        "step=build stage={lint|publish} pipeline={n} did not pass its checks",
    ],
    "build-farm": [
        "Preview of branch {branch} not started: no runner is free",
        "Mirror of branch {branch} is {n} commits behind, key is not trusted",
        "terraform {plan|apply} returned an error in workspace {tenant}",
        "src/app.ts({n},{n}): error {TS2345|TS2304}: argument is of another type",
        "Release {release} did not become healthy in time",
        "Required environment variable {SMTP_RELAY_HOST|JWT_SIGNING_KEY} is not set",
    ],
    "office": [
        "Badge for {person} not printed, printer is offline",
        "Cannot read upload {file}: workbook has no visible sheet",
        "Report for {day} is empty, not sending it",
        'No analyser could split the query "{typed}"',
        "Search for {typed} took {n} s and was cut off",
        "Sync of contact {person} stopped: phone field too long",
        "No picture for {goods} in feed, placeholder sent",
    ],
    "fleet": [
        "Sensor {tenant} reports {n}.4 C, outside of what the model knows",
        "kiosk {tenant} shows no menu, content server is down",
        "Worker {n} was terminated by {SIGKILL|SIGSEGV}",
        "Firmware of device {hex} is {signed|unsigned}, update refused",
        "Read from flash of device {hex} timed out after {n} ms",
        "Write to flash of device {hex} timed out after {n} ms",
    ],
    "asia-store": [
        "ユーザー{japanese}のセッションが見つかりません",
        "订单处理失败:客户{chinese}余额不足,订单号{n}",
        "ไม่พบเซสชันของผู้ใช้{thai}กรุณาลองใหม่",
        "支付请求{成功|失败},订单号{n}",
    ],
    "money-mover": [
        "Limit of {n} {writes|reads} per second reached on collection carts",
        "Ledger balance {with|without} fees differs from bank by {n} cents",
        "rate for {currency} is stale",
        "Call to {pricing|billing} gave up after {n} s ({connect|read} timeout)",
        "User: arn:aws:sts::{n}:role/feed is not authorized to perform: {sqs:SendMessage|kms:Decrypt} here",
    ],
}
_PLACE = re.compile(r"\{([^{}]*)\}")


def lines(service: str) -> list[str]:
    """A page of this service's lines."""
    draw = Random(service)
    return [
        _PLACE.sub(lambda place: _value(place[1], draw), draw.choice(SERVICES[service]))
        for _ in range(LINES_PER_SERVICE)
    ]


def _value(name: str, draw: Random) -> str:
    if "|" in name:
        return draw.choice(name.split("|"))
    made = {
        "n": lambda: str(draw.randrange(1, 10 ** draw.randrange(1, 6))),
        "hex": lambda: f"{draw.randrange(16**8):08x}",
        "release": lambda: f"{draw.choice(['quiet', 'brave', 'misty'])}-{draw.choice(['meadow', 'otter', 'falcon'])}",
        "currency": lambda: draw.choice(["CHF", "NOK", "ISK", "HUF"]),
    }
    return made[name]() if name in made else draw.choice(VALUES[name])
