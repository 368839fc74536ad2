"""Which upstreams are real and which are played: decided from the environment alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chassis.bus.promise import NO_PROMISE, Promise


class Played(StrEnum):
    """Who answers in an upstream's place."""

    REAL = "real"
    SANDBOX = "sandbox"
    BUILT_IN = "built-in"


@dataclass(frozen=True, slots=True)
class Upstream:
    """An outside service: its variables mean the real one, each of them alone."""

    name: str
    variables: tuple[str, ...]
    otherwise: Played
    address: str


# `address` is the variable that says where the real one is.
LINE = Upstream(
    "LINE",
    (
        "LINE_CHANNEL_SECRET",
        "LINE_CHANNEL_ACCESS_TOKEN",
        "LINE_API_BASE_URL",
        "LINE_DATA_API_BASE_URL",
    ),
    Played.SANDBOX,
    "LINE_API_BASE_URL",
)
GEMINI = Upstream(
    "Gemini", ("GEMINI_API_KEY", "GEMINI_BASE_URL"), Played.SANDBOX, "GEMINI_BASE_URL"
)
TAIGI = Upstream("Taigi", ("TAIGI_BASE_URL",), Played.SANDBOX, "TAIGI_BASE_URL")
MAIL = Upstream(
    "Mail", ("SMTP_HOST", "GMAIL_ADDRESS", "GMAIL_APP_PASSWORD"), Played.SANDBOX, "SMTP_HOST"
)
OBJECTS = Upstream("Objects", ("R2_ENDPOINT_URL",), Played.BUILT_IN, "R2_ENDPOINT_URL")
UPSTREAMS = (LINE, GEMINI, TAIGI, MAIL, OBJECTS)


def played(upstream: Upstream, environ: Mapping[str, str]) -> Played:
    """Tell who plays an upstream: the real one as soon as one of its variables is set."""
    configured = any(environ.get(name, "").strip() for name in upstream.variables)
    return Played.REAL if configured else upstream.otherwise


@dataclass(frozen=True, slots=True)
class Supplies:
    """What `up` itself provides: its own servers and the sandbox."""

    database_url: str
    nats_url: str
    promise: Promise
    gateway_url: str
    sandbox_url: str
    smtp_port: int
    line_channel_secret: str
    line_channel_access_token: str


# Enough to check the rest of an environment before anything is started.
EXAMPLE = Supplies(
    database_url="postgresql://up@localhost/up",
    nats_url="nats://localhost",
    promise=NO_PROMISE,
    gateway_url="http://door",
    sandbox_url="http://localhost",
    smtp_port=25,
    line_channel_secret="s",  # noqa: S106  of an example
    line_channel_access_token="t",  # noqa: S106  the same
)


def supplied(environ: Mapping[str, str], supplies: Supplies) -> dict[str, str]:
    """Return the environment completed with what the operator left to `up`."""
    filled = {name: value for name, value in environ.items() if value.strip()}
    filled.setdefault("DATABASE_URL", supplies.database_url)
    if "NATS_URL" not in filled:
        filled |= _bus(supplies)
    if played(LINE, environ) is Played.SANDBOX:
        filled |= _line(supplies)
        # The sandbox plays audio from this machine; LINE itself wants a public https address.
        filled.setdefault("BASE_URL", supplies.gateway_url)
    if played(GEMINI, environ) is Played.SANDBOX:
        filled |= {"GEMINI_API_KEY": "sandbox", "GEMINI_BASE_URL": supplies.sandbox_url}
    if played(TAIGI, environ) is Played.SANDBOX:
        filled["TAIGI_BASE_URL"] = f"{supplies.sandbox_url}/taigi"
    if played(MAIL, environ) is Played.SANDBOX:
        filled |= _mail(supplies)
        # A laptop in a train has no DNS, and nothing leaves it anyway.
        filled.setdefault("EMAIL_CHECK_MX", "false")
    return filled


def needs_sandbox(environ: Mapping[str, str]) -> bool:
    """Tell whether any upstream is played by the sandbox."""
    return any(played(upstream, environ) is Played.SANDBOX for upstream in UPSTREAMS)


def _bus(supplies: Supplies) -> dict[str, str]:
    promise = supplies.promise
    return {
        "NATS_URL": supplies.nats_url,
        "NATS_REPLICAS": str(promise.replicas),
        "NATS_MONITORING_URL": ",".join(promise.monitoring),
    }


def _mail(supplies: Supplies) -> dict[str, str]:
    return {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(supplies.smtp_port),
        "SMTP_TLS": "none",
        "GMAIL_ADDRESS": "mededbot@sandbox.example",
    }


def _line(supplies: Supplies) -> dict[str, str]:
    return {
        "LINE_API_BASE_URL": supplies.sandbox_url,
        "LINE_DATA_API_BASE_URL": supplies.sandbox_url,
        "LINE_CHANNEL_SECRET": supplies.line_channel_secret,
        "LINE_CHANNEL_ACCESS_TOKEN": supplies.line_channel_access_token,
    }
