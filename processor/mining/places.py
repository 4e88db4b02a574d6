"""Kinds of places in a message: beside which words a name is said, and beside which it is filled in.

The tables of this module are the knowledge; each says why it is there. `fill` takes out what stands in a place of
data; what it leaves may still be earned by evidence (see `wildcards`). It must not look at other messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from processor.mining import vocabulary
from processor.mining.masks import CUT, VALUE
from processor.mining.vocabulary import WordKind, kind_of


def _rows(*rows: str) -> frozenset[str]:
    return frozenset(" ".join(rows).split())


# What comes in great numbers and is called by names that somebody chose: the problem is the same whichever it is.
DATA_NOUNS: Final = _rows(
    # who
    "tenant customer client user username member guest visitor subscriber account contact person employee student",
    "patient merchant seller buyer vendor supplier partner courier carrier author owner player team",
    "organization organisation company firm shop store tenant-id uid login recipient sender passenger resident",
    "teacher tutor doctor nurse technician rider donor reviewer candidate applicant",
    # where
    "host hostname node pod machine device sensor kiosk printer camera meter robot vehicle truck bus train flight",
    "region zone city country town station depot warehouse shelf room building floor site terminal gate lane dock",
    "hub cellar ward hotel restaurant clinic school branch bank locale aisle rack bin locker charger pump valve",
    # which piece of data
    "bucket queue topic partition shard replica cluster container volume workspace project repository repo",
    "branch milestone release ticket order invoice parcel package-id coupon voucher promo product item sku brand",
    "category campaign playlist album track song book recipe game match tournament album article page-title post",
    "feed channel mailing mailbox newsletter list-name plan course lesson event-name domain wallet portfolio",
    "document attachment upload file filename image picture photo video thumbnail folder directory album workbook",
    "dataset job-name batch-name snapshot backup tag label provider tenantid bucketname",
    # what somebody typed
    "query keyword phrase term nickname password-for text parsing",
)

# These follow a noun of data without naming one: "user request", "queue depth".
COMPANIONS: Final = _rows(
    "request session name id ids token key error policy service server data list limit size count depth length",
    "table manager controller group pool type kind state status version config configuration setting settings access",
    "agent input output profile driver handler connection cache index lookup update creation deletion discovery",
    "registry record records entry info information details detail metadata management plane feature features flag",
    "permission permissions role roles quota queue worker process thread task job jobs event events message messages",
    "module component interface api endpoint url uri path address port number field column value values object class",
    "method function code signature certificate credentials secret balance total amount price history report page",
    "view template format schema migration sync import export search query filter store storage backend frontend app",
    "application client consumer producer publisher listener callback hook job scheduler monitor metrics metric log",
    "refresh change changes replication failover election assignment rebalance leader follower offset lag timeout",
    "check probe pressure taint controller selector affinity capacity reset verification validation authentication",
    "authorization registration activation preferences preference notification notifications mode side level",
)

# Of these there are as many as the program has, and each that is wrong is a bug of its own.
CODE_NOUNS: Final = _rows(
    # of code
    "attribute property field argument arguments parameter param option keyword kwarg variable identifier symbol",
    "function method procedure routine class interface trait struct type constant macro module package library",
    "assembly import export named-export bean component directive hook middleware decorator annotation exception name",
    "operator member property-name getter setter global local token-type character opcode instruction fixture",
    # of schema
    "column relation table view index constraint sequence trigger enum schema migration mapping collection",
    "foreign-key primary-key key keys keyspace tablespace statistic fields columns",
    # of configuration
    "setting settings config configuration env variable variables environment-variable flag switch feature header",
    "cookie directive section receiver route-name profile plugin extension addon add-on input output secret configmap",
    "template filter helper tag-name layout partial locale-key translation resource resources kind datasource",
    # of permission and limit
    "permission permissions privilege privileges role scope scopes grant grants action capability policy claim metric",
    "quota limit rule claims",
    # of commands
    "command subcommand program executable binary action verb stage step phase provider-type unit",
)
_AFTER_CODE: Final = _rows("of type named called is was for in like to with")  # may stand between noun and name

_CAUSES: Final = _rows("caused due because reason cause owing thanks killed triggered")
NAMERS: Final = _rows("named called nicknamed titled labelled labeled codenamed")
"""What follows is a name by these words' own meaning."""

PREPOSITIONS: Final = _rows(
    "for to of in from by with at near via on behalf between and towards toward into about after before under until"
)
"""A name in capitals after one of these is no subject and no verb."""

_PARTICLES: Final = _rows("and & of de da do dos das di del della la le van von der den ter ten y e bin al el")
_LEGAL: Final = _rows(
    "gmbh ag kg ltd ltd. inc inc. llc plc co. corp corp. sa s.a. bv b.v. oy ab srl s.r.l. sas spa kk pty"
)
_TITLES: Final = _rows(
    "mr mr. mrs mrs. ms ms. dr dr. prof prof. sir madam frau herr mme m. sr. sra. señor señora captain"
)
_LISTED: Final = _rows("contact person customer patient author employee member user guest student passenger name owner")
"""Beside these a name may be written `Last, First`."""

_NAME = re.compile(r"[^\W\d_](?:[\w'\u2019&-]|\.(?=\w))*\.?")
_LOWER_NAME = re.compile(r"[^\W\d_][\w'\u2019./&+-]*(?<![./-])")
_DOTTED = re.compile(r"(?:[A-Za-z_*][\w$-]*\.){2,}[A-Za-z_][\w$-]*")
_FAILURE = re.compile(
    r"(?<!\w)(?:not|no|cannot|can't|couldn't|could|failed|fail|fails|failure|error|missing|unknown|invalid|unable|denied"
    r"|undefined|exception|lacks?|requires?|required|unexpected|unsupported|refused|forbidden)(?!\w)",
    re.IGNORECASE,
)
_ERROR_CLASS = re.compile(r"(?:exceptions?|errors?|exc)\w*\..*[A-Z]|[A-Z]\w*(?:Exception|Error)$")
_OPENING: Final = "([\"'`"
_CLOSING: Final = ",;:!?)]\"'`"
_MAX_RUN: Final = 6  # words of one name
_Trace = Callable[[str, str], None]


def fill(line: str, trace: _Trace | None = None) -> str:
    """Replace the names that stand in places of data by values; `trace` is told each name and its kind of place."""
    words = line.split(" ")
    out: list[str] = []
    i = 0
    while i < len(words):
        found = _name_at(words, i)
        if found is None:
            out.append(words[i])
            i += 1
            continue
        place, end = found
        taken = " ".join(words[i:end])
        start, stop = len(taken) - len(taken.lstrip(_OPENING)), len(taken.rstrip(_CLOSING))
        if trace is not None:
            trace(place, taken[start:stop])
        out.append(f"{taken[:start]}{VALUE}{taken[stop:]}")
        i = end
    return line if len(out) == len(words) and out == words else " ".join(out)


def is_beside_code(before: str, after: str) -> bool:
    """Whether a name between these two texts names something of code, schema or configuration."""
    lead = before.rstrip(" :=(\"'`").rsplit(" ", 3)[-3:]
    while lead and _core(lead[-1]) in _AFTER_CODE:
        lead.pop()
    if lead and _singular(_core(lead[-1])) in CODE_NOUNS:
        return True
    follows = after.lstrip(" ").split(" ", 2)[:2]
    return bool(follows) and (
        (not after[:1].isalnum() and _singular(_core(follows[0])) in CODE_NOUNS)
        or " ".join(follows) in {"is not", "is undefined", "is null", "is None", "is nil", "not defined"}
    )


def is_beside_data(before: str) -> bool:
    """Whether the text before a name ends with a noun of data."""
    lead = before.rstrip(" :=(\"'`").rsplit(" ", 2)[-2:]
    while lead and _core(lead[-1]) in NAMERS:
        lead.pop()
    return bool(lead) and _singular(_core(lead[-1])) in DATA_NOUNS


def is_cause_place(before: str, earlier: str) -> bool:
    """Whether a word after these two tells why: "due to x", "caused by x"."""
    return before.casefold() in {"by", "to", "of", "is", "was", "="} and earlier.casefold() in _CAUSES


def is_value_place(before: str, word: str) -> bool:
    """Whether an ordinary word after `before` may be a name all the same: "branch main", not "user request"."""
    return (_singular(before.casefold()) in DATA_NOUNS or before.casefold() in NAMERS) and (
        word.casefold() not in COMPANIONS and kind_of(word) is not WordKind.FUNCTION
    )


def _name_at(words: list[str], i: int) -> tuple[str, int] | None:  # noqa: PLR0911  # a table of kinds, in order
    """(kind of place, index after the name) of a name that begins at word `i`."""
    word = words[i]
    bare = word.lstrip(_OPENING)
    if not bare or not bare[0].isalpha() or word == CUT:
        return None
    core = bare.rstrip(_CLOSING)
    if vocabulary.is_random(core):
        return "letters of an id", i + 1
    lead = _lead(words, i)
    if core.count(".") > 1 and _DOTTED.fullmatch(core):
        is_code = _is_code_lead(lead) or is_beside_code("", " ".join(words[i + 1 : i + 3]))
        if core.rpartition(".")[2].isupper():
            return None  # one constant of an enumeration
        if (
            (is_code and _FAILURE.search(" ".join(words)))
            or kind_of(core) is WordKind.KEPT
            or _ERROR_CLASS.search(core)
        ):
            return None  # what a failure is about; a component that merely reports is a value
        return "dotted name", i + 1
    if bare[0].isupper():
        return _capitalised(words, i, lead)
    if lead in NAMERS:
        before = _lead(words, i - 1)
        if _singular(before) in CODE_NOUNS or not _LOWER_NAME.fullmatch(core):
            return None
        return None if kind_of(core) in (WordKind.FUNCTION, WordKind.KEPT) else ("name", i + 1)
    if _singular(lead) in DATA_NOUNS and _is_free(core):
        return f"beside {lead}", i + 1
    return None


def _is_code_lead(lead: str) -> bool:
    return _singular(lead) in CODE_NOUNS or lead in {"missing", "lacks", "perform", "requires", "denied"}


def _is_free(core: str) -> bool:
    if not _LOWER_NAME.fullmatch(core) or core.casefold() in COMPANIONS:
        return False
    kind = kind_of(core)
    return kind is WordKind.NAME or ((kind is WordKind.CODE or "-" in core or "/" in core) and "(" not in core)


def _capitalised(words: list[str], i: int, lead: str) -> tuple[str, int] | None:  # noqa: PLR0911  # a table too
    end, kinds = _run(words, i, comma=_singular(lead) in _LISTED)
    if end == i:
        return None
    run = [word.strip(_OPENING + _CLOSING) for word in words[i:end]]
    folded = [word.casefold() for word in run]
    for stop in range(min(end, i + vocabulary.LONGEST_NAME), i, -1):
        if vocabulary.is_closed(" ".join(run[: stop - i])):
            return "country, city, language or day", stop
    if len(run) > 1 and (folded[-1] in _LEGAL or folded[0] in _TITLES):
        return "name of a company or person", end
    in_place = lead in PREPOSITIONS or lead in NAMERS
    if in_place and len(run) == 1 and vocabulary.is_currency(run[0]) and not vocabulary.is_ordinary(run[0]):
        return "currency", end
    unknown = WordKind.NAME in kinds
    if _singular(lead) in DATA_NOUNS or lead in NAMERS:
        before = _lead(words, i - 1)
        if lead in NAMERS and _singular(before) in CODE_NOUNS:
            return None
        return (f"beside {lead}", end) if unknown and not _is_acronym(run) else None
    if in_place and unknown and any(not word.isupper() for word in run):
        return f"name after {lead}", end
    return None


def _is_acronym(run: list[str]) -> bool:
    return len(run) == 1 and run[0].isupper() and len(run[0]) <= 3  # noqa: PLR2004  # an acronym, not a voucher


def _run(words: list[str], i: int, *, comma: bool) -> tuple[int, list[WordKind]]:
    """The index after the run of words in capitals that begins at `i`, and the kinds of its words."""
    kinds: list[WordKind] = []
    end = i
    while end < len(words) and end - i < _MAX_RUN:
        word = words[end]
        core = word.strip(_OPENING + _CLOSING)
        joins = end > i and (
            core.casefold() in _LEGAL or (core.casefold() in _PARTICLES and _starts_upper(words, end + 1))
        )
        if not joins:
            if not core or not core[0].isupper() or not _NAME.fullmatch(core):
                break
            kind = kind_of(core.rstrip("."))
            if kind in (WordKind.KEPT, WordKind.CODE) and len(core) > 2:  # noqa: PLR2004  # an initial
                break
            if kind is not WordKind.FUNCTION or end > i:
                kinds.append(kind)
        end += 1
        if word[-1] in _CLOSING and not (comma and word[-1] == "," and end - i == 1 and _starts_upper(words, end)):
            break
        if word[-1] == "." and len(word) > 2 and core.casefold() not in _LEGAL | _TITLES:  # noqa: PLR2004  # "J."
            break
    return end, kinds


def _starts_upper(words: list[str], i: int) -> bool:
    return i < len(words) and words[i].lstrip(_OPENING)[:1].isupper()


def _lead(words: list[str], i: int) -> str:
    """The word before `i`, casefolded; "" where punctuation or nothing is between."""
    if i < 1:
        return ""
    lead = words[i - 1]
    return "" if lead[-1:] in _CLOSING else lead.lstrip(_OPENING).casefold()


def _core(word: str) -> str:
    return word.strip(_OPENING + _CLOSING + "=.").casefold()


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and word[:-1] in _ALL_NOUNS else word


_ALL_NOUNS: Final = DATA_NOUNS | CODE_NOUNS
