"""From one NATS node to three or back: what lives on the bus only is brought along.

Those are the objects and the dead letters, with their numbers and times. Messages under way are
not: whatever waits for them is in Postgres, and sent again within seconds.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import StreamInfo
from nats.js.errors import NotFoundError, ServiceUnavailableError

from chassis.errors import StartupRefused
from cli.embedded.bus import addresses, clear, nodes_on, note_nodes, prepare_bus
from cli.embedded.nats import START_SECONDS, STOP_SECONDS
from cli.home import Home
from cli.process import running
from contracts.subjects import DEAD_STREAM, OBJECTS_STREAM, STREAMS

KEPT = (OBJECTS_STREAM, DEAD_STREAM)
REPLY_SECONDS = 30.0
ANSWER_SECONDS = 2.0
PAUSE_SECONDS = 0.2
ELECTION_SECONDS = 60.0
CHUNK_BYTES = 128 * 1024
API = "$JS.API.STREAM."


class NotMoved(Exception):
    """The server said no to a part of the move."""


async def settle(home: Home, nodes: int, report: Callable[[str], None]) -> None:
    """See to it that the data on this folder is of so many nodes.

    Raises StartupRefused when it cannot be moved; then it is what it was.
    """
    before = nodes_on(home)
    if before not in {0, nodes}:
        report(f"Moving objects and dead letters from {before} to {nodes} NATS nodes …")
        clear(home, nodes)  # left by a move that did not come to its end
        try:
            await _move(home, before, nodes)
        except (NotMoved, Error, OSError, TimeoutError) as error:
            raise StartupRefused(
                f"Objects and dead letters cannot be moved from {before} to {nodes} NATS nodes "
                f"({type(error).__name__}): start with NATS_NODES={before}, nothing is lost."
            ) from error
    note_nodes(home, nodes)
    if before not in {0, nodes}:
        clear(home, before)


async def _move(home: Home, before: int, nodes: int) -> None:
    async with bus_on(home, before) as old, bus_on(home, nodes) as new:
        for name in (*STREAMS, OBJECTS_STREAM):
            info = await _info(old, name)
            if info is not None and name in KEPT:
                await _carry(old, new, name, nodes)
            elif info is not None:
                await _continue(new, info, nodes)


async def _info(bus: Client, name: str) -> StreamInfo | None:
    """Return what a bus says of a stream, None when it has none of that name."""
    async with asyncio.timeout(ELECTION_SECONDS):
        while True:
            try:
                return await bus.jetstream(timeout=ANSWER_SECONDS).stream_info(name)
            except NotFoundError:
                return None
            except (NatsTimeout, ServiceUnavailableError):
                await asyncio.sleep(PAUSE_SECONDS)  # the stream's nodes are electing their leader


@asynccontextmanager
async def bus_on(home: Home, nodes: int) -> AsyncGenerator[Client]:
    """Run a bus for the length of a block, and be its client."""
    servers = prepare_bus(home, nodes)
    async with AsyncExitStack() as stack:
        children = [running(server.program, START_SECONDS, STOP_SECONDS) for server in servers]
        # All are awaited even if one is refused: what was started is ended by the stack.
        started = await asyncio.gather(
            *map(stack.enter_async_context, children), return_exceptions=True
        )
        for refused in started:
            if isinstance(refused, BaseException):
                raise refused
        client = await nats.connect(addresses(servers).split(","))
        stack.push_async_callback(client.close)
        yield client


async def _carry(old: Client, new: Client, name: str, copies: int) -> None:
    """Take a stream as it is to another bus."""
    chunks: asyncio.Queue[Msg] = asyncio.Queue()
    sub = await old.subscribe(old.new_inbox(), cb=chunks.put)
    wish = {"deliver_subject": sub.subject, "no_consumers": True, "chunk_size": CHUNK_BYTES}
    about = await _ask(old, f"SNAPSHOT.{name}", wish)
    config = about["config"] | {"num_replicas": copies}
    place = await _ask(new, f"RESTORE.{name}", {"config": config, "state": about["state"]})
    await _pour(old, chunks, new, str(place["deliver_subject"]))
    await sub.unsubscribe()


async def _pour(old: Client, chunks: "asyncio.Queue[Msg]", new: Client, place: str) -> None:
    while True:
        async with asyncio.timeout(REPLY_SECONDS):
            chunk = await chunks.get()
        taken = _said(await new.request(place, chunk.data, timeout=REPLY_SECONDS))
        # Acknowledged once it is over there, so that never more than a window is under way.
        if chunk.reply:
            await old.publish(chunk.reply)
        if not chunk.data:
            if "state" not in taken:
                raise NotMoved
            return


async def _continue(new: Client, info: StreamInfo, copies: int) -> None:
    """Make a stream whose numbers go on where the old one's end: they name letters and tries."""
    following = info.config.evolve(first_seq=info.state.last_seq + 1, num_replicas=copies)
    await new.jetstream(timeout=REPLY_SECONDS).add_stream(following)


async def _ask(bus: Client, what: str, wish: dict[str, Any]) -> dict[str, Any]:
    answer = await bus.request(API + what, json.dumps(wish).encode(), timeout=REPLY_SECONDS)
    return _said(answer)


def _said(answer: Msg) -> dict[str, Any]:
    said = cast("dict[str, Any]", json.loads(answer.data or b"{}"))
    if "error" in said:
        raise NotMoved(str(said["error"].get("description")))
    return said
