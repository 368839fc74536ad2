"""Three NATS nodes on one machine: how they are made, and how data comes to them and back."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from nats.aio.client import Client
from nats.js.api import StreamInfo

from chassis.bus.promise import Promise
from chassis.errors import StartupRefused
from chassis.provision import provision
from chassis.testing import Database
from cli.embedded.bus import addresses, nodes_on, note_nodes, prepare_bus, promised
from cli.embedded.moving import bus_on, settle
from cli.embedded.nats import NatsServer
from cli.embedded.running import running_bus
from cli.home import Home, open_home
from cli.up.order import checked
from contracts.subjects import DEAD_STREAM, GATEWAY_STREAM, STREAMS

LETTERS = 40
PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
async def three(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[tuple[Home, Client]]:
    """Run three nodes on a folder of their own."""
    home = open_home(tmp_path_factory.mktemp("three"))
    async with bus_on(home, 3) as client:
        yield home, client


def config(server: NatsServer, home: Home) -> dict[str, dict[str, object]]:
    return json.loads((home.nats / server.program.name / "nats.conf").read_text())


async def info(client: Client, name: str) -> StreamInfo:
    return await client.jetstream(timeout=PATIENCE_SECONDS).stream_info(name)


def test_each_node_knows_the_others_and_has_a_folder_of_its_own(tmp_path: Path):
    home = open_home(tmp_path)
    servers = prepare_bus(home, 3)
    configs = [config(server, home) for server in servers]
    listens = {f"nats-route://{each['cluster']['listen']}" for each in configs}
    for each in configs:
        own = f"nats-route://{each['cluster']['listen']}"
        assert set(each["cluster"]["routes"]) == listens - {own}  # pyright: ignore[reportArgumentType]
    assert len({str(each["jetstream"]["store_dir"]) for each in configs}) == 3
    assert promised(servers).replicas == 3
    assert addresses(servers).count("nats://") == 3


def test_the_data_of_an_older_build_is_of_one_node(tmp_path: Path):
    home = open_home(tmp_path)
    assert nodes_on(home) == 0
    (home.nats / "store").mkdir()
    assert nodes_on(home) == 1
    note_nodes(home, 3)
    assert nodes_on(home) == 3


def test_a_promise_that_the_embedded_nodes_cannot_keep_is_refused():
    with pytest.raises(StartupRefused, match="NATS_REPLICAS promises 3 copies, NATS_NODES=1 makes"):
        checked({"NATS_REPLICAS": "3"})
    assert checked({"NATS_NODES": "3"}).nats_nodes == 3
    assert checked({"NATS_REPLICAS": "3", "NATS_URL": "nats://own"}).promise == Promise(3)


async def test_streams_get_the_promised_copies_where_that_is_asked_for(
    three: tuple[Home, Client], postgres: Database
):
    home, client = three
    url = running_bus(home)
    assert url is not None
    await provision(postgres.service_url, url, Promise(1))
    with pytest.raises(StartupRefused, match="EVT_GATEWAY has 1 of the 3 copies"):
        await provision(postgres.service_url, url, Promise(3))
    await provision(postgres.service_url, url, Promise(3), copying=True)
    await provision(postgres.service_url, url, Promise(3))
    assert {(await info(client, name)).config.num_replicas for name in STREAMS} == {3}


async def test_letters_go_to_three_nodes_and_back_with_their_numbers(
    tmp_path: Path, postgres: Database
):
    home = open_home(tmp_path)
    async with bus_on(home, 1) as client:
        await provision(postgres.service_url, str(running_bus(home)))
        js = client.jetstream(timeout=PATIENCE_SECONDS)
        for number in range(LETTERS):
            await js.publish("dead.example", str(number).encode())
        await js.publish("evt.gateway.example.v1", b"{}")
    said: list[str] = []
    for nodes in (3, 1):
        (home.nats / "nats-1" / "store").mkdir(parents=True, exist_ok=True)  # half a move
        await settle(home, nodes, said.append)
        assert nodes_on(home) == nodes
        async with bus_on(home, nodes) as client:
            await provision(postgres.service_url, str(running_bus(home)), Promise(nodes))
            letters = await info(client, DEAD_STREAM)
            assert (letters.state.messages, letters.state.last_seq) == (LETTERS, LETTERS)
            assert letters.config.num_replicas == nodes
            gateway = (await info(client, GATEWAY_STREAM)).state
            assert (gateway.messages, gateway.last_seq) == (0, 1)
    assert said[0] == "Moving objects and dead letters from 1 to 3 NATS nodes …"
    assert not (home.nats / "nats-1").exists()


async def test_a_move_that_fails_leaves_what_was_there(tmp_path: Path):
    home = open_home(tmp_path)
    note_nodes(home, 1)
    (home.nats / "store").write_text("not a folder")
    with pytest.raises(StartupRefused):
        await settle(home, 3, lambda _: None)
    assert nodes_on(home) == 1
    assert (home.nats / "store").exists()
