"""What an operator may turn on `mededbot up` itself."""

from pathlib import Path

from pydantic import Field

from chassis.setting_values import Port
from chassis.settings import Settings


class UpSettings(Settings):
    """Where the data lies, where the gateway and the sandbox listen."""

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
