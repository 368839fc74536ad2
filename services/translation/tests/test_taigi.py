"""台語 over HTTP: plain Chinese by one stand-in, its romanisation by another."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from chassis.breaker import Breaker
from chassis.taigi import taigi
from chassis.tests.gemini_server import AT_ONCE, Server, asking, failing, said, serving
from chassis.tests.taigi_server import TLPA, TaigiServer, romanised, taigi_server
from chassis.tests.taigi_server import failing as taigi_failing
from services.translation.adapters import Interpreter
from services.translation.ports import NoTranslation
from services.translation.taigi import TaigiTranslator
from services.translation.tests.fakes import FakeTranslator

PLAIN = said('{"plain_chinese": " 不能吃東西 "}')


@pytest.fixture
async def model() -> AsyncGenerator[Server]:
    async with serving() as server:
        server.replies = [PLAIN]
        yield server


@pytest.fixture
async def service() -> AsyncGenerator[TaigiServer]:
    async with taigi_server() as service:
        service.answers = [romanised()]
        yield service


@pytest.fixture
async def translator(model: Server, service: TaigiServer) -> AsyncGenerator[TaigiTranslator]:
    async with (
        asking(model, breaker=Breaker("gemini", failures=1_000)) as gemini,
        taigi(
            base_url=service.url, attempt_timeout=timedelta(seconds=20), backoff=AT_ONCE
        ) as romaniser,
    ):
        yield TaigiTranslator(gemini, romaniser)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=30)


async def refused(translator: TaigiTranslator, deadline: datetime | None = None) -> str:
    with pytest.raises(NoTranslation) as failed:
        await translator.translate("明早 NPO", "台語", deadline or soon())
    return failed.value.reason


async def test_a_sentence_comes_back_plain_and_romanised(
    model: Server, service: TaigiServer, translator: TaigiTranslator
):
    made = await translator.translate("明早 NPO", "台語", soon())
    assert (made.direction, made.plain, made.translation) == ("from_chinese", "不能吃東西", TLPA)
    assert (made.model, made.prompt) == ("gemini-test+nycu-taigi", "plain_chinese.v1")
    (request,) = model.requests
    asked = orjson.loads(request["body"]["contents"][0]["parts"][0]["text"])
    assert asked == {"task": "interpret", "text": "明早 NPO", "language": "台語"}
    assert service.asked == [("/html_taigi_zh_tw_py", {"text0": "不能吃東西"})]


@pytest.mark.parametrize(
    ("status", "reason"), [(500, "unavailable"), (404, "unavailable"), (400, "rejected")]
)
async def test_without_the_romanisation_there_is_no_translation(
    service: TaigiServer, translator: TaigiTranslator, status: int, reason: str
):
    service.answers = [taigi_failing(status)]
    assert await refused(translator) == reason


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (failing("500 INTERNAL"), "unavailable"),
        (failing("400 INVALID"), "rejected"),
        (said(finishReason="SAFETY"), "blocked"),
        (said('{"plain_chinese": " "}'), "malformed"),
    ],
)
async def test_without_the_plain_chinese_the_taigi_service_is_not_asked(
    model: Server, service: TaigiServer, translator: TaigiTranslator, trouble: bytes, reason: str
):
    model.replies = [trouble]
    assert await refused(translator) == reason
    assert service.asked == []


async def test_after_its_deadline_a_request_is_late(model: Server, translator: TaigiTranslator):
    assert await refused(translator, datetime.now(UTC)) == "late"
    assert model.requests == []


async def test_without_a_taigi_service_it_is_said_to_be_off(model: Server):
    async with asking(model) as gemini:
        assert await refused(TaigiTranslator(gemini, None)) == "off"
    assert model.requests == []


async def test_only_taigi_goes_to_the_taigi_service():
    usual, special = FakeTranslator(), FakeTranslator()
    interpreter = Interpreter(usual, special)
    for language in ("台語", "英文", "客家話"):
        await interpreter.translate("空腹", language, soon())
    assert usual.asked == [("空腹", "英文"), ("空腹", "客家話")]
    assert special.asked == [("空腹", "台語")]
