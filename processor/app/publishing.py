"""How log text is prepared for whoever reads it: issues, the worklog, the page and the terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from processor.mining.masker import Masker

if TYPE_CHECKING:
    from processor.app.config import Settings
    from processor.issues.cloud_console import Places
    from processor.issues.publish import Wording


def make_masker(settings: Settings) -> Masker:
    """The masker with the masks and protected words of the settings. Raises `ConfigError`."""
    return Masker(masks=[(mask.pattern, mask.name) for mask in settings.masks], protected=settings.protected_words)


def make_wording(settings: Settings) -> Wording:
    """What leaves of log text; see `processor.issues.publish`."""
    from processor.issues.publish import Wording
    from sinks.names import hide
    from sinks.redact import redact

    masker = make_masker(settings)
    return Wording(
        redact=redact,
        # Line by line and without its indentation, by which a stack trace is read.
        mask=lambda text: re.sub(r"\S.*", lambda line: masker.mask(line[0]), "\n".join(text.splitlines()[:100])),
        hide=hide,
        raw_samples=settings.raw_samples,
    )


def make_places(settings: Settings) -> Places:
    """Where the links of an issue lead: the page, and the repository that commits belong to."""
    from processor.issues.cloud_console import Places

    scheme, _, where = settings.issues.partition(":")
    host = settings.github_api_url.removesuffix("/api/v3").replace("//api.", "//")
    return Places(settings.page_url, f"{host}/{where}" if scheme == "github" else "")
