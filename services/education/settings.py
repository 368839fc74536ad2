"""What an operator may turn on the education service."""

from datetime import timedelta

from pydantic import Field

from chassis.setting_values import Lifetime
from chassis.settings import GeminiSettings


class EducationSettings(GeminiSettings):
    """Leaflets: which model writes them, how often it may be asked, how long they are kept."""

    leaflet_cache: Lifetime = Field(
        timedelta(days=1),
        alias="LEAFLET_CACHE_SECONDS",
        description="seconds from 0 to 2592000, 0 for no cache",
    )
