"""The issue tracker of the settings, wired: its credentials, and the spacing of its writes."""

from __future__ import annotations

import importlib.util
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from processor.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.app.config import Settings
    from processor.app.telemetry import Telemetry
    from processor.model.ports import Clock, IssueTracker, Store
    from sinks.github.auth import Authority

GITHUB_SPACING: Final = timedelta(seconds=1)
"""60 writes a minute over all workers. GitHub allows 80: the difference is for clocks up to 10 s apart, and for slots
that are used up to 5 s late."""


def open_tracker(
    settings: Settings, clock: Clock, store: Store, telemetry: Telemetry | None = None
) -> IssueTracker | None:
    """Return the tracker that `issues` names, None for none. Raises `ConfigError`, `TrackerError`."""
    scheme, where = settings.address("issues")
    if scheme == "none":
        return None
    if scheme == "folder":
        from sinks.folder import FolderTracker

        return FolderTracker(where, clock=clock)
    if importlib.util.find_spec("httpx2") is None or importlib.util.find_spec("jwt") is None:
        raise ConfigError(f"issues {settings.issues} needs more: pip install 'log-gardener[github]'")
    from sinks.github.http import GitHubApi
    from sinks.github.tracker import GitHubTracker

    on_call = telemetry.called_github if telemetry else None
    api = GitHubApi(
        settings.github_api_url, authority(settings), clock=clock, slot=write_slots(store, clock), on_call=on_call
    )
    return GitHubTracker(where, api=api, clock=clock, by_service=settings.repositories)


def write_slots(store: Store, clock: Clock) -> Callable[[], float]:
    """Return a function that takes the account's next write slot over all workers, and returns the seconds until it."""

    def slot() -> float:
        now = clock.now()
        return (store.take_slot("github", now, GITHUB_SPACING) - now).total_seconds()

    return slot


def authority(settings: Settings) -> Authority:
    """Return the credentials for GitHub: a token, or an App's installation. Raises `ConfigError`."""
    from sinks.github.auth import AppAuthority, TokenAuthority

    token, key = settings.github_token.get_secret_value(), settings.github_private_key.get_secret_value()
    if token:
        return TokenAuthority(token)
    if settings.github_app_id and settings.github_installation_id and key:
        return AppAuthority(settings.github_app_id, settings.github_installation_id, key)
    raise ConfigError(
        "issues on GitHub need somebody to write them; set GARDENER_GITHUB_TOKEN, or for an App"
        " GARDENER_GITHUB_APP_ID, GARDENER_GITHUB_INSTALLATION_ID and GARDENER_GITHUB_PRIVATE_KEY"
    )
