"""When an answer cannot be brought: its user is told so, once, instead of waiting in silence."""

from chassis.bus.wire import Packer
from chassis.parking import LastWord
from contracts.conversation import ReplyRequested
from services.notifier.courier import Courier
from services.notifier.ports import Record


def excuse(courier: Courier, packer: Packer, record: Record) -> LastWord:
    """Return what is done about an answer that was given up."""

    async def last_word(body: bytes) -> None:
        asked = await packer.unpack(body)
        if isinstance(asked.data, ReplyRequested):
            await courier.apologise(asked, record)

    return last_word
