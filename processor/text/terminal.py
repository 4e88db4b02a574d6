"""Log text made inert for a terminal: it starts no escape sequence, hides nothing and stays on its line."""

from __future__ import annotations

from processor.text.characters import marked, replaced


def plain(text: str) -> str:
    """Return log text as one line that a terminal only shows."""
    return marked(" ".join(text.split()), replaced)
