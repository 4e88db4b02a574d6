"""Settings of the web page.

Each has a description, a name in the environment (GARDENER_WEB_...) and, secrets excepted, a flag of `gardener serve`.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from processor.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEAST_TOKEN: Final = 16
IAP_KEYS: Final = "https://www.gstatic.com/iap/verify/public_key-jwk"


class WebSettings(BaseSettings):
    """Who may look and who may act. Without a token and without an audience: this machine only."""

    model_config = SettingsConfigDict(env_prefix="GARDENER_WEB_", extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    token: SecretStr = Field(SecretStr(""), description="Who has it is on call: signs in with it, or sends it.")
    read_token: SecretStr = Field(SecretStr(""), description="Who has it may look, not act.")
    iap_audience: str = Field("", description="Audience of Identity-Aware Proxy's signed header; turns it on.")
    iap_keys: str = Field(IAP_KEYS, description="Where Identity-Aware Proxy publishes its keys.")
    on_call: str = Field("", description="Who may act behind the proxy: mo@example.org,*@sre.example.org.")
    every: float = Field(1.0, ge=0.2, le=60, description="Look for changes this often, in seconds.")

    @field_validator("token", "read_token")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < _LEAST_TOKEN:
            raise ValueError(f"a token has {_LEAST_TOKEN} characters or more; `openssl rand -hex 20` makes one")
        return value

    @property
    def is_local(self) -> bool:
        """Nobody can come from outside this machine, so nobody has to say who they are."""
        return not (self.token.get_secret_value() or self.read_token.get_secret_value() or self.iap_audience)


def load_web(flags: Mapping[str, object]) -> WebSettings:
    """The settings in force. Raises `ConfigError` naming the setting; also where the page would be open to all."""
    given: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
    try:
        settings = WebSettings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0])
        message = first["msg"].removeprefix("Value error, ")
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
