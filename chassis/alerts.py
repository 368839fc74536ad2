"""What an operator should know, on record once however many replicas see it."""

from collections.abc import Callable
from datetime import date, datetime

from chassis import clock
from chassis.decider import derived_id
from chassis.errors import Unavailable
from chassis.journal import Journal
from chassis.telemetry import get_logger
from contracts.notifier import AlertName, AlertRaised

DAILY_QUOTA: AlertName = "GeminiDailyQuota"
DEAD_LETTER: AlertName = "DeadLetters"
LOGGED: dict[AlertName, str] = {DAILY_QUOTA: "quota_used_up", DEAD_LETTER: "messages_given_up"}
ALERTS_STREAM = derived_id("alerts")
log = get_logger()


class Alerts:
    """Raises alerts for one replica."""

    def __init__(self, journal: Journal, *, now: Callable[[], datetime] = clock.now) -> None:
        """Put alerts on record in `journal`."""
        self._journal = journal
        self._now = now
        self._told: dict[tuple[AlertName, str], date] = {}

    async def quota_used_up(self, upstream: str) -> None:
        """Put on record, once a day (of UTC), that an upstream gives us nothing more today.

        Never raises Unavailable: whoever noticed has a user to answer.
        """
        await self._raise(DAILY_QUOTA, upstream)

    async def given_up(self, consumer: str) -> None:
        """Put on record, once a day (of UTC), that a consumer has given messages up.

        Never raises Unavailable either.
        """
        await self._raise(DEAD_LETTER, consumer)

    async def _raise(self, name: AlertName, about: str) -> None:
        now = self._now()
        if self._told.get((name, about)) == now.date():
            return
        alert = AlertRaised(name=name, raised_at=now, upstream=about)
        key = f"alert:{name}:{about}:{now.date().isoformat()}"
        try:
            await self._journal.record(ALERTS_STREAM, [alert], key=key, wakes=False)
        except Unavailable:
            log.warning("alert_not_recorded", alert=name, upstream=about)
            return
        log.error(LOGGED[name], upstream=about)
        self._told[name, about] = now.date()
