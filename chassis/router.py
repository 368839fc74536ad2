"""Declaring handlers: FastStream's wiring, typing and AsyncAPI over our own consumer."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from faststream import AckPolicy
from faststream.nats import JStream, NatsRouter, PullSub
from nats.js.api import ConsumerConfig

from chassis.bus.consumer import Subscription
from chassis.bus.pull import Source
from chassis.bus.timing import USUAL, Timing

Handler = TypeVar("Handler", bound=Callable[..., Any])
MAX_IN_FLIGHT = 64


@dataclass(frozen=True, slots=True)
class Consumption:
    """One declared consumer and its handler: as it was declared, and as a function of its event."""

    subscription: Subscription
    handler: Callable[..., Awaitable[None]]
    run: Callable[[Any], Awaitable[None]]


class Router:
    """Collects a service's handlers; nothing runs until the service includes it."""

    def __init__(self) -> None:
        """Start empty."""
        self.faststream = NatsRouter()
        self.consumptions: list[Consumption] = []
        self.provided: dict[str, Any] = {}
        self._needs: set[str] = set()

    def consumes(
        self,
        *subjects: str,
        stream: str,
        consumer: str,
        max_in_flight: int = MAX_IN_FLIGHT,
        ordered: bool = True,
        timing: Timing = USUAL,
    ) -> Callable[[Handler], Handler]:
        """Declare a durable consumer: a handler for these subjects of a stream.

        The handler gets a typed CloudEvent, and what its other parameters name of what the
        service provides. One conversation's events come in order, unless `ordered` is off;
        returning acknowledges, Unavailable is tried again later, other errors end as a dead
        letter.
        """
        subscriber = self.faststream.subscriber(
            subjects[0] if len(subjects) == 1 else "",
            stream=JStream(stream, declare=False),
            durable=consumer,
            pull_sub=PullSub(),
            config=ConsumerConfig(filter_subjects=list(subjects)) if len(subjects) > 1 else None,
            ack_policy=AckPolicy.MANUAL,  # acknowledging is our consumer's business
            title=consumer,
        )
        subscription = Subscription(
            source=Source(stream, consumer),
            subjects=subjects,
            max_in_flight=max_in_flight,
            ordered=ordered,
            timing=timing,
        )

        def declare(handler: Handler) -> Handler:
            run = self._supplied(handler)
            subscriber(run)
            self.consumptions.append(Consumption(subscription, handler, run))
            return handler

        return declare

    def _supplied(self, handler: Callable[..., Awaitable[None]]) -> Callable[..., Any]:
        """Return the handler as a function of its event alone.

        FastStream's own injection sends each value through a thread, which costs more than all
        the rest of a message's handling: `make bench` shows it.
        """
        event, *needs = inspect.signature(handler, eval_str=True).parameters.values()
        names = [need.name for need in needs]

        async def supplied(message: Any) -> None:
            provided = self.provided
            await handler(message, **{name: provided[name] for name in names})

        supplied.__name__, supplied.__doc__ = handler.__name__, handler.__doc__
        renamed = event.replace(name="message")
        supplied.__signature__ = inspect.Signature([renamed])  # pyright: ignore[reportFunctionMemberAccess]
        supplied.__annotations__ = {"message": event.annotation}
        self._needs.update(names)
        return supplied

    def provide(self, values: Mapping[str, Any]) -> None:
        """Take what the handlers' parameters name; a name without a value is a mistake."""
        missing = self._needs - values.keys()
        if missing:
            raise LookupError(f"nobody provides {', '.join(sorted(missing))}")
        self.provided.update(values)
