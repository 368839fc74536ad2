"""The real client of the Taigi service over HTTP, against a server that says what it is told."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from starlette.responses import HTMLResponse, Response

from chassis.breaker import Breaker, CircuitOpen
from chassis.errors import Unavailable
from chassis.resilience import Backoff
from chassis.taigi import LONGEST_CHINESE, Taigi, TaigiRefused, failure_reason, taigi
from chassis.tests.taigi_server import (
    TLPA,
    WAV,
    TaigiServer,
    failing,
    romanised,
    spoken,
    taigi_server,
)

AT_ONCE = Backoff(first=timedelta(0), longest=timedelta(0), jitter=timedelta(0))
Ask = Callable[[Taigi], Awaitable[object]]
ROMANISE: Ask = lambda asked: asked.romanise("你好")  # noqa: E731 (a table of calls)
SPEAK: Ask = lambda asked: asked.speak(TLPA)  # noqa: E731 (as above)
VOICE = {"gender": "女聲", "accent": "強勢腔（高雄腔）"}


@pytest.fixture
async def server() -> AsyncGenerator[TaigiServer]:
    async with taigi_server() as server:
        yield server


def asking(server: TaigiServer, *, seconds: float = 20, breaker: Breaker | None = None):
    return taigi(
        base_url=server.url,
        attempt_timeout=timedelta(seconds=seconds),
        backoff=AT_ONCE,
        breaker=breaker,
    )


async def test_chinese_is_romanised(server: TaigiServer):
    server.answers = [HTMLResponse("<p>li2&nbsp;ho2</p>")]
    async with asking(server) as service:
        assert await service.romanise("你好") == "li2 ho2"
    assert server.asked == [("/html_taigi_zh_tw_py", {"text0": "你好"})]


async def test_romanisation_is_spoken_by_the_voice_we_chose(server: TaigiServer):
    server.answers = [spoken()]
    async with asking(server) as service:
        (sound,) = await service.speak(TLPA)
    assert sound.data == WAV
    assert server.asked == [("/synthesize_TLPA", {"text1": TLPA, **VOICE})]


async def test_a_service_may_lie_below_a_path(server: TaigiServer):
    server.answers = [romanised()]
    server.url += "/taigi"
    async with asking(server) as service:
        await service.romanise("你好")
    assert server.asked[0][0] == "/taigi/html_taigi_zh_tw_py"


async def test_a_long_text_is_asked_for_in_pieces(server: TaigiServer):
    server.answers = [romanised("it4"), romanised("ji7")]
    text = "藥" * (LONGEST_CHINESE - 1) + "。" + "水" * 20
    async with asking(server) as service:
        assert await service.romanise(text) == "it4 ji7"
    assert [len(asked["text0"]) for _, asked in server.asked] == [LONGEST_CHINESE, 20]


@pytest.mark.parametrize(
    ("ask", "trouble", "fine"),
    [
        (ROMANISE, failing(500), romanised()),
        (ROMANISE, failing(429), romanised()),
        (ROMANISE, failing(200), romanised()),
        (ROMANISE, romanised(" \n"), romanised()),
        (SPEAK, failing(503), spoken()),
        (SPEAK, failing(200), spoken()),
        (SPEAK, spoken(b""), spoken()),
        (SPEAK, spoken(WAV[:-5]), spoken()),
    ],
)
async def test_two_troubles_that_pass_are_no_failure(
    server: TaigiServer, ask: Ask, trouble: Response, fine: Response
):
    server.answers = [trouble, trouble, fine]
    async with asking(server) as service:
        assert await ask(service)
    assert len(server.asked) == 3


@pytest.mark.parametrize("ask", [ROMANISE, SPEAK])
@pytest.mark.parametrize(
    ("status", "reason", "calls"),
    [(500, "unavailable", 3), (404, "unavailable", 1), (400, "rejected", 1), (414, "rejected", 1)],
)
async def test_a_trouble_that_stays_is_a_failure(
    server: TaigiServer, ask: Ask, status: int, reason: str, calls: int
):
    server.answers = [failing(status)]
    async with asking(server) as service:
        with pytest.raises((TaigiRefused, Unavailable)) as failed:
            await ask(service)
    assert isinstance(failed.value, (TaigiRefused, Unavailable))
    assert failure_reason(failed.value) == reason
    assert len(server.asked) == calls


async def test_a_hanging_attempt_is_given_up_and_made_anew(server: TaigiServer):
    server.answers = [None, romanised()]
    async with asking(server, seconds=0.2) as service:
        assert await service.romanise("你好") == TLPA


async def test_nobody_listening_is_unavailable():
    nowhere = TaigiServer(url="http://127.0.0.1:9")
    async with asking(nowhere) as service:
        with pytest.raises(Unavailable) as failed:
            await service.romanise("你好")
    assert failure_reason(failed.value) == "unavailable"


async def test_past_its_deadline_nobody_is_asked(server: TaigiServer):
    async with asking(server) as service:
        with pytest.raises(Unavailable) as late:
            await service.romanise("你好", deadline=datetime.now(UTC))
    assert failure_reason(late.value) == "late"
    assert server.asked == []


async def test_romanising_and_speaking_share_a_breaker(server: TaigiServer):
    server.answers = [failing(500)]
    async with asking(server, breaker=Breaker("taigi", failures=2)) as service:
        for ask in (ROMANISE, SPEAK):
            with pytest.raises(Unavailable):
                await ask(service)
        with pytest.raises(CircuitOpen):
            await service.romanise("你好")
    assert len(server.asked) == 6


async def test_words_are_not_logged(server: TaigiServer, capfd: pytest.CaptureFixture[str]):
    server.answers = [failing(500), failing(400)]
    async with asking(server) as service:
        with pytest.raises(TaigiRefused):
            await service.romanise("王小明的病歷")
    shown = "".join(capfd.readouterr())
    assert "taigi_refused_request" in shown
    assert "王小明" not in shown
    assert "text0" not in shown
