"""Every input of a conversation, whoever recorded it, leads to one look at its stream.

What a user asks for about their own data is work, as other services do it, and done here: the log
is this service's.
"""

from chassis.bus.timing import Timing
from chassis.router import Router
from contracts import subjects
from contracts.base import CloudEvent
from contracts.conversation import (
    DataErased,
    DataExported,
    DataFailed,
    DataRequested,
    DeadlinePassed,
    MessageParked,
)
from contracts.education import EducationFailed, EducationReady
from contracts.gateway import (
    GroupJoined,
    MessageReceived,
    MessageUnsent,
    PostbackReceived,
    UnknownReceived,
    UserFollowed,
    UserUnfollowed,
)
from contracts.notifier import EmailFailed, EmailSent
from contracts.speech import AudioSynthesized, SpeechFailed, TranscriptionFailed, TranscriptionReady
from contracts.translation import TranslationFailed, TranslationReady
from services.conversation.loop import Conversations
from services.conversation.personal_data.serving import PersonalData

FromGateway = (
    MessageReceived
    | PostbackReceived
    | UserFollowed
    | UserUnfollowed
    | GroupJoined
    | MessageUnsent
    | UnknownReceived
)
FromSpeech = TranscriptionReady | TranscriptionFailed | AudioSynthesized | SpeechFailed
router = Router()
INPUTS_COME_BY = (
    subjects.CONVERSATION_TAKE_INPUT,
    subjects.CONVERSATION_APPLY_EDUCATION,
    subjects.CONVERSATION_APPLY_TRANSLATION,
    subjects.CONVERSATION_APPLY_SPEECH,
    subjects.CONVERSATION_APPLY_EMAIL,
    subjects.CONVERSATION_APPLY_DEADLINE,
    subjects.CONVERSATION_APPLY_PARKED,
    subjects.CONVERSATION_APPLY_DATA,
)
"""The consumers whose messages only say that a stream is to be looked at."""
UNTIL_ALL_IS_QUIET = Timing(back_off=(0.3, 0.5, 1.0, 2.0, 3.0))
"""An erasure waits for the answers under way, which take less than a second as a rule."""


@router.consumes(
    subjects.MESSAGE_RECEIVED,
    subjects.POSTBACK_RECEIVED,
    subjects.USER_FOLLOWED,
    subjects.USER_UNFOLLOWED,
    subjects.GROUP_JOINED,
    subjects.MESSAGE_UNSENT,
    subjects.UNKNOWN_RECEIVED,
    stream=subjects.GATEWAY_STREAM,
    consumer=subjects.CONVERSATION_TAKE_INPUT,
)
async def take_input(heard: CloudEvent[FromGateway], conversations: Conversations) -> None:
    """Decide what a user said."""
    await conversations.hear(heard)


@router.consumes(
    subjects.EDUCATION_READY,
    subjects.EDUCATION_FAILED,
    stream=subjects.EDUCATION_STREAM,
    consumer=subjects.CONVERSATION_APPLY_EDUCATION,
)
async def apply_education(
    made: CloudEvent[EducationReady | EducationFailed], conversations: Conversations
) -> None:
    """Answer with a leaflet, or say that there is none."""
    await conversations.hear(made)


@router.consumes(
    subjects.TRANSLATION_READY,
    subjects.TRANSLATION_FAILED,
    stream=subjects.TRANSLATION_STREAM,
    consumer=subjects.CONVERSATION_APPLY_TRANSLATION,
)
async def apply_translation(
    made: CloudEvent[TranslationReady | TranslationFailed], conversations: Conversations
) -> None:
    """Answer with a translation, or say that there is none."""
    await conversations.hear(made)


@router.consumes(
    subjects.TRANSCRIPTION_READY,
    subjects.TRANSCRIPTION_FAILED,
    subjects.AUDIO_SYNTHESIZED,
    subjects.SPEECH_FAILED,
    stream=subjects.SPEECH_STREAM,
    consumer=subjects.CONVERSATION_APPLY_SPEECH,
)
async def apply_speech(made: CloudEvent[FromSpeech], conversations: Conversations) -> None:
    """Go on with what was heard or read aloud."""
    await conversations.hear(made)


@router.consumes(
    subjects.EMAIL_SENT,
    subjects.EMAIL_FAILED,
    stream=subjects.NOTIFIER_STREAM,
    consumer=subjects.CONVERSATION_APPLY_EMAIL,
)
async def apply_email(
    made: CloudEvent[EmailSent | EmailFailed], conversations: Conversations
) -> None:
    """Say that a mail is out, or why it is not."""
    await conversations.hear(made)


@router.consumes(
    subjects.DEADLINE_PASSED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.CONVERSATION_APPLY_DEADLINE,
)
async def apply_deadline(passed: CloudEvent[DeadlinePassed], conversations: Conversations) -> None:
    """Apologise for what did not come in time."""
    await conversations.hear(passed)


@router.consumes(
    subjects.MESSAGE_PARKED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.CONVERSATION_APPLY_PARKED,
)
async def apply_parked(parked: CloudEvent[MessageParked], conversations: Conversations) -> None:
    """Apologise for what nobody could handle."""
    await conversations.hear(parked)


@router.consumes(
    subjects.DATA_EXPORTED,
    subjects.DATA_ERASED,
    subjects.DATA_FAILED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.CONVERSATION_APPLY_DATA,
)
async def apply_data(
    served: CloudEvent[DataExported | DataErased | DataFailed], conversations: Conversations
) -> None:
    """Give a user their data, say that it is gone, or that neither could be done."""
    await conversations.hear(served)


@router.consumes(
    subjects.DATA_REQUESTED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.CONVERSATION_SERVE_DATA,
    max_in_flight=4,
    timing=UNTIL_ALL_IS_QUIET,
)
async def serve_data(asked: CloudEvent[DataRequested], personal_data: PersonalData) -> None:
    """Hand a user everything that is kept of them, or destroy it."""
    await personal_data.serve(asked)
