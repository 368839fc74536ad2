"""What an operator may turn on `mededbot up` itself."""

from pathlib import Path

from pydantic import Field

from chassis.setting_values import Nodes, Port
from chassis.settings import PromiseSettings


class UpSettings(PromiseSettings):
    """Where the data lies, where the gateway and the sandbox listen, how many nodes NATS has."""

    home: Path = Field(
        Path(".mededbot"), alias="MEDEDBOT_HOME", description="a folder this user may write to"
    )
    host: str = Field(
        "0.0.0.0",  # noqa: S104  the gateway's own default
        alias="HOST",
        description="the address to listen on",
    )
    port: Port = Field(8080, alias="PORT", description="a port from 0 to 65535, 0 for any free one")
    sandbox_port: Port | None = Field(
        None, alias="SANDBOX_PORT", description="a port from 0 to 65535, 0 for any free one"
    )
    # For a service run alone; here it only stays free.
    health_port: Port = Field(
        0, alias="HEALTH_PORT", description="a port from 0 to 65535, 0 for any free one"
    )
    nats_nodes: Nodes = Field(
        1, alias="NATS_NODES", description="the nodes of the NATS that is embedded: 1 or 3"
    )
