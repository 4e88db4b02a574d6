"""Stack traces of the JVM: Java, Kotlin, Scala, Groovy.

Promises: causes in order in both print orders; compiler-generated numbers (lambdas, anonymous and proxy classes) are
removed. Suppressed exceptions are left out: a failure to close is not a separate problem. Must not guess at frames that
"... 12 more" elides.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace import exception_line as heads
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import line_number

_FRAME = regex(
    r"\s*+at (?:[\w$]+ @ )?(?:[^\s()/]*+/){0,3}([^\s()/]+)\.([^\s.()/]+)"
    r"\((?:Native Method|Unknown Source|<generated>|SourceFile(?::\d+)?"
    r"|([^\s():]*\.(?:java|kt|kts|scala|groovy|cljc?))(?::(-?\d+))?"
    r"|NO_SOURCE_FILE(?::\d+)?)\)"
)
_LINK = regex(r"(\s*)(Caused by|Wrapped by|Causing|Suppressed): (?:<#[0-9a-f]+> )?(.*)$")
# Bar$$Lambda$14/0x0000000800c03000 -> Bar$$Lambda; lambda$run$0, access$000, Bar$1, $Proxy23 lose the number.
_HIDDEN = regex(r"/(?:0x)?[0-9a-f]{4,}(?=[.(])")
_NUMBERED = regex(r"(?<=[$\w])\$\d+|(?<=Proxy)\d+|(?<=Accessor)\d+|\$\$(?=[0-9a-f]{6,}$)[0-9a-f]+")
_THREAD = regex(r"\A.{0,300}?\bException in thread \"[^\"]*\" ")
_REFERENCES = regex(
    r"\(through reference chain: (.*)\)$"
)  # Jackson: Order["lines"]->java.util.ArrayList[3]->Line["qty"]
_PROPERTY = regex(r"([\w$]+)\[\"([\w$]+)\"\]$")
# A pattern layout may replace the line breaks of a trace, by a bar or U+2028 for example.
_FOLDED = regex(
    r"(?:[ \t]{1,8}|[ \t]{0,8}(?:[|#;~^\u2028\u0085\r]|\\u2028|<br>)[ \t]{0,8})"
    r"(?=at [\w$.@/-]{1,300}\.[\w$<>]{1,200}"
    r"\((?:[\w$]{1,200}\.(?:java|kt|scala|groovy)(?::\d+)?|Native Method|Unknown Source)\)"
    r"|(?:Caused by|Suppressed|Wrapped by): |\.\.\. \d+ (?:more|common frames))"
)
_FRAMES = regex(
    r"\bat [\w$.@/-]{1,300}\([\w$]{1,200}\.\w+:\d+\).{0,40}?\bat [\w$.@/-]{1,300}\([\w$. ]{1,200}(?::\d+)?\)"
)
_CLOJURE = frozenset({"invoke", "invokeStatic", "doInvoke", "invokePrim"})
_CLASS = regex(r"(?:Exception in thread \"[^\"]*\" )?([A-Z][\w$]*[a-z][\w$]*)(?:: (.*))?$")
_GENERATED = regex(
    r"_(?:Subclass|ClientProxy)$|\$Definition(?:\$Exec)?$|\$\$(?:FastClass|Enhancer|Spring)\w*CGLIB|\$Proxy$"
    r"|\$HibernateProxy|\$ByteBuddy"
)
_GROOVY = frozenset({"call", "callCurrent", "callStatic", "callConstructor", "callGetProperty"})
_GENSYM = regex(r"__\d+|\$(?:fn|eval|reify)(?=__|$)")
_LIBRARIES = regex(
    r"(?:java|javax|jakarta|jdk|sun|com\.sun|kotlin|kotlinx|scala|groovy|clojure|akka|android|androidx|dalvik|reactor"
    r"|okhttp3|okio|retrofit2|rx|play|ratpack|javassist|liquibase|feign"
    r"|org\.(?:springframework|apache|eclipse|hibernate|jboss|codehaus|slf4j|junit|gradle|postgresql|mariadb|mongodb"
    r"|jooq|flywaydb|glassfish|quartz|thymeleaf|elasticsearch|redisson|wildfly|aspectj|mockito|neo4j|opensearch|xnio)"
    r"|com\.(?:fasterxml|zaxxer|mysql|mongodb|amazonaws|azure|netflix|squareup|datastax|oracle|microsoft|android"
    r"|github\.benmanes|google\.(?:cloud|common|api|protobuf|gson|inject|firebase|auth))"
    r"|io\.(?:netty|grpc|undertow|reactivex|micrometer|micronaut|quarkus|vertx|ktor|lettuce|opentelemetry|opencensus"
    r"|sentry|smallrye|projectreactor|confluent)"
    r"|ch\.qos|redis\.clients|software\.amazon|net\.sf|net\.bytebuddy)\."
)


def frame(line: str) -> Frame | None:
    """Return the frame of a line, or None."""
    if "$$Lambda" in line:
        line = _HIDDEN.sub("", line)
    match = _FRAME.match(line)
    if not match:
        return None
    owner = _NUMBERED.sub("", match.group(1))
    own = not _LIBRARIES.match(owner + ".")
    method = _NUMBERED.sub("", match.group(2))
    if _GENERATED.search(owner) or (
        method in _GROOVY and "$" in owner
    ):  # a call site: bakery$heat.callCurrent(Unknown Source)
        own = False
    if method in _CLOJURE and "$" in owner:  # a function is a class: shop.cart$price.invokeStatic
        owner, _, method = _GENSYM.sub("", match.group(1)).partition("$")
    return Frame(method, owner, own, match.group(3) or "", line_number(match.group(4)))


def unfold(text: str) -> str:
    """Restore the line breaks of a trace that a pattern layout replaced."""
    if "at " not in text or not (".java:" in text or ".kt:" in text or ".scala:" in text):
        return text  # this runs for every entry of one line
    return _FOLDED.sub("\n\t", text).replace("\n\tCaused by: ", "\nCaused by: ") if _FRAMES.search(text) else text


def parse(lines: list[str]) -> Traceback | None:
    """Return the chain in `lines`, root cause first."""
    chain: list[Raised] = []
    head: list[str] = []
    frames: list[Frame] = []
    wrapped = assembled = False
    hidden: int | None = None  # the column of a "Suppressed:" whose block is skipped
    for line in lines:
        link = _LINK.match(line)
        if link and (hidden is None or len(link.group(1)) < hidden):
            if link.group(2) == "Suppressed":
                hidden = len(link.group(1))
                # Reactor prints the frames of the application there
                assembled = assembled or "OnAssemblyException" in link.group(3)
                continue
            hidden = None
            wrapped = wrapped or link.group(2) in {"Wrapped by", "Causing"}
            chain.append(_raised(head, frames))
            head, frames = [link.group(3)], []
        elif hidden is not None and assembled and (found := frame(line)):
            if found.in_app and not any(each.in_app for each in frames):
                frames.append(found)
        elif hidden is None and (found := frame(line)):
            frames.append(found)
        elif hidden is None and not frames and not line.startswith("Caught: "):  # Groovy repeats it below
            head.append(line)
    chain.append(_raised(head, frames))
    return complete("jvm", chain if wrapped else chain[::-1])


def _raised(head: list[str], frames: list[Frame]) -> Raised:
    head = [_THREAD.sub("", line) if "Exception in thread" in line else line for line in head]
    found = heads.raised(head, frames)
    if found.type and (about := next(filter(None, map(_REFERENCES.search, head)), None)):
        named = _PROPERTY.search(about.group(1))
        said = f"property '{named.group(1)}.{named.group(2)}'" if named else about.group(1)
        return Raised(found.type, f"{found.message} ({said})", found.frames)
    if found.type or not head:
        return found
    # A class of any name, as Throwable.toString prints it right above the frames.
    named = _CLASS.match(head[-1])
    return Raised(named.group(1), named.group(2) or "", found.frames) if named else found


_AT = r"\s*at (?:[\w$]+ @ )?(?:[^\s()/]*/){0,3}[^\s()/]+\.[^\s.()/]+\([^()]*\)(?:\s*~?\[.*\])?(?:\".*)?\s*$"
_MORE = r"\s*\.\.\. (?:\d+ )?(?:more|common frames omitted|frames? (?:truncated|excluded)|lines? )"
_LINKED = r"\s*(?:Caused by|Wrapped by|Causing|Suppressed): \S"

_MESSAGE = rules(
    (_AT, "frames"),
    (r"Caused by: \S", "linked"),
    (rf"{RECORD}|{heads.TYPED}|Exception in thread|Traceback |panic: |goroutine |\s+at (?!\[)", ""),
    (r"", "message"),
)

LANGUAGE = Language(
    "jvm",
    rank=40,
    needles=("\tat ", "  at ", "\nat "),
    parse=parse,
    at_frame=frame,
    unfold=unfold,
    automaton=Automaton(
        start=rules(
            (r"(?:\S.{0,200}? )?\S{0,20}Exception in thread \"", "thrown"),
            (r"Caught: [A-Za-z_$]", "caught"),
            (r"FATAL EXCEPTION: ", "fatal"),
            (rf"(?!\s|Caused by).{{0,300}}?{heads.TYPED}", "message"),
            (r"(?!\s+at (?!\[)|Caused by: |\s*\.\.\. )", "line"),
        ),
        states={
            "line": rules((_AT, "frames")),
            "caught": rules((r"\s+at ", ""), (r"[\w.$]+(?::|$)", "message")),
            "fatal": rules((r"Process: |PID: ", "fatal"), (rf"{heads.TYPED}|[\w.$]+(?::|$)", "message")),
            "thrown": _MESSAGE,
            "message": _MESSAGE,
            "frames": rules(
                (_AT, "frames"), (_MORE, "frames"), (_LINKED, "linked"), (r"\s+\[CIRCULAR REFERENCE", "frames")
            ),
            "linked": rules(
                (_AT, "frames"), (_MORE, "frames"), (_LINKED, "linked"), (rf"{RECORD}|\s+at (?!\[)", ""), (r"", "text")
            ),
            "text": rules(
                (_AT, "frames"), (_MORE, "frames"), (rf"{RECORD}|{heads.TYPED}|\s+at (?!\[)", ""), (r"", "text")
            ),
        },
        accepting=frozenset({"frames", "linked"}),
        unfinished=frozenset({"thrown"}),
    ),
    fragments=(
        r"\s+at (?:[\w$]+ @ )?[^\s()]+\.[^\s.()]+\([^()]*\)(?:\s*~?\[.*\])?\s*$",
        r"\s*(?:Caused by|Wrapped by|Suppressed): \S",
        r"\s*\.\.\. \d+ (?:more|common frames omitted|frames? truncated)",
        r"Exception in thread \"",
        r"FATAL EXCEPTION: ",
        r"at (?:[\w$.@-]+/)*[\w$.]+\.[\w$<>]+\([\w$]+\.(?:java|kt|scala|groovy)(?::\d+)?\)$",
    ),
    noise=(r"\.(?:java|kt|scala|clj):\d+",),
)
