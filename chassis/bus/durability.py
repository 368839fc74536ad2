"""What the streams have to survive: promised by the configuration, found out from the servers.

With several copies a stream survives the loss of a server and its disk. With one copy it survives
a crash if its server has each write on disk before it acknowledges it. No client is told that: it
stands in the server's monitoring, which the configuration has to name (decision 20).
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

import httpx
import msgspec
from nats.aio.client import Client
from nats.js.api import StreamConfig, StreamInfo

from chassis.bus.promise import Promise
from chassis.errors import StartupRefused
from chassis.telemetry import get_logger

ANSWER_SECONDS = 5.0
DEPENDED_ON = ("storage", "retention", "discard", "max_age")
"""What `ensure_streams` sets and not every server lets it change."""
IDENTITY = "$SYS.REQ.USER.INFO"
log = get_logger()


class _Identity(msgspec.Struct):
    id: str


class _Asked(msgspec.Struct):
    server: _Identity


class _Storing(msgspec.Struct):
    sync_always: bool = False


class _JetStream(msgspec.Struct):
    config: _Storing | None = None


class _Server(msgspec.Struct):
    """A server as its monitoring describes it."""

    server_id: str
    server_name: str
    jetstream: _JetStream

    @property
    def names(self) -> set[str]:
        return {self.server_id, self.server_name}

    @property
    def syncs(self) -> bool:
        return self.jetstream.config is not None and self.jetstream.config.sync_always


async def refuse_broken_promises(
    nats: Client, promise: Promise, wanted: Mapping[str, StreamConfig]
) -> None:
    """Return if the streams are as they have to be, and as durable as promised.

    Raises StartupRefused with all that is not so.
    """
    js = nats.jetstream(timeout=ANSWER_SECONDS)
    found = {name: await js.stream_info(name) for name in wanted}
    broken = [*_misshapen(found, wanted), *_too_few(found, promise)]
    if not broken:
        broken = [*await _unsynced(nats, found, promise)]
    if broken:
        raise StartupRefused("\n".join(broken))


def _misshapen(
    found: Mapping[str, StreamInfo], wanted: Mapping[str, StreamConfig]
) -> Iterator[str]:
    for name, info in found.items():
        for field in DEPENDED_ON:
            has, wants = getattr(info.config, field), getattr(wanted[name], field)
            if wants is not None and has != wants:
                yield (
                    f"The stream {name} has {field} {_word(has)}, MedEdBot needs {_word(wants)}: "
                    "remove the stream, it is made anew and what is under way is sent again."
                )


def _too_few(found: Mapping[str, StreamInfo], promise: Promise) -> Iterator[str]:
    for name, info in found.items():
        if _copies(info) < promise.replicas:
            yield (
                f"The stream {name} has {_copies(info)} of the {promise.replicas} copies that "
                "NATS_REPLICAS promises: run `mededbot migrate`, or promise what is true."
            )


async def _unsynced(
    nats: Client, found: Mapping[str, StreamInfo], promise: Promise
) -> Sequence[str]:
    """Say which streams with one copy are on a server that acknowledges before it has written."""
    single = {name: info for name, info in found.items() if _copies(info) == 1}
    if not single:
        return ()
    if not promise.monitoring:
        log.warning("bus_durability_unknown", reason="NATS_MONITORING_URL is not set")
        return ()
    servers = await asyncio.gather(*map(_server, promise.monitoring))
    syncing = {name for server in servers if server.syncs for name in server.names}
    known = {name for server in servers for name in server.names}
    own = await _connected_to(nats)
    keepers = {name: _keeper(info) or own for name, info in single.items()}
    return [
        _loses(name, known=keeper in known)
        for name, keeper in keepers.items()
        if keeper not in syncing
    ]


def _loses(stream: str, *, known: bool) -> str:
    if not known:
        return (
            f"NATS_MONITORING_URL does not name the server that keeps the stream {stream}: "
            "name all servers, or promise NATS_REPLICAS=3."
        )
    return (
        f"The stream {stream} has one copy, on a server that acknowledges messages before they are "
        "on disk: set sync_interval to always there, or have three servers and NATS_REPLICAS=3."
    )


async def _server(address: str) -> _Server:
    try:
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
            answer = await client.get(f"{address}/varz")
        return msgspec.json.decode(answer.content, type=_Server)
    except (httpx.HTTPError, msgspec.MsgspecError) as error:
        kind = type(error).__name__
        message = (
            f"NATS_MONITORING_URL: no nats-server with JetStream says there how it stores ({kind})."
        )
        raise StartupRefused(message) from None


async def _connected_to(nats: Client) -> str:
    answer = await nats.request(IDENTITY, timeout=ANSWER_SECONDS)
    return msgspec.json.decode(answer.data, type=_Asked).server.id


def _keeper(info: StreamInfo) -> str | None:
    """Return the name of the server that keeps a stream; None where there is only one."""
    return info.cluster.leader if info.cluster and info.cluster.name else None


def _copies(info: StreamInfo) -> int:
    return info.config.num_replicas or 1


def _word(value: object) -> str:
    return str(getattr(value, "value", value))
