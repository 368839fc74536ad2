"""Who is owed an answer and who is not, who may see it, and in which order."""

from dataclasses import replace

import pytest

from cli.history.check import Judgement, Standards, judge
from cli.history.judging.findings import Verdict
from cli.history.tests.made import Run, at

NURSE, DOCTOR = "U-nurse-0001", "U-doctor-002"
GROUP = {"type": "group", "groupId": "C-ward", "userId": NURSE}
NONCES = Standards(nonce=r"tag-\d+")


def verdict(run: Run, invariant: str, standards: Standards = NONCES) -> Verdict:
    """Return one of the verdicts over a run."""
    return _of(judge(run.history(), standards), invariant)


def _of(judged: Judgement, invariant: str) -> Verdict:
    return next(each for each in judged.verdicts if each.invariant == invariant)


def in_the_group(text: str, **message: object) -> dict[str, object]:
    """Return a message in a group, that the bot has not put on record."""
    said = {"id": "1", "type": "text", "text": text, **message}
    return {"webhookEventId": "W0", "type": "message", "source": GROUP, "message": said}


def test_a_message_that_is_answered_is_well():
    run = Run()
    run.answers(run.says(NURSE, "痛 tag-1", 0), "Pain tag-1", 1)
    judged = judge(run.history(), NONCES)
    assert [each for each in judged.broken if each not in {"I7", "I8", "I11"}] == []


def test_a_message_without_an_answer_is_named_with_its_turn():
    run = Run()
    turn = run.says(NURSE, "痛", 0)
    (finding,) = verdict(run, "I1").findings
    assert (finding.turn, finding.what) == (turn, "0 answers were decided, it is owed 1")


def test_an_answer_that_line_never_took_is_none():
    run = Run()
    run.decides(run.says(NURSE, "痛", 0), 1)
    (finding,) = verdict(run, "I1").findings
    assert finding.what == "no answer was shown: LINE never took it"


def test_whoever_left_need_not_be_shown_anything():
    run = Run()
    run.decides(run.says(NURSE, "痛", 0), 1)
    run.leaves(NURSE, 2)
    assert verdict(run, "I1").holds


@pytest.mark.parametrize(("later", "holds"), [(50.0, True), (90.0, False)])
def test_who_was_told_to_slow_down_is_ignored_for_a_minute_only(later: float, *, holds: bool):
    run = Run()
    first = run.says(NURSE, "痛", 0, limit="user")
    run.slows(first, 1)
    run.answers(first, "太多了", 1)
    run.ignores(run.says(NURSE, "痛", later, limit="user"), later)
    assert verdict(run, "I1").holds is holds


@pytest.mark.parametrize(
    ("event", "holds"),
    [
        (in_the_group("午餐吃什麼"), True),
        (in_the_group("說明"), False),
        (in_the_group("MedEdBot 說明一下"), False),
        (in_the_group("@B 痛", mention={"mentionees": [{"isSelf": True}]}), False),
    ],
)
def test_in_a_group_only_what_is_said_to_the_bot_may_not_vanish(
    event: dict[str, object], *, holds: bool
):
    run = Run()
    run.sends(event, 0)
    assert verdict(run, "I1").holds is holds


def test_answers_whose_words_were_swapped_between_users_are_found():
    run = Run()
    nurse, doctor = run.says(NURSE, "痛 tag-1", 0), run.says(DOCTOR, "咳 tag-2", 0)
    run.answers(nurse, "Cough tag-2", 1)
    run.answers(doctor, "Pain tag-1", 1)
    assert len(verdict(run, "I3").findings) == 2
    assert verdict(run, "I3", Standards()).holds
    assert verdict(run, "I3", Standards()).unjudged


def test_translations_that_were_swapped_between_sentences_are_found():
    run = Run()
    turns = [run.says(NURSE, f"痛 tag-{number}", number) for number in (1, 2)]
    for turn, tag in zip(turns, ("tag-2", "tag-1"), strict=True):
        run.interprets(turn, 3)
        run.answers(turn, f"Pain {tag}", 4)
    assert [each.what for each in verdict(run, "I3").findings] == [
        "its answer is that of another sentence",
        "its answer is that of another sentence",
    ]


def test_an_answer_shown_to_somebody_else_is_found():
    run = Run()
    turn = run.says(NURSE, "痛", 0)
    run.shows(turn, run.decides(turn, 1), "Pain", 1, to=DOCTOR)
    (finding,) = verdict(run, "I3").findings
    assert finding.turn == turn


def test_what_line_took_for_somebody_who_has_left_was_shown_to_nobody():
    run = Run()
    turn = run.says(NURSE, "痛 tag-1", 0)
    run.leaves(NURSE, 1)
    run.shows(turn, run.decides(turn, 2), "Pain tag-1", 2, to="")
    assert verdict(run, "I3").holds
    assert verdict(run, "I1").holds


def test_messages_answered_in_another_order_than_they_were_sent_are_found():
    run = Run()
    first, second = run.says(NURSE, "一", 0), run.says(NURSE, "二", 1)
    run.answers(second, "2", 2)
    run.answers(first, "1", 3)
    (finding,) = verdict(run, "I4").findings
    assert (finding.turn, finding.what) == (second, f"it was answered before {first}")


def test_answers_that_overtake_one_another_on_the_way_are_found():
    run = Run()
    first, second = run.says(NURSE, "一", 0), run.says(NURSE, "二", 1)
    replies = run.decides(first, 2), run.decides(second, 2)
    run.shows(second, replies[1], "2", 3)
    run.shows(first, replies[0], "1", 4)
    (finding,) = verdict(run, "I4").findings
    assert finding.turn == first


def test_a_message_that_came_when_the_other_was_answered_overtakes_nobody():
    run = Run()
    second = run.says(NURSE, "二", 1)
    run.answers(second, "2", 2)
    run.answers(run.says(NURSE, "一", 0), "1", 3)
    assert verdict(run, "I4").holds


def test_what_was_before_anybody_watched_is_judged_by_the_log_alone():
    run = Run()
    run.answers(run.says(NURSE, "痛", 0), "Pain", 1)
    unanswered = run.says(NURSE, "痛", 2)
    run.answers(run.says(NURSE, "痛", 200), "Pain", 201)
    run.webhooks, run.calls = run.webhooks[2:], run.calls[1:]
    watched = replace(run.history(), since=at(100))
    judged = judge(watched)
    assert [(each.invariant, each.turn) for each in judged.findings if each.turn] == [
        ("I1", unanswered)
    ]
    assert {"I2", "I9"}.isdisjoint(judged.broken)


def test_without_webhooks_and_sends_the_log_is_judged_and_the_rest_is_said_to_be_open():
    run = Run()
    run.answers(run.says(NURSE, "痛", 0), "Pain", 1)
    run.webhooks, run.calls = [], []
    history = run.history()
    alone = judge(type(history)(events=history.events))
    assert _of(alone, "I1").holds
    assert _of(alone, "I1").unjudged
    assert [each.invariant for each in alone.verdicts if each.blind] == ["I2", "I3", "I9", "I10"]
