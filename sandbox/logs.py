"""JSON lines on stderr, for the sandbox as a process of its own."""

from __future__ import annotations

import logging
import sys

import structlog

_SHARED = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    structlog.processors.format_exc_info,
)


def configure() -> None:
    """Let structlog and the standard library's loggers write the same JSON lines."""
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*_SHARED, renderer],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=list(_SHARED))
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
