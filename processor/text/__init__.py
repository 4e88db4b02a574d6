"""Neutralise hostile text for one output format.

Enters: log text.
Leaves: the same text, harmless in Markdown, a terminal or a page.
Must not: know what the text means, or import anything of ours.
"""
