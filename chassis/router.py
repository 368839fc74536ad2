"""Declaring handlers: FastStream's wiring, typing and AsyncAPI over our own consumer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from faststream import AckPolicy
from faststream.nats import JStream, NatsRouter, PullSub
from nats.js.api import ConsumerConfig

from chassis.bus.consumer import Subscription
from chassis.bus.pull import Source

Handler = TypeVar("Handler", bound=Callable[..., Any])
MAX_IN_FLIGHT = 64


@dataclass(frozen=True, slots=True)
class Consumption:
    """One declared consumer and FastStream's subscriber that runs its handler."""

    subscription: Subscription
    subscriber: Any


class Router:
    """Collects a service's handlers; nothing runs until the service includes it."""

    def __init__(self) -> None:
        """Start empty."""
        self.faststream = NatsRouter()
        self.consumptions: list[Consumption] = []

    def consumes(
        self, *subjects: str, stream: str, consumer: str, max_in_flight: int = MAX_IN_FLIGHT
    ) -> Callable[[Handler], Handler]:
        """Declare a durable consumer: a handler for these subjects of a stream.

        The handler gets a typed CloudEvent. One conversation's events come in order; returning
        acknowledges, Unavailable is tried again later, other errors end as a dead letter.
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
            source=Source(stream, consumer), subjects=subjects, max_in_flight=max_in_flight
        )
        self.consumptions.append(Consumption(subscription, subscriber))

        def declare(handler: Handler) -> Handler:
            subscriber(handler)
            return handler

        return declare
