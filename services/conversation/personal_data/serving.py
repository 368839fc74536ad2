"""What becomes of a wish about one's own data: it is fulfilled in time, or its failure told."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import assert_never

from chassis import metrics
from chassis.errors import Unavailable
from chassis.journal import Journal
from contracts.base import CloudEvent
from contracts.conversation import DataFailed, DataRequested
from contracts.education import FailureReason
from services.conversation.personal_data.erasing import Erasing
from services.conversation.personal_data.exporting import Exporting

LAST_TRY = timedelta(seconds=10)
"""Who cannot do it this short of the deadline says so, instead of trying once more."""


class PersonalData:
    """Serves what users ask for about their own data."""

    def __init__(
        self,
        journal: Journal,
        exporting: Exporting,
        erasing: Erasing,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """Put failures on record in `journal`."""
        self._journal = journal
        self._exporting = exporting
        self._erasing = erasing
        self._clock = clock

    async def serve(self, asked: CloudEvent[DataRequested]) -> None:
        """Do what was asked, once.

        Raises Unavailable when it is to be tried again.
        """
        left = asked.data.answer_by - self._clock()
        if left <= timedelta():
            await self._fail(asked, "late")
            return
        try:
            await self._do(asked)
        except Unavailable:
            if left > LAST_TRY:
                _count(asked, "again")
                raise
            await self._fail(asked, "unavailable")
        else:
            _count(asked, "done")

    async def _do(self, asked: CloudEvent[DataRequested]) -> None:
        match asked.data.task:
            case "export":
                await self._exporting.export(asked)
            case "erase":
                await self._erasing.erase(asked)
            case _:
                assert_never(asked.data.task)

    async def _fail(self, asked: CloudEvent[DataRequested], reason: FailureReason) -> None:
        if await self._journal.is_settled(asked):
            return  # nobody waits for it any more
        failed = DataFailed(
            request_id=asked.data.request_id,
            failed_at=self._clock(),
            task=asked.data.task,
            reason=reason,
        )
        await self._journal.answer(asked, failed)
        _count(asked, "failed")


def _count(asked: CloudEvent[DataRequested], outcome: str) -> None:
    metrics.DATA_REQUESTS.labels(task=asked.data.task, outcome=outcome).inc()
