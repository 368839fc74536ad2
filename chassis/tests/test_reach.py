"""Leaving a server through which JetStream does not answer, though it answers pings."""

import asyncio
import json
from collections.abc import AsyncGenerator

import nats as nats_py
import pytest
from nats.aio.client import Client

from chassis.bus.reach import Reach
from chassis.testing import poll
from cli.embedded.nats import START_SECONDS, STOP_SECONDS, NatsServer, prepare_nats
from cli.home import open_home
from cli.process import running

PATIENCE_SECONDS = 30


@pytest.fixture
async def alone(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[NatsServer]:
    """Run a server that has nobody to ask for a stream."""
    home = open_home(tmp_path_factory.mktemp("alone"))
    server = prepare_nats(home)
    path = home.nats / "nats.conf"
    config = json.loads(path.read_text())
    del config["jetstream"]
    path.write_text(json.dumps(config))
    async with running(server.program, START_SECONDS, STOP_SECONDS):
        yield server


async def test_a_client_goes_where_jetstream_answers_and_stays_there(nats: str, alone: NatsServer):
    servers = [alone.url, nats]
    client = await nats_py.connect(servers, dont_randomize=True)
    watching = asyncio.create_task(Reach(client, servers).watch())
    try:
        assert client.connected_url is not None
        assert client.connected_url.netloc in alone.url
        await poll(lambda: connected_to(client) in nats, PATIENCE_SECONDS, what="another server")
        await poll(lambda: len(client.servers) == 2, PATIENCE_SECONDS, what="both addresses again")
        await client.jetstream().account_info()
        assert client.stats["reconnects"] == 1
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await client.close()


def connected_to(client: Client) -> str:
    here = client.connected_url
    return here.netloc if here is not None else "nowhere"
