"""What an answer says on LINE to this user: its links signed, its main line in their language."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from chassis import clock
from chassis.telemetry import get_logger
from contracts.answer import Answer
from contracts.base import CloudEvent
from contracts.conversation import ReplyRequested
from services.notifier.addresses import PublicAddress
from services.notifier.ports import Messenger
from services.notifier.render import Message, render

CHINESE = "zh"
log = get_logger()


class Drafts:
    """Makes the messages of answers."""

    def __init__(
        self,
        messenger: Messenger,
        public: PublicAddress,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Ask `messenger` for languages and `public` for addresses."""
        self._messenger = messenger
        self._public = public
        self._now = now

    async def write(self, asked: CloudEvent[ReplyRequested]) -> list[Message] | None:
        """Return the answer's messages; None should an answer ever defeat the renderer."""
        try:
            answer = await self._in_their_language(asked.data)
            addresses = self._public.of(answer, self._now())
            quote = asked.data.quote_token or ""
            return render(answer, addresses=addresses, quote=quote, mode=asked.data.mode)
        except Exception as error:  # noqa: BLE001 (whatever it is, the user must not wait in silence)
            # The type only: a trace may hold a patient's words.
            kind = type(error).__name__
            log.error("render_failed", reply_id=asked.data.reply_id, error=kind)  # noqa: TRY400
            return None

    async def _in_their_language(self, asked: ReplyRequested) -> Answer:
        user = "" if asked.recipient.group else asked.recipient.user
        if not asked.answer.variants or not user:
            return asked.answer
        return in_language(asked.answer, await self._messenger.language_of(user))


def in_language(answer: Answer, language: str) -> Answer:
    """Return the answer with its main line in a language (BCP 47), if there is one in it."""
    wanted = _primary(language)
    if not wanted or wanted == CHINESE:
        return answer
    mains = [each.main for each in answer.variants if _primary(each.language) == wanted]
    return replace(answer, main=mains[0]) if mains else answer


def _primary(language: str) -> str:
    """Return the language itself of a tag that may go on with script and region."""
    return language.replace("_", "-").partition("-")[0].strip().lower()
