"""An answer as the conversation means it, before any messenger's form."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A source that a leaflet rests on."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A quick reply: what the user sees (at most 20 characters) and what it says when tapped."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a user is to see: content, its sources, then the main line with the next steps.

    Empty content means that the main line is all. Choices can also be typed, for computers
    show no quick replies.
    """

    main: str = ""
    content: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    choices: tuple[Choice, ...] = ()


NO_ANSWER = Answer()
