"""The six services by name, and where each keeps its settings; importing this costs nothing."""

from collections.abc import Mapping

# The order of the screen. `up` stops the first one first: no new input while the rest drain.
SERVICES: Mapping[str, str] = {
    "gateway": "GatewaySettings",
    "conversation": "ConversationSettings",
    "education": "EducationSettings",
    "translation": "TranslationSettings",
    "speech": "SpeechSettings",
    "notifier": "NotifierSettings",
}
READ_MODELS = ("chat", "tts", "voicemail", "email")
GATEWAY = "gateway"
SANDBOX = "sandbox"
