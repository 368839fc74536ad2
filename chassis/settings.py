"""Settings of the services: read from an environment, every fault reported at once.

A field's alias is the variable an operator sets, its description is what the variable wants.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from chassis.bus.promise import Promise
from chassis.setting_values import (
    Count,
    DatabaseUrl,
    HttpUrl,
    HttpUrls,
    Level,
    Name,
    NatsUrl,
    Port,
    Replicas,
    Retention,
    Timeout,
    Token,
)

MAX_SHOWN_CHARACTERS = 120
NOTHING = "nothing"
HIDDEN = "(hidden)"


@dataclass(frozen=True, slots=True)
class Fault:
    """One variable that cannot be used, in words an operator can act on."""

    variable: str
    got: str
    wants: str

    def __str__(self) -> str:
        return f"{self.variable}: got {self.got}, wants {self.wants}"


class SettingsRefused(Exception):
    """The environment cannot be used; every fault is in `faults`."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


class Settings(BaseModel):
    """What one process reads from its environment."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
    # Variables that are set all together or not at all.
    TOGETHER: ClassVar[tuple[tuple[str, ...], ...]] = ()


class PromiseSettings(Settings):
    """What the operator promises about the bus."""

    nats_replicas: Replicas = Field(
        1,
        alias="NATS_REPLICAS",
        description="the copies of each stream that are promised: 1, 3 or 5",
    )
    nats_monitoring_url: HttpUrls | None = Field(
        None,
        alias="NATS_MONITORING_URL",
        description="one or more addresses like http://host:8222, separated by commas",
    )

    @property
    def promise(self) -> Promise:
        """How durable the streams are to be."""
        return Promise(self.nats_replicas, self.nats_monitoring_url or ())


class ServiceSettings(PromiseSettings):
    """What every service needs; a service's own class adds to it."""

    database_url: DatabaseUrl = Field(
        alias="DATABASE_URL",
        description="an address like postgresql://user:password@host:5432/database",
        repr=False,
    )
    nats_url: NatsUrl = Field(
        alias="NATS_URL",
        description="one or more addresses like nats://host:4222, separated by commas",
        repr=False,
    )
    log_level: Level = Field("INFO", alias="LOG_LEVEL", description="DEBUG, INFO, WARNING or ERROR")
    log_format: Literal["json", "console"] = Field(
        "json", alias="LOG_FORMAT", description="json or console"
    )
    host: str = Field(
        "0.0.0.0",  # noqa: S104  in a container the port mapping decides who may come in
        alias="HOST",
        description="the address to listen on",
    )
    health_port: Port = Field(
        0, alias="HEALTH_PORT", description="a port from 0 to 65535, 0 for any free one"
    )
    otlp_endpoint: HttpUrl | None = Field(
        None,
        alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="an address like http://collector:4318",
    )

    @property
    def nats_servers(self) -> list[str]:
        """The NATS addresses one by one."""
        return [server.strip() for server in self.nats_url.split(",")]


class GeminiSettings(ServiceSettings):
    """For a service that asks Gemini."""

    gemini_api_key: Token = Field(alias="GEMINI_API_KEY", description="the API key of Gemini")
    gemini_base_url: HttpUrl = Field(
        "https://generativelanguage.googleapis.com",
        alias="GEMINI_BASE_URL",
        description="an address like https://generativelanguage.googleapis.com",
    )
    gemini_model: Name = Field(
        "gemini-3.8-flash", alias="GEMINI_MODEL", description="a model name like gemini-3.8-flash"
    )
    gemini_timeout: Timeout = Field(
        timedelta(seconds=45),
        alias="GEMINI_TIMEOUT",
        description="seconds, more than 0 and at most 3600",
    )
    gemini_requests_per_minute: Count = Field(
        30,
        alias="GEMINI_REQUESTS_PER_MINUTE",
        description="a whole number from 0 to 1000000, 0 for no limit",
    )


class TaigiSettings(ServiceSettings):
    """For a service that asks the Taigi service; without an address there is no 台語."""

    taigi_base_url: HttpUrl | None = Field(
        None, alias="TAIGI_BASE_URL", description="an address like http://taigi.example:5000"
    )
    taigi_timeout: Timeout = Field(
        timedelta(seconds=60),
        alias="TAIGI_TIMEOUT",
        description="seconds, more than 0 and at most 3600",
    )
    taigi_requests_per_minute: Count = Field(
        30,
        alias="TAIGI_REQUESTS_PER_MINUTE",
        description="a whole number from 0 to 1000000, 0 for no limit",
    )


class LineSettings(ServiceSettings):
    """For a service that calls LINE."""

    line_channel_access_token: Token = Field(
        alias="LINE_CHANNEL_ACCESS_TOKEN", description="the long-lived token of the LINE channel"
    )
    line_data_api_base_url: HttpUrl = Field(
        "https://api-data.line.me",
        alias="LINE_DATA_API_BASE_URL",
        description="an address like https://api-data.line.me",
    )


class ObjectStoreSettings(ServiceSettings):
    """For a service that keeps objects; without R2 they lie in JetStream's object store."""

    TOGETHER: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("R2_ENDPOINT_URL", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "R2_BUCKET_NAME"),
    )

    r2_endpoint_url: HttpUrl | None = Field(
        None,
        alias="R2_ENDPOINT_URL",
        description="an address like https://account.r2.cloudflarestorage.com",
    )
    r2_access_key_id: Token | None = Field(
        None, alias="R2_ACCESS_KEY_ID", description="the access key's id"
    )
    r2_secret_access_key: Token | None = Field(
        None, alias="R2_SECRET_ACCESS_KEY", description="the access key's secret"
    )
    r2_bucket_name: Name | None = Field(
        None, alias="R2_BUCKET_NAME", description="the name of a bucket"
    )
    audio_retention: Retention = Field(
        timedelta(hours=24),
        alias="AUDIO_RETENTION",
        description="seconds, more than 0 and at most 2592000",
    )


class LinkSettings(ObjectStoreSettings):
    """For a service that gives out or serves links to objects."""

    base_url: HttpUrl | None = Field(
        None, alias="BASE_URL", description="the public address, like https://bot.example.org"
    )


S = TypeVar("S", bound=Settings)


def load(cls: type[S], environ: Mapping[str, str]) -> S:
    """Return the settings of one service, or refuse with all that is wrong."""
    given = _given(environ)
    faults = tuple(_faults(cls, given))
    if faults:
        raise SettingsRefused(faults)
    return cls.model_validate(given)


def load_all(classes: Sequence[type[Settings]], environ: Mapping[str, str]) -> tuple[Settings, ...]:
    """Return the settings of several services; each wrong variable is named once."""
    given = _given(environ)
    faults = {fault.variable: fault for cls in classes for fault in _faults(cls, given)}
    if faults:
        raise SettingsRefused(tuple(faults.values()))
    return tuple(cls.model_validate(given) for cls in classes)


def _given(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what is set: an empty variable counts as unset."""
    return {name: value.strip() for name, value in environ.items() if value.strip()}


def _faults(cls: type[Settings], given: Mapping[str, str]) -> Iterator[Fault]:
    try:
        cls.model_validate(given)
    except ValidationError as error:
        wrong = {str(fault["loc"][0]) for fault in error.errors(include_input=False)}
        yield from (_fault(cls, name, given) for name in _variables(cls) if name in wrong)
    yield from _incomplete(cls, given)


def _incomplete(cls: type[Settings], given: Mapping[str, str]) -> Iterator[Fault]:
    for group in cls.TOGETHER:
        present = [name for name in group if name in given]
        for name in group if present else ():
            if name not in given:
                wants = _variables(cls)[name].description
                yield Fault(name, NOTHING, f"{wants}, because {present[0]} is set")


def _variables(cls: type[Settings]) -> dict[str, FieldInfo]:
    return {str(field.alias): field for field in cls.model_fields.values()}


def _fault(cls: type[Settings], name: str, given: Mapping[str, str]) -> Fault:
    field = _variables(cls)[name]
    got = _shown(given[name], field) if name in given else NOTHING
    return Fault(name, got, str(field.description))


def _shown(value: str, field: FieldInfo) -> str:
    """Return a value as an operator may see it: no secret, no credentials of an address."""
    if _is_secret(field.annotation) or (not field.repr and "://" not in value):
        return HIDDEN
    return repr(without_credentials(value)[:MAX_SHOWN_CHARACTERS])


def without_credentials(address: str) -> str:
    """Return an address as an operator may see it: no user, no password, no query."""
    open_part = re.sub(r"^(\w+://)?.*@", r"\1***@", address, flags=re.DOTALL)
    return re.sub(r"[?#].*", "?…", open_part, flags=re.DOTALL)


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(map(_is_secret, get_args(annotation)))
