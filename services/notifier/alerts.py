"""Telling an operator what only an operator can mend."""

from datetime import datetime
from typing import get_args

from chassis import metrics
from chassis.alerts import ALERTS_STREAM
from chassis.telemetry import get_logger
from contracts.base import CloudEvent
from contracts.notifier import AlertName, AlertRaised
from services.notifier.ports import Record

UPSTREAM = "line"
_KNOWN = frozenset(get_args(AlertName))
log = get_logger()


async def raise_alert(name: AlertName, now: datetime, record: Record) -> None:
    """Put an alert on record, once a day however often it is raised."""
    alert = AlertRaised(name=name, raised_at=now, upstream=UPSTREAM)
    await record.record(ALERTS_STREAM, [alert], key=f"alert:{name}:{now:%Y-%m-%d}", wakes=False)


def hear(raised: CloudEvent[AlertRaised]) -> None:
    """Log and count an alert, whoever raised it."""
    # A label takes few values: a name that nobody promised is not one of them.
    name = raised.data.name if raised.data.name in _KNOWN else "unknown"
    log.error("alert_raised", alert=name, upstream=raised.data.upstream)
    metrics.ALERTS.labels(name=name).inc()
