"""Composing a service: connect, declare handlers, serve until told to stop, drain."""

import asyncio
import gc
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import asyncpg
import msgspec
from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.aio.msg import Msg
from starlette.routing import BaseRoute

from chassis import metrics
from chassis.alerts import Alerts
from chassis.bus.behind import Load, heaviest
from chassis.bus.consumer import Consumer, Handle
from chassis.bus.promise import NO_PROMISE
from chassis.bus.reach import Reach
from chassis.bus.wire import Packer, understood
from chassis.bus.word import say
from chassis.database import open_pool
from chassis.eventlog.codec import Codec, all_events
from chassis.eventlog.log import EventLog
from chassis.forgetting import Forgetting
from chassis.health import Health
from chassis.http import health_routes, http_server
from chassis.journal import Journal
from chassis.parking import Parking
from chassis.provision import provision
from chassis.router import Router
from chassis.settings import ServiceSettings
from chassis.telemetry import configure_logs, configure_traces, get_logger, span
from contracts.base import Event
from contracts.catalogue import PUBLISHED, REQUESTS, SUBJECTS

log = get_logger()
PENDING_BYTES = 8 * 1024 * 1024
"""What is kept for NATS while it is away; past it the sweeper takes over."""
CANCEL_SECONDS = 0.5
PING_SECONDS = 2
SILENT_PINGS = 2
"""So many may be unanswered: a NATS that went without a word is left after six seconds."""


class ServiceBroken(Exception):
    """A part that has to run for as long as the service does has ended: start anew."""


class Service:
    """One running service: what its handlers are given, and its life."""

    def __init__(
        self,
        name: str,
        broker: NatsBroker,
        nats: Client,
        pool: asyncpg.Pool,
        forgetting: Forgetting,
    ) -> None:
        """Hold the open connections; made by `service`."""
        self.name = name
        self.nats = nats
        self.pool = pool
        self.health = Health(name, pool, nats)
        self.health.load = self._load
        self.forgetting = forgetting
        self.promise = NO_PROMISE
        self._broker = broker
        self._consumers: list[Consumer] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._broken = ""
        self._provided: dict[str, Any] = {}

    def attach(self, journal: Journal, packer: Packer) -> None:
        """Give the service its journal; handlers get it by the name `journal`."""
        self.journal = journal
        self.packer = packer
        self.parking = Parking(journal, Alerts(journal))
        self.provide("journal", journal)

    def provide(self, name: str, value: object) -> None:
        """Give `value` to every handler that has a parameter of this name."""
        self._provided[name] = value

    def include(self, router: Router) -> None:
        """Run the router's handlers once the service serves; provide what they need first."""
        router.provide(self._provided)
        self._broker.include_router(router.faststream)
        for each in router.consumptions:
            name = each.subscription.source.consumer
            handle, park = self._traced(name, each.run), self.parking.of(name)
            self._consumers.append(
                Consumer(self.nats, each.subscription, handle, park=park, promise=self.promise)
            )

    def spawn(self, run: Callable[[], Awaitable[None]], name: str) -> None:
        """Own a background task; should it ever end by itself, the service stops loudly."""
        task = asyncio.create_task(self._own(run, name), name=name)
        self._tasks.append(task)

    async def serve(self) -> None:
        """Consume until SIGTERM or SIGINT, then finish what is in hand.

        Raises ServiceBroken when a background task ended by itself.
        """
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stopping.set)
        runs = [asyncio.create_task(each.run()) for each in self._consumers]
        for run in runs:
            run.add_done_callback(lambda _: self._stopping.set())
        try:
            await self._until_stopped()
            await asyncio.gather(*runs, return_exceptions=True)
        finally:
            for run in runs:
                run.cancel()  # changes nothing for those that have ended
            ended = await asyncio.gather(*runs, return_exceptions=True)
        for error in filter(None, ended):
            raise error
        log.info("service_drained")
        if self._broken:
            raise ServiceBroken(self._broken)

    async def _until_stopped(self) -> None:
        # What start-up made stays: a full collection over the SDKs' 240,000 objects takes 50 to
        # 200 ms each time, and whoever's turn it is waits for it.
        gc.collect()
        gc.freeze()
        gc.enable()
        self.health.consuming = True
        log.info("service_started")
        await self._stopping.wait()
        self.health.consuming = False
        for each in self._consumers:
            each.drain()

    async def close(self) -> None:
        """Cancel the background tasks and wait for them."""
        left = set(self._tasks)
        while left:
            # Again and again: nats-py swallows a cancellation that comes while it flushes.
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=CANCEL_SECONDS)

    def _load(self) -> Load:
        return heaviest([each.load() for each in self._consumers])

    async def _own(self, run: Callable[[], Awaitable[None]], name: str) -> None:
        try:
            await run()
            log.error("background_task_ended", task=name)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # Its type only: a message may hold a patient's words.
            log.error("background_task_failed", task=name, error=type(error).__name__)  # noqa: TRY400
            log.debug("background_task_trace", exc_info=error)
        self._broken = name
        self._stopping.set()

    def _traced(self, name: str, run: Callable[[Any], Awaitable[None]]) -> Handle:
        # Straight to the handler: FastStream's own way to it costs 0.3 ms of CPU a message.
        async def handle(message: Msg) -> None:
            with span(name, _context(message.data)):
                await run(understood(await self.packer.unpack(message.data)))

        return handle


@asynccontextmanager
async def service(
    name: str,
    settings: ServiceSettings,
    *,
    events: Iterable[type[Event]] = (),
    port: int | None = None,
    routes: Callable[[Service], AbstractAsyncContextManager[Sequence[BaseRoute]]] | None = None,
) -> AsyncGenerator[Service]:
    """Yield a connected service: schema and streams in place, health and metrics served.

    `events` are the private facts it can read besides those of `contracts`. `routes` opens what
    its own routes need, for as long as they are served.
    """
    configure_logs(name, level=settings.log_level, form=settings.log_format)
    configure_traces(name, endpoint=settings.otlp_endpoint)
    metrics.BUILD.labels(service=name, version=_build()).set(1)
    await provision(settings.database_url, settings.nats_url, settings.promise)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(settings.database_url))
        app = await _connected(name, settings, pool, all_events(SUBJECTS, events))
        stack.push_async_callback(_hang_up, app.nats)
        stack.push_async_callback(app.close)
        app.spawn(app.health.watch, "health")
        if len(settings.nats_servers) > 1:
            app.spawn(Reach(app.nats, settings.nats_servers).watch, "reach of the bus")
        own = await stack.enter_async_context(routes(app)) if routes else ()
        await stack.enter_async_context(
            http_server(
                [*own, *health_routes(app.health)],
                host=settings.host,
                port=settings.health_port if port is None else port,
            )
        )
        yield app


async def _connected(
    name: str, settings: ServiceSettings, pool: asyncpg.Pool, events: Sequence[type[Event]]
) -> Service:
    codec = Codec(events)
    requests = {event: SUBJECTS[event] for event in REQUESTS}
    eventlog = EventLog(pool, codec, source=f"/{name}", requests=requests)
    packer = Packer(eventlog, codec)

    forgetting = Forgetting()
    broker = NatsBroker(
        settings.nats_servers,
        name=name,
        logger=None,
        serializer=None,  # events are decoded by our codec
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        ping_interval=PING_SECONDS,
        max_outstanding_pings=SILENT_PINGS,
        pending_size=PENDING_BYTES,
        error_cb=_bus_error,
        reconnected_cb=forgetting.missed,
    )
    nats = await broker.connect()
    forgetting.add(eventlog.keyring.forget)
    await forgetting.listen(nats)
    app = Service(name, broker, nats, pool, forgetting)
    app.promise = settings.promise
    app.attach(Journal(eventlog, nats, pool, subjects=PUBLISHED), packer)
    return app


async def _hang_up(nats: Client) -> None:
    await say(nats.close())


def _build() -> str:
    try:
        return version("mededbot")
    except PackageNotFoundError:
        return "source"


async def _bus_error(error: Exception) -> None:
    log.warning("bus_error", error=type(error).__name__)


class _Traced(msgspec.Struct):
    traceparent: str | None = None


_traced = msgspec.json.Decoder(_Traced)


def _context(body: bytes) -> str | None:
    try:
        return _traced.decode(body).traceparent
    except msgspec.MsgspecError:
        return None
