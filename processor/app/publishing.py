"""Prepare log text for its readers: issues, the worklog, the page and the terminal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from processor.mining.masker import Masker
from processor.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.app.config import Settings
    from processor.issues.cloud_console import Places
    from processor.issues.publish import Wording


def make_masker(settings: Settings) -> Masker:
    """Return the masker with the masks and protected words of the settings. Raises `ConfigError`."""
    return Masker(masks=[(mask.pattern, mask.name) for mask in settings.masks], protected=settings.protected_words)


def make_wording(settings: Settings) -> Wording:
    """Return the redaction of published log text; see `processor.issues.publish`."""
    from processor.issues.publish import Wording
    from sinks.names import hide
    from sinks.redact import redact

    masker = make_masker(settings)
    return Wording(
        redact=redact,
        # Line by line and without its indentation, by which a stack trace is recognised.
        mask=lambda text: re.sub(r"\S.*", lambda line: masker.mask(line[0]), "\n".join(text.splitlines()[:100])),
        hide=hide,
        raw_samples=settings.raw_samples,
    )


def make_redact() -> Callable[[str], str]:
    """What takes secrets and personal data out of log text that people look at."""
    from sinks.redact import redact

    return redact


def make_places(settings: Settings) -> Places:
    """Return the targets of an issue's links: the page, and the repository of the commits."""
    from processor.issues.cloud_console import Places

    scheme, where = settings.address("issues")
    host = settings.github_api_url.removesuffix("/api/v3").replace("//api.", "//")
    return Places(settings.page_url, f"{host}/{where}" if scheme == "github" else "")


def read_code_owners(settings: Settings) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the rules of the CODEOWNERS file. Raises `ConfigError` if it is unreadable."""
    from processor.issues.owners import code_owners

    if not settings.code_owners:
        return ()
    try:
        return code_owners(Path(settings.code_owners).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"code_owners {settings.code_owners} cannot be read: {error}") from None
