"""What an operator may turn on the speech service."""

from datetime import timedelta

from pydantic import Field

from chassis.setting_values import Count, Name, Timeout
from chassis.settings import GeminiSettings, LineSettings, ObjectStoreSettings, TaigiSettings


class SpeechSettings(LineSettings, GeminiSettings, TaigiSettings, ObjectStoreSettings):
    """Voice in and out: where recordings come from, who hears and speaks, where audio lies."""

    gemini_tts_model: Name = Field(
        "gemini-3.8-flash-lite-tts",
        alias="GEMINI_TTS_MODEL",
        description="a model name like gemini-3.8-flash-lite-tts",
    )
    stt_timeout: Timeout = Field(
        timedelta(seconds=60),
        alias="STT_TIMEOUT",
        description="seconds, more than 0 and at most 3600",
    )
    tts_timeout: Timeout = Field(
        timedelta(seconds=60),
        alias="TTS_TIMEOUT",
        description="seconds, more than 0 and at most 3600",
    )
    tts_requests_per_minute: Count = Field(
        20,
        alias="TTS_REQUESTS_PER_MINUTE",
        description="a whole number from 0 to 1000000, 0 for no limit",
    )
