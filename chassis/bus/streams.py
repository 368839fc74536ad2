"""The streams on the bus: made explicitly, and checked, before anybody listens."""

import asyncio

from nats.aio.client import Client
from nats.errors import Error, NoRespondersError
from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError, ServerError

from chassis.bus.durability import refuse_broken_promises
from chassis.bus.promise import NO_PROMISE, Promise
from chassis.errors import StartupRefused, Unavailable
from contracts.subjects import DEAD_STREAM, OBJECTS_BUCKET, OBJECTS_STREAM, STREAMS

OLDEST_SERVER = (2, 11)
"""Older servers silently ignore what our consumers ask for."""
KEPT_SECONDS = 24 * 3600.0
"""Messages only wake and carry; whatever is older than a day is settled in the log."""
DEAD_KEPT_SECONDS = 30 * KEPT_SECONDS
"""An operator may come back from a holiday: nobody else remembers why a message was given up."""
MAX_BYTES = 512 * 1024 * 1024
DUPLICATE_WINDOW_SECONDS = 120.0
UNCHANGEABLE = 10052
"""JetStream's word for an update that would change what a stream has for life."""
ADD_PAUSES = (0.05, 0.2, 0.5)
BUS_DOWN: tuple[type[BaseException], ...] = (Error, NatsTimeout, OSError, TimeoutError)
"""What nats-py raises when the bus, not the message, is at fault."""


async def ensure_streams(
    nats: Client, promise: Promise = NO_PROMISE, *, copying: bool = False
) -> None:
    """Make the streams of `contracts.subjects` where they are missing, or bring them up to date.

    The object store's is one of them; its messages stay until somebody removes them. `copying`:
    streams with fewer copies than promised get more.

    Raises StartupRefused when the server is too old, Unavailable when JetStream does not answer.
    """
    version = nats.connected_server_version
    if (version.major, version.minor) < OLDEST_SERVER:
        raise StartupRefused(
            f"NATS_URL leads to nats-server {version.major}.{version.minor}, "
            f"MedEdBot needs {OLDEST_SERVER[0]}.{OLDEST_SERVER[1]} or newer."
        )
    try:
        for config in _wanted().values():
            await _ensure(nats.jetstream(timeout=5), config, promise.replicas, copying=copying)
    except NoRespondersError as error:
        raise Unavailable("JetStream") from error
    except BUS_DOWN as error:
        raise Unavailable("the bus") from error


async def assert_durable(nats: Client, promise: Promise) -> None:
    """Return if the streams are as they have to be, and survive what the configuration promises.

    Raises StartupRefused when they do not, Unavailable when JetStream does not answer.
    """
    try:
        await refuse_broken_promises(nats, promise, _wanted())
    except BUS_DOWN as error:
        raise Unavailable("the bus") from error


async def _ensure(
    js: JetStreamContext, config: StreamConfig, replicas: int, *, copying: bool
) -> None:
    try:
        found = await js.stream_info(config.name or "")
    except NotFoundError:
        await _add(js, config.evolve(num_replicas=replicas))
    else:
        # How many copies there are and where is the operator's to say, not ours to undo.
        copies = found.config.num_replicas or 1
        kept = {
            "num_replicas": max(copies, replicas) if copying else copies,
            "placement": found.config.placement,
        }
        wanted = config.evolve(**kept)
        if not _is_as(found.config, wanted):
            await _update(js, wanted)


def _is_as(found: StreamConfig, wanted: StreamConfig) -> bool:
    given = {name: value for name, value in vars(wanted).items() if value is not None}
    return all(getattr(found, name) == value for name, value in given.items())


async def _update(js: JetStreamContext, config: StreamConfig) -> None:
    try:
        await js.update_stream(config)
    except APIError as error:
        if error.err_code != UNCHANGEABLE:
            raise  # else what it is like is judged by `assert_durable`


async def _add(js: JetStreamContext, config: StreamConfig) -> None:
    for pause in ADD_PAUSES:
        try:
            await js.add_stream(config)
        except ServerError:  # "error creating store": one of that name is being removed just now
            await asyncio.sleep(pause)
        else:
            return
    await js.add_stream(config)


def _wanted() -> dict[str, StreamConfig]:
    configs = {name: _config(name, subjects) for name, subjects in STREAMS.items()}
    return configs | {OBJECTS_STREAM: _objects_config()}


def _config(name: str, subjects: tuple[str, ...]) -> StreamConfig:
    return StreamConfig(
        name=name,
        subjects=list(subjects),
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=DEAD_KEPT_SECONDS if name == DEAD_STREAM else KEPT_SECONDS,
        max_bytes=MAX_BYTES,
        duplicate_window=DUPLICATE_WINDOW_SECONDS,
    )


def _objects_config() -> StreamConfig:
    return StreamConfig(
        name=OBJECTS_STREAM,
        subjects=[f"$O.{OBJECTS_BUCKET}.C.>", f"$O.{OBJECTS_BUCKET}.M.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,  # a full store refuses: an archive must not vanish unseen
        duplicate_window=DUPLICATE_WINDOW_SECONDS,
        allow_rollup_hdrs=True,
        allow_direct=True,
    )
