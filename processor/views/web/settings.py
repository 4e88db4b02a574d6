"""Settings of the web page.

Each has a description, a name in the environment (GARDENER_WEB_...) and, secrets excepted, a flag of `gardener serve`.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from processor.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEAST_TOKEN: Final = 16
_LEAST_KEY: Final = 32
IAP_KEYS: Final = "https://www.gstatic.com/iap/verify/public_key-jwk"


class WebSettings(BaseSettings):
    """Settings of access. Without a token and without an audience: this machine only."""

    model_config = SettingsConfigDict(env_prefix="GARDENER_WEB_", extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address on which the page listens.")
    port: int = Field(8080, ge=0, le=65_535, description="Port on which the page listens; 0 picks a free one.")
    token: SecretStr = Field(SecretStr(""), description="Token for people on call, to sign in or to send in a header.")
    read_token: SecretStr = Field(SecretStr(""), description="Token for read-only access.")
    session_key: SecretStr = Field(
        SecretStr(""),
        description="Key that signs sessions, shared by the processes behind one address; by default each has its own.",
    )
    proxies: str = Field(
        "127.0.0.1,::1",
        description="Addresses and networks whose X-Forwarded-For is trusted, for the limit on guessing.",
    )
    iap_audience: str = Field("", description="Audience of Identity-Aware Proxy's signed header; enables it.")
    iap_keys: str = Field(IAP_KEYS, description="URL of Identity-Aware Proxy's public keys.")
    on_call: str = Field(
        "",
        description="People who may act behind the proxy: mo@example.org,*@sre.example.org;"
        " people of another issuer as ISSUER:E-MAIL.",
    )
    every: float = Field(1.0, ge=0.2, le=60, description="Seconds between two checks for changes.")

    @field_validator("token", "read_token")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < _LEAST_TOKEN:
            raise ValueError(f"a token has {_LEAST_TOKEN} characters or more; `openssl rand -hex 20` makes one")
        return value

    @field_validator("session_key")
    @classmethod
    def _strong_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < _LEAST_KEY:
            raise ValueError(f"a key has {_LEAST_KEY} characters or more; `openssl rand -hex 32` makes one")
        return value

    @field_validator("proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for one in filter(None, (part.strip() for part in value.split(","))):
            try:
                network = ipaddress.ip_network(one)
            except ValueError:
                raise ValueError(f"{one!r} is no address and no network, like 10.0.0.0/8") from None
            if network.prefixlen == 0:
                raise ValueError(f"{one} would let everybody choose the address that they come from")
        return value

    @model_validator(mode="after")
    def _all_different(self) -> WebSettings:
        given = [one.get_secret_value() for one in (self.token, self.read_token, self.session_key)]
        if len(set(filter(None, given))) != len(list(filter(None, given))):
            raise ValueError("token, read_token and session_key must differ: who holds one could use the other")
        return self

    @property
    def is_local(self) -> bool:
        """Whether only this machine has access, so that nobody has to authenticate."""
        return not (self.token.get_secret_value() or self.read_token.get_secret_value() or self.iap_audience)


def load_web(flags: Mapping[str, object]) -> WebSettings:
    """Return the effective settings. Raises `ConfigError` naming the setting; also if the page would be open to all."""
    given: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
    try:
        settings = WebSettings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        message = first["msg"].removeprefix("Value error, ")
        if not first["loc"]:
            raise ConfigError(f"web settings (GARDENER_WEB_...): {message}") from None
        name = str(first["loc"][0])
        raise ConfigError(f"web setting {name} (GARDENER_WEB_{name.upper()}): {message}") from None
    if settings.is_local and not _is_loopback(settings.host):
        raise ConfigError(
            f"host {settings.host}: anybody on the network could act; set GARDENER_WEB_TOKEN or"
            " GARDENER_WEB_IAP_AUDIENCE, or listen on 127.0.0.1"
        )
    return settings


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
