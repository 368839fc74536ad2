"""The streams: made once, kept as operators set them, and only on a server that can."""

import asyncio

import pytest
from nats.aio.client import Client, ServerVersion
from nats.js.api import StreamConfig

from chassis.bus.streams import DUPLICATE_WINDOW_SECONDS, ensure_streams
from chassis.errors import StartupRefused
from chassis.provision import provision
from chassis.testing import Database
from chassis.tests.consuming import connected
from contracts.subjects import MESSAGE_RECEIVED, OBJECTS_STREAM, STREAMS

OBJECTS = {OBJECTS_STREAM: ("$O.OBJECTS.C.>", "$O.OBJECTS.M.>")}


async def configs(client: Client) -> dict[str, StreamConfig]:
    return {info.config.name or "": info.config for info in await client.jsm().streams_info()}


async def test_every_stream_is_made_with_its_subjects(nats: str):
    async with connected(nats) as client:
        found = await configs(client)
        assert {name: tuple(each.subjects or ()) for name, each in found.items()} == {
            **STREAMS,
            **OBJECTS,
        }
        assert {str(each.storage) for each in found.values()} == {"file"}


async def test_making_them_again_and_at_once_changes_nothing(nats: str):
    async with connected(nats) as client, connected(nats) as other:
        await client.jsm().delete_stream("DEAD")
        before = await configs(client)
        await asyncio.gather(*(ensure_streams(each) for each in (client, other) * 3))
        after = await configs(client)
        assert after.pop("DEAD").subjects == ["dead.>"]
        assert after == before


async def test_a_stream_of_an_older_build_is_brought_up_to_date(nats: str):
    async with connected(nats) as client:
        await client.jsm().delete_stream("DEAD")
        await client.jsm().add_stream(name="DEAD", subjects=["dead.old"])
        await ensure_streams(client)
        assert (await configs(client))["DEAD"].subjects == ["dead.>"]


async def test_the_same_event_published_twice_is_kept_once(nats: str):
    async with connected(nats) as client:
        for _ in range(3):
            await client.publish(MESSAGE_RECEIVED, b"{}", headers={"Nats-Msg-Id": "1"})
        await client.flush()
        info = await client.jsm().stream_info("EVT_GATEWAY")
        assert (info.state.messages, info.config.duplicate_window) == (1, DUPLICATE_WINDOW_SECONDS)


class Old(Client):
    """A client whose server is older than it is."""

    @property
    def connected_server_version(self) -> ServerVersion:
        return ServerVersion("2.9.10")


async def test_an_old_server_is_refused():
    with pytest.raises(StartupRefused, match=r"nats-server 2\.9, MedEdBot needs 2\.11 or newer"):
        await ensure_streams(Old())


async def test_provisioning_may_be_done_by_all_services_at_once(postgres: Database, nats: str):
    await asyncio.gather(*(provision(postgres.service_url, nats) for _ in range(6)))
    async with connected(nats) as client:
        assert set(await configs(client)) == {*STREAMS, *OBJECTS}


async def test_an_address_without_nats_is_refused(postgres: Database):
    refused = pytest.raises(StartupRefused, match="no NATS server answers there")
    with refused as error:
        await provision(postgres.service_url, "nats://127.0.0.1:1", tries=1)
    assert "127.0.0.1" not in str(error.value)
