"""Who may have a message worked on: it is recorded in any case, and answered."""

from dataclasses import replace

import asyncpg

from chassis import metrics
from chassis.limits import MessageLimits, per_minute, tokens
from contracts.base import Event
from contracts.gateway import MessageReceived, PostbackReceived
from services.gateway.ports import Admission
from services.gateway.settings import GatewaySettings
from services.gateway.webhook import Heard


def message_limits(pool: asyncpg.Pool, settings: GatewaySettings) -> MessageLimits:
    """Return the limits that an operator has set, counted in `pool`'s database."""
    return MessageLimits(
        pool,
        user=per_minute(settings.user_messages_per_minute, beyond=settings.user_messages_burst),
        everybody=tokens(
            settings.global_messages_burst, per_second=settings.global_messages_per_second
        ),
    )


async def judged(heard: Heard, admission: Admission) -> Event:
    """Return what was heard, with the limit it is over, if it is over one."""
    event = heard.event
    if not isinstance(event, MessageReceived | PostbackReceived) or heard.redelivered:
        return event  # a redelivery was let in when it came first, or the database was away then
    over = await admission.admit(heard.person or heard.stream)
    return replace(event, over_limit=over) if over else event


def count_refused(event: Event) -> None:
    """Count a message that was recorded and is over a limit."""
    if isinstance(event, MessageReceived | PostbackReceived) and event.over_limit:
        metrics.MESSAGES_OVER_LIMIT.labels(limit=event.over_limit).inc()
