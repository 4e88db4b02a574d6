"""gcloud commands as text: the names of an installation, and the quoting of its values for a shell.

Promises: every value is quoted literally, except for an `Ask`, which only this module makes from checked names. Must
not run anything.
"""

from __future__ import annotations

import re
import shlex
from typing import Final

from msgspec import Struct
from msgspec.structs import force_setattr

from processor.app.addresses import DEFAULT_DATABASE
from processor.model.errors import ConfigError

_FORMS: Final = {
    "project": (r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "a project id (6 to 30 of a-z, 0-9 and -)"),
    "region": (r"[a-z]+-[a-z]+\d+", "a region such as europe-west1"),
    "name": (r"[a-z][a-z0-9-]{2,18}[a-z0-9]", "4 to 20 of a-z, 0-9 and -"),
    "parent": (
        r"projects/[a-z][a-z0-9-]{4,28}[a-z0-9]|(?:folders|organizations)/\d+|billingAccounts/[0-9A-F]{6}(?:-[0-9A-F]{6}){2}",
        "projects/ID, folders/NUMBER, organizations/NUMBER or billingAccounts/ID",
    ),
}
_PARENT_FLAGS: Final = {
    "projects": "project",
    "folders": "folder",
    "organizations": "organization",
    "billingAccounts": "billing-account",
}


class Ask(str):
    """A value that the shell completes by calling gcloud: it stays in double quotes."""

    __slots__ = ()


class Installation(Struct, frozen=True):
    """The names of an installation. Raises `ConfigError` for a name that Google would refuse, or an invalid address.

    Attributes:
        project: id of the project that runs Log Gardener.
        region: of everything.
        name: prefix of every resource.
        parent: source of the logs, as in _FORMS; by default the project.
        repository: OWNER/REPO for issues; a placeholder if not given. So is `image`.
        image: the image by digest.
        alert_email: address for alerts; without it the alerts notify nobody.
        viewers: accounts that may open the on-call page, such as group:NAME@DOMAIN.
        on_call: addresses that may also make decisions there, such as *@sre.example.com.
    """

    project: str
    region: str
    name: str = "log-gardener"
    parent: str = ""
    repository: str = "OWNER/REPO"
    image: str = "IMAGE"
    alert_email: str = ""
    viewers: tuple[str, ...] = ()
    on_call: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.parent:
            force_setattr(self, "parent", f"projects/{self.project}")
        for field, (pattern, form) in _FORMS.items():
            value = getattr(self, field)
            if not re.fullmatch(pattern, value):
                raise ConfigError(f"{field} {value!r} is not {form}")
        for one in self.on_call:
            if not re.fullmatch(r"[\w.+*-]+@[\w.*-]+", one, re.ASCII):
                raise ConfigError(f"on-call {one!r} is not an address such as one@example.com or *@sre.example.com")

    @property
    def labels(self) -> str:
        """Labels for every resource that accepts them."""
        return f"app={self.name},managed_by=gcloud"

    @property
    def parent_flag(self) -> tuple[str, str]:
        """Name and value of the flag for the sink's parent."""
        kind, _, number = self.parent.partition("/")
        return _PARENT_FLAGS[kind], number

    @property
    def database(self) -> str:
        """Name of the Firestore database: a project has one "(default)", so only the default name takes it."""
        return DEFAULT_DATABASE if self.name == "log-gardener" else self.name

    @property
    def state(self) -> str:
        """The state as the command line takes it."""
        return f"firestore:{self.project}" + ("" if self.database == DEFAULT_DATABASE else f"/{self.database}")

    def account(self, program: str) -> str:
        """Return the address of the account of `worker` or `web`."""
        return f"{self.name}-{program}@{self.project}.iam.gserviceaccount.com"

    def agent(self, service: str) -> Ask:
        """Return Google's own account for a service; its number is known only to the project."""
        return Ask(f"serviceAccount:service-{self._number()}@gcp-sa-{service}.iam.gserviceaccount.com")

    def page_settings(self) -> Ask:
        """Return the on-call page's environment; it checks the proxy's signature for an audience with that number."""
        settings = {
            "GARDENER_STATE": self.state,
            "GARDENER_WEB_HOST": "0.0.0.0",  # noqa: S104  # the proxy is in front, and the page knows it
            "GARDENER_WEB_PORT": "8080",
            "GARDENER_WEB_IAP_AUDIENCE": f"/projects/{self._number()}/locations/{self.region}/services/{self.name}-web",
            "GARDENER_WEB_ON_CALL": ",".join(sorted(self.on_call)),
        }
        return Ask("^;^" + ";".join(f"{name}={value}" for name, value in settings.items()))

    def _number(self) -> str:
        return f"$(gcloud projects describe {self.project} --format='value(projectNumber)')"

    def sink_writer(self) -> Ask:
        """Return the identity that Google gave to the sink; its form differs between parents."""
        flag, number = self.parent_flag
        return Ask(f"$(gcloud logging sinks describe {self.name} --{flag}={number} --format='value(writerIdentity)')")

    def channel(self) -> Ask:
        """Return the notification channel of this installation."""
        wanted = f"userLabels.app={self.name}"
        return Ask(
            f"$(gcloud beta monitoring channels list --project={self.project} --filter={wanted}"
            " --format='value(name)' --limit=1)"
        )


def gcloud(*words: str, project: str | None, **flags: object) -> str:
    """Return a command; flag names with _ for -, True for a bare flag, a list for a repeated flag."""
    parts = ["gcloud", *(shlex.quote(word) for word in words)]
    for name, value in flags.items():
        flag = f"--{name.replace('_', '-')}"
        values = value if isinstance(value, list) else [value]
        parts += [flag if one is True else f"{flag}={_quote(one)}" for one in values]
    if project:
        parts.append(f"--project={project}")
    return " ".join(parts)


def _quote(value: object) -> str:
    return f'"{value}"' if isinstance(value, Ask) else shlex.quote(str(value))
