"""`mededbot sandbox`: the stand-ins of LINE, Gemini, Taigi and mail as one process."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from chassis.setting_values import HttpUrl, Port, Token
from chassis.settings import Settings, load
from cli.services import loop_factory


class SandboxEnvironment(Settings):
    """What the sandbox reads from its environment."""

    host: str = Field("127.0.0.1", alias="HOST", description="the address to listen on")
    port: Port = Field(
        0, alias="SANDBOX_PORT", description="a port from 0 to 65535, 0 for any free one"
    )
    smtp_port: Port = Field(
        0, alias="SANDBOX_SMTP_PORT", description="a port from 0 to 65535, 0 for any free one"
    )
    gateway_url: HttpUrl = Field(
        alias="GATEWAY_URL", description="the gateway's address, like http://127.0.0.1:8080"
    )
    channel_secret: Token = Field(
        alias="LINE_CHANNEL_SECRET", description="the secret webhooks are signed with"
    )
    channel_access_token: Token = Field(
        alias="LINE_CHANNEL_ACCESS_TOKEN", description="the token the bot calls LINE with"
    )
    home: Path | None = Field(
        None, alias="SANDBOX_HOME", description="a folder for the sandbox's state"
    )


def run_sandbox(environ: Mapping[str, str]) -> None:
    """Serve the sandbox until it is told to stop."""
    read = load(SandboxEnvironment, environ)
    from sandbox.app import serve
    from sandbox.settings import SandboxSettings

    settings = SandboxSettings(
        gateway_url=read.gateway_url,
        channel_secret=read.channel_secret.get_secret_value(),
        channel_access_token=read.channel_access_token.get_secret_value(),
        port=read.port,
        smtp_port=read.smtp_port,
        host=read.host,
        home=read.home,
    )
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(settings))
