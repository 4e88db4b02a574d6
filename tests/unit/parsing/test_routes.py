"""Routes: ids go, names stay, nothing hostile comes through."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.parsing.routes import route_template, status_class

MASKED = [
    # plain digits, several of them, with a query
    ("/users/123/orders/9?x=1", "/users/<*>/orders/<*>"),
    # scheme, host, port, credentials and fragment go
    ("https://u:p@api.example.com:8443/users/7#top", "/users/<*>"),
    ("https://api.example.com", "/"),
    ("http://h?x=/a/b", "/"),
    ("", "/"),
    ("/", "/"),
    ("/users/", "/users"),
    ("//wp-admin//setup.php", "/wp-admin/setup.php"),
    # UUID, with and without hyphens, in capitals
    ("/carts/6f1c1f6e-7c1b-4b1e-9a55-0d5f0f9c2a11", "/carts/<*>"),
    ("/carts/6F1C1F6E7C1B4B1E9A550D5F0F9C2A11", "/carts/<*>"),
    # hex of eight and more, git and Mongo ids, addresses
    ("/commits/deadbeef", "/commits/<*>"),
    ("/commits/0x7f3a2b1c", "/commits/<*>"),
    ("/docs/507f1f77bcf86cd799439011/raw", "/docs/<*>/raw"),
    # base64, URL-safe and padded; without a digit
    ("/blob/SGVsbG8gd29ybGQ=", "/blob/<*>"),
    ("/blob/dGhpcyBpcyBhIHRlc3Q", "/blob/<*>"),
    ("/blob/QwErTyUiOpAsDfGhJkLz", "/blob/<*>"),
    ("/s/V1StGXR8_Z5jdHi6B-myT", "/s/<*>"),
    # prefixed ids, slugs that hold a number, dates, times, versions of a file
    ("/customers/cus_9s6XKzkNRiz8i3", "/customers/<*>"),
    ("/orders/order-12345", "/orders/<*>"),
    ("/orders/INV-2024-001", "/orders/<*>"),
    ("/posts/10-reasons-to-mask", "/posts/<*>"),
    ("/reports/2025-09-16", "/reports/<*>"),
    ("/reports/20250916/12:30:00", "/reports/<*>/<*>"),
    ("/hosts/10.0.0.7", "/hosts/<*>"),
    ("/static/main.3f9a2bc1.js", "/static/<*>.js"),
    ("/files/invoice-2024.pdf", "/files/<*>.pdf"),
    # e-mails and handles, escaped or not
    ("/users/ann@example.com", "/users/<*>"),
    ("/users/ann%40example.com", "/users/<*>"),
    ("/@ann/posts", "/<*>/posts"),
    # escapes: a space or a slash inside a segment makes it a value, a digit is found below its escape
    ("/search/red%20shoes", "/search/<*>"),
    ("/files/a%2Fb", "/files/<*>"),
    ("/users/%31%32%33", "/users/<*>"),
    ("/users/%zz", "/users/<*>"),
    # dot segments, written either way, never climb above the root
    ("/a/../../../etc/passwd", "/etc/passwd"),
    ("/a/%2e%2e/%2e%2e/etc/passwd", "/etc/passwd"),
    ("/a/./b", "/a/b"),
    # parameters of a segment, OData keys, custom methods
    ("/cart;jsessionid=1A2B3C/items", "/cart/items"),
    ("/odata/Users(17)/Orders", "/odata/Users(<*>)/Orders"),
    ("/v1/jobs/4711:cancel", "/v1/jobs/<*>:cancel"),
    ("/v1/documents:batchGet", "/v1/documents:batchGet"),
    # markup and line breaks cannot come through
    ("/<script>alert(1)</script>", "/<*>/<*>"),
    ("/a\nb/c\x1b[31m", "/<*>/<*>"),
    ("/a%0d%0aSet-Cookie:x", "/<*>"),
    # a wildcard that the client wrote
    ("/<*>/x", "/<*>/x"),
]

KEPT = [
    "/api/v1/users",
    "/api/v2beta1/users",
    "/v1.1/statuses/home_timeline.json",
    "/oauth2/token",
    "/s3/buckets",
    "/i18n/en-US/k8s",
    "/auth/2fa/verify",
    "/hash/sha256",
    "/login.php",
    "/.env",
    "/.well-known/openid-configuration",
    "/getUserProfileInformation",
    "/wp-content/plugins/akismet",
    "/café/menü",
]


@pytest.mark.parametrize(("url", "route"), MASKED)
def test_ids_are_masked_and_the_rest_of_the_path_stays(url, route):
    assert route_template(url) == route


@pytest.mark.parametrize("path", KEPT)
def test_a_path_without_ids_is_its_own_route(path):
    assert route_template(path) == path


def test_a_deep_path_ends_in_one_wildcard():
    deep = route_template("/a" * 50)
    assert deep == "/a" * 11 + "/<*>"
    assert route_template("/a" * 12) == "/a" * 12


def test_a_long_path_is_cut_between_segments():
    route = route_template("/" + "/".join(["abcdefghij-klmnopqrst-uvwxyz"] * 11))
    assert len(route) <= 200
    assert route.endswith("uvwxyz/<*>")


def test_only_the_head_of_a_hostile_url_is_read():
    short, long = "/" + "%41" * 1_000, "/" + "%41" * 100_000
    assert route_template(short) == route_template(long) == "/<*>"


@given(st.one_of(st.text(), st.text(alphabet="/.%:;@a1F<*>()?#-= \n").map(lambda t: "/" + t)))
def test_any_text_gives_a_bounded_printable_route_that_is_its_own_template(text):
    route = route_template(text)
    assert route.startswith("/")
    assert len(route) <= 200
    assert route.count("/") <= 12
    assert route.isprintable()
    assert not re.search(r"/\.\.?(?:/|$)", route)
    assert not set(route.replace("<*>", "")) & set('<>"` \\?#%|')
    assert route_template(route) == route


@given(
    st.lists(st.sampled_from(["users", "api", "v1", "orders", "search"]), min_size=1, max_size=5),
    st.integers(0),
)
def test_requests_that_differ_in_a_number_share_a_route(words, number):
    base = "/".join(words)
    assert route_template(f"/{base}/{number}") == f"/{base}/<*>"


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (100, "1xx"),
        (200, "2xx"),
        (404, "4xx"),
        (503, "5xx"),
        (599, "5xx"),
        (0, "other"),
        (600, "other"),
        (-4, "other"),
    ],
)
def test_a_status_belongs_to_its_class(status, name):
    assert status_class(status) == name
