"""What is heard about users' own data; the conversation's other consumers only look at streams."""

from chassis.bus.timing import Timing
from chassis.router import Router
from contracts import subjects
from contracts.base import CloudEvent
from contracts.conversation import DataRequested
from services.conversation.personal_data.serving import PersonalData

router = Router()
PATIENT = Timing(back_off=(0.3, 0.5, 1.0, 2.0, 3.0))
"""An erasure waits for the answers under way, which take less than a second as a rule."""


@router.consumes(
    subjects.DATA_REQUESTED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.CONVERSATION_SERVE_DATA,
    max_in_flight=4,
    timing=PATIENT,
)
async def serve_data(asked: CloudEvent[DataRequested], personal_data: PersonalData) -> None:
    """Hand a user everything, or destroy it."""
    await personal_data.serve(asked)
