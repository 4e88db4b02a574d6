"""Attacks on the page, by kind; none may read, act, sign in or lead elsewhere. Runs on the lowest versions, too.

Whatever is asked, the state holds one word that only a viewer may see, and one cluster that only on-call may change.
"""

import base64
import hashlib
import hmac
import itertools
import json
import time
from datetime import UTC, datetime

import jwt
import pytest
from asgi import Asgi
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from oncall_state import commit_all

from processor.model import Status
from processor.views.snapshot import StateReader
from processor.views.web.app import make_app
from processor.views.web.auth import IAP_HEADER, IAP_ISSUER, Access
from processor.views.web.poller import Poller
from processor.views.web.sessions import Role, Sessions
from processor.views.web.settings import load_web
from sinks.sqlite.store import SqliteStore

ON_CALL = "on-call-token-0123456789"
READ = "read-token-0123456789"
AUDIENCE = "/projects/1/locations/europe-west1/services/gardener"
KEY, OTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
RSA = rsa.generate_private_key(65537, 2048)
SECRET = "Zaubernuss"  # noqa: S105
HTML = {"accept": "text/html", "host": "localhost"}
OURS = {**HTML, "sec-fetch-site": "same-origin", "origin": "http://localhost"}
ACT = "/clusters/c1/actions"
CLOSED = ["/", "/index.json", "/clusters", "/clusters.json", "/clusters/c1", "/clusters/c1.json", "/events"]


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("state") / "g.db")
    made = SqliteStore(path)
    commit_all(made, datetime.now(UTC), [("c1", [1, 2], {"template": f"{SECRET} declined", "text": f"{SECRET} 4"})])
    yield path
    made.close()


def page_of(path, **flags):
    def make_poller():
        return Poller(StateReader(lambda: SqliteStore(path), now), now, every_s=0.2)

    def now():
        return datetime.now(UTC)

    return make_app(make_poller, Access(load_web(flags), key_for={"k1": KEY.public_key()}.get, local_name="mo"))


@pytest.fixture(scope="module")
def by_token(state):
    with Asgi(page_of(state, token=ON_CALL, read_token=READ)) as made:
        yield made


@pytest.fixture(scope="module")
def by_proxy(state):
    with Asgi(page_of(state, iap_audience=AUDIENCE, on_call="mo@example.org,*@sre.example.org")) as made:
        yield made


@pytest.fixture(scope="module")
def local(state):
    with Asgi(page_of(state)) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_changes(state):
    yield
    store = SqliteStore(state)
    try:
        assert store.clusters()[0].triage.status is Status.OPEN, "an attack changed a cluster"
    finally:
        store.close()


def reads(answer):
    return answer.status == 200 and (SECRET in answer.text or "event-stream" in answer.headers.get("content-type", ""))


HOSTS = [
    "a/static/x?",
    "a/signin?",
    "a/healthz#",
    "a/static/x#",
    "localhost/static/?",
    "localhost:80/static/?x=",
    "a@b/static/?",
    "[::1]/static/?",
    "a\\static\\x?",
    "http://a/static/?",
    " a/static/?",
    "a/static/x;",
    "%2fstatic%2f?",
]


@pytest.mark.parametrize(("host", "path"), list(itertools.product(HOSTS, CLOSED)))
def test_no_host_header_opens_a_closed_path(by_token, host, path):
    for accept in ("text/html", "application/json"):
        answer = by_token.ask(path, headers={"host": host, "accept": accept})
        assert answer.status in (303, 401)
        assert not reads(answer)


PATHS = [
    "/static/../clusters",
    "/static/../../clusters",
    "/static//../clusters",
    "/static/..//clusters.json",
    "/static/..\\clusters",
    "/static/./../clusters.json",
    "//static/../clusters",
    "/signin/../clusters",
    "/signin/..",
    "/signin//",
    "/signin/clusters",
    "/signinx",
    "/healthz/../clusters",
    "/healthz/clusters.json",
    "/HEALTHZ",
    "/static/../../auth.py",
    "/static//etc/passwd",
    "/static/\x00../clusters",
    "/static/%2e%2e/clusters",
    "/static/..%2fclusters",
    "/static/..;/clusters",
    "/clusters/../static/",
    "/clusters;/static/",
    "/clusters\t",
    "/clusters#/static/",
    "/clusters?/static/",
    "static/../clusters",
    "",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_way_of_writing_a_path_opens_another(by_token, path):
    answer = by_token.ask(path, headers={"host": "localhost", "accept": "application/json"})
    assert answer.status in (401, 404)
    assert not reads(answer)
    assert b"import" not in answer.body


HEADERS = [
    {"x-original-url": "/static/x"},
    {"x-rewrite-url": "/static/x"},
    {"x-forwarded-path": "/static/x"},
    {"x-forwarded-prefix": "/static"},
    {"x-forwarded-host": "localhost/static/?"},
    {"x-forwarded-for": "127.0.0.1"},
    {"x-real-ip": "127.0.0.1"},
    {"forwarded": "for=127.0.0.1;host=localhost"},
    {"x-goog-authenticated-user-email": "accounts.google.com:mo@example.org"},
    {"x-goog-authenticated-user-id": "accounts.google.com:1"},
    {"x-forwarded-user": "mo@example.org"},
    {"remote-user": "mo"},
    {"x-http-method-override": "GET"},
    {"upgrade": "websocket", "connection": "upgrade"},
]


@pytest.mark.parametrize("headers", HEADERS)
@pytest.mark.parametrize("page", ["by_token", "by_proxy"])
def test_no_header_of_the_sender_names_a_viewer_or_a_path(request, page, headers):
    for path in ("/clusters", "/clusters.json"):
        assert not reads(request.getfixturevalue(page).ask(path, headers={**HTML, **headers}))
    acted = request.getfixturevalue(page).ask(ACT, method="POST", headers={**OURS, **headers}, form={"action": "mute"})
    assert acted.status == 401


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "get", "POST", "X"])
def test_no_method_reads_or_acts_without_proof(by_token, method):
    for path in [*CLOSED, ACT]:
        assert by_token.ask(path, method=method, headers=OURS).status == 401


def test_a_websocket_is_closed(by_token):
    assert by_token.ask("/events", kind="websocket").status == "websocket.close"


def old_cookie(seed, role="ON_CALL", name="root"):
    """As a version forged it whose key was made of the tokens."""
    secret = hashlib.blake2b(seed, digest_size=32, person=b"gardener-session").digest()
    claim = f"{role}.{base64.urlsafe_b64encode(name.encode()).decode()}.{int(time.time()) + 3600}"
    return f"{claim}.{hmac.new(secret, f'session{chr(0)}{claim}'.encode(), hashlib.sha256).hexdigest()}"


def forged_cookies():
    now_s = time.time()
    reader = Sessions("", {Role.READ: READ})
    actor = Sessions("", {Role.ON_CALL: ON_CALL})
    good = Sessions(READ * 2, {Role.ON_CALL: READ, Role.READ: READ})
    claim, _, signature = reader.cookie("mo", Role.READ, now_s).rpartition(".")
    yield from (old_cookie(f"{one}\0{two}".encode()) for one in ("", ON_CALL, READ) for two in ("", ON_CALL, READ))
    yield old_cookie(READ.encode())
    yield from (good.cookie("mo", role, now_s) for role in Role)
    yield reader.cookie("mo", Role.READ, now_s)
    yield actor.cookie("mo", Role.ON_CALL, now_s)
    yield f"{claim.replace('READ', 'ON_CALL')}.{signature}"
    yield f"{claim}."
    yield f"{claim}.{'0' * 64}"
    yield f".{signature}"
    yield "...."
    yield "ON_CALL.00.bW8=.99999999999.x"
    yield "ON_CALL"
    yield "\xff\xfe"
    yield "x" * 10_000
    for key in (b"", b"\0" * 32, READ.encode(), ON_CALL.encode()):
        bare = f"ON_CALL.00.bW8=.{int(now_s) + 3600}"
        yield f"{bare}.{hmac.new(key, bare.encode(), hashlib.sha256).hexdigest()}"


FORGED_COOKIES = list(forged_cookies())


@pytest.mark.parametrize("cookie", FORGED_COOKIES, ids=range(len(FORGED_COOKIES)))
def test_no_forged_session_lets_anybody_in(by_token, cookie):
    headers = {**OURS, "cookie": f"gardener={cookie}"}
    assert not reads(by_token.ask("/clusters", headers=headers))
    assert by_token.ask(ACT, method="POST", headers=headers, form={"action": "mute"}).status == 401


def assertion(key=KEY, algorithm="ES256", headers=None, **changes):
    now_s = int(time.time())
    claims = {"iss": IAP_ISSUER, "aud": AUDIENCE, "email": "mo@example.org", "iat": now_s - 9, "exp": now_s + 600}
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "k1", **(headers or {})})


def unsigned(alg):
    now_s = int(time.time())
    claims = {"iss": IAP_ISSUER, "aud": AUDIENCE, "email": "mo@example.org", "iat": now_s, "exp": now_s + 600}
    parts = [{"alg": alg, "kid": "k1"}, claims]
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


FORGED = {
    "another key": assertion(key=OTHER),
    "unknown key": assertion(headers={"kid": "k2"}),
    "no key": assertion(headers={"kid": ""}),
    "key in the header": assertion(key=OTHER, headers={"jwk": {"kty": "EC"}}),
    "key by address": assertion(key=OTHER, headers={"jku": "https://evil.example/keys"}),
    "another audience": assertion(aud="/projects/2/locations/europe-west1/services/gardener"),
    "one of many audiences": assertion(aud=["/projects/2/x", "/projects/3/x"]),
    "no audience": assertion(aud=None),
    "another issuer": assertion(iss="https://evil.example"),
    "issuer with a slash": assertion(iss=f"{IAP_ISSUER}/"),
    "no issuer": assertion(iss=None),
    "expired": assertion(exp=int(time.time()) - 60),
    "for ever": assertion(exp=None),
    "not yet": assertion(iat=int(time.time()) + 6000),
    "not before": assertion(nbf=int(time.time()) + 6000),
    "nobody": assertion(email=None),
    "empty": assertion(email=""),
    "a list": assertion(email=["mo@example.org"]),
    "an object": assertion(email={"mo@example.org": 1}),
    "no at": assertion(email="mo"),
    "line break": assertion(email="mo@example.org\n"),
    "zero byte": assertion(email="mo@example.org\0"),
    "a space": assertion(email="evil@x mo@example.org"),
    "very long": assertion(email="x" * 500 + "@sre.example.org"),
    "HS256": assertion(key="k" * 64, algorithm="HS256"),
    "RS256": assertion(key=RSA, algorithm="RS256"),
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "alg of the key, no signature": unsigned("ES256"),
    "signature cut": assertion()[:-8],
    "signature changed": assertion()[:-4] + "AAAA",
    "claims of another": ".".join([*assertion(email="ana@sre.example.org").split(".")[:2], assertion().split(".")[2]]),
    "nothing like it": "a.b.c",
    "bytes": "\xff\xfe",
    "huge": "e" * 100_000,
}


@pytest.mark.parametrize("name", FORGED)
def test_no_forged_assertion_of_the_proxy_lets_anybody_in(by_proxy, name):
    headers = {**OURS, IAP_HEADER: FORGED[name]}
    assert not reads(by_proxy.ask("/clusters", headers=headers))
    assert by_proxy.ask(ACT, method="POST", headers=headers, form={"action": "mute"}).status == 401


@pytest.mark.parametrize(
    "email",
    [
        "securetoken.google.com/p/tenant:mo@example.org",  # an issuer where people choose their address
        "securetoken.google.com/p/tenant:x@sre.example.org",
        "sts.example:mo@example.org",
        "accounts.google.com.evil.example:mo@example.org",
        "x:accounts.google.com:mo@example.org",
        "mo@example.org.evil.example",
        "xmo@example.org",
        "mo@example.org@evil.example",
        "x@notsre.example.org",
        "x" * 67 + "@sre.example.org.evil.example",  # right as far as a name is shown
    ],
)
def test_no_person_of_another_house_is_on_call(by_proxy, email):
    headers = {**OURS, IAP_HEADER: assertion(email=email)}
    page = by_proxy.ask("/clusters/c1", headers=headers)
    assert page.status in (200, 401)
    assert "form_token" not in page.text
    assert by_proxy.ask(ACT, method="POST", headers=headers, form={"action": "mute"}).status in (401, 403)


def signed_in(page, token, name="Ana", client="198.51.100.1"):
    answer = page.ask("/signin", method="POST", headers=OURS, form={"name": name, "token": token}, client=client)
    assert answer.status == 303, answer.text
    return answer.headers["set-cookie"].partition(";")[0]


def fields_of(page, cookie):
    import re

    text = page.ask("/clusters/c1", headers={**HTML, "cookie": cookie}).text
    return dict(re.findall(r'name="(form_token|seen)"(?: form="act")? value="([^"]*)"', text)) | {"action": "mute"}


CROSS = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "same-origin", "origin": "http://evil.example"},
    {"sec-fetch-site": "same-origin", "origin": "null"},
    {"origin": "http://evil.example"},
    {"origin": "http://localhost.evil.example"},
    {"origin": "http://localhost:8081"},
    {"origin": "null"},
    {"origin": "http://["},
    {"referer": "http://localhost/clusters/c1"},
    {},
]


@pytest.mark.parametrize("headers", CROSS)
@pytest.mark.parametrize("path", [ACT, "/signin", "/signout"])
def test_no_other_site_sends_a_form_in_somebodys_name(by_token, path, headers):
    cookie = signed_in(by_token, ON_CALL)
    form = fields_of(by_token, cookie) | {"name": "Eve", "token": ON_CALL}
    answer = by_token.ask(path, method="POST", headers={**HTML, "cookie": cookie, **headers}, form=form)
    assert answer.status == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("token", ["", "x", "another", "another session", "proxy"])
def test_no_form_counts_that_this_session_was_not_shown(by_token, token):
    mine, other = signed_in(by_token, ON_CALL), signed_in(by_token, ON_CALL, name="Mo")
    again = signed_in(by_token, ON_CALL)
    given = {"another": fields_of(by_token, other), "another session": fields_of(by_token, again)}
    form = {**fields_of(by_token, mine), "form_token": given.get(token, {}).get("form_token", token)}
    assert by_token.ask(ACT, method="POST", headers={**OURS, "cookie": mine}, form=form).status == 403


@pytest.mark.parametrize("action", ["acknowledge", "mute", "resolve", "reopen", "priority", "merge", "split"])
def test_a_reader_acts_by_no_way(by_token, action):
    cookie = signed_in(by_token, READ)
    form = fields_of(by_token, cookie) | {"action": action, "form_token": "x"}
    for proof in ({"cookie": cookie}, {"authorization": f"Bearer {READ}"}):
        assert by_token.ask(ACT, method="POST", headers={**OURS, **proof}, form=form).status == 403


NEXT = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/%09/evil.example",
    "/\t/evil.example",
    "/\r\nset-cookie: a=b",
    "///evil.example",
    "/.evil.example@evil.example\\",
    "http:evil.example",
    "evil.example",
    "data:text/html,x",
    " //evil.example",
]


@pytest.mark.parametrize("wanted", NEXT)
def test_signing_in_leads_nowhere_else(by_token, wanted):
    from urllib.parse import quote

    form = {"name": "Ana", "token": READ}
    query = f"next={quote(wanted, safe='')}".encode()
    answer = by_token.ask("/signin", method="POST", headers=OURS, form=form, query=query, client="198.51.100.2")
    where = answer.headers["location"]
    assert where.startswith("/")
    assert not where.startswith(("//", "/\\"))
    assert not any(mark in where for mark in "\r\n\t\\")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.nip.example", "", "[::2]", "0", "localhost/@evil.example"],
)
def test_a_page_that_rebinds_its_name_to_this_machine_gets_nothing(local, host):
    assert local.ask("/clusters.json", headers={"host": host}).status == 401
    form = {"action": "mute"}
    assert local.ask(ACT, method="POST", headers={**OURS, "host": host}, form=form).status == 401


@pytest.mark.parametrize(
    "body",
    [b"a=" + b"x" * 20_000, b"&".join(b"a%d=1" % n for n in range(100)), b"\xff\xfe=1", b"action=mute&" * 2000],
)
def test_a_form_that_the_page_never_sends_is_refused(by_token, body):
    headers = {**OURS, "cookie": signed_in(by_token, ON_CALL)}
    assert by_token.ask(ACT, method="POST", headers=headers, body=body).status in (400, 403, 413)


class TestGuessing:
    @pytest.fixture
    def page(self, state):
        with Asgi(page_of(state, token=ON_CALL, read_token=READ)) as made:
            yield made

    @staticmethod
    def guess(page, token, client, *, by_header):
        if by_header:
            headers = {"host": "localhost", "authorization": f"Bearer {token}"}
            return page.ask("/clusters.json", headers=headers, client=client).status
        form = {"name": "Eve", "token": token}
        return page.ask("/signin", method="POST", headers=OURS, form=form, client=client).status

    @pytest.mark.parametrize("by_header", [False, True])
    def test_one_client_gets_ten_guesses_and_then_not_even_the_right_one(self, page, by_header):
        answers = [self.guess(page, f"guess-{n}", "198.51.100.9", by_header=by_header) for n in range(30)]
        assert answers == [401] * 10 + [429] * 20
        assert self.guess(page, ON_CALL, "198.51.100.9", by_header=not by_header) == 429
        assert self.guess(page, ON_CALL, "198.51.100.10", by_header=True) == 200, "others go on"

    def test_many_addresses_get_a_hundred_guesses_a_minute_and_who_is_known_works_on(self, page):
        assert self.guess(page, ON_CALL, "192.0.2.1", by_header=True) == 200
        answers = [self.guess(page, f"g{n}", f"2001:db8:{n:x}::1", by_header=bool(n % 2)) for n in range(300)]
        assert answers.count(401) == 100
        assert self.guess(page, ON_CALL, "198.51.100.77", by_header=False) == 429
        assert self.guess(page, ON_CALL, "192.0.2.1", by_header=True) == 200

    def test_all_addresses_of_one_network_are_one_client(self, page):
        answers = [self.guess(page, f"g{n}", f"2001:db8::{n:x}", by_header=True) for n in range(30)]
        assert answers.count(401) == 10


def test_a_signed_out_session_is_over_for_every_copy_of_its_cookie(by_token):
    cookie, other = signed_in(by_token, ON_CALL), signed_in(by_token, ON_CALL)
    form = fields_of(by_token, cookie)
    assert reads(by_token.ask("/clusters", headers={**HTML, "cookie": cookie}))
    assert by_token.ask("/signout", method="POST", headers={**OURS, "cookie": cookie}).status == 303

    assert not reads(by_token.ask("/clusters", headers={**HTML, "cookie": cookie}))
    assert by_token.ask(ACT, method="POST", headers={**OURS, "cookie": cookie}, form=form).status == 401
    assert reads(by_token.ask("/clusters", headers={**HTML, "cookie": other})), "another session of theirs goes on"
