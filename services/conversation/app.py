"""The conversation service, composed: it decides every turn, and sees that none is forgotten."""

from datetime import UTC, datetime

from chassis.app import service
from services.conversation import handlers
from services.conversation.domain import FACTS
from services.conversation.loop import Conversations
from services.conversation.projections.runner import Projector
from services.conversation.settings import ConversationSettings
from services.conversation.sweeper import Sweeper


async def run(settings: ConversationSettings) -> None:
    """Serve until told to stop."""
    async with service("conversation", settings, events=FACTS) as app:
        conversations = Conversations(
            app.journal, idle_after=settings.session_idle_timeout, clock=_now
        )
        app.forgetting.add(conversations.forget)
        app.provide("conversations", conversations)
        app.include(handlers.router)
        app.spawn(Projector(app.pool).run, "projections")
        app.spawn(Sweeper(conversations, app.journal, app.pool).run, "sweeper")
        await app.serve()


def _now() -> datetime:
    return datetime.now(UTC)
