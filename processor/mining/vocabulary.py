"""Vocabulary: classify a word as an ordinary word of programs, a name of code, or another name.

Promises: a pure function of a word, cached. `ordinary_words.txt` holds the base forms of words in the messages of at
least four unrelated programs (of several thousand programs, packages and libraries); `closed_classes.txt` holds names
that are data by themselves: places and languages, in ten locales, from Unicode's CLDR and the time zone database, and
currencies. Must not know messages or places in them.
"""

from __future__ import annotations

import errno
from enum import Enum
from functools import lru_cache
from importlib.resources import files
from typing import Final

from processor.mining.masks import EXCEPTION, PROTECTED
from processor.model.patterns import regex

_DATA: Final = files(__package__)


def _rows(*rows: str) -> frozenset[str]:
    return frozenset(" ".join(rows).split())


class WordKind(Enum):
    """Classes of words, by the evidence that turns them into a value."""

    ORDINARY = "a word that programs say"
    NAME = "no word that programs say: somebody or something is called so"
    CODE = "an identifier of code, schema or configuration"
    FUNCTION = "a word that only joins others"
    KEPT = "an outcome, an opposite, a code of the system or an exception"


FUNCTION_WORDS: Final = _rows(
    "a an the this that these those it its is are was were be been being am has have had do does did done not no nor",
    "and or but if then than so as at by for from in into of off on onto out over to under until up upon via with",
    "without within while when where which who whom whose why how what whether because due per about above across",
    "after again against all already also although always among another any anything anyone around away back",
    "before behind below beneath beside besides between beyond both can cannot could during each either else",
    "ever every few here however just last least less like many may maybe might more most much must near neither",
    "never next none now off often once only other others our own rather same several shall should since some",
    "something soon still such their them there they through too toward towards twice unless very we well will",
    "would yet you your my his her him she he i us",
)
_BUSINESS: Final = _rows(
    # subjects of services in every trade; their bugs are named by these
    "payment invoice refund checkout basket shipment shipping delivery subscription ledger bill fee vat loyalty",
    "booking reservation appointment itinerary claim premium loan mortgage deposit withdrawal payout settlement",
    "chargeback dispute fraud audit consent onboarding signup sign-in sign-up payroll timesheet vacation leave",
    "warehouse inventory stock catalogue catalog merchandise freight parcel pickup dispatch routing tracking",
    "seat newsletter digest notification reminder survey feedback webinar lesson exam grade enrolment prescription",
    "diagnosis lab telemetry forecast dashboard widget leaderboard lobby-server matchmaking replay transcode",
    "thumbnail playback livestream subtitle transcript embedding inference training checkpoint rollout",
    "canary backfill rollup failover runbook paging oncall heartbeat watchdog",
)
_SYSTEMS: Final = _rows(
    # dependencies of a service: the name of the faulty dependency is the message
    "redis valkey kafka postgres postgresql mysql mariadb mongodb mongo elasticsearch opensearch solr rabbitmq nats",
    "activemq pulsar etcd consul vault zookeeper cassandra scylla clickhouse snowflake redshift bigquery bigtable",
    "spanner firestore datastore dynamodb memcached nginx envoy haproxy istio linkerd traefik caddy kubernetes",
    "docker containerd podman helm argocd terraform ansible jenkins github gitlab bitbucket jira slack discord",
    "telegram whatsapp stripe paypal adyen braintree klarna twilio sendgrid mailgun mailchimp okta keycloak sentry",
    "datadog prometheus opentelemetry jaeger cloudflare fastly akamai aws azure gcp lambda sqs sns kinesis pubsub",
    "minio s3 gcs kms openai anthropic salesforce hubspot zendesk shopify magento wordpress algolia airflow celery",
    "sidekiq temporal flink spark hadoop hdfs hive presto trino dbt looker tableau graphql grpc oauth saml ldap",
    "kerberos smtp imap ftp sftp ssh tls ssl tcp udp dns dhcp http https websocket webhook chrome firefox safari",
    "csv json xml yaml toml parquet avro orc protobuf thrift excel pdf html markdown latex jpeg png gif webp heic mpeg",
    "flac zip gzip zstd snappy brotli bzip base64 utf ascii unicode",
    "android ios linux windows macos ubuntu debian java python ruby node nodejs golang rust php kotlin swift react",
)


# Plurals whose ending does not tell them from verbs like "gets" and "shows".
SHORT_PLURALS: Final = _rows(
    "rows keys jobs pods tags apps bits cpus gpus urls docs hops bids lots dags bins dims maps logs views flows",
    "workflows reviews previews windows",
)


def _lines(name: str) -> list[str]:
    return _DATA.joinpath(name).read_text("utf-8").splitlines()


_WORDS: Final = frozenset(" ".join(_lines("ordinary_words.txt")).split()) | _BUSINESS | _SYSTEMS | FUNCTION_WORDS
_CLOSED: Final = {
    name: frozenset(names.split("|"))
    for name, _, names in (row.partition(": ") for row in _lines("closed_classes.txt"))
}
CURRENCIES: Final = _CLOSED["currencies"]
_NAMED: Final = frozenset().union(*(_CLOSED[name] for name in ("places", "languages", "weekdays", "months")))
LONGEST_NAME: Final = max(name.count(" ") for name in _NAMED) + 1  # words of "Bosnia and Herzegovina"

# Endings of English words; no ending of names is as frequent among them.
_SAYING = regex(r"[a-z]{2,}(?:ed|ing|able|ible|tion|sion|ment|ness|ity|ally|ily|ful|less|ous|ive|ise|ize|ised|ized)")
# (ending, its replacement in the base form)
_ENDINGS: Final = (
    ("ies", ("y",)), ("ied", ("y",)), ("es", ("", "e")), ("s", ("",)), ("ing", ("", "e")), ("ed", ("", "e")),
    ("er", ("", "e")), ("ers", ("", "e")), ("or", ("", "e")), ("ly", ("", "le")), ("able", ("", "e")),
    ("ation", ("e", "ate")), ("ion", ("", "e")), ("ment", ("",)), ("ness", ("",)), ("ity", ("",)),
)  # fmt: skip
_BEGINNINGS: Final = ("un", "re", "in", "dis", "non", "mis", "pre", "de", "sub", "auto", "multi", "over")
_STEM: Final = 3
_AGENTS: Final = 5  # letters of "users"
_REST: Final = 4

_PARTS = regex(r"[^\W\d_]+")
_HUMPS = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CAMEL = regex(r"\w*[a-z][A-Z]\w*")
_SYSTEM_CODE = regex(r"E[A-Z]{3,}|SIG[A-Z]{2,}\d?|ERR_[A-Z_]+")
_ERRNOS: Final = frozenset(name.lower() for name in errno.errorcode.values())  # Erlang, Elixir and Lua print enoent
_EXCEPTION = regex(EXCEPTION)
_RANDOM_HUMP: Final = 2.4  # letters between two changes of case; of real identifiers 4 and more
_RANDOM_LENGTH: Final = 6
_NO_VOWEL = regex(r"[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]{8,}")


@lru_cache(20_000)
def kind_of(word: str) -> WordKind:
    """Return the kind of a word without white space; marks and punctuation are KEPT."""
    folded = word.casefold()
    if folded in PROTECTED or folded in _ERRNOS or _SYSTEM_CODE.fullmatch(word) or _EXCEPTION.fullmatch(word):
        return WordKind.KEPT
    if folded in FUNCTION_WORDS:
        return WordKind.FUNCTION
    parts = _PARTS.findall(word)
    if not parts:
        return WordKind.KEPT
    if is_code(word):
        return WordKind.CODE
    unknown = sum(not is_ordinary(part) for part in parts)
    return WordKind.NAME if 2 * unknown >= len(parts) else WordKind.ORDINARY  # half of `quiet-meadow` is known


def is_ordinary(word: str) -> bool:
    """Return whether programs use this word, in any of its forms."""
    folded = word.casefold()
    if folded in _WORDS or len(folded) == 1:
        return True
    if any(base in _WORDS for base in _bases(folded)):
        return True
    return word.islower() and _SAYING.fullmatch(word) is not None


def is_plural(word: str) -> bool:
    """Return whether this is the plural of an ordinary word: "plugins", not "postgres", "status" or "utsims"."""
    folded = word.casefold()
    if folded in SHORT_PLURALS:
        return True
    if folded.endswith(("ers", "ors")) and len(folded) > _AGENTS:
        return True  # brokers, ingesters: whatever the verb
    if not folded.endswith("s") or folded.endswith(("ss", "us", "is", "ws")) or folded in _WORDS:
        return False
    return any(base in _WORDS for base in _bases(folded))


def is_code(word: str) -> bool:
    """Return whether a word has the form of an identifier: `snake_case`, `camelCase`, `a.b`, `A::b`, `f()`."""
    if "::" in word or word.endswith("()"):
        return True
    if "-" in word and all(part.istitle() and not is_ordinary(part) for part in word.split("-")):
        return False  # Karl-Erik
    if _CAMEL.fullmatch(word.replace(".", "").replace("-", "")):
        return not is_random(word)
    if "_" in word.strip("_") or "." in word.strip("."):
        return any(is_ordinary(part) for part in _PARTS.findall(word) if len(part) > 1) or word.isupper()
    return False


def is_random(word: str) -> bool:
    """Return whether letters are combined as in no word or identifier: an id without digits."""
    if len(word) < _RANDOM_LENGTH or not word.isalpha():
        return False
    if _NO_VOWEL.fullmatch(word):
        return True
    if word.islower() or word.isupper() or word.istitle():
        return False
    humps = _HUMPS.findall(word)
    return len(word) / max(len(humps), 1) < _RANDOM_HUMP


def is_closed(text: str) -> bool:
    """Return whether this is the name of a country, a large city, a language, a weekday or a month."""
    return text in _NAMED


def is_currency(word: str) -> bool:
    """Return whether this is a code of ISO 4217 or the name of a currency, in the singular or plural."""
    return word in CURRENCIES or word.casefold().removesuffix("s") in _CLOSED["currency_units"]


def _bases(word: str) -> list[str]:
    found = []
    for ending, instead in _ENDINGS:
        stem = word[: -len(ending)]
        if len(stem) >= _STEM and word.endswith(ending):
            found += [stem + rest for rest in instead]
            if len(stem) > _STEM and stem[-1] == stem[-2]:
                found.append(stem[:-1])  # stopped, getting
    found += [word[len(start) :] for start in _BEGINNINGS if word.startswith(start) and len(word) - len(start) >= _REST]
    return found
