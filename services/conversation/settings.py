"""What an operator may turn on the conversation service."""

from datetime import timedelta

from pydantic import Field

from chassis.setting_values import Duration
from chassis.settings import ObjectStoreSettings


class ConversationSettings(ObjectStoreSettings):
    """The decider: how long a conversation may rest; and where a user's objects lie."""

    session_idle_timeout: Duration = Field(
        timedelta(hours=24), alias="SESSION_IDLE_TIMEOUT", description="seconds, more than 0"
    )
