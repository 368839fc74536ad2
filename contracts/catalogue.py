"""Every event that is a promise between services, and the subject it travels on."""

from contracts import conversation, education, gateway, notifier, speech, subjects, translation
from contracts.base import Event

SUBJECTS: dict[type[Event], str] = {
    gateway.MessageReceived: subjects.MESSAGE_RECEIVED,
    gateway.PostbackReceived: subjects.POSTBACK_RECEIVED,
    gateway.UserFollowed: subjects.USER_FOLLOWED,
    gateway.UserUnfollowed: subjects.USER_UNFOLLOWED,
    gateway.GroupJoined: subjects.GROUP_JOINED,
    gateway.MessageUnsent: subjects.MESSAGE_UNSENT,
    gateway.UnknownReceived: subjects.UNKNOWN_RECEIVED,
    conversation.WorkStarted: subjects.WORK_STARTED,
    conversation.EducationRequested: subjects.EDUCATION_REQUESTED,
    conversation.TranslationRequested: subjects.TRANSLATION_REQUESTED,
    conversation.TranscriptionRequested: subjects.TRANSCRIPTION_REQUESTED,
    conversation.SpeechRequested: subjects.SPEECH_REQUESTED,
    conversation.EmailRequested: subjects.EMAIL_REQUESTED,
    conversation.ReplyRequested: subjects.REPLY_REQUESTED,
    conversation.DeadlinePassed: subjects.DEADLINE_PASSED,
    conversation.MessageParked: subjects.MESSAGE_PARKED,
    conversation.DataRequested: subjects.DATA_REQUESTED,
    conversation.DataExported: subjects.DATA_EXPORTED,
    conversation.DataErased: subjects.DATA_ERASED,
    conversation.DataFailed: subjects.DATA_FAILED,
    education.EducationReady: subjects.EDUCATION_READY,
    education.EducationFailed: subjects.EDUCATION_FAILED,
    translation.TranslationReady: subjects.TRANSLATION_READY,
    translation.TranslationFailed: subjects.TRANSLATION_FAILED,
    speech.TranscriptionReady: subjects.TRANSCRIPTION_READY,
    speech.TranscriptionFailed: subjects.TRANSCRIPTION_FAILED,
    speech.AudioSynthesized: subjects.AUDIO_SYNTHESIZED,
    speech.SpeechFailed: subjects.SPEECH_FAILED,
    notifier.ReplyDelivered: subjects.REPLY_DELIVERED,
    notifier.ReplyFailed: subjects.REPLY_FAILED,
    notifier.WorkShown: subjects.WORK_SHOWN,
    notifier.EmailSent: subjects.EMAIL_SENT,
    notifier.EmailFailed: subjects.EMAIL_FAILED,
    notifier.AlertRaised: subjects.ALERT_RAISED,
}

REQUESTS: frozenset[type[Event]] = frozenset(
    {
        conversation.EducationRequested,
        conversation.TranslationRequested,
        conversation.TranscriptionRequested,
        conversation.SpeechRequested,
        conversation.EmailRequested,
        conversation.DataRequested,
        conversation.ReplyRequested,
    }
)
"""Events that somebody must settle: published again until their result stands in the log."""

UNHEARD: frozenset[type[Event]] = frozenset(
    {
        notifier.ReplyDelivered,
        notifier.ReplyFailed,
        notifier.WorkShown,
    }
)
"""Events that no service listens to: they stand in the log, and stay off the bus, which would store
and flush one of them for every turn. Whoever starts to listen takes its event from here."""

PUBLISHED: dict[type[Event], str] = {
    event: subject for event, subject in SUBJECTS.items() if event not in UNHEARD
}
"""The events that are put on the bus once they are on record."""
