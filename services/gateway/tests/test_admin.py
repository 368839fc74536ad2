"""What an operator may do over HTTP, and nobody else."""

import httpx

from chassis.testing import poll
from services.gateway.tests.cable import Cable
from services.gateway.tests.conftest import Start
from services.gateway.tests.shelf import Shelf

PASSWORD = "correct horse"


async def test_the_operator_cleans_at_once_and_is_told_what_went(
    start: Start, database: Cable, bus: Cable, shelf: Shelf
):
    gateway = await start(
        database.url, bus.url, ADMIN_PASSWORD=PASSWORD, AUDIO_STORE_BYTES="300000"
    )
    await poll(lambda: _has_looked(gateway))
    paths = [await shelf.audio() for _ in range(2)]
    answer = await gateway.post("/admin/cleanup", auth=("admin", PASSWORD))
    assert answer.status_code == 200
    facts = answer.json()
    assert (facts["over_size"], facts["kept"]) == (1, 1)
    assert [(await gateway.get(path)).status_code for path in paths] == [404, 200]
    assert (await gateway.get("/health/objects")).json()["objects"] == 1


async def test_only_the_operator_cleans(start: Start, database: Cable, bus: Cable):
    gateway = await start(database.url, bus.url, ADMIN_PASSWORD=PASSWORD)
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic %%%"}):
        answer = await gateway.post("/admin/cleanup", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
    bearer = {"authorization": f"Bearer {PASSWORD}"}
    assert (await gateway.post("/admin/cleanup", headers=bearer)).status_code in {200, 409}
    assert (await gateway.get("/admin/cleanup", headers=bearer)).status_code == 405


async def test_without_a_password_there_is_nothing_to_clean_with(gateway: httpx.AsyncClient):
    assert (await gateway.post("/admin/cleanup", auth=("", ""))).status_code == 404


async def _has_looked(gateway: httpx.AsyncClient) -> bool:
    return (await gateway.get("/health/objects")).status_code == 200
