"""Services that lack a safeguard, for whoever wants to know whether it would be missed."""

from services.conversation.domain import Conversation, next_input
from services.conversation.loop import Conversations, _Turned


class Hasty(Conversations):
    """Decides one input and lets go of the stream without looking whether more waits."""

    def _decided(self, stream: str, state: Conversation) -> _Turned:
        turned = _Turned(stream, state, [], [])
        pending = next_input(state)
        if pending is not None:
            self._turn(turned, pending)
        return turned
