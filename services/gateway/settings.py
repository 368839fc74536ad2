"""What an operator may turn on the gateway."""

from typing import Annotated

from pydantic import Field, SecretStr

from chassis.setting_values import WHOLE_NUMBER, Count, Port, Token
from chassis.settings import LinkSettings


class GatewaySettings(LinkSettings):
    """The door: its port, LINE's secret, the limits of users and of all, how much audio is kept."""

    port: Port = Field(8080, alias="PORT", description="a port from 0 to 65535, 0 for any free one")
    line_channel_secret: Token = Field(
        alias="LINE_CHANNEL_SECRET", description="the secret of the LINE channel"
    )
    user_messages_per_minute: Count = Field(
        30, alias="USER_MESSAGES_PER_MINUTE", description=WHOLE_NUMBER
    )
    user_messages_burst: Count = Field(
        5, alias="USER_MESSAGES_BURST", description="a whole number from 0 to 1000000"
    )
    global_messages_per_second: Count = Field(
        10, alias="GLOBAL_MESSAGES_PER_SECOND", description=WHOLE_NUMBER
    )
    global_messages_burst: Count = Field(
        100, alias="GLOBAL_MESSAGES_BURST", description="a whole number from 0 to 1000000"
    )
    audio_store_bytes: Annotated[int, Field(gt=0)] = Field(
        500_000_000, alias="AUDIO_STORE_BYTES", description="a whole number of bytes, more than 0"
    )
    admin_password: SecretStr | None = Field(
        None, alias="ADMIN_PASSWORD", description="the password of the console"
    )
