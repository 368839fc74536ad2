"""What an operator may turn on the translation service."""

from chassis.settings import GeminiSettings, TaigiSettings


class TranslationSettings(GeminiSettings, TaigiSettings):
    """Interpreting: the model, and the Taigi service for 台語."""
