"""Escape log text for a terminal: it starts no escape sequence, hides nothing and stays on its line."""

from __future__ import annotations

from processor.text.characters import marked, replaced


def plain(text: str) -> str:
    """Return log text as a single line without any effect on the terminal."""
    return marked(" ".join(text.split()), replaced)
