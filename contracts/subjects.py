"""Names on the bus: subjects, streams and consumers. Literals, written once, frozen by a test."""

MESSAGE_RECEIVED = "evt.gateway.message_received.v1"
POSTBACK_RECEIVED = "evt.gateway.postback_received.v1"
USER_FOLLOWED = "evt.gateway.user_followed.v1"
USER_UNFOLLOWED = "evt.gateway.user_unfollowed.v1"
GROUP_JOINED = "evt.gateway.group_joined.v1"
MESSAGE_UNSENT = "evt.gateway.message_unsent.v1"
UNKNOWN_RECEIVED = "evt.gateway.unknown_received.v1"

WORK_STARTED = "evt.conversation.work_started.v1"
EDUCATION_REQUESTED = "evt.conversation.education_requested.v1"
TRANSLATION_REQUESTED = "evt.conversation.translation_requested.v1"
TRANSCRIPTION_REQUESTED = "evt.conversation.transcription_requested.v1"
SPEECH_REQUESTED = "evt.conversation.speech_requested.v1"
EMAIL_REQUESTED = "evt.conversation.email_requested.v1"
REPLY_REQUESTED = "evt.conversation.reply_requested.v1"
DEADLINE_PASSED = "evt.conversation.deadline_passed.v1"
MESSAGE_PARKED = "evt.conversation.message_parked.v1"
DATA_REQUESTED = "evt.conversation.data_requested.v1"
DATA_EXPORTED = "evt.conversation.data_exported.v1"
DATA_ERASED = "evt.conversation.data_erased.v1"
DATA_FAILED = "evt.conversation.data_failed.v1"

EDUCATION_READY = "evt.education.ready.v1"
EDUCATION_FAILED = "evt.education.failed.v1"
TRANSLATION_READY = "evt.translation.ready.v1"
TRANSLATION_FAILED = "evt.translation.failed.v1"
TRANSCRIPTION_READY = "evt.speech.transcription_ready.v1"
TRANSCRIPTION_FAILED = "evt.speech.transcription_failed.v1"
AUDIO_SYNTHESIZED = "evt.speech.audio_synthesized.v1"
SPEECH_FAILED = "evt.speech.failed.v1"

REPLY_DELIVERED = "evt.notifier.reply_delivered.v1"
REPLY_FAILED = "evt.notifier.reply_failed.v1"
WORK_SHOWN = "evt.notifier.work_shown.v1"
EMAIL_SENT = "evt.notifier.email_sent.v1"
EMAIL_FAILED = "evt.notifier.email_failed.v1"
ALERT_RAISED = "evt.notifier.alert_raised.v1"

GATEWAY_STREAM = "EVT_GATEWAY"
CONVERSATION_STREAM = "EVT_CONVERSATION"
EDUCATION_STREAM = "EVT_EDUCATION"
TRANSLATION_STREAM = "EVT_TRANSLATION"
SPEECH_STREAM = "EVT_SPEECH"
NOTIFIER_STREAM = "EVT_NOTIFIER"
DEAD_STREAM = "DEAD"
OBJECTS_BUCKET = "OBJECTS"
OBJECTS_STREAM = "OBJ_OBJECTS"
"""What nats-server's own tools call a bucket's stream: so they show ours too."""

STREAMS: dict[str, tuple[str, ...]] = {
    GATEWAY_STREAM: ("evt.gateway.>",),
    CONVERSATION_STREAM: ("evt.conversation.>",),
    EDUCATION_STREAM: ("evt.education.>",),
    TRANSLATION_STREAM: ("evt.translation.>",),
    SPEECH_STREAM: ("evt.speech.>",),
    NOTIFIER_STREAM: ("evt.notifier.>",),
    DEAD_STREAM: ("dead.>",),
}
"""Each stream and the subjects it keeps."""

CONVERSATION_TAKE_INPUT = "conversation__take_input"
CONVERSATION_APPLY_EDUCATION = "conversation__apply_education"
CONVERSATION_APPLY_TRANSLATION = "conversation__apply_translation"
CONVERSATION_APPLY_SPEECH = "conversation__apply_speech"
CONVERSATION_APPLY_DEADLINE = "conversation__apply_deadline"
CONVERSATION_APPLY_PARKED = "conversation__apply_parked"
CONVERSATION_APPLY_EMAIL = "conversation__apply_email"
CONVERSATION_APPLY_DATA = "conversation__apply_data"
CONVERSATION_SERVE_DATA = "conversation__serve_data"
EDUCATION_MAKE_LEAFLET = "education__make_leaflet"
TRANSLATION_TRANSLATE = "translation__translate"
SPEECH_TRANSCRIBE = "speech__transcribe"
SPEECH_SYNTHESIZE = "speech__synthesize"
SPEECH_FORGET_MESSAGE = "speech__forget_message"
NOTIFIER_DELIVER_REPLY = "notifier__deliver_reply"
NOTIFIER_SHOW_WORK = "notifier__show_work"
NOTIFIER_SEND_EMAIL = "notifier__send_email"
NOTIFIER_HEAR_ALERT = "notifier__hear_alert"

DEAD_PREFIX = "dead."
"""A dead letter's subject is this and the name of the consumer that gave it up."""

KEY_DESTROYED = "keys.destroyed"
"""Core NATS, not stored: a stream's key is gone, whoever has it in memory forgets it."""

HEARTBEAT_PREFIX = "health."
"""Core NATS, not stored: `health.<service>` says every second whether that replica is ready."""
