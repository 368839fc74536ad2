"""Messages are marked as read where LINE lets us, and nothing waits for that."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from chassis.testing import poll
from services.notifier.delivery import Rejected, Unheard
from services.notifier.reading import ASK_AGAIN_SECONDS, MOST_WAITING, ReadMarks
from services.notifier.tests.fakes import FakeMessenger


class Scene:
    """Marks, LINE, and a clock that a test moves."""

    def __init__(self, line: FakeMessenger) -> None:
        self.line, self.seconds = line, 100.0
        self.marks = ReadMarks(line, clock=lambda: self.seconds)

    async def marked(self, *tokens: str, kinds: int) -> None:
        for token in tokens:
            self.marks.note(token)
        await poll(lambda: len(self.line.calls) == kinds)


@asynccontextmanager
async def running(line: FakeMessenger) -> AsyncGenerator[Scene]:
    scene = Scene(line)
    task = asyncio.create_task(scene.marks.run())
    try:
        yield scene
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_message_is_marked_once_though_its_token_comes_twice():
    async with running(FakeMessenger()) as scene:
        await scene.marked("a", "a", "", "b", kinds=3)
        assert sorted(scene.line.calls) == [("info",), ("read", "a"), ("read", "b")]


async def test_an_account_that_marks_by_itself_is_asked_once_an_hour():
    async with running(FakeMessenger(marks_by_hand=False)) as scene:
        await scene.marked("a", kinds=1)
        await scene.marked("b", kinds=1)
        scene.seconds += ASK_AGAIN_SECONDS
        await scene.marked("c", kinds=2)
        assert scene.line.kinds() == ["info", "info"]


async def test_a_refusal_switches_it_off_for_an_hour():
    async with running(FakeMessenger([Rejected(400)])) as scene:
        await scene.marked("a", kinds=2)
        scene.seconds += ASK_AGAIN_SECONDS - 1
        scene.marks.note("b")
        scene.seconds += 1
        await scene.marked("c", kinds=4)
        assert [call for call in scene.line.calls if call[0] == "read"] == [
            *(("read", "a"), ("read", "c")),
        ]


async def test_silence_switches_nothing_off():
    async with running(FakeMessenger([Unheard()])) as scene:
        await scene.marked("a", kinds=2)
        await scene.marked("b", kinds=3)
        assert scene.line.kinds() == ["info", "read", "read"]


async def test_too_many_are_dropped_and_nothing_waits():
    scene = Scene(FakeMessenger())
    for number in range(MOST_WAITING + 5):
        scene.marks.note(str(number))
    assert scene.line.calls == []
