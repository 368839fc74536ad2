"""Three NATS nodes: the leader loses its disk, or falls silent; no answer is lost or doubled."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable

import nats
import psutil
import pytest

from chassis.testing import poll
from tests.e2e.history import assert_sound
from tests.e2e.moments import PATIENCE_SECONDS, START_SECONDS, elapse
from tests.e2e.routes import parted
from tests.e2e.world import World, new_tag, new_user, sentence, world

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.chaos]

USERS = 60
MESSAGES_A_SECOND = 20
BEFORE_SECONDS = 2.0
SILENT_SECONDS = 15.0
"""Longer than a leader keeps its place without a majority."""
PARTED_SECONDS = 40.0
"""Enough to elect a leader, to leave the one that is cut off, and to answer without it."""
STREAM = "EVT_CONVERSATION"

Trouble = Callable[[World], Awaitable[None]]


@pytest.fixture(scope="module")
async def clustered(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """Run a system whose NATS has three nodes."""
    async with world(tmp_path_factory.mktemp("clustered"), {"NATS_NODES": "3"}) as made:
        yield made


async def leader(clustered: World) -> str:
    """Return the name of the node that leads the stream of requests."""
    servers = clustered.system.screen.after("NATS_URL").split(",")
    client = await nats.connect(servers)
    try:
        info = await client.jetstream(timeout=PATIENCE_SECONDS).stream_info(STREAM)
    finally:
        await client.close()
    assert info.config.num_replicas == 3
    assert info.cluster is not None
    return info.cluster.leader or ""


def node(clustered: World, name: str) -> psutil.Process:
    """Return the process of a node."""
    folder = f"/{name}/"
    return next(
        each
        for each in clustered.system.server("nats-server")
        if any(folder in word for word in each.cmdline())
    )


async def loses_its_disk(clustered: World) -> None:
    """Kill the leader, and let it come back with nothing on its disk."""
    name = await leader(clustered)
    process, up = node(clustered, name), psutil.Process(clustered.system.process.pid)
    up.suspend()  # it would start the node anew before its disk is gone
    try:
        process.kill()
        await poll(lambda: _is_gone(process), START_SECONDS, what=f"the end of {name}")
        shutil.rmtree(clustered.system.home / "nats" / name / "store")
    finally:
        up.resume()
    await poll(lambda: node_or_none(clustered, name), START_SECONDS, what=f"{name} again")


async def falls_silent(clustered: World) -> None:
    """Stop the leader for so long that the others elect a new one and its clients leave it."""
    process = node(clustered, await leader(clustered))
    process.suspend()
    try:
        await elapse(SILENT_SECONDS)
    finally:
        process.resume()


def node_or_none(clustered: World, name: str) -> psutil.Process | None:
    try:
        return node(clustered, name)
    except (StopIteration, psutil.NoSuchProcess):
        return None


@pytest.mark.parametrize("trouble", [loses_its_disk, falls_silent])
async def test_a_node_in_trouble_costs_no_answer(clustered: World, trouble: Trouble):
    users = await translating(clustered)
    over = asyncio.Event()
    talking = asyncio.create_task(talk(clustered, users, over))
    await elapse(BEFORE_SECONDS)
    await trouble(clustered)
    await elapse(BEFORE_SECONDS)
    over.set()
    tags = await talking
    await none_is_lost_or_doubled(clustered, tags)
    await clustered.system.until_ready()
    assert len(tags) > BEFORE_SECONDS * MESSAGES_A_SECOND


async def test_a_leader_cut_off_from_the_others_costs_no_answer(
    tmp_path_factory: pytest.TempPathFactory,
):
    async with parted(tmp_path_factory.mktemp("routes")) as nodes:
        own = {"NATS_URL": nodes.nats_url, "NATS_REPLICAS": "3"}
        async with world(tmp_path_factory.mktemp("parted"), own) as made:
            users = await translating(made)
            over = asyncio.Event()
            talking = asyncio.create_task(talk(made, users, over))
            await elapse(BEFORE_SECONDS)
            nodes.part(await leader(made))
            await elapse(PARTED_SECONDS)
            meanwhile = len(made.line.ledger.shown)
            await poll(
                lambda: len(made.line.ledger.shown) > meanwhile + USERS,
                PATIENCE_SECONDS,
                what="answers while a node is cut off",
            )
            await nodes.heal()
            await elapse(BEFORE_SECONDS)
            over.set()
            await none_is_lost_or_doubled(made, await talking)


async def translating(clustered: World) -> list[str]:
    """Return users in translation mode."""
    users = [new_user() for _ in range(USERS)]
    await asyncio.gather(*(clustered.translating(user) for user in users))
    return users


async def talk(clustered: World, users: list[str], over: asyncio.Event) -> dict[str, str]:
    """Let users write one after the other, as steadily as patients do; return who wrote what."""
    tags: dict[str, str] = {}
    deliveries: list[asyncio.Task[list[int | None]]] = []
    while not over.is_set():
        user, tag = users[len(tags) % len(users)], new_tag()
        tags[tag] = user
        said = clustered.platform.message(user, sentence(tag))
        deliveries.append(asyncio.create_task(clustered.platform.deliver(said)))
        await elapse(1 / MESSAGES_A_SECOND, unless=over)
    statuses = await asyncio.gather(*deliveries)
    assert {attempts[-1] for attempts in statuses} == {200}
    return tags


async def none_is_lost_or_doubled(clustered: World, tags: dict[str, str]) -> None:
    """See that each message is answered once, to whoever wrote it, as the checker judges it."""
    await clustered.at_rest()
    ledger = clustered.line.ledger
    assert {tag: len(found) for tag in tags if len(found := ledger.about(tag)) > 1} == {}
    assert clustered.sound(), ledger.refused
    await assert_sound(clustered)


def _is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
