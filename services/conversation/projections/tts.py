"""tts_logs: what was read aloud, by which model, how long it is."""

from contracts.conversation import SpeechRequested
from contracts.speech import AudioSynthesized, SpeechFailed
from services.conversation.domain.facts import MessageRedacted, RequestCancelled, WorkGivenUp
from services.conversation.projections import requests
from services.conversation.projections.projection import BOTH, EVENT, OF_BOTH, REDACTED, Projection

TABLE = "readmodels.tts_logs"

_REQUESTED = f"""
    insert into readmodels.tts_logs
        (request, stream, version, turn, message_id, source_message_id, requested_at,
         redacted, asked)
    select e.id, e.stream, e.version, e.turn, t.message, t.source, e.recorded_at,
        t.redacted, case when not t.redacted then e.personal end
    from e cross join lateral (
        select s.*, {REDACTED.format(message=OF_BOTH)} as redacted from (select {BOTH}) as s
    ) as t
    on conflict do nothing
"""  # noqa: S608 (no input)
_MADE = f"""
    update readmodels.tts_logs as c set outcome = 'made', failure = null,
        finished_at = (e.data->>'made_at')::timestamptz, model = e.data->>'model',
        duration_ms = (e.data->>'duration_ms')::integer,
        expires_at = (e.data->>'expires_at')::timestamptz, {requests.RESULT}
    from e where c.request = e.cause
"""  # noqa: S608 (no input)

TTS = Projection(
    name="tts",
    table=TABLE,
    statements={
        SpeechRequested: (EVENT + _REQUESTED,),
        AudioSynthesized: (EVENT + _MADE,),
        SpeechFailed: requests.failed(TABLE),
        WorkGivenUp: requests.given_up(TABLE),
        RequestCancelled: requests.cancelled(TABLE),
        MessageRedacted: requests.taken_back(TABLE, "message_id", "source_message_id"),
    },
)
