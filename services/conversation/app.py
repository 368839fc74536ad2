"""The conversation service, composed: it decides every turn, and sees that none is forgotten."""

from chassis import clock
from chassis.app import service
from chassis.journal import Journal
from chassis.objects.open import open_objects
from chassis.objects.sealed import SealedObjects
from services.conversation import handlers
from services.conversation.domain import FACTS
from services.conversation.loop import Conversations
from services.conversation.personal_data.erasing import Erasing
from services.conversation.personal_data.exporting import Exporting
from services.conversation.personal_data.serving import PersonalData
from services.conversation.projections.runner import Projector
from services.conversation.settings import ConversationSettings
from services.conversation.stuck import Stuck
from services.conversation.sweeper import Sweeper


async def run(settings: ConversationSettings) -> None:
    """Serve until told to stop."""
    async with (
        service("conversation", settings, events=FACTS) as app,
        open_objects(settings, app) as objects,
    ):
        conversations = Conversations(
            app.journal, idle_after=settings.session_idle_timeout, clock=clock.now
        )
        app.forgetting.add(conversations.forget)
        app.provide("conversations", conversations)
        app.provide("personal_data", _personal_data(app.journal, conversations, objects))
        stuck = Stuck(app.journal, conversations, clock=clock.now)
        for consumer in handlers.INPUTS_COME_BY:
            app.parking.instead(consumer, stuck.last_word)
        app.include(handlers.router)
        app.spawn(Projector(app.pool).run, "projections")
        sweeper = Sweeper(conversations, app.journal, app.pool, give_up=stuck.give_up)
        app.spawn(sweeper.run, "sweeper")
        await app.serve()


def _personal_data(
    journal: Journal, conversations: Conversations, objects: SealedObjects
) -> PersonalData:
    exporting = Exporting(journal, objects, clock=clock.now)
    erasing = Erasing(journal, conversations, objects, clock=clock.now)
    return PersonalData(journal, exporting, erasing, clock=clock.now)
