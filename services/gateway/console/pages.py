"""The pages on dead letters: what waits, one of them, and what a deed came to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

import msgspec
from starlette.responses import Response

from chassis.dead_letters import Case, Lost
from chassis.letters_shown import age, shown
from services.gateway.console.forms import Forms
from services.gateway.console.html import page, tag

LETTERS = "/admin/dead-letters"
ERASED = "erased"
MEANING = {
    "owed": "A request that nobody has answered, nor apologised for: its user has seen nothing.",
    "settled": "Its turn has ended, as a rule by an apology. It is evidence only: nothing is sent "
    "again.",
    "news": "No request: an input, a result or a note, which the log has. Sent again, its consumer "
    "looks at it once more.",
    "foreign": "Not in our log: garbage, or a message of another system.",
    ERASED: "Its user has had all data destroyed: it can only be dropped.",
}
HEADINGS = ("No.", "Age", "Consumer", "Error", "State", "Tries")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits: the oldest letters, how many there are of each consumer, and what has none."""

    cases: Sequence[Case]
    counts: Mapping[str, int]
    lost: Sequence[Lost]
    consumer: str = ""


def list_page(waiting: Waiting, forms: Forms, now: datetime, *, said: str) -> Response:
    """Return the page of all that wait."""
    return page(
        "Dead letters",
        tag("h1", "Dead letters"),
        tag("p", "Messages that were given up after five tries, the oldest first.", class_="soft"),
        tag("p", said, class_="card said", role="status") if said else None,
        _filters(waiting),
        *_listed(waiting, forms, now),
        *_lost(waiting.lost, forms, now),
    )


def letter_page(
    case: Case, forms: Forms, now: datetime, *, opened: dict[str, Any] | str | None = None
) -> Response:
    """Return the page of one letter; `opened` is what its user said, where that was asked for."""
    number, state = case.letter.number, state_of(case)
    return page(
        f"Dead letter {number}",
        tag("h1", f"Dead letter {number}"),
        tag("p", _badge(state), f" {MEANING[state]}"),
        tag("div", _facts(case, now), class_="card"),
        _actions(case, forms, now, is_open=opened is not None),
        *_content(case, opened),
    )


def problem_page(title: str, words: str, status: int) -> Response:
    """Return a page that says what is wrong and leads back."""
    back = tag("p", tag("a", "All dead letters", href=LETTERS))
    return page(title, tag("h1", title), tag("p", words), back, status=status)


def state_of(case: Case) -> str:
    """Return how it stands with a letter, as an operator reads it."""
    return case.state if case.is_readable else ERASED


def _filters(waiting: Waiting) -> Element:
    total = sum(waiting.counts.values())
    links = [_filter("All", total, LETTERS, is_chosen=not waiting.consumer)]
    for name, count in sorted(waiting.counts.items()):
        href = f"{LETTERS}?consumer={name}"
        links.append(_filter(name, count, href, is_chosen=name == waiting.consumer))
    return tag("nav", *links, aria_label="Consumers")


def _filter(name: str, count: int, href: str, *, is_chosen: bool) -> Element:
    chosen = {"aria-current": "page"} if is_chosen else {}
    return tag("a", f"{name} ({count})", href=href, **chosen)


def _listed(waiting: Waiting, forms: Forms, now: datetime) -> Iterator[Element]:
    cases = waiting.cases
    if not cases:
        yield tag("p", "None waits.", class_="card")
        return
    head = tag("thead", tag("tr", *(tag("th", each, scope="col") for each in HEADINGS)))
    table = tag("table", head, tag("tbody", *(_row(case, now) for case in cases)))
    yield tag("div", table, class_="table", tabindex="0", role="region", aria_label="Dead letters")
    again = tag("button", f"Retry these {len(cases)}")
    numbers = " ".join(str(case.letter.number) for case in cases)
    form = forms.form(f"{LETTERS}/retry", again, now, numbers=numbers)
    yield tag("div", _confirmed("Retry all of these …", RETRY_ALL, form), class_="actions")


RETRY_ALL = (
    "Mend the fault first: what is sent again too early comes back as a new letter within 15 s. "
    "What was apologised for is removed and not sent."
)


def _row(case: Case, now: datetime) -> Element:
    letter = case.letter
    link = tag("a", str(letter.number), href=f"{LETTERS}/{letter.number}")
    error = tag("td", letter.error, tag("br"), tag("code", letter.place), class_="wide")
    return tag(
        "tr",
        tag("td", link),
        tag("td", age(now, letter.parked_at)),
        tag("td", letter.consumer),
        error,
        tag("td", _badge(state_of(case))),
        tag("td", str(letter.tries)),
    )


def _lost(lost: Sequence[Lost], forms: Forms, now: datetime) -> Iterator[Element]:
    if not lost:
        return
    yield tag("h2", f"Requests without a letter ({len(lost)})")
    yield tag("p", "They were given up, and the bus has lost their letters.")
    rows = (tag("li", f"{each.subject}, {age(now, each.created_at)} old") for each in lost)
    yield tag("ul", *rows)
    button = tag("button", "Send them again")
    yield forms.form(f"{LETTERS}/revive", button, now)


def _facts(case: Case, now: datetime) -> Element:
    letter, event = case.letter, case.event
    facts = {
        "Consumer": letter.consumer,
        "Error": letter.error,
        "Place": letter.place,
        "Tries": str(letter.tries),
        "Given up": f"{letter.parked_at:%Y-%m-%d %H:%M:%S} UTC, {age(now, letter.parked_at)} ago",
        "Subject": letter.subject,
        "Size": f"{len(letter.body)} bytes",
        "Event": f"{event.type} {event.id}" if event else "none of ours",
        "Turn": (event.turn if event else None) or "none",
        "Trace": (event.traceparent if event else None) or "none",
    }
    pairs = [tag(*pair) for name, value in facts.items() for pair in (("dt", name), ("dd", value))]
    return tag("dl", *pairs)


def _actions(case: Case, forms: Forms, now: datetime, *, is_open: bool) -> Element:
    path, state = f"{LETTERS}/{case.letter.number}", state_of(case)
    retry = tag("button", "Close it" if state == "settled" else "Retry it")
    opening = tag("button", "Open it, on record", class_="plain")
    dropping = tag("button", "Drop it for good", class_="bad")
    can_open = not is_open and shown(case, None)["content"] is not None and state != ERASED
    return tag(
        "div",
        forms.form(f"{path}/retry", retry, now) if state != ERASED else None,
        _confirmed("Open what is sealed …", OPEN, forms.form(f"{path}/open", opening, now))
        if can_open
        else None,
        _confirmed("Drop …", _dropped(state), forms.form(f"{path}/drop", dropping, now)),
        class_="actions",
    )


OPEN = "It may hold what a patient said. That you looked goes on record, under your name."


def _dropped(state: str) -> str:
    if state == "owed":
        return "Its user is still waiting and will get no answer, nor an apology. This is final."
    return "Nothing is sent. This is final."


def _confirmed(summary: str, words: str, form: Element) -> Element:
    return tag("details", tag("summary", summary), tag("div", tag("p", words), form))


def _content(case: Case, opened: dict[str, Any] | str | None) -> Iterator[Element]:
    told = shown(case, opened)
    yield tag("h2", "Event")
    yield tag("div", tag("pre", _json(told["event"])), class_="card")
    if told["content"] is not None:
        yield tag("h2", "Opened: this is on record" if opened is not None else "Content")
        yield tag("div", tag("pre", _json(told["content"])), class_="card")


def _json(value: object) -> str:
    return (
        value
        if isinstance(value, str)
        else msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    )


def _badge(state: str) -> Element:
    return tag("span", state, class_=f"state {state}")
