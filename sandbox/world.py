"""What has happened between users and bot, folded from the journal's records; no I/O."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from sandbox.chats import UNSENT, Chat, Quotable, bot_entry, take_back, user_entry
from sandbox.events import message_id_of
from sandbox.rules.fault import Fault
from sandbox.shapes import as_list, as_object, as_text

if TYPE_CHECKING:
    from sandbox.shapes import JsonObject

# The sandbox may run for days on a laptop: everything it remembers has an end.
_ROWS = 20_000
_WEBHOOKS = 20_000
_CHATS = 5_000
_MAILS = 200

Item = TypeVar("Item")


@dataclass(slots=True)
class Webhook:
    """One webhook on its way to the bot server, with every attempt to deliver it."""

    number: int
    chat: str
    user: str
    event: JsonObject
    sent_at: float
    attempts: list[JsonObject] = field(default_factory=list)
    acknowledged: bool = False

    @property
    def event_id(self) -> str:
        """Return LINE's id of the event, the same in every delivery."""
        return as_text(self.event.get("webhookEventId"))

    @property
    def reply_token(self) -> str:
        """Return the event's reply token, empty when it has none."""
        return as_text(self.event.get("replyToken"))


@dataclass(slots=True)
class Token:
    """A reply token: whom it answers, since when, and whether it is spent."""

    chat: str
    event_id: str
    event_at: float
    sent_at: float
    used: bool = False


@dataclass(slots=True)
class Accepted:
    """A push that was taken, so that the same retry key is not taken again."""

    request_id: str
    sent: list[JsonObject]


class World:
    """Everything the sandbox remembers; the same records give the same world."""

    def __init__(self) -> None:
        """Begin with nobody and nothing."""
        self.rows: deque[JsonObject] = deque(maxlen=_ROWS)
        self.webhooks: OrderedDict[int, Webhook] = OrderedDict()
        self.tokens: OrderedDict[str, Token] = OrderedDict()
        self.accepted: OrderedDict[str, Accepted] = OrderedDict()
        self.chats: OrderedDict[str, Chat] = OrderedDict()
        self.names: OrderedDict[str, str] = OrderedDict()
        self.languages: OrderedDict[str, str] = OrderedDict()
        self.quotable: OrderedDict[str, Quotable] = OrderedDict()
        # Read tokens, with the chat and the entry each of them stands for.
        self.readable: OrderedDict[str, tuple[str, int]] = OrderedDict()
        self.mails: deque[JsonObject] = deque(maxlen=_MAILS)
        self.sequence = 0

    def apply(self, record: JsonObject) -> None:
        """Let one record happen; records of unknown kinds are ignored."""
        match record.get("kind"):
            case "webhook":
                self._webhook(record)
            case "sending":
                self._sending(record)
            case "acknowledged":
                self._acknowledged(record)
            case "profile":
                _put(self.languages, record["user_id"], as_text(record["language"]), _CHATS)
            case "mail":
                self._mail(record)
            case "reply" | "push" | "repeated" | "loading" | "read" | "refused":
                self._row(record)
            case _:
                pass

    def chat(self, name: str) -> Chat:
        """Return the chat with a user or a group, made when it is new."""
        return _remembered(self.chats, name, Chat(), _CHATS)

    def token_refused(self, token: str, now: float, seconds: float, lifetime: float) -> bool:
        """Tell whether LINE would refuse this reply token now."""
        known = self.tokens.get(token)
        if known is None or known.used:
            return True
        return now - known.sent_at > seconds or now - known.event_at > lifetime

    def misquoted(self, messages: list[object], chat: str) -> list[Fault]:
        """Return what LINE would refuse of the quote tokens in a send to this chat."""
        tokens = [as_text(as_object(message).get("quoteToken")) for message in messages]
        return [
            Fault("Invalid quoteToken", f"messages[{index}].quoteToken")
            for index, token in enumerate(tokens)
            if token and (token not in self.quotable or self.quotable[token].chat != chat)
        ]

    def unacknowledged(self, now: float, lifetime: float) -> list[Webhook]:
        """Return the webhooks still owed to the bot server."""
        return [
            webhook
            for webhook in self.webhooks.values()
            if not webhook.acknowledged and now - webhook.sent_at < lifetime
        ]

    def _webhook(self, record: JsonObject) -> None:
        event, at = as_object(record["event"]), float(record["time"])
        webhook = Webhook(int(record["number"]), record["chat"], record["user"], event, at)
        _remembered(self.webhooks, webhook.number, webhook, _WEBHOOKS)
        self.sequence = max(self.sequence, webhook.number)
        self._meet(webhook, as_text(record["user_id"]))
        if webhook.reply_token:
            token = Token(webhook.chat, webhook.event_id, at, at)
            _remembered(self.tokens, webhook.reply_token, token, _WEBHOOKS)
        chat = self.chat(webhook.chat)
        chat.last_timestamp = int(event.get("timestamp", 0))
        chat.blocked = event.get("type") == "unfollow"
        if event.get("type") == "unsend":
            self._take_back(chat, message_id_of(event))
        self._show(chat, user_entry(record))
        self._remember_tokens(webhook, chat, as_text(record["shown"]))

    def _take_back(self, chat: Chat, message_id: str) -> None:
        take_back(chat, message_id)
        for entry in chat.entries:
            quoted = self.quotable.get(entry.get("quote_token") or "")
            if quoted is not None and entry["message_id"] == message_id:
                quoted.text = UNSENT

    def _remember_tokens(self, webhook: Webhook, chat: Chat, words: str) -> None:
        message = as_object(webhook.event.get("message"))
        quote, read = as_text(message.get("quoteToken")), as_text(message.get("markAsReadToken"))
        if quote:
            _remembered(self.quotable, quote, Quotable(webhook.chat, words), _WEBHOOKS)
        if read:
            _remembered(self.readable, read, (webhook.chat, chat.revision), _WEBHOOKS)

    def _meet(self, webhook: Webhook, user_id: str) -> None:
        if webhook.event.get("type") == "unfollow":
            self.names.pop(webhook.chat, None)
            return
        _remembered(self.names, user_id, webhook.user, _CHATS)
        _remembered(self.names, webhook.chat, webhook.user, _CHATS)

    def _sending(self, record: JsonObject) -> None:
        webhook = self.webhooks.get(record["number"])
        token = self.tokens.get(webhook.reply_token) if webhook else None
        if token is not None and not token.used:
            token.sent_at = record["time"]

    def _acknowledged(self, record: JsonObject) -> None:
        webhook = self.webhooks.get(record["number"])
        if webhook is not None:
            webhook.attempts.append(
                {k: v for k, v in record.items() if k not in {"kind", "number"}}
            )
            webhook.acknowledged = webhook.acknowledged or bool(record["accepted"])

    def _row(self, record: JsonObject) -> None:
        self.sequence += 1
        self.rows.append({"seq": self.sequence, **record})
        token = self.tokens.get(as_text(record.get("reply_token")))
        if record["kind"] == "reply" and token is not None:
            token.used = True
        if record["kind"] == "push" and record.get("retry_key"):
            sent = [as_object(item) for item in as_list(record.get("sent"))]
            accepted = Accepted(record["request_id"], sent)
            _remembered(self.accepted, record["retry_key"], accepted, _WEBHOOKS)
        self._seen(record)

    def _seen(self, record: JsonObject) -> None:
        chat = self.chats.get(as_text(record.get("chat")))
        if chat is None:
            return
        if record["kind"] in {"reply", "push"} and record.get("delivered"):
            chat.loading_until = 0.0
            self._keep_quotable(record)
            self._show(chat, bot_entry(record, self._quotes(record)))
        elif record["kind"] == "loading":
            chat.loading_until = float(record["until"])
            chat.revision += 1
        elif record["kind"] == "read":
            chat.read_revision = max(chat.read_revision, int(record["read_revision"]))
            chat.revision += 1

    def _keep_quotable(self, record: JsonObject) -> None:
        for message, receipt in zip(
            as_list(record["messages"]), as_list(record.get("sent")), strict=False
        ):
            token = as_text(as_object(receipt).get("quoteToken"))
            if token:
                words = as_text(as_object(message).get("text"))
                _remembered(self.quotable, token, Quotable(record["chat"], words), _WEBHOOKS)

    def _quotes(self, record: JsonObject) -> dict[str, str]:
        """Return what the messages of a send quote, by quote token."""
        tokens = (as_text(as_object(m).get("quoteToken")) for m in as_list(record["messages"]))
        return {token: self.quotable[token].text for token in tokens if token in self.quotable}

    def _mail(self, record: JsonObject) -> None:
        self.sequence += 1
        self.mails.append({"seq": self.sequence, **record})

    def _show(self, chat: Chat, entry: JsonObject) -> None:
        chat.revision += 1
        chat.entries.append({"revision": chat.revision, **entry})


Key = TypeVar("Key")


def _remembered(into: OrderedDict[Key, Item], key: Key, value: Item, limit: int) -> Item:
    """Keep the value under the key unless it is known, and forget the oldest over the limit."""
    kept = into.setdefault(key, value)
    while len(into) > limit:
        into.popitem(last=False)
    return kept


def _put(into: OrderedDict[Key, Item], key: Key, value: Item, limit: int) -> None:
    """Keep the value under the key, newest last, and forget the oldest over the limit."""
    into.pop(key, None)
    _remembered(into, key, value, limit)
