"""What the notifier does about what the conversation says."""

from chassis.bus.timing import Timing
from chassis.journal import Journal
from chassis.router import Router
from contracts import subjects
from contracts.base import CloudEvent
from contracts.conversation import EmailRequested, ReplyRequested, WorkStarted
from contracts.notifier import AlertRaised
from services.notifier import alerts
from services.notifier.courier import Courier
from services.notifier.loading import Loading
from services.notifier.mail.post import Post
from services.notifier.reading import ReadMarks

router = Router()
SOON = Timing(back_off=(1.0, 2.0, 3.0, 5.0))
"""Somebody is waiting, and a try that LINE refuses costs little: never long after LINE is back."""


@router.consumes(
    subjects.REPLY_REQUESTED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.NOTIFIER_DELIVER_REPLY,
    timing=SOON,
)
async def deliver_reply(
    asked: CloudEvent[ReplyRequested],
    journal: Journal,
    courier: Courier,
    read_marks: ReadMarks,
) -> None:
    """Bring an answer to its user, exactly once."""
    read_marks.note(asked.data.read_token)
    await courier.deliver(asked, journal)


@router.consumes(
    subjects.WORK_STARTED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.NOTIFIER_SHOW_WORK,
)
async def show_work(
    started: CloudEvent[WorkStarted],
    loading: Loading,
    read_marks: ReadMarks,
) -> None:
    """Let the user see that somebody has read the message and works."""
    read_marks.note(started.data.read_token)
    loading.begin(started)


@router.consumes(
    subjects.EMAIL_REQUESTED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.NOTIFIER_SEND_EMAIL,
    ordered=False,  # after `stop` the next request must not wait for the cancelled one
)
async def send_email(
    asked: CloudEvent[EmailRequested],
    journal: Journal,
    post: Post,
) -> None:
    """Send a mail, at most once, and record how that ended."""
    if await journal.is_settled(asked):
        return
    await journal.answer(asked, await post.send(asked))
    post.recorded(asked.data.request_id)


@router.consumes(
    subjects.ALERT_RAISED,
    stream=subjects.NOTIFIER_STREAM,
    consumer=subjects.NOTIFIER_HEAR_ALERT,
)
async def hear_alert(raised: CloudEvent[AlertRaised]) -> None:
    """Let an operator know."""
    alerts.hear(raised)
