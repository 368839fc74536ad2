"""Recording what a webhook says: all of it before the 200, each conversation in order."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from chassis import metrics
from chassis.errors import Unavailable
from chassis.telemetry import get_logger
from services.gateway.admission import count_refused, judged
from services.gateway.ports import Admission, Inbox
from services.gateway.webhook import Heard

log = get_logger()

RECORDING_TIME = timedelta(seconds=1.5)
"""LINE counts a time-out at 2 s; a 503 in time says more than silence."""
MAX_RECORDING = 256
"""Webhooks being recorded at once: past it the database is the bottleneck, so say so early."""
STREAMS_AT_ONCE = 8
"""Conversations of one webhook recorded at once: most of the pool, never all of its queue."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, and how many at once."""

    time: timedelta = RECORDING_TIME
    webhooks: int = MAX_RECORDING
    streams: int = STREAMS_AT_ONCE


class Intake:
    """Records inputs. What was begun is finished, also when the answer could not wait for it."""

    def __init__(
        self, inbox: Inbox, limits: Limits | None = None, *, admission: Admission | None = None
    ) -> None:
        """Record in `inbox` what users say, marked where `admission` does not let it in."""
        self._inbox = inbox
        self._admission = admission
        self._limits = limits or Limits()
        self._running: set[asyncio.Task[None]] = set()

    async def take(self, heard: Sequence[Heard], traceparent: str) -> None:
        """Return once everything is on record.

        Raises Unavailable when that is not so (yet): the sender must come again, and what was
        recorded already does not count twice.
        """
        if len(self._running) >= self._limits.webhooks:
            raise Unavailable("the gateway is full")
        task = asyncio.create_task(self._record_all(heard, traceparent), name="recording")
        self._running.add(task)
        task.add_done_callback(self._ended)
        # Not a time-out: half a webhook on record is worse than one that is late.
        done, _ = await asyncio.wait({task}, timeout=self._limits.time.total_seconds())
        if not done:
            log.warning("webhook_recording_late", running=len(self._running))
        if not done or task.exception() is not None:
            raise Unavailable("the event log")

    async def _record_all(self, heard: Sequence[Heard], traceparent: str) -> None:
        streams = _by_stream(heard)
        rest = iter(streams)
        workers = [
            self._record_streams(rest, traceparent)
            for _ in range(min(self._limits.streams, len(streams)))
        ]
        if len(workers) == 1:
            await workers[0]
        else:
            _raise_first(await asyncio.gather(*workers, return_exceptions=True))

    async def _record_streams(self, streams: Iterator[list[Heard]], traceparent: str) -> None:
        for stream in streams:
            for each in stream:
                await self._record(each, traceparent)

    async def _record(self, heard: Heard, traceparent: str) -> None:
        if heard.person is not None:
            # Before the message: what is on record must be found when its user has it erased.
            await self._inbox.belongs(heard.stream, heard.person)
        event = await judged(heard, self._admission) if self._admission else heard.event
        recorded = await self._inbox.record(
            heard.stream,
            [event],
            key=heard.key,
            ids=[heard.id],
            traceparent=traceparent,
        )
        for each in recorded or ():
            count_refused(each.data)
        metrics.WEBHOOK_EVENTS.labels(outcome=_outcome(heard, is_new=recorded is not None)).inc()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Unavailable):
            log.warning("webhook_not_recorded", error=str(error))
        elif error is not None:
            log.error("webhook_recording_failed", error=type(error).__name__)
            log.debug("webhook_recording_trace", exc_info=error)


def _by_stream(heard: Iterable[Heard]) -> list[list[Heard]]:
    streams: dict[str, list[Heard]] = {}
    for each in heard:
        streams.setdefault(each.stream, []).append(each)
    return list(streams.values())


def _raise_first(results: Iterable[BaseException | None]) -> None:
    for result in results:
        if result is not None:
            raise result


def _outcome(heard: Heard, *, is_new: bool) -> str:
    """Return the metric's word: a repetition that LINE announced is a redelivery."""
    if not is_new:
        return "redelivery" if heard.redelivered else "duplicate"
    return "accepted" if heard.is_known else "unknown"
