"""The composition root of `gardener doctor`: maps the settings to checks."""

from __future__ import annotations

import importlib.util
import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from processor.app import doctor, otlp, publishing, wiring
from processor.app.addresses import SCHEMES
from processor.app.clock import SystemClock
from processor.app.tracker import authority
from processor.app.wiring import has_pubsub, open_source, open_store
from processor.model import Finding, Grade
from processor.model.delivery_health import problems
from processor.model.errors import ConfigError, GardenerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from processor.app.config import Settings
    from processor.app.doctor import Check

_REPOSITORY: Final = re.compile(r"[\w.-]+/[\w.-]+")


def make_checks(settings: Settings) -> Iterator[Check]:
    """Return the checks for every part that the settings name, built as `run` and `serve` build it."""
    yield "masks", lambda: _built(lambda: publishing.make_masker(settings))
    yield "rules", lambda: _built(lambda: wiring.make_policy(settings))
    source, state, issues, worklog = map(settings.address, SCHEMES)
    if source.scheme == "pubsub":
        yield "subscription", lambda: _pubsub_checks(source.where, settings.dead_letter)
    else:
        yield "source", lambda: doctor.of_file(settings, lambda: open_source(settings))
    if state.scheme == "sqlite":
        yield "state", lambda: doctor.of_sqlite(Path(state.where), lambda: open_store(settings, must_exist=True))
    else:
        yield "state", lambda: _firestore_checks(*state.database)
    yield "issues", lambda: _delivery_checks(settings)
    if issues.scheme == "github":
        yield "GitHub", lambda: _github_checks(issues.where, settings)
    elif issues.scheme == "folder":
        yield "issues", lambda: doctor.of_folder("issues", Path(issues.where))
    if worklog.scheme == "folder":
        yield "worklog", lambda: doctor.of_folder("worklog", Path(worklog.where))
    if any(name.startswith("GARDENER_WEB_") for name in os.environ):
        yield "web", _web_checks
    yield "metrics", lambda: otlp.check(os.environ)
    if settings.health_port:
        yield "health port", lambda: doctor.of_port(settings)


def _built(make: Callable[[], object]) -> Iterable[Finding]:
    """Return nothing if a part can be built; else its own error states the fault."""
    make()
    return ()


def _delivery_checks(settings: Settings) -> Iterator[Finding]:
    """Return the problems last reported by running workers; a missing state has no report."""
    scheme, where = settings.address("state")
    if scheme == "sqlite" and not Path(where).exists():
        return
    # An unreadable state is another check's finding.
    with suppress(GardenerError):
        store = open_store(settings, must_exist=True)
        for sentence in problems(store.delivery(), datetime.now(UTC)):
            yield Finding(Grade.WARNING, "issues", sentence, "look at the worker's log: severity>=WARNING")
        store.close()


def _web_checks() -> Iterator[Finding]:
    """Check whether `gardener serve` would start with this environment."""
    if importlib.util.find_spec("starlette") is None:
        raise ConfigError("the on-call page needs more; pip install 'log-gardener[web]'")
    from processor.views.web.auth import Access
    from processor.views.web.settings import load_web

    settings = load_web({})
    Access(settings, key_for=lambda _: None)
    if settings.iap_audience and not settings.on_call:
        mend = "set GARDENER_WEB_ON_CALL, like mo@example.org,*@sre.example.org"
        yield Finding(Grade.WARNING, "web", "everybody whom the proxy lets in may look, and nobody may act", mend)
    yield Finding(Grade.WELL, "web", "its settings can be used")


def _pubsub_checks(subscription: str, dead_letter: str) -> Iterable[Finding]:
    if not has_pubsub():
        raise ConfigError("reading from Pub/Sub needs more; pip install 'log-gardener[gcp]'")
    from processor.sources.pubsub import checks as pubsub_checks

    return pubsub_checks.check(subscription, dead_letter)


def _firestore_checks(project: str, database: str) -> Iterable[Finding]:
    if not has_pubsub():
        raise ConfigError("state in Firestore needs more; pip install 'log-gardener[gcp]'")
    from sinks.firestore import checks as firestore_checks

    return firestore_checks.check(project, database)


def _github_checks(repository: str, settings: Settings) -> Iterable[Finding]:
    if importlib.util.find_spec("httpx2") is None or importlib.util.find_spec("jwt") is None:
        raise ConfigError("issues on GitHub need more; pip install 'log-gardener[github]'")
    from sinks.github import checks as github_checks
    from sinks.github.http import GitHubApi

    malformed = sorted(name for name in settings.repositories.values() if not _REPOSITORY.fullmatch(name))
    if malformed:
        raise ConfigError(f"repositories names {malformed[0]!r}, which is no repository; write OWNER/REPO")
    api = GitHubApi(settings.github_api_url, authority(settings), clock=SystemClock())
    for name in sorted({repository, *settings.repositories.values()}):
        yield from github_checks.check(name, api)
    yield from github_checks.of_expiry(api, datetime.now(UTC))
