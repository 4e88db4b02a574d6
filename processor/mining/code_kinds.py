"""Table of the contexts in which a number is a name and not a value.

Promises: data only; `codes` applies it.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Context(NamedTuple):
    """The context of a number that stays, as regular expressions.

    Attributes:
        needles: of which a text of this kind has one, in lower case and with `0` for its runs of digits; so that few
            texts are searched.
        before: the text before the number.
        number: its form.
        after: what must follow.
    """

    needles: tuple[str, ...]
    before: str
    number: str
    after: str


# After such a word every number belongs to a closed set, and another number is another problem. In any case.
SAID: Final = (
    # a process ended: exit code 137, exited with status 2, rc=1, return code: 4
    Context(
        ("exit", "code", "rc", "rpc", "ret", "err", "hresult", "smtp", "sqlstate", "sql state"),
        (
            r"(?<!\w)(?:exit(?:s|ed|ing)?(?:(?:[ _-]|: )(?:with|by|on|non-?zero|code|status|value))*"
            r"|(?:return|ret|error|err|result|reason|termination|failure|response|close|disconnect|abort|fault|event"
            r"|decline|refusal|rejection|cancel(?:lation)?|release|hangup|completion|status|sub|op)[ _-]?code|[re]code"
            r"|(?:grpc|rpc)[ _-]?(?:status|code|error)(?:[ _-]code)?"
            r"|rc|retcode|retval|returncode|exitcode|exitstatus|errorcode|errno|errnum|winerror|hresult"
            r"|oserror|(?:os|win[0-9]{2}|<\*>|windows|socket|wsa) error"
            r"|sqlcode|sqlstate|sql ?state|smtp|hresult)[\"']?(?: is| was)?[ ]?[:=]?[ ]?[\"'(\[]*"
        ),
        r"[+-]?[0-9A-Z]*[0-9][0-9A-Z]*",
        r"(?![\w.]*\w)",
    ),
    # answered code 05, failed with code 12, closed by code: 1006, declined (code 51)
    Context(
        ("code",),
        r"(?:(?<!\w)(?:answer(?:ed|s)?|return(?:ed|s)?|respond(?:ed|s)?|gave|got|with|by) (?:an? )?|[(\[])code:? ",
        r"[0-9]{1,5}",
        r"(?![\w.]*\w)",
    ),
    # killed by signal 9
    Context(("sig",), r"(?<!\w)(?:signal|sig)[ ]?[:=]?[ ]?#?[(\[]?", r"[0-9]{1,2}", r"(?![\w.]*\w)"),
)
# The same, in this case only.
CASED: Final = (
    # the status of a process beside the name of its signal: status=6/ABRT
    Context(("status=0/",), r"(?<!\w)status=", r"[0-9]{1,3}", r"(?=/[A-Z]{2,})"),
    # ORA-00942, SQL0204N, TS2345, error[E0308], MY-010914
    Context(
        (
            "-0", "ora0", "tns0", "pls0", "rman0", "sp0", "dpi0", "dpy0", "sql0", "my0", "msb0", "nu0", "netsdk0",
            "cs0", "bc0", "ts0", "ng0", "fs0", "sa0", "ide0", "kb0", "wsrep0", "db0", "sqlcode0", "aws0", "pg0",
        ),
        r"(?<![\w-])(?:ORA|TNS|PLS|RMAN|SP|DPI|DPY|SQL|MY|MSB|NU|NETSDK|CS|BC|TS|NG|FS|SA|IDE|KB|WSREP|DB|SQLCODE|AWS|PG)-?",
        r"[0-9]{3,6}N?",
        r"(?![\w-])",
    ),
    # the id of a message in its product's catalogue, at the head: WFLYEJB0034: ..., [...] AH00957: ..., SRVE0255E: ...
    Context(
        ("0:", "0]", *(f"0{letter}{mark}" for letter in "ewids" for mark in ":]")),
        r"(?:^|(?<=[\])>:|-] )|(?<=\[))[A-Z]{2,10}",
        r"[0-9]{3,6}[EWIDS]?",
        r"(?=[:\]])",
    ),
    Context(
        ("error", "warning"),
        r"(?<!\w)(?:error|warning|Error|ERROR|WARNING)[ \[(]+[A-Z]{1,6}-?",
        r"[0-9]{2,6}",
        r"(?=[\])\s:,.;]|$)",
    ),
    # MySQL: Error 1062 (23000), ERROR 1045 (28000), (1205, 'Lock wait'), (1205) Lock wait; Windows: error 5:
    Context(
        ("error",),
        r"(?<!\w)(?:error|Error|ERROR)[ ]?[:=#]?[ ]?\(?",
        r"[0-9]{1,5}",
        (
            r"(?=[:),;]| ?\((?:[0-9A-Z]{5}|<\*>)\)|\.?$"
            r"| (?:while|when|during|on|from|was|returned|occurred|received)(?!\w))"
        ),
    ),
    Context(("error 0 (",), r"(?<!\w)(?:error|Error|ERROR) [0-9]{3,5} \(", r"[0-9A-Z]{5}", r"(?=\))"),
    # at the head of an error, after its class or alone: Code: 60. DB::Exception: Table ...
    Context(("code: 0",), r"(?:^|(?<=[:.] ))Code: ", r"[0-9]{1,5}", r"(?=[.;]? |[.;]?$)"),
    # Http2Exception
    Context(
        ("exception", "error"), r"(?<![\w.])[A-Z][A-Za-z]*", r"[0-9]{1,2}", r"(?=[A-Za-z]*(?:Exception|Error)(?!\w))"
    ),
    Context(("(0",), r"(?<!\S)\(", r"[0-9]{4}", r"(?=, ?[\"']|\) [A-Z][a-z]+ [a-z])"),
)  # fmt: skip
# The same in any case, for forms so rare that each is searched for by itself.
RARE: Final = (
    # reason 0x87, error code 0xC0000005: a number in hexadecimal after a word of a code is no count
    Context(
        ("0x0",),
        (
            r"(?<!\w)(?:reason|cause|status|ntstatus|error|err|code|result|exception|fault|bugcheck|stop)"
            r"(?: code| value)?[ ]?[:=]?[ ]?[\"'(\[]*"
        ),
        r"0x[0-9A-F]{1,8}",
        r"(?!\w)",
    ),
    # a negative errno, as kernels and drivers print it: error -71, failed (-5), ret=-22, probe failed: err -110
    Context(
        (" -0", "(-0", "[-0", ":-0", "=-0"),
        r"(?<!\w)(?:error|err|errno|ret|rc|retval|failed|failure)(?: with)?(?: code| error)?[ ]?[:=,]?[ ]?[(\[]?-",
        r"[0-9]{1,3}",
        r"(?![\w.%:-])",
    ),
    # a driver that failed prints its errno last: "Failed to enable regulators: -22"
    Context(
        (": -0", ": (-0"),
        r"(?<!\w)(?:failed|error|unable|cannot|can't|could(?: not|n't)) [^:]{1,100}: \(?-",
        r"[0-9]{1,3}",
        r"(?=\)?$)",
    ),
    # the code that a library puts at the head of its error: PrismaClientKnownRequestError: P2002
    Context(
        ("error: ", "exception: "),
        r"(?:(?<=error: )|(?<=exception: ))[A-Z]{1,4}-?",
        r"[0-9]{3,6}",
        r"(?![\w-]| (?:is|was|has|not|does|already|cannot|could|in|of|from)(?!\w))",
    ),
    # Modbus, and processors: exception 2
    Context(("exception 0",), r"(?<!\w)exception ", r"[0-9]{1,3}", r"(?![\w/.]| of(?!\w))"),
    # an enhanced status of SMTP without its short one: dsn=4.7.1, rejected message: 5.7.1
    Context(
        ("dsn=0.0", "status=0.0", ": 0.0.0"),
        (
            r"(?<!\w)(?:(?:dsn|status)="
            r"|(?:reject|bounc|defer|said|repl|return|answer|message|recipient|sender|mail)[^:]{0,40}: )"
        ),
        r"[45]\.[0-9]\.[0-9]{1,3}",
        r"(?![\w.])",
    ),
    # alerts of TLS: SSL alert number 42
    Context((" alert ",), r"(?<!\w)(?:ssl|d?tls)(?: fatal)? alert(?: number| code)?:? ", r"[0-9]{1,3}", r"(?![\w.])"),
    # trouble codes of vehicles: DTC P0301, fault code U0100
    Context(("dtc ", "fault "), r"(?<!\w)(?:dtc|fault)(?: code)?:? [PCBU]", r"[0-9][0-9A-F]{3}", r"(?!\w)"),
    # NVIDIA's driver: Xid (PCI:0000:3b:00): 79
    Context(("xid",), r"(?<!\w)xid(?: \([^()]{1,40}\))?:? ", r"[0-9]{1,3}", r"(?!\w)"),
    # types of data: float16, int8, bfloat16
    Context(
        ("float0", "int0", "fp0", "bf0", "tf0", "complex0", "decimal0"),
        r"(?<![\w.-])(?:b?float|u?int|fp|bf|tf|complex|decimal)",
        r"(?:8|16|32|64|80|96|128|256)",
        r"(?![\w(])",
    ),
    # techniques named with a number, of which a program has few: sha256, utf-8, h264, ipv6, oauth2, base64
    Context(("md0", "sha0", "ipv0", "oauth0"), r"(?<![\w.-])(?:md|sha|ipv|oauth)", r"(?:1|2|3|4|5|6)", r"(?![\w.:/-])"),
    Context(
        ("sha0", "sha-0", "crc0", "utf0", "utf-0", "aes0", "aes-0"),
        r"(?<![\w.-])(?:sha-?|crc-?|utf-?|aes-?)",
        r"(?:8|16|32|64|128|192|224|256|384|512)",
        r"(?![\w.:/])",
    ),
    Context(("h0", "h.0"), r"(?<![\w.-])h\.?", r"(?:261|263|264|265|266)", r"(?![\w.:/-])"),
    Context(("base0",), r"(?<![\w.-])base", r"(?:16|32|58|62|64|85)", r"(?![\w.:/-])"),
    # functions of Erlang and Elixir have their number of arguments: Shop.Cart.add/2, shop_cart:add/2
    Context(
        ("/0",),
        r"(?<![\w./:-])(?:(?:[A-Z]\w{0,60}\.){1,6}|[a-z]\w{0,60}:)[a-z_]\w{0,60}[!?]?/",
        r"[0-9]{1,2}",
        r"(?![\w./])",
    ),
    # the reason of Active Directory beside its LDAP error: error code 49 - 80090308: ... error, data 52e, v1db1
    Context((" data 0",), r"(?:error|code \S{1,8})(?:,| -) data ", r"[0-9a-f]{3}", r"(?![\w.-])"),
    # a migration by the form of its file: 0007_AddTenant.sql, V12__add_iban.sql
    Context(
        ("0_",),
        r"(?<![\w.-])[VRU]?",
        r"[0-9]{1,14}",
        r"(?=__?[A-Z][A-Z_]{2,80}\.(?:sql|rb|php|py|js|ts|cs)(?!\w))",
    ),
    # PHP: SQLSTATE[HY000] [2002]; SQL Server: Msg 2627, Level 14; SMTP: 550 5.7.1, 550-5.7.26
    Context(("sqlstate",), r"(?<!\w)sqlstate ?[\[(][^\s\])]{1,8}[\])]:? ?[\[(]", r"[0-9]{3,5}", r"(?=[\])])"),
    Context(
        ("sqlstate",),
        r"(?<!\w)sqlstate ?[\[(][^\s\])]{1,8}[\])]: [^:<>\d]{1,60}: ",
        r"[0-9]{3,5}",
        r"(?![\w.])",
    ),
    Context(("msg 0",), r"(?<!\w)msg ", r"[0-9]{2,5}", r"(?=, Level )"),
    Context(
        ("0 0.0.0", "0-0.0.0", "> 0.0.0", ">-0.0.0"),
        r"(?<![\w.])(?:[45][0-9]{2}|[\ue000-\ue009]{3}|<\*>)[ -]",  # lifted before, as a status
        r"[45]\.[0-9]\.[0-9]{1,3}",
        r"(?![\w.])",
    ),
    # MongoDB names an index by its fields and their order: "index: email_1 dup key"; the id would hide the field
    Context(
        ("index",),
        r"(?<!\w)index:? (?:[\w-]{1,64}\.){0,4}\$?[A-Z][A-Z_.]{0,63}_-?",
        r"[0-9]",
        r"(?!\w)",
    ),
    # the file of a migration begins with its number: migration 0042_add_phone.sql, shop.0042_add_phone
    Context(
        ("igration",),
        r"(?<!\w)migrations?:? [\"'`]?(?:[A-Z_]{1,64}\.)?V?",
        r"[0-9]{1,14}",
        r"(?=__?[A-Z])",
    ),
)
