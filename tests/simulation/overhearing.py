"""Taking down what the services log in a run, whoever has logged in this process before."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import structlog

OURS = ("chassis.", "services.")
WARNING = 30


@contextmanager
def overheard(hear: Callable[[Any, str, Any], Any]) -> Generator[None]:
    """Give `hear` each warning and error of the services instead of printing it."""
    before = structlog.get_config()
    kept = [(log, log.__dict__.pop("bind")) for log in _loggers() if "bind" in log.__dict__]
    structlog.configure(
        processors=[hear],
        wrapper_class=structlog.make_filtering_bound_logger(WARNING),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.configure(**before)
        for log, bind in kept:
            log.bind = bind


def _loggers() -> list[Any]:
    """Return the loggers of our modules; one that was used may remember an earlier set-up."""
    modules = [each for name, each in list(sys.modules.items()) if name.startswith(OURS)]
    found = [getattr(module, "log", None) for module in modules]
    return [each for each in found if hasattr(each, "__dict__") and hasattr(each, "bind")]
