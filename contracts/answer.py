"""An answer as the conversation means it, before any messenger's form."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A source that a leaflet rests on."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A quick reply: what the user sees (at most 20 characters) and what it says when tapped.

    With `data`, a tap comes back as that data and shows `text` in the chat; it is not for typing.
    """

    label: str
    text: str
    data: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """Speech in the object store, and its true length in milliseconds."""

    object_key: str
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The main line in another language (BCP 47), for a user whose profile names that one."""

    language: str
    main: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a user is to see: content, its sources, then the main line with the next steps.

    Empty content means that the main line is all. Choices can also be typed, for computers
    show no quick replies. `credit` names whose work the audio is; it and the audio come first.
    `download` is the key of an object that the user is given a link to.
    """

    main: str = ""
    content: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    choices: tuple[Choice, ...] = ()
    audio: Audio | None = None
    credit: str = ""
    download: str = ""
    variants: tuple[Variant, ...] = ()


NO_ANSWER = Answer()
