"""email_logs: which leaflets were to be mailed, and what became of them."""

from contracts.conversation import EmailRequested
from contracts.notifier import EmailFailed, EmailSent
from services.conversation.domain.facts import MessageRedacted, RequestCancelled, WorkGivenUp
from services.conversation.projections import requests
from services.conversation.projections.projection import BOTH, EVENT, OF_BOTH, REDACTED, Projection

TABLE = "readmodels.email_logs"

_REQUESTED = f"""
    insert into readmodels.email_logs
        (request, stream, version, turn, message_id, source_message_id, requested_at,
         redacted, asked)
    select e.id, e.stream, e.version, e.turn, t.message, t.source, e.recorded_at,
        t.redacted, case when not t.redacted then e.personal end
    from e cross join lateral (
        select s.*, {REDACTED.format(message=OF_BOTH)} as redacted from (select {BOTH}) as s
    ) as t
    on conflict do nothing
"""  # noqa: S608 (no input)
_SENT = f"""
    update readmodels.email_logs as c set outcome = 'sent', failure = null,
        finished_at = (e.data->>'sent_at')::timestamptz, {requests.RESULT}
    from e where c.request = e.cause
"""  # noqa: S608 (no input)

EMAIL = Projection(
    name="email",
    table=TABLE,
    statements={
        EmailRequested: (EVENT + _REQUESTED,),
        EmailSent: (EVENT + _SENT,),
        EmailFailed: requests.failed(TABLE),
        WorkGivenUp: requests.given_up(TABLE),
        RequestCancelled: requests.cancelled(TABLE),
        MessageRedacted: requests.taken_back(TABLE, "message_id", "source_message_id"),
    },
)
