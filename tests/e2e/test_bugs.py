"""A bug in each service, in a running system: one apology, one letter, a fix, nothing twice."""

from collections.abc import AsyncGenerator

import pytest

from chassis.testing import poll
from tests.e2e.conftest import IMPATIENT
from tests.e2e.grep import found
from tests.e2e.history import assert_sound
from tests.e2e.line import Medium
from tests.e2e.moments import PATIENCE_SECONDS
from tests.e2e.operator import Bugs, Operator
from tests.e2e.voices import recording
from tests.e2e.world import World, new_tag, new_user, sentence, world

pytestmark = pytest.mark.e2e

BROKEN = "系統出了問題"
ENDED = "removed and not sent, for its turn has ended"
SENT = "sent again"


@pytest.fixture(scope="module")
async def bugs(tmp_path_factory: pytest.TempPathFactory) -> Bugs:
    """Have no bug yet."""
    return Bugs(tmp_path_factory.mktemp("bugs"))


@pytest.fixture(scope="module")
async def shaky(tmp_path_factory: pytest.TempPathFactory, bugs: Bugs) -> AsyncGenerator[World]:
    """Run a system that has these bugs; whatever became of them, its history is sound."""
    async with world(tmp_path_factory.mktemp("shaky"), IMPATIENT | bugs.settings) as made:
        yield made


@pytest.fixture
async def operator(shaky: World, capsys: pytest.CaptureFixture[str]) -> AsyncGenerator[Operator]:
    """Sit beside the system; in the end no letter waits, and its whole history is sound."""
    yield Operator(shaky, capsys)
    await assert_sound(shaky)


async def assert_neighbours_notice_nothing(system: World) -> None:
    """Somebody else has a leaflet made and a sentence translated."""
    tag = new_tag()
    await system.translating(neighbour := new_user())
    assert tag in (await system.talk(neighbour, sentence(tag))).text


async def assert_settled(operator: Operator, number: str, *, place: str) -> None:
    """Look at a letter whose turn has ended: sending it again does nothing, once and twice."""
    letter = await operator.shown(number)
    assert (letter["error"], letter["tries"], letter["state"]) == ("KeyError", 5, "settled")
    assert str(letter["place"]).startswith(place)
    assert ENDED in await operator.dlq(f"retry {number}")
    await operator.dlq(f"retry {number}", code=1)
    assert await operator.deeds(number) == ["closed"]


@pytest.mark.parametrize(
    ("service", "mode", "consumer"),
    [
        ("translation", ("開始", "聊天", "英文"), "translation__translate"),
        ("education", ("開始", "衛教"), "education__make_leaflet"),
    ],
)
async def test_what_a_bug_takes_from_a_user_works_for_them_after_the_fix(
    bugs: Bugs, operator: Operator, service: str, mode: tuple[str, ...], consumer: str
):
    shaky, user, tag = operator.world, new_user(), new_tag()
    await shaky.talk(user, *mode)
    with bugs.at(service, tag):
        said = await shaky.say(user, sentence(tag))
        await assert_neighbours_notice_nothing(shaky)
        (apology,) = await shaky.answered(said)
    assert BROKEN in apology.text
    await assert_settled(operator, await operator.number_of(consumer), place=f"services.{service}")
    assert tag in (await shaky.talk(user, "重試")).text
    await shaky.at_rest()
    assert len(shaky.line.ledger.answers(user)) == len(mode) + 2


async def test_a_voice_message_meets_a_bug_and_another_one_does_not(bugs: Bugs, operator: Operator):
    shaky, tag = operator.world, new_tag()
    user = await shaky.translating(new_user())
    with bugs.at("transcription", "TranscriptionRequested("):
        apology = await shaky.answered(await shaky.speak(user, Medium(recording(tag), "audio/wav")))
        assert BROKEN in apology[0].text
    number = await operator.number_of("speech__transcribe")
    await assert_settled(operator, number, place="services.speech")
    said = await shaky.speak(user, Medium(recording(tag), "audio/wav"))
    assert tag in (await shaky.answered(said))[0].text


async def test_a_translation_that_a_bug_kept_silent_is_read_aloud_after_the_fix(
    bugs: Bugs, operator: Operator
):
    shaky, tag = operator.world, new_tag()
    user = await shaky.translating(new_user())
    await shaky.talk(user, sentence(tag))
    with bugs.at("speech", tag):
        assert BROKEN in (await shaky.talk(user, "朗讀")).text
    number = await operator.number_of("speech__synthesize")
    await assert_settled(operator, number, place="services.speech")
    assert (await shaky.talk(user, "朗讀")).audio is not None


async def test_words_that_the_decider_has_a_bug_for_are_apologised_for(
    bugs: Bugs, operator: Operator
):
    shaky, tag, later = operator.world, new_tag(), new_tag()
    user = await shaky.translating(new_user())
    with bugs.at("conversation", tag):
        first = await shaky.say(user, sentence(tag))
        await assert_neighbours_notice_nothing(shaky)
        assert BROKEN in (await shaky.answered(first))[0].text
        assert later in (await shaky.talk(user, sentence(later))).text
    number = await operator.number_of("conversation__take_input", "KeyError")
    assert (await operator.shown(number))["state"] == "news"
    assert SENT in await operator.dlq(f"retry {number}")
    await shaky.at_rest()
    assert len(shaky.line.ledger.answers(user)) == 3 + 2


async def test_words_that_could_not_even_be_apologised_for_end_once_after_the_fix(
    bugs: Bugs, operator: Operator
):
    shaky, tag = operator.world, new_tag()
    user = await shaky.translating(new_user())
    with bugs.at("conversation", tag, "Parked("):
        said = await shaky.say(user, sentence(tag))
        numbers = [
            await operator.number_of("conversation__take_input", "KeyError"),
            await operator.number_of("conversation__apply_parked", "KeyError"),
        ]
        assert shaky.line.ledger.to_message(said.token) == []
    for number in numbers:
        assert SENT in await operator.dlq(f"retry {number}")
    await shaky.hears(user, 4)
    await shaky.at_rest()
    assert len(shaky.line.ledger.answers(user)) == 3 + 1


async def test_an_answer_that_a_bug_cannot_bring_is_replaced_by_an_apology(
    bugs: Bugs, operator: Operator
):
    shaky, tag = operator.world, new_tag()
    user = await shaky.translating(new_user())
    with bugs.at("answer", tag):
        await shaky.say(user, sentence(tag))
        await assert_neighbours_notice_nothing(shaky)
        apology = (await shaky.hears(user, 4))[-1]
    assert tag not in apology.text
    await assert_settled(
        operator, await operator.number_of("notifier__deliver_reply"), place="services.notifier"
    )
    await shaky.at_rest()
    assert len(shaky.line.ledger.answers(user)) == 3 + 1


async def test_an_answer_without_even_an_apology_is_brought_once_after_the_fix(
    bugs: Bugs, operator: Operator
):
    shaky, tag = operator.world, new_tag()
    user = await shaky.translating(new_user())
    with bugs.at("sending", tag):
        await shaky.say(user, sentence(tag))
        await assert_neighbours_notice_nothing(shaky)
        number = await operator.number_of("notifier__deliver_reply", "owed")
        await poll(lambda: operator.has_logged("notifier", "parking_failed"), PATIENCE_SECONDS)
        assert len(shaky.line.ledger.answers(user)) == 3
    assert SENT in await operator.dlq(f"retry {number}")
    await operator.dlq(f"retry {number}", code=1)
    (answer,) = (await shaky.hears(user, 4))[3:]
    assert tag in answer.text
    await shaky.at_rest()
    assert len(shaky.line.ledger.answers(user)) == 3 + 1
    assert await operator.deeds(number) == ["retried"]


async def test_a_mail_that_met_a_bug_is_not_sent_after_its_apology(bugs: Bugs, operator: Operator):
    shaky, user = operator.world, new_user()
    await shaky.talk(user, "開始", "衛教", sentence(new_tag()), "寄送")
    with bugs.at("mail", "nurse@example.org"):
        answer = await shaky.talk(user, "nurse@example.org", "確認寄送")
    assert "寄" in answer.text
    number = await operator.number_of("notifier__send_email")
    await assert_settled(operator, number, place="services.notifier")
    assert shaky.office.mails == []


async def test_a_dropped_letter_is_gone_and_who_dropped_it_is_on_record(
    bugs: Bugs, operator: Operator
):
    shaky, tag = operator.world, new_tag()
    user = await shaky.translating(new_user())
    with bugs.at("translation", tag):
        assert BROKEN in (await shaky.talk(user, sentence(tag))).text
    number = await operator.number_of("translation__translate")
    assert await operator.dlq(f"drop {number}") == f"{number}: dropped\n"
    await operator.dlq(f"show {number}", code=1)
    assert await operator.deeds(number) == ["dropped"]
    assert found(shaky.system.home / "logs", [tag]) == []
