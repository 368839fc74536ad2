"""What the configuration promises about the streams is asked of real servers, and refused."""

import json
from collections.abc import AsyncGenerator

import pytest
from nats.aio.client import Client
from nats.js.api import StorageType

from chassis.bus.promise import NO_PROMISE, Promise
from chassis.bus.streams import assert_durable, ensure_streams
from chassis.errors import StartupRefused
from chassis.provision import provision
from chassis.testing import Database
from chassis.tests.consuming import connected
from cli.embedded.nats import START_SECONDS, STOP_SECONDS, NatsServer, prepare_nats
from cli.home import open_home
from cli.process import running
from contracts.subjects import DEAD_STREAM


@pytest.fixture(scope="session")
async def lazy(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[NatsServer]:
    """Run a nats-server that acknowledges before it has written, as it does by default."""
    home = open_home(tmp_path_factory.mktemp("lazy"))
    server = prepare_nats(home)
    path = home.nats / "nats.conf"
    config = json.loads(path.read_text())
    del config["jetstream"]["sync_interval"]
    path.write_text(json.dumps(config))
    async with running(server.program, START_SECONDS, STOP_SECONDS):
        yield server


async def refused(client: Client, promise: Promise) -> str:
    with pytest.raises(StartupRefused) as error:
        await assert_durable(client, promise)
    return str(error.value)


async def test_a_server_that_writes_before_it_acknowledges_will_do(
    nats: str, running_nats: NatsServer
):
    async with connected(nats) as client:
        await assert_durable(client, Promise(1, (running_nats.monitoring_url,)))


async def test_a_server_that_acknowledges_before_it_writes_is_refused(lazy: NatsServer):
    async with connected(lazy.url) as client:
        await ensure_streams(client)
        words = await refused(client, Promise(1, (lazy.monitoring_url,)))
        assert "The stream EVT_GATEWAY has one copy" in words
        assert "set sync_interval to always" in words


async def test_no_service_starts_on_such_a_server(lazy: NatsServer, postgres: Database):
    with pytest.raises(StartupRefused, match="before they are on disk"):
        await provision(postgres.service_url, lazy.url, Promise(1, (lazy.monitoring_url,)))


async def test_without_an_address_to_ask_nothing_is_promised(lazy: NatsServer):
    async with connected(lazy.url) as client:
        await ensure_streams(client)
        await assert_durable(client, NO_PROMISE)


async def test_fewer_copies_than_promised_are_refused(nats: str):
    async with connected(nats) as client:
        words = await refused(client, Promise(3))
        assert "The stream DEAD has 1 of the 3 copies that NATS_REPLICAS promises" in words


async def test_another_server_s_word_does_not_count(
    nats: str, running_nats: NatsServer, lazy: NatsServer
):
    async with connected(lazy.url) as client:
        await ensure_streams(client)
        words = await refused(client, Promise(1, (running_nats.monitoring_url,)))
        assert "does not name the server that keeps the stream" in words


@pytest.mark.parametrize("path", ["", "/metrics"], ids=["nobody", "something else"])
async def test_an_address_that_does_not_say_is_refused(
    nats: str, running_nats: NatsServer, path: str
):
    address = f"{running_nats.monitoring_url}{path}" if path else "http://127.0.0.1:1"
    async with connected(nats) as client:
        words = await refused(client, Promise(1, (address,)))
        assert words.startswith("NATS_MONITORING_URL: no nats-server with JetStream says there")


async def test_a_stream_in_memory_is_refused(nats: str):
    async with connected(nats) as client:
        await client.jsm().delete_stream(DEAD_STREAM)
        await client.jsm().add_stream(
            name=DEAD_STREAM, subjects=["dead.>"], storage=StorageType.MEMORY
        )
        await ensure_streams(client)
        words = await refused(client, NO_PROMISE)
        assert "The stream DEAD has storage memory, MedEdBot needs file" in words


async def test_what_can_be_changed_is_changed(nats: str, running_nats: NatsServer):
    async with connected(nats) as client:
        await client.jsm().delete_stream(DEAD_STREAM)
        await client.jsm().add_stream(name=DEAD_STREAM, subjects=["dead.>"], max_age=60.0)
        await ensure_streams(client)
        await assert_durable(client, Promise(1, (running_nats.monitoring_url,)))
