"""Kinds of values a variable may hold: addresses, tokens, durations, counts, names."""

import re
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import SplitResult, quote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints

LONGEST_TIMEOUT_SECONDS = 3600.0
WHOLE_NUMBER = "a whole number from 0 to 1000000, 0 for no limit"
LONGEST_RETENTION = timedelta(days=30)
EMAIL = r"^[^@\s]+@[^@\s]+$"
URL_PATH = "/%:@!$&'()*+,;=~-._"
NAME = r"^[A-Za-z0-9][A-Za-z0-9._/-]*$"


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    plain = not (parts.query or parts.fragment or "@" in parts.netloc or re.search(r"\s", value))
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain or parts.port == 0:
        raise ValueError
    return f"{parts.scheme}://{_ascii_host(parts)}{quote(parts.path.rstrip('/'), safe=URL_PATH)}"


def _ascii_host(parts: SplitResult) -> str:
    """Return host and port in the one spelling that everybody takes, also in links to users."""
    if parts.netloc.isascii():
        return parts.netloc.lower()
    host = str(parts.hostname).encode("idna").decode()
    return host if parts.port is None else f"{host}:{parts.port}"


def _https_url(value: str) -> str:
    if not value.startswith("https://"):
        raise ValueError
    return value


def _has_hosts(netloc: str) -> bool:
    """Tell whether each of the comma-separated hosts has a name and a usable port."""
    hosts = [urlsplit(f"//{host}") for host in netloc.rpartition("@")[2].split(",")]
    return all(host.hostname and host.port != 0 for host in hosts)


def _database_url(value: str) -> str:
    parts = urlsplit(value)
    by_socket = not parts.netloc and "host=" in parts.query
    if parts.scheme not in {"postgresql", "postgres"} or not (
        by_socket or _has_hosts(parts.netloc)
    ):
        raise ValueError
    return value


def _nats_url(value: str) -> str:
    servers = [urlsplit(server.strip()) for server in value.split(",")]
    if any(s.scheme not in {"nats", "tls"} or not _has_hosts(s.netloc) for s in servers):
        raise ValueError
    return value


def _http_urls(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(_http_url(address.strip()) for address in value.split(","))


def _whole(value: object) -> object:
    return int(value) if isinstance(value, str) else value


def _seconds(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    try:
        return timedelta(seconds=float(str(value)))
    except OverflowError as error:
        raise ValueError from error


def _token(value: SecretStr) -> SecretStr:
    # It travels in an HTTP header.
    if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
        raise ValueError
    return value


def _upper(value: object) -> str:
    return str(value).upper()


HttpUrl = Annotated[str, AfterValidator(_http_url)]
HttpsUrl = Annotated[HttpUrl, AfterValidator(_https_url)]
HttpUrls = Annotated[tuple[str, ...], BeforeValidator(_http_urls)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
NatsUrl = Annotated[str, AfterValidator(_nats_url)]
Token = Annotated[SecretStr, AfterValidator(_token)]
Name = Annotated[str, StringConstraints(pattern=NAME)]
Email = Annotated[str, StringConstraints(pattern=EMAIL)]
Port = Annotated[int, Field(ge=0, le=65535)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Replicas = Annotated[Literal[1, 3, 5], BeforeValidator(_whole)]
Nodes = Annotated[Literal[1, 3], BeforeValidator(_whole)]
Duration = Annotated[timedelta, BeforeValidator(_seconds), Field(gt=timedelta(0))]
Timeout = Annotated[Duration, Field(le=timedelta(seconds=LONGEST_TIMEOUT_SECONDS))]
Retention = Annotated[Duration, Field(le=LONGEST_RETENTION)]
Lifetime = Annotated[
    timedelta, BeforeValidator(_seconds), Field(ge=timedelta(0), le=LONGEST_RETENTION)
]
Level = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]
