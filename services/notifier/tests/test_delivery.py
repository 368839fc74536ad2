"""Reply or push, delivered or not: the tables, and a model of LINE that counts copies."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.delivery import (
    NOTHING_TRIED,
    Accepted,
    Again,
    Delivered,
    Heard,
    Later,
    Past,
    Refused,
    Rejected,
    Unheard,
    Verdict,
    Withheld,
    choose,
    judge,
    judge_interim,
    may_blame_quote,
    may_still_reply,
    without_token,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=50)
IN_DOUBT = Past(in_doubt=True)
BAD_TOKEN = Rejected(400, "Invalid reply token")
BAD_TEXT = Rejected(400, "The request body has 1 error(s)", ("messages[0].text",))
BAD_FLEX = Rejected(400, "A message (messages[0]) in the request body is invalid")
RATE = Rejected(429, "The API rate limit has been exceeded. Try again later.")
MONTH = Rejected(429, "You have reached your monthly limit.")


@pytest.mark.parametrize(
    ("now", "has_token", "past", "channel"),
    [
        (NOW, True, NOTHING_TRIED, "reply"),
        (NOW, True, IN_DOUBT, "reply"),
        (NOW, True, Past(content_refused=True), "reply"),
        (NOW, True, Past(token_refused=True), "push"),
        (NOW, False, NOTHING_TRIED, "push"),
        (SOON, True, NOTHING_TRIED, "push"),
        (SOON - timedelta(seconds=10), True, NOTHING_TRIED, "push"),
        (SOON - timedelta(seconds=11), True, NOTHING_TRIED, "reply"),
        (SOON - timedelta(seconds=1), True, IN_DOUBT, "reply"),
        (SOON + timedelta(seconds=2), True, IN_DOUBT, "reply"),
        (SOON + timedelta(seconds=3), True, IN_DOUBT, "push"),
    ],
)
def test_the_token_is_used_while_it_is_young_and_good(
    now: datetime, has_token: bool, past: Past, channel: str
):
    assert choose(now, SOON, has_token=has_token, past=past) == channel


def test_word_of_the_work_may_use_the_token_to_its_end():
    late = SOON - timedelta(seconds=1)
    assert choose(late, SOON, has_token=True, past=NOTHING_TRIED, final=False) == "reply"


@pytest.mark.parametrize(
    ("heard", "past", "verdict"),
    [
        (Accepted(("1",)), NOTHING_TRIED, Delivered("response", ("1",))),
        (BAD_TOKEN, NOTHING_TRIED, Again(Past(token_refused=True))),
        (BAD_TOKEN, IN_DOUBT, Delivered("spent_token")),
        (Unheard(), NOTHING_TRIED, Later(IN_DOUBT)),
        (Rejected(408), NOTHING_TRIED, Later(IN_DOUBT)),
        (Rejected(500), NOTHING_TRIED, Later(IN_DOUBT)),
        (Rejected(503), IN_DOUBT, Later(IN_DOUBT)),
        (RATE, NOTHING_TRIED, Later(NOTHING_TRIED)),
        (MONTH, NOTHING_TRIED, Refused(429)),
        (Rejected(401), NOTHING_TRIED, Refused(401)),
        (Rejected(403), NOTHING_TRIED, Refused(403)),
        (Rejected(409), NOTHING_TRIED, Refused(409)),
        (BAD_TEXT, NOTHING_TRIED, Again(Past(content_refused=True))),
        (BAD_FLEX, NOTHING_TRIED, Again(Past(content_refused=True))),
        (Rejected(400, "1 error", ("messages",)), NOTHING_TRIED, Again(Past(content_refused=True))),
        (BAD_TEXT, Past(content_refused=True), Refused(400)),
        (Rejected(400, "Anything else"), NOTHING_TRIED, Again(Past(content_refused=True))),
        (Rejected(400, "Anything else"), Past(content_refused=True), Refused(400)),
    ],
)
def test_what_line_says_to_a_reply(heard: Heard, past: Past, verdict: Verdict):
    assert judge("reply", heard, past) == verdict


@pytest.mark.parametrize(
    ("heard", "past", "verdict"),
    [
        (Accepted(), NOTHING_TRIED, Delivered("response")),
        (Rejected(409), IN_DOUBT, Delivered("conflict")),
        (Unheard(), NOTHING_TRIED, Later(IN_DOUBT)),
        (Rejected(502), NOTHING_TRIED, Later(IN_DOUBT)),
        (RATE, IN_DOUBT, Later(IN_DOUBT)),
        (MONTH, NOTHING_TRIED, Refused(429)),
        (BAD_TEXT, NOTHING_TRIED, Again(Past(content_refused=True))),
        (Rejected(400, "The property, 'to', is invalid"), NOTHING_TRIED, Refused(400)),
        (Rejected(400, "Failed to send messages"), NOTHING_TRIED, Refused(400)),
        (BAD_TOKEN, NOTHING_TRIED, Refused(400)),
    ],
)
def test_what_line_says_to_a_push(heard: Heard, past: Past, verdict: Verdict):
    assert judge("push", heard, past) == verdict


@pytest.mark.parametrize(
    ("heard", "past", "verdict"),
    [
        (Accepted(("1",)), NOTHING_TRIED, Delivered("response", ("1",))),
        (BAD_TOKEN, IN_DOUBT, Delivered("spent_token")),
        (BAD_TOKEN, NOTHING_TRIED, Withheld(400)),
        (BAD_TEXT, NOTHING_TRIED, Withheld(400)),
        (Unheard(), NOTHING_TRIED, Later(IN_DOUBT)),
        (RATE, NOTHING_TRIED, Later(NOTHING_TRIED)),
        (Rejected(403), NOTHING_TRIED, Withheld(403)),
    ],
)
def test_what_line_says_to_word_that_it_takes_longer(heard: Heard, past: Past, verdict: object):
    assert judge_interim(heard, past) == verdict


@pytest.mark.parametrize(
    ("heard", "may_be"),
    [
        (Rejected(400, "1 error", ("messages[0].quoteToken",)), True),
        (BAD_FLEX, True),
        (Rejected(500, "1 error", ("messages[0].quoteToken",)), False),
        (Rejected(400, "Failed to send messages"), False),
        (BAD_TOKEN, False),
        (Unheard(), False),
    ],
)
def test_a_quote_may_be_to_blame_for_messages_that_line_does_not_take(heard: Heard, may_be: bool):
    assert may_blame_quote("push", heard) == may_be


def test_whatever_line_says_to_a_reply_but_of_its_token_may_be_about_the_quote():
    assert may_blame_quote("reply", Rejected(400, "Failed to send messages"))
    assert not may_blame_quote("reply", BAD_TOKEN)


@dataclass
class ModelOfLine:
    """Counts what the user sees; a token works once within a minute, a key once."""

    token_dies: datetime = NOW + timedelta(seconds=60)
    token_spent: bool = False
    pushed: bool = False
    copies: int = 0
    trouble: list[str] = field(default_factory=list[str])

    def call(self, channel: str, now: datetime) -> Heard:
        trouble = self.trouble.pop(0) if self.trouble else "none"
        if trouble == "rate":
            return RATE
        heard = Unheard() if trouble == "lost" else self._take(channel, now)
        return Unheard() if trouble == "unanswered" else heard

    def _take(self, channel: str, now: datetime) -> Heard:
        if channel == "reply" and (self.token_spent or now >= self.token_dies):
            return BAD_TOKEN
        if channel == "push" and self.pushed:
            return Rejected(409)
        self.token_spent, self.pushed = channel == "reply", channel == "push"
        self.copies += 1
        return Accepted()


@given(
    trouble=st.lists(st.sampled_from(["none", "lost", "unanswered", "rate"]), max_size=8),
    pauses=st.lists(st.integers(0, 30), min_size=10, max_size=10),
    token_good=st.booleans(),
)
def test_the_user_sees_one_copy_whatever_happens_on_the_way(
    trouble: list[str], pauses: list[int], token_good: bool
):
    line = ModelOfLine(trouble=trouble, token_dies=NOW + timedelta(seconds=60 if token_good else 0))
    now, past, verdict = NOW, NOTHING_TRIED, Later(NOTHING_TRIED)
    expired_in_doubt = lost_bad_token = False
    while isinstance(verdict, Again | Later):
        channel = choose(now, SOON, has_token=True, past=past)
        if channel == "push" and may_still_reply(past, has_token=True):
            expired_in_doubt |= past.in_doubt
            past = without_token(past)
        lost_bad_token |= channel == "reply" and past.in_doubt and not token_good
        verdict = judge(channel, line.call(channel, now), past)
        if isinstance(verdict, Again | Later):
            past = verdict.past
        if isinstance(verdict, Later):
            now += timedelta(seconds=pauses.pop(0) if pauses else 60)
    assert isinstance(verdict, Delivered)
    # Two corners cannot be told apart from outside; delivery.py says which way we err.
    assert line.copies == 1 or (expired_in_doubt and line.copies == 2) or lost_bad_token
