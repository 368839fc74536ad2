"""I12: neither what the system wrote nor what stands in the clear holds what was said in it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from cli.history.judging.findings import Finding, Verdict
from cli.history.judging.recipients import words_of
from cli.history.judging.typed import KINDS
from cli.history.records import History, LoggedEvent, Webhook
from contracts.base import personal_fields

WINDOW = 6
"""So many characters in a row, most of them Chinese, are nobody's but who wrote them."""
ENOUGH_CHINESE = 4
PHRASE = 4
"""So many words in a row."""
SHORTEST_SECRET = 6
_WORD = re.compile(r"[A-Za-z0-9_-]{6,}")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_RUN = re.compile(rf"[^\x00-\x7f][^\n\"]{{{WINDOW - 1},}}")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_LATIN = re.compile(r"[A-Za-z']+")

PERSONAL: Mapping[str, frozenset[str]] = {event.NAME: personal_fields(event) for event in KINDS}


@dataclass(slots=True)
class Planted:
    """What must not be found: names and tokens, secrets, and users' words in short stretches."""

    names: dict[str, str] = field(default_factory=dict[str, str])
    secrets: list[str] = field(default_factory=list[str])
    stretches: set[str] = field(default_factory=set[str])
    phrases: set[tuple[str, ...]] = field(default_factory=set[tuple[str, ...]])

    def add_name(self, name: object, what: str) -> None:
        """Let a name be looked for."""
        if isinstance(name, str) and len(name) >= SHORTEST_SECRET:
            self.names[name] = what

    def add_words(self, text: str) -> None:
        """Let a text be looked for, whole or in part."""
        self.stretches.update(_stretches(text))
        self.phrases.update(_phrases(text))

    def found_in(self, text: str) -> str:
        """Return what of it a text holds, in words that tell nothing; empty for nothing."""
        if any(secret in text for secret in self.secrets):
            return "a secret"
        for name in (*_WORD.findall(text), *_ADDRESS.findall(text)):
            if name in self.names:
                return self.names[name]
        if any(stretch in self.stretches for run in _RUN.findall(text) for stretch in _cut(run)):
            return "words of a message"
        if self.phrases and any(each in self.phrases for each in _phrases(text)):
            return "words of a message"
        return ""


def nothing_told(history: History, secrets: Sequence[str], nonce: str = "") -> Verdict:
    """Judge I12: over the files given, and over what stands in the clear in the log."""
    planted = planted_by(history, secrets, nonce)
    found = [*_in_files(history, planted), *_in_log(history.events, planted)]
    lacking = [] if history.written else ["no logs, metrics or traces were given"]
    lacking += ["no webhooks were recorded: nothing to look for"] if not history.webhooks else []
    return Verdict("I12", found, lacking)


def planted_by(history: History, secrets: Sequence[str], nonce: str) -> Planted:
    """Return what the users of a history said, who they are, and the secrets of the system."""
    planted = Planted(secrets=[each for each in secrets if len(each) >= SHORTEST_SECRET])
    for webhook in history.webhooks or ():
        _plant(webhook, planted, nonce)
    for mail in history.mails or ():
        for address in mail.to:
            planted.add_name(address, "an address")
    return planted


def _plant(webhook: Webhook, planted: Planted, nonce: str) -> None:
    source, message = webhook.event.get("source") or {}, webhook.event.get("message") or {}
    for key in ("userId", "groupId", "roomId"):
        planted.add_name(source.get(key), "whom LINE knows somebody as")
    planted.add_name(webhook.reply_token, "a reply token")
    for key in ("quoteToken", "markAsReadToken"):
        planted.add_name(message.get(key), "a token of a message")
    words = words_of(webhook)
    planted.add_words(words)
    for each in re.findall(nonce, words) if nonce else ():
        planted.add_name(each, "words of a message")


def _in_files(history: History, planted: Planted) -> Iterator[Finding]:
    for written in history.written:
        for number, line in enumerate(written.text.splitlines(), 1):
            what = planted.found_in(_unescaped(line))
            if what:
                yield Finding("I12", f"{written.name}, line {number} holds {what}")


def _in_log(events: Sequence[LoggedEvent], planted: Planted) -> Iterator[Finding]:
    for event in events:
        what = _told(event) or planted.found_in(_unescaped(event.data))
        if what:
            where = f"version {event.version} ({event.type}) holds {what} in the clear"
            yield Finding("I12", where, event.turn or "", event.stream)


def _told(event: LoggedEvent) -> str:
    if event.personal is not None and _is_json(event.personal):
        return "its personal part"
    plain: dict[str, object] = msgspec.json.decode(event.data)
    told = sorted(PERSONAL.get(event.type, frozenset()) & plain.keys())
    return ", ".join(told)


def _is_json(sealed: bytes) -> bool:
    """Tell whether a sealed part can be read by anybody."""
    try:
        msgspec.json.decode(sealed)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return True


def _stretches(text: str) -> Iterator[str]:
    return (stretch for run in _RUN.findall(text) for stretch in _cut(run))


def _cut(run: str) -> Iterator[str]:
    for start in range(len(run) - WINDOW + 1):
        stretch = run[start : start + WINDOW]
        if len(_FOREIGN.findall(stretch)) >= ENOUGH_CHINESE:
            yield stretch


def _phrases(text: str) -> Iterator[tuple[str, ...]]:
    words = [word.lower() for word in _LATIN.findall(text)]
    return zip(*(words[start:] for start in range(PHRASE)), strict=False)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "\\u" in text else text
