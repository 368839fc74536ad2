"""The process table of `up`: which programs run, with which environment, at which address."""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from cli.catalogue import GATEWAY, SANDBOX, SERVICES
from cli.home import Home
from cli.network import free_port
from cli.process import Program, tethered
from cli.up.fleet import Group

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Member:
    """A program of the fleet and the address its health is asked at."""

    name: str
    group: Group
    program: Program
    url: str
    ready_url: str


@dataclass(frozen=True, slots=True)
class SandboxPorts:
    """Where the sandbox serves its pages and interfaces, and where it takes mails."""

    http: int
    smtp: int


def service_members(
    home: Home, environ: Mapping[str, str], gateway_port: int, replicas: int
) -> list[Member]:
    """Return the services' processes; the first gateway has the port of the configuration."""
    members: list[Member] = []
    for service in SERVICES:
        for number in range(1, replicas + 1):
            name = service if replicas == 1 else f"{service}-{number}"
            port = gateway_port if (service, number) == (GATEWAY, 1) else free_port()
            members.append(_service(home, environ, service, name, port))
    return members


def sandbox_member(
    home: Home, environ: Mapping[str, str], ports: SandboxPorts, gateway_url: str
) -> Member:
    """Return the sandbox's process."""
    own = {
        "HOST": LOOPBACK,
        "SANDBOX_PORT": str(ports.http),
        "SANDBOX_SMTP_PORT": str(ports.smtp),
        "SANDBOX_HOME": str(home.sandbox),
        "GATEWAY_URL": gateway_url,
    }
    url = f"http://{LOOPBACK}:{ports.http}"
    program = _program(home, SANDBOX, (SANDBOX,), {**environ, **own})
    return Member(SANDBOX, Group.SANDBOX, program, url, f"{url}/")


def _service(home: Home, environ: Mapping[str, str], service: str, name: str, port: int) -> Member:
    own = (
        {"PORT": str(port)} if service == GATEWAY else {"HOST": LOOPBACK, "HEALTH_PORT": str(port)}
    )
    program = _program(home, name, ("run", service), {**environ, **own})
    group = Group.DOOR if service == GATEWAY else Group.SERVICES
    url = f"http://{LOOPBACK}:{port}"
    return Member(name, group, program, url, f"{url}/health/ready")


def _program(home: Home, name: str, words: tuple[str, ...], environ: Mapping[str, str]) -> Program:
    command = (sys.executable, "-m", "cli", *words)
    return Program(
        name=name,
        argv=tethered(command, signal.SIGTERM),
        log=home.log(name),
        record=home.record(name),
        # A killed process must not take its last lines with it.
        env={**environ, "PYTHONUNBUFFERED": "1"},
    )
