"""All read models by name."""

from collections.abc import Mapping

from services.conversation.projections.chat import CHAT
from services.conversation.projections.email import EMAIL
from services.conversation.projections.projection import Projection
from services.conversation.projections.tts import TTS
from services.conversation.projections.voicemail import VOICEMAIL

PROJECTIONS: Mapping[str, Projection] = {each.name: each for each in (CHAT, TTS, VOICEMAIL, EMAIL)}
