"""Table of values in a log line, and of the words that are never values.

Every pattern is written against text whose runs of ASCII digits are already a single `0` (see `masking`), and every
pattern is linear: a start that only a boundary allows, bounded prefixes, no nested repetition of the same characters.
"""

from __future__ import annotations

import re
from typing import Final

from processor.mining.file_names import EXTENSION
from processor.mining.units import CURRENCIES, CURRENCY, DAY, MONTH, NAMES_OF_DATES, RELATIVE, UNIT, ZONE
from processor.model.patterns import regex

VALUE: Final = "<*>"
"""The token that stands for a masked value."""

ANY: Final = "<any>"
"""The token of a template position that many distinct words turned into a wildcard; never a result of masking."""

CUT: Final = "<cut>"
"""The last token of a message that exceeds the miner's limit."""


def _words(*rows: str) -> frozenset[str]:
    return frozenset(" ".join(rows).split())


METHODS: Final = _words("get head post put patch delete options connect trace")

OUTCOMES: Final = METHODS | _words(
    # severity words
    "emerg emergency alert crit critical fatal err error errors severe warn warning notice panic",
    # outcomes
    "ok success successful successfully succeeded failed failure fail passed aborted killed crash crashed",
    "accepted rejected refused denied allowed granted forbidden unauthorized timeout invalid",
    # gRPC status
    "cancelled invalid_argument deadline_exceeded not_found already_exists permission_denied unavailable",
    "resource_exhausted failed_precondition out_of_range unimplemented data_loss unauthenticated",
)
"""Outcome words: a quoted text that has one is a statement and not a value."""

PROTECTED: Final = OUTCOMES | _words(
    # a row per pair of opposites: two messages that differ in such a word are two problems
    "start started starting starts stop stopped stopping stops pause paused pausing resume resumed resuming",
    "begin began end ended open opened opening close closed closing connected connecting disconnect",
    "disconnected disconnecting enable enabled enabling disable disabled disabling lock locked unlock unlocked",
    "acquire acquired acquiring release released releasing create created creating deleted deleting",
    "destroy destroyed add added adding remove removed removing attach attached detach detached load loaded",
    "loading unload unloaded mount mounted unmount unmounted register registered unregister unregistered",
    "login logout subscribe unsubscribe increase decrease increment decrement online offline up down",
    "available healthy unhealthy send sending sent receive receiving received read write info debug",
    "upload download push pull commit rollback allocate allocated free freed before after",
    # results and states
    "expired revoked suspended banned blocked unblocked signed unsigned verified unverified present absent missing",
    "empty full active inactive valid expiring stale corrupt corrupted lost found known unknown public private",
    "reachable unreachable degraded evicted evicting",
    "internal external inbound outbound incoming outgoing primary secondary master slave first last min max minimum",
    "maximum low high too not without cannot",
    # the stage and the direction of an operation
    "build deploy plan apply lint test publish connect reads writes request response input output source target",
    "encode decode encrypt decrypt serialize deserialize compress decompress import export",
)
"""Words that never become part of a wildcard."""

KEPT: Final = frozenset({"exception", "constant", "class", "library"})
"""Rows of WORD_MASKS whose matches are protected."""

_LIFTED = "\ue000-\ue009"  # a digit that stays: Http2Exception
EXCEPTION: Final = rf"(?:[A-Za-z_${_LIFTED}]+\.)*[A-Z][A-Za-z_${_LIFTED}]*(?:Exception|Error|Fault|Panic)"

STATEMENT_KEYS: Final = _words(
    "msg message error err errmsg reason cause detail details desc description event exception title summary code",
    "error_code errorcode error_type status state result outcome",
)
"""Keys whose value is the message itself: `msg="db down"`, `code=card_declined`."""

SAYING_KEYS: Final = STATEMENT_KEYS | _words(
    "exception_type errortype signal sqlstate stage phase step method outcome operation action permission scope",
    "field missing unit response_flags verb rule check decline_code failure_code refusal_code result_code reason_code",
)
"""Keys of short values that separate problems, also beside a message: `stage=publish`."""

_SAYS = "|".join(sorted(STATEMENT_KEYS))
_KEYS = "|".join((*sorted(SAYING_KEYS), r"\w{0,32}(?:status|state|reason|result|outcome|decision)"))  # alloc_status
STATEMENT: Final = regex(rf"(?<!\w)(?:(?:{_KEYS})=|\"(?:{_SAYS})\": ?|'(?:{_SAYS})': ?)$", re.IGNORECASE)
"""Text before such a value."""
HAS_STATEMENT: Final = regex(rf"[\"'](?:{_SAYS})[\"']:", re.IGNORECASE)
"""A JSON text with one of these is a message and is not folded into a single value."""

_REQUEST = r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE)"

_PRODUCT = (
    r"(?:[A-Z][\w.-]{1,40}|curl|wget|okhttp|axios|node-fetch|aiohttp|python-(?:requests|urllib0?|httpx)|kube-probe|go-http)"
    r"/<\*>(?: \([^()]{0,200}\))?"
)
_ENDS_TYPED = (
    r"took|gave|found|returned|failed|timed|was|is|has|had|exceeded|in|yielded|aborted|did|could|matched|produced|ended"
    r"|came|went"
)
TLD: Final = r"(?:com|net|org|edu|gov|mil|io|local|localdomain|localhost|internal|lan|arpa|corp|home|example|invalid)"
_STATE = r"[A-Z][A-Z_]{2,}(?!\w)"
_FAILURE = (  # a part of the state's name
    r"(?:[A-Z_]*_)?(?:FAIL|KILL|ERR|ABORT|CRASH|LOST|DEAD|TIMED?_?OUT|REJECT|CANCEL|UN(?:REACH|HEALTH|AVAIL|KNOWN)"
    r"|DOWN(?!LOAD|SCAL)|BROKEN|CORRUPT|DEGRAD|STALE|SUSPEND|EXPIRED|OFFLINE|EVICT|BLOCKED|QUARANTIN|PANIC|FATAL)"
)
_ITEM = r"(?:[\w.-]{1,64}(?::<\*>)?|<\*>|'<\*>'|\"<\*>\")"  # of a list in brackets
_JOINT = r"[-.:/|#@,;+_*\\]*(?: [-.:/|#@,;+_*\\]*){0,2}"  # what may stand between the values of a list
_PATH = r"\w.@%+~:=#$?&!-"

# (mask, pattern) applied to each whitespace-separated word; the first match wins at each place.
WORD_MASKS: Final[tuple[tuple[str, str], ...]] = (
    ("value", r"<\*>|<any>"),
    (
        "url",
        r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.-]{1,15}://[^\s\"'<>()\[\]{},;]*(?:(?:<\*>|,(?=[\w.-]{1,64}:0))[^\s\"'<>()\[\]{},;]*)*",
    ),
    ("email", r"(?<![\w.+-])[\w.+-]{1,64}(?:'[\w.+-]{1,64})?@[\w-]+(?:\.[\w-]+)*"),
    ("class", r"(?<![\w.$/-])(?:[a-z_][\w$]*/){2,}[A-Z][\w$]*[a-z]\w*(?![\w./-])"),  # io/netty/handler/ssl/SslContext
    ("class", r"(?<![\w\\/:])\\?(?:[A-Z][a-z]\w*\\){2,}[A-Z]\w*[a-z]\w*(?![\w\\])"),  # App\Http\CartController
    ("library", r"(?<![\w./-])lib[A-Za-z][\w+-]*\.(?:so|dylib)(?:\.0)*(?![\w-])"),
    (
        "path",
        r"(?<![\w\\])(?:[A-Za-z]:|[\w.{}-]+)?(?:\\+[\w.{}@$%~,+-]+){2,}\\*|(?<!\w)[A-Za-z]:\\[\w.{}@$%~-]*",
    ),
    ("path", r"(?<![\w./<>*])(?:~|\.{1,2})?(?:/+[" + _PATH + r"]+)+/*"),
    ("path", r"(?<![\w.@%+~/<>*-])[\w.@%+~-]+(?:/+[" + _PATH + r"]+){2,}/*"),
    ("path", r"(?<![\w.@%+~/<>*-])[\w-]+/[\w-]+\.[A-Za-z]\w{0,4}(?![\w./])"),
    ("coordinate", r"[+-]?0(?:\.0)?°(?:0(?:\.0)?['\u2032](?:0(?:\.0)?(?:[\"\u2033]|''))?)?[NSEWO]?(?!\w)"),
    ("address", r"(?<!\w)\[(?:[0A-Fa-f]{0,4}:){2,}[0A-Fa-f.]{0,15}\](?::0)?(?!\w)"),
    ("address", r"(?<![\w:])(?:[0A-Fa-f]{0,4}:){2,}[0A-Fa-f.]{1,15}(?!\w|:(?=.)|[.]\w)"),
    ("exception", r"(?<![\w.$-])" + EXCEPTION + r"(?![\w.-])"),
    (
        "class",
        r"(?<![\w.$*-])(?:[A-Za-z_0][\w$]*\.)*[\w$]*(?:exceptions?|errors?|exc)\w*\.(?:[a-z]\w*\.)*[A-Z](?=\w*[a-z])[A-Za-z_$]+(?![\w.$=-])",
    ),
    (
        "hash",
        r"(?<![\w+/-])(?=[\w+/-]{0,200}?0)(?=[\w+/-]{0,200}?[A-Z])(?=[\w+/-]{0,200}?[a-z])[\w+/-]{20,}={0,2}(?![\w~.])",
    ),
    (
        "number",
        (
            r"(?<!\w)(?<!\w[.])[+-]?\\?(?=(?:[^\W0]+(?:[.-]|~{1,3}))*[^\W0]*0)\w+(?:(?:[.$-]|~{1,3})\w+)*%?"
            r"|(?<![\w.)])[+-]?\.0\w*"
        ),
    ),
    ("hex", r"(?<!\w)(?:[a-f]{8,}|[A-F]{8,})(?!\w)"),
    ("constant", r"(?<![\w.-])(?:[A-Za-z_][\w-]*\.){2,}[A-Z][A-Z_]+(?![\w.-])"),
    # part of a larger word; if it stands alone, its place decides
    (
        "name",
        r"(?:(?<=[^\s\"'`(\[.,;:])|(?=\S*[^\w\s.$\"'`)\],;:-]))(?<![\w.*-])(?:[A-Za-z_][\w$-]*\.){2,}[A-Za-z_][\w$-]*(?:/[\w.$-]+)?(?![\w$=-]|[.]\w)",
    ),
    ("host", r"(?<![\w.-])(?:[a-z][a-z0-9-]*\.[a-z][a-z-]*|localhost):0(?!\w)"),
    ("host", r"(?<![\w.*-])(?:\*\.)?[A-Za-z][\w-]*\." + TLD + r"(?![\w.(=-])"),
    ("file", r"(?<![\w.-])[A-Za-z_][\w-]*\." + EXTENSION + r"(?![\w.(-])"),
    ("locale", r"(?<![\w-])[a-z]{2}[-_](?:[A-Z][a-z]{3}[-_])?[A-Z]{2}(?![\w-])"),
    ("boolean", r"(?<![\w.-])(?:true|false|True|False|TRUE|FALSE)(?![\w.-])"),
    ("assignment", r"(?<=\w)=<[^\s<>*]{0,256}>"),
    (
        "assignment",
        r"(?<=[\w\])>])=(?![=<])[^\s,;()\[\]{}\"'=&|<>]+(?:\{[^\s{}<>]*\}|\([^\s()<>]*\)|\[[^\s\[\]<>]*\])?",
    ),
)

# (mask, needles, pattern, replacement) applied to the whole line after its words, in this order; a line without any of
# the needles is not searched.
LINE_MASKS: Final[tuple[tuple[str, tuple[str, ...], str, str], ...]] = (
    ("json", ("{",), r"\{ ?[\"'](?P<body>(?:[^{}]|\{<\*>\}){0,2048})\}", "{<*>}"),
    # objects as they print themselves, in C#, in Go, in Kotlin and Java
    ("json", ("{ ",), r"\{ (?P<body>[A-Z]\w{0,40} = [^{}]{0,512}) \}", "{<*>}"),
    ("json", ("{",), r"\{(?P<body>[A-Z]\w{0,40}:[^{}\"']{0,512})\}", "{<*>}"),
    (
        "assignment",
        ("=<*> ",),
        r"(?P<lead>[({,] ?[A-Za-z_]\w{0,40}=<\*>)(?: [^\s=,(){}\[\]]{1,40}){1,4}(?=, ?\w{1,40}=|[)}\]])",
        r"\g<lead>",
    ),
    ("json", ("{<*>}",), r"\{<\*>\}(?:, ?\{<\*>\})+", "{<*>}"),
    ("quoted", ('\\"',), r"\\\"(?P<body>[^\"\\]{0,512})\\\"", '\\"<*>\\"'),  # the innermost first
    ("quoted", ('"',), r"(?<![\w\\])\"(?P<body>(?:[^\"\\]|\\.){0,512})\"", '"<*>"'),
    (
        "quoted",
        ("''",),
        r"(?<!\w)'(?P<body>[^']{1,256}(?:''[^'\s,()][^']{0,256}){1,4})'(?!['\w])",
        "'<*>'",
    ),  # SQL: 'it''s'
    ("quoted", ("'",), r"(?<!\w)'(?P<body>[^']{0,512})'(?!\w)", "'<*>'"),
    ("quoted", ("`",), r"`(?P<body>[^`]{0,512})`", "`<*>`"),
    ("quoted", ("[",), rf"\[(?P<body>{_ITEM}(?:, ?{_ITEM})+|'<\*>'|\"<\*>\")\]", "[<*>]"),
    # "plugins [geo]" has one item
    ("listed", ("s [",), rf"(?<=[a-z]s )\[(?P<body>{_ITEM}(?:(?:, ?| ){_ITEM})*)\]", "[<*>]"),
    ("listed", ("s {",), rf"(?<=[a-z]s )\{{(?P<body>{_ITEM}(?:, ?{_ITEM})*)\}}", "{<*>}"),
    ("list", ("'<*>',",), r"\('<\*>'(?:, ?'<\*>')+\)", "('<*>')"),  # SQL: IN ('a', 'b')
    # Amazon's resources; not a principal, who lacks a permission
    (
        "resource",
        ("arn:aws",),
        r"(?<!\w)(?P<lead>arn:aws[a-z-]*:(?!sts:|iam:)(?:[a-z-]+|<\*>)):(?:[^\s\"'`(),;\[\]{}]*[\w*>/])?",
        rf"\g<lead>:{VALUE}",
    ),
    ("switch", (" o",), r"(?<!\S)(?:on|off)(?: (?:on|off))+(?!\S)", VALUE),
    ("cell", ("***",), r"(?<=<\*> )\*{3,}(?= [<)\]]|$)|(?<=[(\[] )\*{3,}(?= <\*>)", VALUE),
    ("number", ("<<*>", "><*>", "~<*>", "<=<*>", ">=<*>", "~=<*>"), r"<<\*>>|(?<![^\s(\[=:,])[<>~]=?<\*>", VALUE),
    (
        "transition",
        ("rom ",),
        rf"(?<!\w)(?P<lead>[Ff]rom) {_STATE} (?P<to>to|->)(?= (?:{_STATE}|<\*>))",
        rf"\g<lead> {VALUE} \g<to>",
    ),
    (
        "transition",
        ("rom <*> ",),
        rf"(?<!\w)(?P<lead>[Ff]rom <\*>) (?P<to>to|->) (?!{_FAILURE}){_STATE}",
        rf"\g<lead> \g<to> {VALUE}",
    ),
    (
        "date",
        NAMES_OF_DATES,
        (
            rf"(?<!\w)(?:{DAY},? )?{MONTH}[ /-]<\*>|<\*>[ /-]{MONTH}(?:[ /-]<\*>|(?!\w))|(?<!\w){DAY},? <\*>"
            rf"|(?:(?<!\w)the )?<\*> of {MONTH}(?!\w)"
        ),
        VALUE,
    ),
    ("date", (VALUE,), rf"<\*> ?{ZONE}(?!\w)", VALUE),
    ("quantity", (VALUE,), rf"<\*> ?{UNIT}(?![\w/])", VALUE),
    (
        "user",
        (" user",),
        (
            r"(?<!\w)(?P<lead>(?:for|by|of|as|to|[Ii]nvalid) user)"
            r"(?:(?: (?!from\b|by\b)[\w.@$+<*>-]+){0,3}(?= from\b| by\b| \[)| [\w.@$+<*>-]*[\w$>](?=[:,;]|\.?$))"
        ),
        rf"\g<lead> {VALUE}",
    ),
    (
        "user",
        (" for ", "ogin of ", "ign-in of ", "ignin of "),
        (
            r"(?<!\w)(?P<lead>(?:password|publickey|failures|session|reset) for|(?:[Ll]ogin|[Ss]ign-?in) (?:for|of))"
            r" (?!user\b|invalid\b)[\w.@$+-]+(?= from\b| \[|$)"
        ),
        rf"\g<lead> {VALUE}",
    ),
    ("route", (" /",), rf"(?<![^\s\"'])(?P<method>{_REQUEST}) /(?= )", rf"\g<method> {VALUE}"),
    ("route", (": /",), r"(?<=: )/$", VALUE),
    ("empty", (" ()",), r"(?<= )\(\)(?!\w)", f"({VALUE})"),
    ("empty", (" []",), r"(?<= )\[\](?!\w)", f"[{VALUE}]"),
    ("phone", ("(<*>) <",), r"(?<![\w)\]>])\(<\*>\) <\*>(?![\w(])", VALUE),  # (415) 555-0132
    (
        "list",
        (VALUE,),
        rf"<\*>(?:{_JOINT}(?:<\*>|\(<\*>(?:{_JOINT}<\*>)*\)|\[<\*>(?:{_JOINT}<\*>)*\]))+",
        VALUE,
    ),
    ("list", (" and <*>", " or <*>"), r"(?<=[a-z]s )<\*>,? (?:and|or) <\*>", VALUE),  # seats 12A, 12B and 12C
    # Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0; Wget/1.21
    ("agent", ("/<*>",), rf"(?<![\w/])(?!HTTP/){_PRODUCT}(?: {_PRODUCT}){{0,12}}", VALUE),
    (
        "typed",
        ("earch", "uggestion", "ompletion"),
        (
            r"(?<!\w)(?P<lead>(?:[Ss]earch(?:ed|ing|es)?|[Ss]uggestions?|[Cc]ompletions?) for) "
            r"(?!<\*>)(?:[^\s:,;=]{1,40} ){0,8}?[^\s:,;=]{1,40}"
            rf"(?=[:,;]| (?:{_ENDS_TYPED})(?!\w)|$)"
        ),
        rf"\g<lead> {VALUE}",
    ),
    *(
        ("date", needles, RELATIVE, VALUE)
        for needles in (("day",), ("omorrow",), ("last ", "Last "), ("next ", "Next "), ("this ", "This "), ("onight",))
    ),
    ("currency", CURRENCIES, rf"(?<!\w)(?:{CURRENCY}) ?<\*>|<\*> ?(?:{CURRENCY})(?!\w)", VALUE),
    ("null", ("NULL", "null"), r"(?<=<\*>, )(?:NULL|null)(?=[,)\]])|(?<=<\*>', )(?:NULL|null)(?=[,)\]])", VALUE),
    ("tuple", ("<*>,)",), r"\(<\*>,\)", f"({VALUE})"),
    ("key", ("ey ",), r"(?<=[Kk]ey )[\w-]{1,40}(?::[\w-]{1,40}){0,4}:<\*>(?::[\w-]{1,40}){0,3}(?!\w)", VALUE),
    ("range", ("[<",), r"(?<![\w-])[\w-]+-\w{0,2}\[<\*>\]", VALUE),
    ("repeat", (VALUE,), r"(?P<group><\*>(?: [^\s]{1,24}){1,3}?)(?: (?P=group)){2,}(?!\S)", r"\g<group>"),
)
