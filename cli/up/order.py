"""What one `up` is asked to run, checked before anything starts."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.bus.promise import Promise
from chassis.errors import StartupRefused
from chassis.settings import load, load_all
from cli.catalogue import SERVICES
from cli.network import free_port, port_is_free, promise_ports
from cli.services import settings_class
from cli.up.settings import UpSettings
from cli.up.upstreams import EXAMPLE, supplied


@dataclass(frozen=True, slots=True)
class Order:
    """The operator's environment, and the two ports people meet."""

    environ: Mapping[str, str]
    replicas: int
    gateway_port: int
    sandbox_port: int
    nats_nodes: int
    promise: Promise


def checked(environ: Mapping[str, str]) -> UpSettings:
    """Read every setting of every process, or refuse with all that is wrong."""
    filled = supplied(environ, EXAMPLE)
    load_all((UpSettings, *map(settings_class, SERVICES)), filled)
    own = load(UpSettings, filled)
    _refuse_unkept_promise(environ, own.nats_nodes)
    return own


def ordered(environ: Mapping[str, str], own: UpSettings, replicas: int) -> Order:
    """Choose the ports left to us; refuse to start where one we were told to use is taken."""
    _refuse_used("PORT", own.port, own.host)
    _refuse_used("SANDBOX_PORT", own.sandbox_port or 0, "127.0.0.1")
    promise_ports(own.port, own.sandbox_port or 0, own.health_port)
    gateway_port = own.port or free_port()
    # People keep the address of the sandbox's page: the same at every start, if it can be.
    wish = gateway_port + 1 if own.sandbox_port is None else 0
    sandbox_port = own.sandbox_port or free_port(wish)
    return Order(environ, replicas, gateway_port, sandbox_port, own.nats_nodes, own.promise)


def _refuse_unkept_promise(environ: Mapping[str, str], nodes: int) -> None:
    promised = environ.get("NATS_REPLICAS", "").strip()
    embedded = not environ.get("NATS_URL", "").strip()
    if embedded and promised and promised != str(nodes):
        message = (
            f"NATS_REPLICAS promises {promised} copies, NATS_NODES={nodes} makes {nodes} of them: "
            "set NATS_NODES alone, or NATS_URL to servers of your own."
        )
        raise StartupRefused(message)


def _refuse_used(variable: str, port: int, host: str) -> None:
    if port and not port_is_free(port, host):
        message = f"Port {port} is in use by another program: free it or set {variable}."
        raise StartupRefused(message)
