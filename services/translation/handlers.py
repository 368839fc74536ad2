"""What the translation service hears."""

from chassis.clock import now
from chassis.journal import Journal
from chassis.router import Router
from contracts import subjects
from contracts.base import CloudEvent
from contracts.conversation import TranslationRequested
from contracts.translation import TranslationFailed, TranslationReady
from services.translation.ports import NoTranslation, Translator

router = Router()


@router.consumes(
    subjects.TRANSLATION_REQUESTED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.TRANSLATION_TRANSLATE,
    ordered=False,  # after `stop` the next request must not wait for the cancelled one
)
async def translate(
    asked: CloudEvent[TranslationRequested],
    journal: Journal,
    translator: Translator,
) -> None:
    """Record the one result of a request; a settled request costs no call of the model."""
    if await journal.is_settled(asked):
        return
    await journal.answer(asked, await result_of(asked.data, translator))


async def result_of(
    request: TranslationRequested, translator: Translator
) -> TranslationReady | TranslationFailed:
    """Return the fact that a request leads to: the sentence in both languages, or why not."""
    try:
        made = await translator.translate(request.text, request.language, request.answer_by)
    except NoTranslation as failed:
        return TranslationFailed(
            request_id=request.request_id, failed_at=now(), reason=failed.reason
        )
    return TranslationReady(
        request_id=request.request_id,
        made_at=now(),
        direction=made.direction,
        model=made.model,
        prompt=made.prompt,
        input_tokens=made.input_tokens,
        output_tokens=made.output_tokens,
        plain=made.plain,
        translation=made.translation,
    )
