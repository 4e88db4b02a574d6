"""Publication of log text: the only way into a title, body, comment, URL, worklog or file. Pure.

Grouping decides what is one problem and may keep words that must not be published. Publication shows what the program
*said* (literal words, names from code and configuration, frames with file and line, statuses) and hides what was
*filled in* (values, names of people and customers, everything that redaction finds). Every writer uses `Wording`;
none has `redact` alone.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from processor.issues.sample import masked
from processor.model import facets
from processor.model.patterns import regex
from processor.model.template import places
from processor.parsing import routes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

HIDDEN: Final = "…"
INFRASTRUCTURE: Final = frozenset(
    (
        *facets.INFRASTRUCTURE,
        *(facets.REVISION, facets.MODULE, facets.FUNCTION, facets.LOGGER, "line", "file", "method", "severity"),
    )
)
"""Facets whose values name the service's own parts: shown as they are, redacted."""
_PLACES: Final = regex(r"<(?:\*|any|cut)>")
_RUN: Final = regex(r"…(?:[ ,;:/|.-]{0,2}…)+")
_URL: Final = regex(r"(?:https?://|/)\S{0,2000}$")
_FULL_NAME: Final = regex(r"[^\W\d_][\w'\u2019-]+(?: [^\W\d_a-z][\w'\u2019-]+){1,3}")
_CODE: Final = regex(r"(?=\w*_|\w+\.\w+\.)[A-Za-z_]+(?:\.[A-Za-z_]+){1,12}")  # shop_core.pay, com.acme.Pay
_CODE_NAME: Final = regex(
    r"[a-z]+(?:_[a-z]+){1,8}|[A-Z]+(?:_[A-Z]+){1,8}|E[A-Z]{4,12}|[a-z]+(?:[A-Z][a-z]+){1,8}"
    r"|(?:[A-Z][a-z]+){1,8}(?:Error|Exception|Service|Controller|Handler|Manager|Client|Factory|Worker|Job|Task)"
    r"|[A-Za-z_]+(?:\.[A-Za-z_]+){2,12}|(?:[A-Za-z_-]+/){0,12}[A-Za-z_-]+\.(?:py|js|ts|go|rb|rs|java|kt|cs|php|sql|ya?ml|toml)"
)
"""Names from code, configuration and schema: what can stand in a title though it was masked."""
_TYPES: Final = frozenset((
    "int", "str", "float", "bool", "bytes", "list", "dict", "tuple", "set", "object", "function", "method", "type",
    "NoneType", "None", "nil", "NilClass", "null", "undefined", "string", "number", "boolean", "array", "symbol",
    "Integer", "String", "Float", "Array", "Hash", "Symbol", "Object", "Long", "Double", "Boolean", "List", "Map",
))  # fmt: skip
"""Names of the types of programming languages."""
_WORDS_OF_NAME: Final = regex(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_FIRST_PRIVATE: Final = 0x2801
_FIRST_FIXED: Final = 0x2880
_PRIVATE: Final = regex("[\u2800-\u28ff]")
_MAX_CONSTANTS: Final = 50
_MIN_TIMES: Final = 3
"""Of fewer occurrences nothing is the same in all."""
_PROBE: Final = "q7w8e9r0t1y2"
_LAST_WORD: Final = regex(r"[a-z]+(?=[^A-Za-z]*$)", re.IGNORECASE)
_AROUND: Final = regex(r"\A(['\"`])<(?:\*|any)>\1\Z")
_QUOTED: Final = regex(r"(['\"`])…\1")
_REDACTED: Final = regex(r"\[redacted: [^\]\n]{1,40}\]")
_TOLD: Final = regex(r"[^\W\d_]{2,}")
# A line of a stack trace that names a place in code: a file with its line, or a call in the form of its language.
_FRAME: Final = regex(
    r"\s*(?:at\s+\S.{0,300}|File \"[^\"]{1,300}\", line \d+.{0,200}|from\s+\S+:\d+.{0,200}|#\d+\s.{0,300}"
    r"|\d{1,4}:\s+(?:0x[0-9a-f]+ - )?[\w:<>$ .&*,{}#-]{3,300}|\S+\.\w{1,6}:\d+(?::\d+)?(?:\s.{0,200})?"
    r"|[\w./$*()-]{3,200}\([^)]{0,100}\)|goroutine \d+ \[[a-z ,\d]{1,60}\]:|Traceback \(most recent call last\):"
    r"|created by \S.{0,200}|from\s+[\w.]{1,200}\s+import\s.{0,200}"
    r"|\.\.\. \d+ (?:more|common frames omitted)|--- End of .{0,80})\s*"
)
_ARGUMENTS: Final = regex(r"\((?=[^()]{0,300}['\"])[^()]{0,300}\)")


class Wording(Struct, frozen=True):
    """Prepares log text for publication.

    Attributes:
        redact: removes secrets and personal data.
        mask: removes values, line by line.
        hide: removes names of people and customers.
        raw_samples: show samples with their values, redacted.
    """

    redact: Callable[[str], str]
    mask: Callable[[str], str]
    raw_samples: bool = False
    hide: Callable[[str], str] = str

    def said(self, text: str) -> str:
        """Return the literal words of a text, "…" in place of what is filled in. Lines stay lines."""
        return _tidy(self.hide(_PLACES.sub(HIDDEN, self.mask(self.redact(text)))))

    def constants(self, template: str, values: Mapping[str, Mapping[str, int]]) -> tuple[str, dict[str, str]]:
        """Return the template with a character for each place with one code-like value in all entries, and the values.

        A name of a part of the program is shown although grouping masks it. Replace the characters by the values after
        the template is published: masks would remove them again.
        """
        template = _PRIVATE.sub("", template)
        telling = {
            key: value
            for key, seen in values.items()
            if len(seen) == 1
            for value, times in seen.items()
            if times >= _MIN_TIMES and self._is_code(value, key)
        }
        known: dict[str, str] = {}
        parts, end = [], 0
        for place in places(template)[:_MAX_CONSTANTS]:
            if place.key in telling:
                mark = chr(_FIRST_PRIVATE + len(known))
                # With its quotes: quoted, the character would be hidden as a name.
                around = _AROUND.search(template[max(end, place.start - 1) : place.end + 1])
                quote = around[1] if around else ""
                known[mark] = f"{quote}{telling[place.key]}{quote}"
                parts += [template[end : place.start - len(quote)], mark]
                end = place.end + len(quote)
        return "".join([*parts, template[end:]]), known

    def fixed(self, template: str, parts: Iterable[str]) -> tuple[str, dict[str, str]]:
        """Return the template with a character for each fixed part that it holds, and the parts without names.

        Grouping does not mask what a schema fixes, such as an API's method, and publication must not either.
        """
        known: dict[str, str] = {}
        for part in parts:
            # The colon stays, since it opens a sentence.
            if (text := part.rstrip(":")) and text in template and len(known) < _MAX_CONSTANTS:
                mark = chr(_FIRST_FIXED + len(known))
                known[mark] = self.route(text)
                template = template.replace(text, mark, 1)
        return template, known

    def _is_code(self, value: str, key: str) -> bool:
        """Return whether a value after these words is a name from code, with no word that may be a person's name."""
        if value in _TYPES:
            return True
        if not _CODE_NAME.fullmatch(value) or self.redact(value) != value:
            return False
        # A file is named after its content; a bare name may be its owner's: `user john_smith`.
        noun = last[0] if "." not in value and (last := _LAST_WORD.search(key)) else "value"
        words = _WORDS_OF_NAME.findall(value)
        return not any(
            HIDDEN in self.hide(f"{before} '{word.lower()}'") for word in words for before in {noun, "value"}
        )

    def named(self, text: str) -> str:
        """Return a name that belongs to the service (revision, project, function), only redacted."""
        return self.redact(text)

    def sample(self, text: str) -> str:
        """Return an example message: with its values if enabled, otherwise its literal words."""
        return self.redact(text) if self.raw_samples else self.trace(text)

    def trace(self, text: str) -> str:
        """Return a stack trace: places in code stay, messages are treated as prose, as is any other text."""
        lines = text.split("\n")
        if sum(bool(_FRAME.fullmatch(line)) for line in lines) < 1:
            return self.said(text)
        return "\n".join(
            _ARGUMENTS.sub("(…)", self.redact(line)) if _FRAME.fullmatch(line) else self.said(line) for line in lines
        )

    def blank(self, text: str) -> str:
        """Return published text with the mark of what is filled in where redaction names its kind."""
        return _tidy(_REDACTED.sub(HIDDEN, text))

    def shown(self, text: str) -> str:
        """Return text with its values but without secrets and names, for readers inside the team."""
        return self.hide(self.redact(text))

    def json(self, found: object) -> str:
        """Return a sample's JSON with every string redacted."""
        told = found if self.raw_samples else masked(found, self.field)
        # Once for each value, once for the whole: a secret may be known by its key alone.
        return self.redact(json.dumps(told, ensure_ascii=False, indent=2))

    def field(self, text: str) -> str:
        """Return one string of a sample's JSON."""
        return self.route(routes.route_template(text)) if _URL.match(text) else self.said(text)

    def route(self, text: str) -> str:
        """Return a request's method and route, which are already masked, without names."""
        return _tidy(self.hide(_PLACES.sub(HIDDEN, self.redact(text))))

    def value(self, name: str, value: str) -> str:
        """Return one value of a facet; "…" if nothing of it may be shown."""
        if value == facets.OTHER:
            return value
        if name in INFRASTRUCTURE or _CODE.fullmatch(value):
            return self.named(value)
        if name == facets.ROUTE:
            return self.route(value)
        key = facets.bare(name)
        # A secret may be recognisable only by its key.
        if _REDACTED.search(self.redact(f'{key}="{_PROBE}"')) or _FULL_NAME.fullmatch(value):
            return HIDDEN
        # Beside its key and in quotes, so that a name is recognised as one.
        noun = last[0] if (last := _LAST_WORD.search(key)) else "value"
        masked = _PLACES.sub(HIDDEN, self.mask(self.redact(value)))
        shown = _tidy(self.hide(f"{noun} '{masked}'").partition(" ")[2].strip("'"))
        return shown if _TOLD.search(_REDACTED.sub("", shown)) else HIDDEN

    def facet(self, name: str, values: Mapping[str, int]) -> list[tuple[str, int]]:
        """Return (value as shown, entries), the most frequent first; hidden values are one row: "n different"."""
        shown: dict[str, int] = {}
        hidden, entries = 0, 0
        for value, n in values.items():
            told = self.value(name, value)
            if told == HIDDEN:
                hidden, entries = hidden + 1, entries + n
            else:
                shown[told] = shown.get(told, 0) + n
        rows = sorted(shown.items(), key=lambda row: (row[0] == facets.OTHER, -row[1], row[0]))
        if hidden:
            rows.append((f"({'one value' if hidden == 1 else f'{hidden:,} different'}, not shown)", entries))
        return rows


def _tidy(text: str) -> str:
    """Remove repeated marks and empty quotes."""
    return _RUN.sub(HIDDEN, _QUOTED.sub(HIDDEN, text))
