"""Logs as JSON, spans when a collector is configured, and the W3C context that joins them."""

import logging
import re
import secrets
import sys
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from io import StringIO
from traceback import extract_tb
from typing import Any

import orjson
import structlog
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from structlog.typing import EventDict

from chassis import metrics

_propagator = TraceContextTextMapPropagator()
_tracing: set[str] = set()
"""The service that sends spans, once it does: without one a span costs next to nothing."""
_caller: ContextVar[str] = ContextVar("caller", default="")
"""Whose trace goes on where nobody here sends spans."""
_VALID = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_LEVELS = logging.getLevelNamesMapping()


def get_logger() -> structlog.stdlib.BoundLogger:
    """Return the logger; events are snake_case names with ids, never a patient's words."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger()
    return logger


def configure_logs(service: str, *, level: str, form: str) -> None:
    """Write one line an event to stdout: JSON, or coloured text when `form` is console."""
    render: Any = (
        # Errors are text by then; the usual formatter warns of each that is.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if form == "console"
        else structlog.processors.JSONRenderer(serializer=_dumps)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_words,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(_Lines()),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(handlers=[_Foreign(logging.WARNING)], level=logging.WARNING, force=True)


class _Lines(StringIO):
    """Standard output a line at a time; on a full disk lines are lost, and counted."""

    def flush(self) -> None:
        """Write what has gathered."""
        line = self.getvalue()
        self.seek(0)
        self.truncate()
        try:
            sys.stdout.write(line)
            sys.stdout.flush()
        except (OSError, ValueError):
            metrics.LOG_LINES_LOST.inc()


def _without_words(_: object, __: str, entry: EventDict) -> EventDict:
    """Turn an error into where it came from: its message may quote what a patient said."""
    error = entry.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        entry["exception"] = "\n".join(_trace(error))
    return entry


def _trace(error: BaseException) -> Generator[str]:
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        yield from _trace(earlier)
    yield type(error).__name__
    for frame in extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} {frame.name}"


class _Foreign(logging.Handler):
    """Passes on what libraries log, by name and template only: arguments may be health data."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        get_logger().log(
            record.levelno,
            "library_logged",
            library=record.name,
            template=str(record.msg)[:200] if record.args else "",
            error=error,
        )


def configure_traces(service: str, *, endpoint: str | None) -> None:
    """Send spans to an OTLP collector; without an endpoint every span is free and goes nowhere."""
    if endpoint is None:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 (costs 80 ms)
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    _tracing.add(service)


@contextmanager
def span(name: str, traceparent: str | None = None, **attributes: str | int) -> Generator[None]:
    """Run a block as a span, child of `traceparent` if one is given; never with texts or ids."""
    if not _tracing:
        before = _caller.set(traceparent or _caller.get())
        try:
            yield
        finally:
            _caller.reset(before)
        return
    context = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    tracer = trace.get_tracer("mededbot")
    with tracer.start_as_current_span(name, context=context, attributes=attributes):
        yield


def new_traceparent() -> str:
    """Return the context of the running span, or that of a new trace."""
    carrier: dict[str, str] = {}
    if _tracing:
        _propagator.inject(carrier)
    elif _VALID.fullmatch(_caller.get()):
        return _caller.get()
    return carrier.get("traceparent") or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def _dumps(value: object, **_: object) -> str:
    return orjson.dumps(value, default=repr).decode()
