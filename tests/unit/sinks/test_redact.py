"""Secrets and personal data go, the rest stays. Every secret here is made up, and put together when the test runs.

Put together, because a scanner of repositories cannot know that it is made up.
"""

import re
from pathlib import Path

import leaks
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks import redact as redacting
from sinks.redact import kinds, leak, redact

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "secrets"
HEX = "0123456789abcdef"
MIX = "a1B2c3D4e5F6g7H8i9J0kLmNoPqRsTuVwXyZ"


def hex_(length):
    return (HEX * 30)[:length]


def mix(length):
    return (MIX * 120)[:length]


UPPER = "A1B2C3D4E5F6G7H8I9J0K2L3M4N5P6Q7"
JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI{mix(30)}.{mix(43)}"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{mix(64)}\n{mix(64)}\n-----END RSA PRIVATE KEY-----"

# (kind, text with {} in place of the secret, the secret)
CASES = [
    ("private key", "key: {}", PEM),
    ("private key", "cut off: {}", PEM[:100]),
    ("age key", "age {}", "AGE-SECRET-KEY-1" + (UPPER * 2)[:58]),
    ("JSON web token", "got {} from client", JWT),
    ("JSON web token", "unsigned {}", JWT.rsplit(".", 1)[0] + "."),
    ("AWS access key", "key {} denied", "AKIA" + "Q2W3E4R5T6Y7U2I3"),
    ("AWS secret key", "aws_secret_access_key = {}", mix(40)),
    ("Google API key", "GET /maps?x=1 with {}", "AIza" + mix(35)),
    ("Google access token", "using {}", "ya29." + mix(60)),
    ("Google refresh token", "refresh with {}", "1//0" + mix(50)),
    ("Google client secret", "client {} wrong", "GOCSPX-" + mix(28)),
    ("GitHub token", "push with {}", "ghp_" + mix(36)),
    ("GitHub token", "push with {}", "github_pat_" + mix(60)),
    ("GitLab token", "clone with {}", "glpat-" + mix(20)),
    ("Slack token", "slack said no to {}", "xoxb-" + "123456789012-" + mix(24)),
    ("Slack webhook", "POST https://hooks.slack.com/services/{} 404", f"T0{UPPER[:8]}/B0{UPPER[:8]}/{mix(24)}"),
    ("Discord webhook", "POST https://discord.com/api/webhooks/{} 404", "123456789012345678/" + mix(68)),
    ("Discord bot token", "discord bot {}", "M" + mix(23) + "." + mix(6) + "." + mix(27)),
    ("Telegram bot token", "GET /{}/getMe", "123456789" + ":AA" + mix(33)),
    ("Stripe key", "stripe {} refused", "sk_live_" + mix(24)),
    ("Stripe key", "endpoint {}", "whsec_" + mix(32)),
    ("SendGrid key", "mail with {}", "SG." + mix(22) + "." + mix(43)),
    ("Mailgun key", "mail with {}", "key-" + hex_(32)),
    ("Mailchimp key", "mail with {}", hex_(32) + "-us12"),
    ("Twilio key", "sms with {}", "SK" + hex_(32)),
    ("Anthropic key", "model with {}", "sk-ant-api03-" + mix(90)),
    ("OpenAI key", "model with {}", "sk-proj-" + mix(60)),
    ("Hugging Face token", "model with {}", "hf_" + mix(34)),
    ("npm token", "publish with {}", "npm_" + mix(36)),
    ("PyPI token", "upload with {}", "pypi-AgE" + mix(80)),
    ("Docker token", "pull with {}", "dckr_pat_" + mix(27)),
    ("DigitalOcean token", "droplet with {}", "dop_v1_" + hex_(64)),
    ("Shopify token", "order with {}", "shpat_" + hex_(32)),
    ("Square token", "pay with {}", "sq0atp-" + mix(22)),
    ("Databricks token", "job with {}", "dapi" + hex_(32)),
    ("Vault token", "read with {}", "hvs." + mix(90)),
    ("Terraform Cloud token", "plan with {}", mix(14) + ".atlasv1." + mix(60)),
    ("New Relic key", "send with {}", "NRAK-" + UPPER[:27]),
    ("Sentry token", "send with {}", "sntrys_" + mix(60)),
    ("Sentry DSN", "init https://{}@o1.ingest.sentry.io/42", hex_(32)),
    ("Grafana token", "push with {}", "glsa_" + mix(32) + "_" + hex_(8)),
    ("Atlassian token", "page with {}", "ATATT3" + mix(150)),
    ("Linear key", "issue with {}", "lin_api_" + mix(40)),
    ("Notion token", "page with {}", "ntn_" + mix(46)),
    ("Postman key", "run with {}", "PMAK-" + hex_(24) + "-" + hex_(34)),
    ("Doppler token", "env with {}", "dp.pt." + mix(43)),
    ("Azure storage key", "AccountName=shop;AccountKey={};EndpointSuffix=x", mix(86) + "=="),
    ("Azure client secret", "login with {}", "abc8Q~" + mix(34)),
    ("signed URL", "GET https://x.blob.example/f?sv=2022&sig={}&se=1", mix(40) + "%3D"),
    ("signed URL", "GET /f?X-Goog-Signature={} 403", hex_(128)),
    ("signed URL", "GET /v1/me?access_token={} 401", mix(30)),
    ("URL password", "connect postgres://shop:{}@db:5432/shop", "hunter2"),
    ("URL password", "connect postgres://shop:{}@db:5432/shop", "p@ss:w@rd"),
    ("URL password", "connect redis://:{}@cache:6379", "s3cr"),
    ("authorization header", "authorization: {}", "Basic dXNlcjpwYXNz"),
    ("authorization header", '"Authorization": "{}"', "Bearer " + mix(30)),
    ("authorization header", "Authorization={}", "Digest username=bob, response=" + hex_(32)),
    ("bearer token", "sent Bearer {} to upstream", mix(30)),
    ("cookie", "Cookie: {}", "a=1; session=" + mix(30) + "; theme=dark"),
    ("cookie", "set-cookie: {}", "sid=" + mix(20) + "; HttpOnly"),
    ("command line password", "ran curl -u {} https://x.example", "bob:hunter2"),
    ("command line password", "mysql --password={} shop", "hunter22"),
    ("password", "password={}", "hunter2"),
    ("password", "DB_PASSWORD={}", "abc"),
    ("password", '"password": "{}"', "correct horse battery staple"),
    ("password", '\\"password\\": \\"{}\\"', "hunter2!"),
    ("password", "user.password => '{}'", "hunter2"),
    ("password", "passphrase: {}", "Tr0ub4dor&3".replace("&", "-")),
    ("password", "Pwd={};Server=db", "hunter2"),
    ("password", "wrong passwd '{}' for bob", "hunter2"),
    ("one-time code", "sms: your verification code is {}", "482913"),
    ("one-time code", "OTP code {} sent", "123456"),
    ("secret value", "client_secret={}", mix(20)),
    ("secret value", '{{"api_key": "{}"}}', mix(16)),
    ("secret value", '\\"access_token\\": \\"{}\\"', mix(20)),
    ("secret value", "x-api-key: {}", mix(24)),
    ("secret value", "JSESSIONID={}", UPPER),
    ("secret value", "csrf_token={}", mix(32)),
    ("email", "user {} not found", "jane.doe+shop@mail.example.org"),
    ("email", "GET /users/{}/orders", "jane.doe%40example.org"),
    ("card number", "card {} declined", "4111 1111 1111 1111"),
    ("card number", "card={}", "5500005555555559"),
    ("IBAN", "pay to {} failed", "DE89 3704 0044 0532 0130 00"),
    ("IBAN", "pay to {} failed", "GB82WEST12345698765432"),
    ("social security number", "SSN {}", "078-05-1120"),
    ("social security number", "ssn={}", "078051120"),
    ("national insurance number", "employee {}", "AB 12 34 56 C"),
    ("phone number", "call {} now", "+49 30 901820"),
    ("phone number", "call {} now", "(415) 555-2671"),
    ("phone number", "phone={}", "0301234567"),
    ("date of birth", "dob: {}", "1984-02-29"),
    ("coordinates", "lat={}", "52.520008"),
    ("passport number", "passport no: {}", "C01X00T47"),
    ("name of a person", '"first_name": "{}"', "Jane"),
    ("MAC address", "device {} joined", "3c:22:fb:aa:10:9e"),
    ("IP address", "client {} blocked", "8.8.4.4"),
    ("IP address", "client {} blocked", "2001:4860:4860::8888"),
]


@pytest.mark.parametrize(("kind", "text", "secret"), CASES, ids=[f"{at} {case[0]}" for at, case in enumerate(CASES)])
def test_a_secret_goes_and_says_what_it_was(kind, text, secret):
    shown = redact(text.format(secret))

    assert secret not in shown
    assert f"[redacted: {kind}]" in shown


def test_every_kind_is_tried_and_there_are_more_than_forty():
    named = {found for one in leaks.secrets() for found in re.findall(r"\[redacted: ([^\]]+)\]", redact(one.line))}

    assert set(kinds()) - named - {kind for kind, *_ in CASES} == set()
    assert len(kinds()) >= 120


@pytest.mark.parametrize(("kind", "text", "secret"), CASES, ids=[f"{at} {case[0]}" for at, case in enumerate(CASES)])
def test_redacting_twice_is_redacting_once_and_leaves_nothing_certain(kind, text, secret):
    once = redact(text.format(secret))

    assert redact(once) == once
    assert leak(once) == ""


@pytest.mark.parametrize("around", ["{}", "{}.", '"{}"', "({})", "x={};", "{}\nnext line", "log line: {} and more"])
def test_a_token_is_found_whatever_stands_around_it(around):
    token = "ghp_" + mix(36)

    assert token not in redact(around.format(token))
    assert leak(around.format(token)) == "GitHub token"


def test_at_most_one_benign_line_in_fifty_is_touched():
    lines = [line for line in (GOLDEN / "benign.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    touched = [line for line in lines if redact(line) != line]

    assert len(lines) >= 200
    assert len(touched) * 50 <= len(lines), touched


def test_the_lines_of_the_example_and_the_real_hour_are_hardly_touched(shared_data):
    texts = re.findall(
        r'"(?:textPayload|message)": "((?:[^"\\]|\\.)*)"', (shared_data / "cloud-run-hour" / "export.json").read_text()
    )
    touched = {text for text in texts if redact(text) != text}

    assert len(texts) > 500
    assert len(touched) * 50 <= len(set(texts)), touched


@given(st.text(max_size=300))
def test_any_text_can_be_redacted_and_stays_redacted(text):
    once = redact(text)

    assert redact(once) == once


@pytest.mark.parametrize(
    "hostile",
    [
        "a" * 100_000,
        "key=" * 25_000,
        "password=" * 11_000,
        "." * 100_000,
        "1" * 100_000,
        "1-" * 50_000,
        "a@" * 50_000,
        "://a:" * 20_000,
        "eyJ" + "a." * 50_000,
        "-----BEGIN PRIVATE KEY-----" * 3_700,
        "curl " * 20_000,
        ":" * 100_000,
        "a:" * 50_000,
        "\\\\" * 50_000,
        "authorization: " * 6_000,
        "secret_" * 14_000 + "=x",
        "aws" + "_key" * 25_000,
        "+1 " * 33_000,
    ],
    ids=lambda text: f"{text[:12]!r}",
)
@pytest.mark.timeout(60)  # measured: at most 0.8 s for 100,000 characters; quadratic time would be minutes
def test_hostile_text_takes_linear_time(hostile):
    assert redact(hostile)


PIECES = (
    "123-45-6789", "4111 1111 1111 1111", "4111-1111-1111-1111", "GB82 WEST 1234 5698 7654 32", "AB 12 34 56 C",
    "AB123456C", "212-555-0123", "(212) 555.0123", "aa:bb:cc:dd:ee:0f", "AA-BB-cc-dd-ee-0f", "8.8.8.8",
    "2001:4860:4860::8888", "::1", "2001:4860:4860:0:0:0:0:8888", "123.456.789-09", "RSSMRA85T10A562S",
    "X1234567L", "12345678-Z", "850101-1234", "1234 5678 9012", "943 476 5919",
    "SK0123456789abcdef0123456789abcdef", "ops_ey", "glpat-", "٣", "é", " ", ": ", "=", "x",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=5).map("".join))
def test_the_first_look_never_hides_a_match(text):
    look = redacting._Look(text)

    for rule in redacting._rules():
        if rule.pattern.search(text):
            assert look.may_hold(rule), rule.name
