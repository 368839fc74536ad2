"""Connections to the outside, as both SDKs are given them."""

from urllib.request import getproxies

import aiohttp


def outgoing_session() -> aiohttp.ClientSession:
    """Return a session for one upstream, to be closed by whoever asked for it.

    Only behind a proxy named by the environment is aiohttp told to look there: it does so in a
    thread and for every call, which costs 0.3 ms of CPU and a thread's turn-around.
    """
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
    return aiohttp.ClientSession(connector=connector, trust_env=bool(getproxies()))
