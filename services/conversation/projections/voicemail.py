"""voicemail_logs: what voice messages said, and which model wrote it down."""

from contracts.conversation import TranscriptionRequested
from contracts.speech import TranscriptionFailed, TranscriptionReady
from services.conversation.domain.facts import MessageRedacted, RequestCancelled, WorkGivenUp
from services.conversation.projections import requests
from services.conversation.projections.projection import EVENT, REDACTED, Projection

TABLE = "readmodels.voicemail_logs"

_REQUESTED = f"""
    insert into readmodels.voicemail_logs
        (request, stream, version, turn, message_id, duration_ms, requested_at, redacted, asked)
    select e.id, e.stream, e.version, e.turn, e.data->>'message_id',
        (select (m.data->>'duration_ms')::integer from eventlog.events as m where m.id = e.turn),
        e.recorded_at, t.redacted, case when not t.redacted then e.personal end
    from e cross join lateral (
        select {REDACTED.format(message="e.data->>'message_id'")} as redacted
    ) as t
    on conflict do nothing
"""  # noqa: S608 (no input)
_MADE = f"""
    update readmodels.voicemail_logs as c set outcome = 'made', failure = null,
        finished_at = (e.data->>'made_at')::timestamptz, model = e.data->>'model',
        prompt = e.data->>'prompt', input_tokens = (e.data->>'input_tokens')::integer,
        output_tokens = (e.data->>'output_tokens')::integer, {requests.RESULT}
    from e where c.request = e.cause
"""  # noqa: S608 (no input)

VOICEMAIL = Projection(
    name="voicemail",
    table=TABLE,
    statements={
        TranscriptionRequested: (EVENT + _REQUESTED,),
        TranscriptionReady: (EVENT + _MADE,),
        TranscriptionFailed: requests.failed(TABLE),
        WorkGivenUp: requests.given_up(TABLE),
        RequestCancelled: requests.cancelled(TABLE),
        MessageRedacted: requests.taken_back(TABLE, "message_id"),
    },
)
