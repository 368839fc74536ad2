"""Small questions to this machine's network: is a port free, does an address answer."""

import asyncio
import contextlib
import random
import socket
from urllib.parse import urlsplit

from chassis.errors import StartupRefused

ANSWER_SECONDS = 2.0
PORTS = (20_000, 32_000)
HIGHEST_PORT = 65_535
ATTEMPTS = 200

_promised: set[int] = set()
"""Ports with an owner in this process who may not listen yet, or not at the moment."""


def promise_ports(*ports: int) -> None:
    """Keep ports that the operator named for those they were named for."""
    _promised.update(ports)


def free_port(wish: int = 0) -> int:
    """Return a port nobody listens on or was promised, never the same one twice; `wish` if it can.

    Others are from below the range of outgoing connections: a port of that range may be taken by
    a client while its server restarts.
    """
    if _is_to_be_had(wish):
        promise_ports(wish)
        return wish
    for _ in range(ATTEMPTS):
        port = random.randint(*PORTS)  # noqa: S311  no secret, only unlikely to meet another's
        if _is_to_be_had(port):
            promise_ports(port)
            return port
    raise StartupRefused(f"No free port was found from {PORTS[0]} to {PORTS[1]}.")


def _is_to_be_had(port: int) -> bool:
    within = 0 < port <= HIGHEST_PORT
    return within and port not in _promised and port_is_free(port, "127.0.0.1")


def port_is_free(port: int, host: str = "0.0.0.0") -> bool:  # noqa: S104  the gateway's own bind
    """Tell whether a server could listen on this port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections of an ended server in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


async def http_status(url: str) -> int | None:
    """Return the status of a plain GET, None when nobody answers in time."""
    answer = await http_answer(url)
    return answer[0] if answer else None


async def http_answer(url: str) -> tuple[int, bytes] | None:
    """Return the status and the body of a plain GET, None when nobody answers in time."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await _answer(url)
    except (OSError, TimeoutError, ValueError, IndexError):
        return None


async def _answer(url: str) -> tuple[int, bytes]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        # 1.0: what comes up to the end is the body, in one piece.
        request = f"GET {parts.path} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n"
        writer.write(request.encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        return int(head.split()[1]), body
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
