"""The composition root of `gardener doctor`: which part of the settings is looked at by which check."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from processor.app import doctor
from processor.app.clock import SystemClock
from processor.app.tracker import authority
from processor.app.wiring import has_pubsub, open_source, open_store
from processor.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from processor.app.config import Settings
    from processor.app.doctor import Check
    from processor.model import Finding


def make_checks(settings: Settings) -> Iterator[Check]:
    """What `gardener doctor` looks at: every part that the settings name."""
    if settings.source.startswith("pubsub:"):
        subscription = settings.source.removeprefix("pubsub:")
        yield "subscription", lambda: _pubsub_checks(subscription, settings.dead_letter)
    else:
        yield "source", lambda: doctor.of_file(settings, lambda: open_source(settings))
    if settings.state.startswith("sqlite:"):
        yield "state", lambda: doctor.of_sqlite(settings, lambda: open_store(settings, must_exist=True))
    else:
        project, _, database = settings.state.removeprefix("firestore:").partition("/")
        yield "state", lambda: _firestore_checks(project, database or "(default)")
    if settings.issues.startswith("github:"):
        yield "GitHub", lambda: _github_checks(settings)
    elif settings.issues.startswith("folder:"):
        yield "issues", lambda: doctor.of_folder(settings)
    if settings.health_port:
        yield "health port", lambda: doctor.of_port(settings)


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


def _github_checks(settings: Settings) -> Iterable[Finding]:
    if importlib.util.find_spec("httpx2") is None or importlib.util.find_spec("jwt") is None:
        raise ConfigError("issues on GitHub need more; pip install 'log-gardener[github]'")
    from sinks.github import checks as github_checks
    from sinks.github.http import GitHubApi

    api = GitHubApi(settings.github_api_url, authority(settings), clock=SystemClock())
    for repository in sorted({settings.issues.removeprefix("github:"), *settings.repositories.values()}):
        yield from github_checks.check(repository, api)
