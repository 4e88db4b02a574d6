"""Nouns: tables of the words beside which a name is kept or is a value, each with its reason.

Promises: data only; `places` applies it.
"""

from __future__ import annotations

from typing import Final


def rows(*rows: str) -> frozenset[str]:
    """Return the words of a table given as lines."""
    return frozenset(" ".join(rows).split())


# Things that exist in great numbers under names that somebody chose: any name is the same problem.
DATA_NOUNS: Final = rows(
    # people
    "tenant customer client user username member guest visitor subscriber account contact person employee student",
    "patient merchant seller buyer vendor supplier partner courier carrier author owner player team",
    "organization organisation company firm shop store tenant-id uid login recipient sender passenger resident",
    "teacher tutor doctor nurse technician rider donor reviewer candidate applicant group",
    "cardholder accountholder payer payee beneficiary shopper trader advertiser publisher-id subscriber-id pupil child",
    "tenant-name customer-name guild clan attendee participant speaker moderator streamer artist",
    # locations
    "host hostname node pod machine device sensor kiosk printer camera meter robot vehicle truck bus train flight",
    "region zone city country town station depot warehouse shelf room building floor site terminal gate lane dock",
    "hub cellar ward hotel restaurant clinic school branch bank locale aisle rack bin locker charger pump valve",
    "thermostat lamp bulb scanner tablet beacon drone doorbell sprinkler heater boiler fridge freezer oven turbine",
    "inverter forklift crane elevator scooter vessel kitchen studio airport venue cinema library-branch airline",
    # data
    "bucket queue topic partition shard replica cluster container volume workspace project repository repo",
    "branch milestone release ticket order invoice parcel package-id coupon voucher promo product item sku brand",
    "category campaign playlist album track song book recipe game match tournament album article page-title post",
    "dish meal drink ingredient wine",
    "feed channel mailing mailbox newsletter list-name plan course lesson event-name domain wallet portfolio",
    "document attachment upload file filename image picture photo video thumbnail folder directory album workbook",
    "dataset job-name batch-name snapshot backup tag label provider tenantid bucketname artifact",
    "env environment tier segment cohort prefix experiment",
    "namespace vhost slot comm blob asset wiki sheet survey quiz poll podcast episode quest npc ticket-id",
    # typed input
    "query keyword phrase term nickname password-for text parsing",
)

# The same nouns of people in other languages. Only a name in capitals follows: no vocabulary tells whether a word in
# small letters is one.
FOREIGN_NOUNS: Final = rows(
    "kunde kunden kundin benutzer benutzerin nutzer nutzerin mandant mandanten lieferant",
    "mitarbeiter empfänger absender",
    "utilisateur utilisatrice cliente fournisseur locataire abonné destinataire expéditeur usuario usuaria proveedor",
    "inquilino destinatario remitente usuário fornecedor destinatário utente fornitore gebruiker klant leverancier",
    "użytkownik użytkownika klient klienta пользователь пользователя пользователю клиент клиента клиенту",
    "användare användaren kund bruker brugeren brukeren kunden asiakas käyttäjä kullan\u0131c\u0131 müşteri",
    "uživatel uživatele zákazník felhasználó utilizator utilizatorul користувач користувача клієнт клієнта",
    "titular tarjetahabiente paciente patient passager pasajero passageiro passeggero joueur jugador jogador spieler",
    # scripts without capitals
    "사용자 고객 회원 المستخدم العميل משתמש לקוח उपयोगकर्ता ग्राहक",
    "用户 用戶 客户 客戶 会员 會員 顾客 顧客 玩家 ユーザー ユーザ 利用者 お客様 会員 患者 店舗 ผู้ใช้ ลูกค้า",
)

# These follow a noun of data without naming an item: "user request", "queue depth".
COMPANIONS: Final = rows(
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
    "coordinator protocol membership subscription",
)

# Things whose number is bounded by the program; each faulty item is a bug of its own.
CODE_NOUNS: Final = rows(
    # of code
    "attribute property field argument arguments arg parameter param option keyword kwarg variable identifier symbol",
    "function method procedure routine class interface trait struct type constant macro module package library",
    "assembly import export named-export bean component directive hook middleware decorator annotation exception name",
    "operator op member property-name getter setter global local token-type character opcode instruction fixture",
    # of schema
    "column relation table view index constraint sequence trigger enum schema migration mapping collection",
    "foreign-key primary-key key keys keyspace tablespace statistic fields columns",
    # of configuration
    "setting settings config configuration variable variables environment-variable flag switch feature header",
    "cookie directive section receiver route-name profile plugin extension addon add-on input output secret configmap",
    "template filter helper tag-name layout partial locale-key translation resource resources kind datasource",
    # of permission and limit
    "permission permissions privilege privileges role scope scopes grant grants action capability policy claim metric",
    "quota limit rule claims",
    # of commands
    "command subcommand program process script executable binary action verb stage step phase provider-type unit",
)
AFTER_CODE: Final = rows("of type named called is")  # may stand between noun and name

CAUSES: Final = rows("caused due because reason cause owing thanks killed triggered error status state result outcome")
NAMERS: Final = rows("named called nicknamed titled labelled labeled codenamed")
"""The next word is a name because of these words' meaning."""

PREPOSITIONS: Final = rows(
    "for to of in from by with at near via on behalf between and towards toward into about after before under until"
)
"""A name in capitals after these is neither a subject nor a verb."""
# The same in languages that write only names in capitals; not in German, where every noun has one.
FOREIGN_PREPOSITIONS: Final = rows(
    "de da do das dos del della dello di per pour chez avec para por à em voor met door till från fra til hos dla od",
    "для от \u0443 \u0441 из в на від до",
)
AUXILIARIES: Final = rows(
    "is isn't was wasn't are were has hasn't had did didn't does doesn't do don't could couldn't can can't cannot will",
    "won't would should must may might needs failed fails went timed",
)
"""The subject of a sentence ends before such a verb."""
OBJECT_KINDS: Final = rows(
    "pod deployment service statefulset daemonset replicaset job cronjob configmap secret ingress certificate",
    "certificaterequest order issuer challenge node namespace pvc pv persistentvolumeclaim persistentvolume endpoints",
    "gateway httproute application kustomization helmrelease serviceaccount rolebinding hpa poddisruptionbudget",
)
"""Kubernetes names an object `namespace/name`, after its kind."""
PLACES_OF_DATA: Final = rows(
    "topic queue bucket host hostname container volume user username tenant repository repo branch file filename",
    "folder directory channel mailbox recipient domain customer email blob image pod node device project workspace",
)
"""Nouns of data after which a colon introduces a name and not an explanation: "from topic: payments.eu"."""

LABELS: Final = rows("label tag annotation element attachment category")
DEMANDS: Final = rows("missing required requires require mandatory lacks lack unsupported")
"""Of these nouns of data, a name after such a word is one that a program asks for: missing label 'team'."""

KEYS_OF_NAMES: Final = rows(
    "tenant customer client owner author queue topic bucket branch repo repository project"
    " workspace vhost namespace env environment"
)
"""Keys whose value is a name, also if the word says something elsewhere: branch=master, env=test."""
NAMES_TOO: Final = rows("master public private test internal external")
"""The same beside such a noun, before a verb or at the end of a clause: "branch master is behind"."""
ANSWERS: Final = rows(
    "returned returns answered answers responded replied got gave received reported reports raised threw with"
)
"""A word in capitals after these is the code of an answer: "resolver returned NXDOMAIN"."""

FOREIGN_WORDS: Final = rows(
    "le les des une est sont pas pour avec dans aucun der das und nicht kein keine ein eine einen wurde wurden konnte",
    "konnten ist sind mit von zum zur beim una unos para por não uma dos nas het een niet werd wordt voor och att inte",
    "kunde blev og ikke kunne blev nie jest się został nelze nebyl il gli che della delle nel non ve",
    "bir olarak edilemedi",
)
"""Joining words of languages other than English that are no English words."""
NULLS: Final = rows("None null NULL nil NaN nan inf Infinity")
"""Printed instead of a value that is absent, or is no number."""
