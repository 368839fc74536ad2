"""Many messages of one user, some of them cancelled, while LINE or the model is in trouble."""

import pytest

from tests.e2e.world import World, new_tag, new_user, sentence

pytestmark = pytest.mark.e2e
GREETINGS = 3
WAITING = 10


async def test_answers_behind_one_that_line_fails_to_take_follow_by_their_free_tokens(
    calm: World,
):
    user = await calm.translating(new_user())
    calm.gemini.hold()
    await calm.say(user, sentence(new_tag()))
    await calm.at_work()
    for _ in range(WAITING):
        await calm.say(user, sentence(new_tag()))
    calm.line.faults[user] = [500, 500, 500]
    await calm.say(user, "stop")
    answers = await calm.hears(user, GREETINGS + 1 + WAITING + 1)
    calm.gemini.release()
    # A push would mean that they had waited for longer than a token lives.
    assert {answer.kind for answer in answers} == {"reply"}
    await calm.at_rest()
    assert len(calm.line.ledger.answers(user)) == GREETINGS + 1 + WAITING + 1
    assert calm.sound(), calm.line.ledger.refused


async def test_the_next_sentence_does_not_wait_for_a_call_that_stop_made_needless(calm: World):
    user = await calm.translating(new_user())
    calm.gemini.hold()
    await calm.say(user, sentence(new_tag()))
    await calm.at_work()
    await calm.say(user, "stop")
    await calm.hears(user, GREETINGS + 2)
    await calm.say(user, sentence(new_tag()))
    await calm.at_work(calls=2)
    calm.gemini.release()
    await calm.hears(user, GREETINGS + 3)
    await calm.at_rest()
    assert calm.sound(), calm.line.ledger.refused
