"""What an operator should know, on record once however many replicas see it."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from chassis.decider import derived_id
from chassis.errors import Unavailable
from chassis.journal import Journal
from chassis.telemetry import get_logger
from contracts.notifier import AlertRaised

DAILY_QUOTA = "GeminiDailyQuota"
ALERTS_STREAM = derived_id("alerts")
log = get_logger()


class Alerts:
    """Raises alerts for one replica."""

    def __init__(
        self, journal: Journal, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Put alerts on record in `journal`."""
        self._journal = journal
        self._now = now
        self._told: dict[str, date] = {}

    async def quota_used_up(self, upstream: str) -> None:
        """Put on record, once a day (of UTC), that an upstream gives us nothing more today.

        Never raises Unavailable: whoever noticed has a user to answer.
        """
        now = self._now()
        if self._told.get(upstream) == now.date():
            return
        alert = AlertRaised(name=DAILY_QUOTA, raised_at=now, upstream=upstream)
        key = f"alert:{DAILY_QUOTA}:{upstream}:{now.date().isoformat()}"
        try:
            await self._journal.record(ALERTS_STREAM, [alert], key=key, wakes=False)
        except Unavailable:
            log.warning("alert_not_recorded", alert=DAILY_QUOTA, upstream=upstream)
            return
        log.error("quota_used_up", upstream=upstream)
        self._told[upstream] = now.date()
