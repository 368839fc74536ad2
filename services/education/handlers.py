"""What the education service hears."""

from typing import assert_never

from chassis.clock import now
from chassis.journal import Journal
from chassis.router import Router
from contracts import subjects
from contracts.base import CloudEvent
from contracts.conversation import EducationRequested
from contracts.education import EducationFailed, EducationReady
from services.education.ports import Leaflet, NoLeaflet, Writer

router = Router()


@router.consumes(
    subjects.EDUCATION_REQUESTED,
    stream=subjects.CONVERSATION_STREAM,
    consumer=subjects.EDUCATION_MAKE_LEAFLET,
    ordered=False,  # after `stop` the next request must not wait for the cancelled one
)
async def make_leaflet(
    asked: CloudEvent[EducationRequested],
    journal: Journal,
    writer: Writer,
) -> None:
    """Record the one result of a request; a settled request costs no call of the model."""
    if await journal.is_settled(asked):
        return
    await journal.answer(asked, await result_of(asked.data, writer))


async def result_of(
    request: EducationRequested, writer: Writer
) -> EducationReady | EducationFailed:
    """Return the fact that a request leads to: a leaflet, or why there is none."""
    try:
        made = await _made(request, writer)
    except NoLeaflet as failed:
        return EducationFailed(request_id=request.request_id, failed_at=now(), reason=failed.reason)
    return EducationReady(
        request_id=request.request_id,
        made_at=now(),
        model=made.model,
        prompt=made.prompt,
        cached=made.cached,
        input_tokens=made.input_tokens,
        output_tokens=made.output_tokens,
        text=made.text,
        references=made.references,
    )


async def _made(request: EducationRequested, writer: Writer) -> Leaflet:
    match request.task:
        case "generate":
            return await writer.write(request.source, request.answer_by)
        case "modify":
            return await writer.revise(request.source, request.instruction, request.answer_by)
        case "translate":
            return await writer.translate(request.source, request.language, request.answer_by)
        case _:
            assert_never(request.task)
