"""Fixed things the notifier's tests speak about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chassis.decider import derived_id
from contracts.answer import Answer, Choice
from contracts.base import CloudEvent
from contracts.conversation import ReplyRequested, WorkStarted
from contracts.gateway import Recipient

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STREAM = derived_id("conversation", "U1")
USER = "U" + "1" * 32
ANSWER = Answer(main="接下來？", content=("請吃藥",), choices=(Choice(label="翻譯", text="翻譯"),))


def reply_requested(
    turn: str = "t1", version: int = 3, *, stream: str = STREAM, **changes: object
) -> CloudEvent[ReplyRequested]:
    """Return a request to answer a turn; `changes` are fields of its data."""
    turn_id = derived_id(turn)
    data = ReplyRequested(
        reply_id=derived_id(turn_id, "reply"),
        turn_id=turn_id,
        outcome="answered",
        mode="translation",
        asked_at=NOW - timedelta(seconds=2),
        token_good_until=NOW + timedelta(seconds=48),
        recipient=Recipient(user=USER),
        reply_token="token",
        answer=ANSWER,
    )
    return CloudEvent(
        id=derived_id(turn_id, "event"),
        type=ReplyRequested.NAME,
        source="/conversation",
        time=NOW,
        stream=stream,
        version=version,
        data=replace(data, **changes),
        turn=turn_id,
    )


def work_started(turn: str = "t1", **changes: object) -> CloudEvent[WorkStarted]:
    """Return the start of work on a turn."""
    data = WorkStarted(
        request_id=derived_id(turn, "request"),
        turn_id=derived_id(turn),
        answer_by=NOW + timedelta(seconds=110),
        recipient=Recipient(user=USER),
    )
    return CloudEvent(
        id=derived_id(turn, "started"),
        type=WorkStarted.NAME,
        source="/conversation",
        time=NOW,
        stream=STREAM,
        version=2,
        data=replace(data, **changes),
    )
