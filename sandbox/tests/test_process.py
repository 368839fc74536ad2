"""The sandbox as a process of its own."""

import asyncio
import json
import signal
import sys

import httpx

PROGRAM = """
import asyncio
from sandbox.app import serve
from sandbox.settings import SandboxSettings
asyncio.run(serve(SandboxSettings("http://127.0.0.1:1", "very-secret", "even-more-secret")))
"""


async def test_it_says_where_it_is_in_json_and_ends_when_asked_to():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    ready = json.loads(await process.stderr.readline())
    assert ready["event"] == "sandbox_ready"
    async with httpx.AsyncClient(base_url=ready["address"], trust_env=False) as http:
        assert (await http.get("/health/ready")).status_code == 200
        polling = asyncio.create_task(http.get("/sandbox/chats/a?wait=20"))
        await http.post("/sandbox/send", json={"user": "b", "text": "好"})
        process.send_signal(signal.SIGTERM)
        _, rest = await asyncio.wait_for(process.communicate(), timeout=5)
        await polling
    assert process.returncode == 0
    lines = [json.loads(line) for line in rest.splitlines()]
    assert [line["event"] for line in lines] == ["sandbox_stopped"]
    assert b"secret" not in rest
