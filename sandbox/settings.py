"""What the sandbox needs to know before it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """Where the sandbox listens, whom it calls, and how fast and how patient it is."""

    gateway_url: str
    channel_secret: str = field(repr=False)
    channel_access_token: str = field(repr=False)
    port: int = 0
    smtp_port: int = 0
    host: str = "127.0.0.1"
    home: Path | None = None
    # Seconds a model call takes; tests turn it up to have work in flight.
    gemini_seconds: float = 0.0
    # LINE gives a bot server two seconds to acknowledge a webhook.
    webhook_timeout_seconds: float = 2.0
    redelivery_first_seconds: float = 1.0
    redelivery_longest_seconds: float = 120.0
    # LINE's reply token: one minute from the delivery of the webhook.
    reply_token_seconds: float = 60.0
    # No redelivery (and no reply) later than twenty minutes after the event.
    event_lifetime_seconds: float = 1200.0
