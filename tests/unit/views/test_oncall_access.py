"""Who is let in, as whom, and who is not: tokens, cookies, the proxy's header, other sites."""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from processor.model.errors import ConfigError
from processor.views.web.auth import COOKIE, IAP_HEADER, IAP_ISSUER, Access, is_same_origin
from processor.views.web.iap_keys import ProxyKeys
from processor.views.web.sessions import Role, Viewer
from processor.views.web.settings import load_web

NOW_S = time.time()
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
AUDIENCE = "/projects/1/locations/europe-west1/services/gardener"
TOKEN = "on-call-token-0123456789"  # noqa: S105
READ_TOKEN = "read-token-0123456789"  # noqa: S105


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("TOKEN", "READ_TOKEN", "IAP_AUDIENCE", "HOST", "ON_CALL"):
        monkeypatch.delenv(f"GARDENER_WEB_{name}", raising=False)


def access(at_s=NOW_S, **flags):
    keys = {"k1": KEY.public_key()}
    return Access(load_web(flags), key_for=keys.get, local_name="mo", now_s=lambda: at_s)


def by_proxy():
    return access(iap_audience=AUDIENCE, on_call="mo@example.org, *@sre.example.org")


def assertion(key=KEY, algorithm="ES256", headers=None, **changes):
    claims = {
        "iss": IAP_ISSUER,
        "aud": AUDIENCE,
        "email": "mo@example.org",
        "sub": "accounts.google.com:1",
        "iat": int(NOW_S) - 10,
        "exp": int(NOW_S) + 7200,  # the module is read long before its tests run
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "k1", **(headers or {})})


def let_in(who, headers=None, cookies=None):
    return who.viewer(headers or {}, cookies or {})


def unsigned():
    parts = [{"alg": "none", "kid": "k1"}, {"iss": IAP_ISSUER, "aud": AUDIENCE, "email": "mo@example.org"}]
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


@pytest.mark.parametrize(
    ("email", "name", "role"),
    [
        ("mo@example.org", "mo@example.org", Role.ON_CALL),
        ("Ana@SRE.example.org", "ana@sre.example.org", Role.ON_CALL),  # a pattern, whatever the case
        ("guest@example.org", "guest@example.org", Role.READ),  # let in by the proxy, not on call
    ],
)
def test_whoever_the_proxy_names_is_let_in_with_the_role_that_the_settings_give(email, name, role):
    assert let_in(by_proxy(), {IAP_HEADER: assertion(email=email)}) == Viewer(name, role)


@pytest.mark.parametrize(
    "forged",
    [
        assertion(key=OTHER_KEY),  # another key
        assertion(headers={"kid": "k2"}),  # a key that nobody knows
        assertion(aud="/projects/1/other"),  # for another service
        assertion(iss="https://example.org"),  # by another issuer
        assertion(exp=int(NOW_S) - 60),  # expired
        assertion(iat=int(NOW_S) + 7000),  # not yet issued
        assertion(exp=None),  # valid for ever
        assertion(email=None),  # names nobody
        assertion(email=""),
        assertion(key="k" * 64, algorithm="HS256"),  # signed with a shared secret
        unsigned(),  # alg none
        assertion()[:-4] + "AAAA",  # signature changed
        "",
        "a",
        "a.b.c",
        "..",
        "\xff\xfe",
        "e" * 100_000,  # nothing like a token
    ],
)
def test_a_forged_proof_of_the_proxy_lets_nobody_in(forged):
    assert let_in(by_proxy(), {IAP_HEADER: forged, "host": "localhost"}) is None


@given(st.text(max_size=200))
def test_no_header_and_no_cookie_whatever_they_hold_raises(text):
    assert let_in(by_proxy(), {IAP_HEADER: text, "authorization": text}) is None
    assert let_in(access(token=TOKEN), {"authorization": text, "host": text}, {COOKIE: text}) is None


def test_a_token_in_the_header_gives_its_role():
    who = access(token=TOKEN, read_token=READ_TOKEN)

    assert let_in(who, {"authorization": f"Bearer {TOKEN}"}) == Viewer("token", Role.ON_CALL, by_header=True)
    assert let_in(who, {"authorization": f"bearer {READ_TOKEN}"}).role is Role.READ
    for wrong in (f"Bearer {TOKEN}x", "Bearer ", f"Basic {TOKEN}", TOKEN, ""):
        assert let_in(who, {"authorization": wrong, "host": "localhost"}) is None


def test_a_session_is_believed_until_it_expires_or_is_touched():
    key = "k" * 32
    who = access(token=TOKEN, read_token=READ_TOKEN, session_key=key)
    cookie = who.sign_in("Mo. Ö", Role.READ)
    found = let_in(who, cookies={COOKIE: cookie})

    assert (found.name, found.role) == ("Mo. Ö", Role.READ)
    late = access(NOW_S + 13 * 3600, token=TOKEN, read_token=READ_TOKEN, session_key=key)
    assert let_in(late, cookies={COOKIE: cookie}) is None
    assert let_in(who, cookies={COOKIE: cookie.replace("READ", "ON_CALL")}) is None


def test_this_machine_needs_no_token_but_a_page_that_rebinds_its_name_to_it_gets_nothing():
    who = access()

    for host in ("localhost:8080", "127.0.0.1", "[::1]:9"):
        assert let_in(who, {"host": host}) == Viewer("mo", Role.ON_CALL)
    for host in ("evil.example:8080", "", "localhost.evil.example", "127.0.0.1.evil.example", "[::2]"):
        assert let_in(who, {"host": host}) is None


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"sec-fetch-site": "same-origin", "origin": "http://h", "host": "h"}, True),
        ({"sec-fetch-site": "same-origin"}, True),  # a browser that leaves the origin out
        ({"origin": "http://h:8", "host": "h:8"}, True),  # an older browser
        ({"sec-fetch-site": "cross-site", "origin": "http://h", "host": "h"}, False),
        ({"sec-fetch-site": "same-site", "origin": "http://h", "host": "h"}, False),  # a sibling's page
        ({"sec-fetch-site": "none"}, False),  # typed by hand; we never post like that
        ({"origin": "http://evil", "host": "h"}, False),
        ({"origin": "null", "host": "h"}, False),  # a sandboxed frame
        ({"origin": "http://h:9", "host": "h:8"}, False),  # another port is another origin
        ({"origin": "http://[", "host": "h"}, False),
        ({}, False),  # says nothing
    ],
)
def test_only_our_own_page_is_the_same_origin(headers, ours):
    assert is_same_origin(headers) is ours


def test_a_form_token_belongs_to_one_viewer():
    who = access(token=TOKEN)
    mo, ana = Viewer("mo", Role.ON_CALL), Viewer("ana", Role.ON_CALL)

    assert who.is_form_token(mo, who.form_token(mo))
    assert not who.is_form_token(ana, who.form_token(mo))
    assert not who.is_form_token(mo, "\ud800")


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ({"host": "0.0.0.0"}, "GARDENER_WEB_TOKEN"),  # noqa: S104  # open to all
        ({"host": "example.org"}, "GARDENER_WEB_TOKEN"),
        ({"token": "short"}, "16 characters"),
        ({"port": 70_000}, "GARDENER_WEB_PORT"),
        ({"every": 0}, "GARDENER_WEB_EVERY"),
    ],
)
def test_settings_that_would_open_the_page_or_make_no_sense_are_refused(flags, named):
    with pytest.raises(ConfigError, match=named):
        load_web(flags)


def test_an_unknown_key_is_fetched_once_a_minute_however_often_it_is_named():
    fetched, now = [], [0.0]

    def fetch():
        fetched.append(now[0])
        return {"k1": "key"}

    keys = ProxyKeys(fetch, lambda: now[0])
    assert [keys("k2") for _ in range(50)] == [None] * 50
    now[0] = 61.0
    assert keys("k1") == "key"
    assert [keys("k2") for _ in range(50)] == [None] * 50
    now[0] = 500.0
    assert keys("k1") == "key"
    assert fetched == [0.0, 61.0]
