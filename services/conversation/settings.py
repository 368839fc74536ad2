"""What an operator may turn on the conversation service."""

from datetime import timedelta

from pydantic import Field

from chassis.setting_values import Duration
from chassis.settings import ServiceSettings


class ConversationSettings(ServiceSettings):
    """The decider: how long a conversation may rest."""

    session_idle_timeout: Duration = Field(
        timedelta(hours=24), alias="SESSION_IDLE_TIMEOUT", description="seconds, more than 0"
    )
