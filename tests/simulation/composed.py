"""What each service is made of in the simulation: its own parts, and stand-ins at its ports."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chassis.forgetting import Forgetting
from chassis.journal import Journal
from chassis.objects.sealed import SealedObjects
from chassis.router import Router
from contracts.subjects import NOTIFIER_DELIVER_REPLY
from services.conversation import handlers as conversation
from services.conversation.loop import Conversations
from services.conversation.personal_data.erasing import Erasing
from services.conversation.personal_data.exporting import Exporting
from services.conversation.personal_data.serving import PersonalData
from services.conversation.stuck import Stuck
from services.conversation.sweeper import Sweeper
from services.education import handlers as education
from services.gateway.door import Door
from services.gateway.intake import Intake
from services.notifier import handlers as notifier
from services.notifier.addresses import PublicAddress
from services.notifier.courier import Courier
from services.notifier.drafts import Drafts
from services.notifier.excuse import excuse
from services.notifier.ledger import PostgresLedger
from services.notifier.loading import Loading
from services.notifier.reading import ReadMarks
from services.translation import handlers as translation
from tests.simulation.line import Phone
from tests.simulation.models import SomeTranslator, SomeWriter
from tests.simulation.sabotage import Hasty
from tests.simulation.standins import SomeMailer, SomeSpeaker, post, speech

if TYPE_CHECKING:
    from tests.simulation.processes import Process

SECRET = b"the-secret-of-the-channel"
Composed = tuple[Router | None, dict[str, Any]]


class Links:
    """Names links by what they lead to."""

    def sign(self, object_key: str, *, now: object) -> str:  # noqa: ARG002 (the port's form)
        return object_key.replace("/", "-")


def _gateway(process: "Process", journal: Journal, _: Forgetting) -> Composed:
    intake = Intake(journal, admission=process.around.admission)
    process.door = Door(SECRET, intake)
    return None, {}


def _conversation(process: "Process", journal: Journal, forgetting: Forgetting) -> Composed:
    around = process.around
    kind = Hasty if around.without.catching_up else Conversations
    conversations = kind(journal, idle_after=around.idle_after, clock=process.clock)
    process.conversations = conversations
    forgetting.add(conversations.forget)
    objects = SealedObjects(around.objects, journal.log.keyring)
    personal_data = PersonalData(
        journal,
        Exporting(journal, objects, clock=process.clock),
        Erasing(journal, conversations, objects, clock=process.clock),
        clock=process.clock,
    )
    stuck = Stuck(journal, conversations, clock=process.clock)
    for consumer in conversation.INPUTS_COME_BY:
        process.parking.instead(consumer, stuck.last_word)
    if not around.without.sweeper:
        sweeper = Sweeper(conversations, journal, journal.pool, give_up=stuck.give_up)
        process.background.append(sweeper.run())
    return conversation.router, {"conversations": conversations, "personal_data": personal_data}


def _education(process: "Process", journal: Journal, _: Forgetting) -> Composed:
    return education.router, {"journal": journal, "writer": SomeWriter(process.around.moods)}


def _translation(process: "Process", journal: Journal, _: Forgetting) -> Composed:
    translator = SomeTranslator(process.around.moods)
    return translation.router, {"journal": journal, "translator": translator}


def _speech(process: "Process", journal: Journal, _: Forgetting) -> Composed:
    return speech, {"journal": journal, "speaker": SomeSpeaker(process.around.moods)}


def _post(process: "Process", journal: Journal, _: Forgetting) -> Composed:
    return post, {"journal": journal, "mailer": SomeMailer(process.around.moods)}


def _notifier(process: "Process", journal: Journal, _: Forgetting) -> Composed:
    around = process.around
    messenger, time = Phone(around.line, process.perhaps_die), around.loop.time
    ledger = PostgresLedger(journal.pool, replica=process.lane.name)
    loading = Loading(messenger, ledger, now=process.clock)
    links = PublicAddress("https://bot.example", Links())
    drafts = Drafts(messenger, links, now=process.clock)
    courier = Courier(messenger, ledger, loading, drafts, now=process.clock, clock=time)
    read_marks = ReadMarks(messenger, clock=time)
    last_word = excuse(courier, process.packer, journal)
    process.parking.instead(NOTIFIER_DELIVER_REPLY, last_word)
    return notifier.router, {
        "journal": journal,
        "loading": loading,
        "read_marks": read_marks,
        "courier": courier,
    }


COMPOSED: dict[str, Callable[["Process", Journal, Forgetting], Composed]] = {
    "gateway": _gateway,
    "conversation": _conversation,
    "education": _education,
    "translation": _translation,
    "speech": _speech,
    "post": _post,
    "notifier": _notifier,
}
SERVICES = tuple(COMPOSED)
