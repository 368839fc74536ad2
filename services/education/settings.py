"""What an operator may turn on the education service."""

from chassis.settings import GeminiSettings


class EducationSettings(GeminiSettings):
    """Leaflets: which model writes them, how long and how often it may be asked."""
