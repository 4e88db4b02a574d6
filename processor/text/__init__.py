"""Escape hostile text for an output format.

Enters: log text.
Leaves: the same text, harmless in Markdown, a terminal or a page.
Must not: know the meaning of the text, or import anything of ours.
"""
