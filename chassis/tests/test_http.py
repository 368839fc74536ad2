"""The HTTP server of every service: its port, its end, and what it says of itself."""

import asyncio
import socket

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from chassis.errors import StartupRefused
from chassis.http import http_server
from chassis.testing import poll

HERE = "127.0.0.1"


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


async def get(port: int, path: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"http://{HERE}:{port}{path}")


async def test_it_serves_its_routes_and_does_not_say_what_it_runs_on():
    async with http_server([Route("/hello", hello)], host=HERE, port=0) as port:
        answer = await get(port, "/hello")
        assert (answer.status_code, answer.text) == (200, "hello")
        assert "server" not in answer.headers
        assert (await get(port, "/nothing")).status_code == 404
    with pytest.raises(httpx.ConnectError):
        await get(port, "/hello")


async def test_a_port_in_use_is_refused_in_one_sentence():
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            StartupRefused, match=f"^Port {port} on {HERE} cannot be used: .*in use"
        ):
            async with http_server([], host=HERE, port=port):
                pass


async def test_who_came_in_before_the_door_closed_is_answered():
    closing = asyncio.Event()
    port = asyncio.get_running_loop().create_future()

    async def serve() -> None:
        async with http_server([Route("/hello", hello)], host=HERE, port=0) as found:
            port.set_result(found)
            await closing.wait()

    serving = asyncio.create_task(serve())
    assert (await get(await port, "/hello")).status_code == 200
    reader, writer = await asyncio.open_connection(HERE, port.result())
    closing.set()
    await poll(lambda: is_closed(port.result()))
    writer.write(b"GET /hello HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    writer.close()
    await serving


async def is_closed(port: int) -> bool:
    try:
        await get(port, "/hello")
    except httpx.ConnectError:
        return True
    return False


async def test_a_request_in_hand_is_answered_at_the_end():
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_: Request) -> Response:
        begun.set()
        await go_on.wait()
        return PlainTextResponse("done")

    async with http_server([Route("/slow", slow)], host=HERE, port=0) as port:
        asking = asyncio.create_task(get(port, "/slow"))
        await poll(begun.is_set)
        asyncio.get_running_loop().call_later(0.1, go_on.set)
    assert (await asking).text == "done"


async def test_a_request_that_hangs_does_not_hold_up_the_end():
    begun, never = asyncio.Event(), asyncio.Event()

    async def hang(_: Request) -> Response:
        begun.set()
        await never.wait()
        return PlainTextResponse("never")

    began = asyncio.get_running_loop().time()
    async with http_server([Route("/hang", hang)], host=HERE, port=0) as port:
        asking = asyncio.create_task(get(port, "/hang"))
        await poll(begun.is_set)
    assert asyncio.get_running_loop().time() - began < 5
    await asyncio.gather(asking, return_exceptions=True)
