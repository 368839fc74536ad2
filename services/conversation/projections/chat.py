"""chat_logs: one row a turn, from what was said to what the messenger accepted."""

from contracts.conversation import ReplyRequested, WorkStarted
from contracts.education import EducationReady
from contracts.gateway import GroupJoined, MessageReceived, PostbackReceived, UserFollowed
from contracts.notifier import ReplyDelivered, ReplyFailed
from contracts.translation import TranslationReady
from services.conversation.domain.facts import MessageRedacted, WorkGivenUp
from services.conversation.projections.projection import EVENT, REDACTED, Projection

_OPEN_TURN = """
    insert into readmodels.chat_logs
        (turn, stream, version, kind, message_id, sent_at, received_at, over_limit, redacted, asked)
    select e.id, e.stream, e.version, {kind}, e.data->>'message_id',
        (e.data->>'sent_at')::timestamptz, (e.data->>'received_at')::timestamptz,
        e.data->>'over_limit', t.redacted, case when not t.redacted then e.personal end
    from e cross join lateral (select {redacted} as redacted) as t
    on conflict do nothing
"""
_MESSAGE = EVENT + _OPEN_TURN.format(
    kind="e.data->>'kind'", redacted=REDACTED.format(message="e.data->>'message_id'")
)
_POSTBACK = EVENT + _OPEN_TURN.format(kind="'postback'", redacted="false")
_FOLLOW = EVENT + _OPEN_TURN.format(kind="'follow'", redacted="false")
_JOIN = EVENT + _OPEN_TURN.format(kind="'join'", redacted="false")

# What is read aloud, mailed or tried again is made of the words of an earlier message.
_STARTED = """
    update readmodels.chat_logs as c set source_message_id = e.data->>'message_id'
    from e where c.turn = (e.data->>'turn_id')::uuid and e.data->>'message_id' <> ''
"""
# A result that came after the answer was not part of it.
_MADE = """
    update readmodels.chat_logs as c set
        model = e.data->>'model', prompt = e.data->>'prompt',
        cached = (e.data->>'cached')::boolean, direction = e.data->>'direction',
        input_tokens = (e.data->>'input_tokens')::integer,
        output_tokens = (e.data->>'output_tokens')::integer
    from e where c.turn = e.turn and c.answer_id is null
"""
_GIVEN_UP = """
    update readmodels.chat_logs as c set failure = e.data->>'reason'
    from e where c.turn = (e.data->>'turn_id')::uuid
"""
_ANSWERED = """
    update readmodels.chat_logs as c set
        mode = e.data->>'mode', outcome = e.data->>'outcome', reply_id = e.data->>'reply_id',
        answer_id = e.id, answer = case when not c.redacted then e.personal end,
        answered_at = e.recorded_at
    from e where c.turn = (e.data->>'turn_id')::uuid
        and (e.data->>'final')::boolean is not false
"""
_TOLD_TO_WAIT = """
    update readmodels.chat_logs as c set told_to_wait_at = e.recorded_at
    from e where c.turn = (e.data->>'turn_id')::uuid and (e.data->>'final')::boolean is false
"""
_ITS_ANSWER = "c.turn = (e.data->>'turn_id')::uuid and c.reply_id = e.data->>'reply_id'"
_DELIVERED = f"""
    update readmodels.chat_logs as c set
        channel = e.data->>'channel', delivered_at = (e.data->>'delivered_at')::timestamptz,
        outcome = case when (e.data->>'apology')::boolean then 'apologised' else c.outcome end
    from e where {_ITS_ANSWER}
"""  # noqa: S608 (no input)
_REFUSED = f"""
    update readmodels.chat_logs as c set
        channel = e.data->>'channel', refused_status = (e.data->>'status')::integer
    from e where {_ITS_ANSWER}
"""  # noqa: S608 (no input)
_TAKEN_BACK = """
    update readmodels.chat_logs as c set redacted = true, asked = null, answer = null
    from e where c.stream = e.stream
        and e.data->>'message_id' in (c.message_id, c.source_message_id)
"""

CHAT = Projection(
    name="chat",
    table="readmodels.chat_logs",
    statements={
        MessageReceived: (_MESSAGE,),
        PostbackReceived: (_POSTBACK,),
        UserFollowed: (_FOLLOW,),
        GroupJoined: (_JOIN,),
        WorkStarted: (EVENT + _STARTED,),
        EducationReady: (EVENT + _MADE,),
        TranslationReady: (EVENT + _MADE,),
        WorkGivenUp: (EVENT + _GIVEN_UP,),
        ReplyRequested: (EVENT + _ANSWERED, EVENT + _TOLD_TO_WAIT),
        ReplyDelivered: (EVENT + _DELIVERED,),
        ReplyFailed: (EVENT + _REFUSED,),
        MessageRedacted: (EVENT + _TAKEN_BACK,),
    },
)
