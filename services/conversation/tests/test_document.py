"""The export's document: everything once, nothing that was taken back, nothing from before."""

from typing import Any

from contracts.answer import Answer
from contracts.base import CloudEvent, Event
from contracts.conversation import DataErased, ReplyRequested, SpeechRequested, WorkStarted
from contracts.gateway import MessageReceived, Recipient
from contracts.speech import AudioSynthesized
from services.conversation.domain.facts import LanguageChosen, MessageRedacted, StartedOver
from services.conversation.personal_data.document import Chronicle, document
from services.conversation.tests.conversing import NURSE, START, said, sentence


def told(*events: Event | tuple[Event, str]) -> dict[str, Any]:
    """Tell a conversation of these events; those of a turn come with the turn's number."""
    chronicle = Chronicle("s")
    for version, each in enumerate(events, 1):
        event, turn = each if isinstance(each, tuple) else (each, None)
        chronicle.add(
            CloudEvent(
                id=f"input-{version}",
                type=event.NAME,
                source="/test",
                time=START,
                stream="s",
                version=version,
                data=event,
                turn=turn,
            )
        )
    return chronicle.told()


def answer(text: str) -> ReplyRequested:
    return ReplyRequested(
        reply_id="r",
        turn_id="t",
        outcome="answered",
        mode="translation",
        asked_at=START,
        token_good_until=START,
        recipient=NURSE,
        reply_token="secret",
        answer=Answer(main=text),
    )


SPEECH = SpeechRequested(request_id="r", answer_by=START, text="Hello", language="英文")
AUDIO = AudioSynthesized(request_id="r", made_at=START, model="m", duration_ms=9, object_key="o")


def kinds(conversation: dict[str, Any]) -> list[str]:
    return [entry["what"] for entry in conversation["entries"]]


def test_it_tells_what_was_said_and_answered_in_order():
    conversation = told(
        said("量BP", message="m1"), LanguageChosen(language="英文"), (answer("好"), "input-1")
    )
    message, language, shown = conversation["entries"]
    assert (message["text"], message["turn"]) == ("量BP", "input-1")
    assert language["language"] == "英文"
    assert (shown["answer"].main, shown["turn"]) == ("好", "input-1")
    assert conversation["line_user_id"] == NURSE.user


def test_it_tells_no_tokens_and_nothing_that_only_machines_use():
    conversation = told(said("量BP"), StartedOver(), (answer("好"), "input-1"))
    assert kinds(conversation) == ["message", "answer"]
    assert all("reply_token" not in entry for entry in conversation["entries"])


def test_what_was_unsent_is_told_as_such_with_its_answer():
    conversation = told(
        said("量BP", message="m1"),
        (sentence(1, "量血壓", "Check it"), "input-1"),
        (answer("Check it"), "input-1"),
        said("別的", message="m2"),
        MessageRedacted(message_id="m1"),
    )
    unsent = [entry.get("unsent", False) for entry in conversation["entries"]]
    assert unsent == [True, True, True, False]
    assert "Check it" not in str(conversation)


def test_the_reading_of_what_was_unsent_is_not_told():
    conversation = told(
        said("量BP", message="m1"),
        (sentence(1, "量血壓", "Check it"), "input-1"),
        said("朗讀", message="m2"),
        WorkStarted(request_id="r", turn_id="input-3", answer_by=START, message_id="m1"),
        (SPEECH, "input-3"),
        (AUDIO, "input-3"),
        MessageRedacted(message_id="m1"),
    )
    assert "Hello" not in str(conversation)
    assert "朗讀" in str(conversation), "this one was not taken back"


def test_an_unsending_counts_also_before_its_message_comes():
    conversation = told(MessageRedacted(message_id="m1"), said("量BP", message="m1"))
    assert conversation["entries"][0]["unsent"]


def test_it_begins_after_the_last_erasure():
    erased = DataErased(request_id="r", erased_at=START, recipient=NURSE)
    conversation = told(MessageReceived(**_nothing()), erased, said("重新開始"))
    assert kinds(conversation) == ["message"]
    assert conversation["entries"][0]["text"] == "重新開始"


def _nothing() -> dict[str, Any]:
    return {
        "webhook_event_id": "w",
        "message_id": "m",
        "kind": "text",
        "sent_at": START,
        "received_at": START,
    }


def test_a_group_is_told_by_its_name():
    in_group = MessageReceived(**_nothing(), recipient=Recipient(user="U", group="C"), text="hi")
    assert told(in_group)["line_group_id"] == "C"


def test_the_document_says_what_it_is():
    whole = document([Chronicle("s")], START)
    assert (whole["format"], whole["version"]) == ("mededbot.export", 1)
    assert [each["conversation"] for each in whole["conversations"]] == ["s"]
