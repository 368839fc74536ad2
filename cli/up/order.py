"""What one `up` is asked to run, checked before anything starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chassis.errors import StartupRefused
from chassis.settings import load, load_all
from cli.catalogue import SERVICES
from cli.network import free_port, port_is_free
from cli.services import settings_class
from cli.up.settings import UpSettings
from cli.up.upstreams import EXAMPLE, supplied


@dataclass(frozen=True, slots=True)
class Order:
    """The operator's environment, and the ports and the folder it asks for."""

    environ: Mapping[str, str]
    replicas: int
    home: Path
    gateway_host: str
    gateway_port: int
    sandbox_port: int


def checked(environ: Mapping[str, str], replicas: int) -> Order:
    """Read every setting of every process, or refuse with all that is wrong."""
    filled = supplied(environ, EXAMPLE)
    load_all((UpSettings, *map(settings_class, SERVICES)), filled)
    own = load(UpSettings, filled)
    return Order(
        environ=environ,
        replicas=replicas,
        home=own.home,
        gateway_host=own.host,
        gateway_port=own.port or free_port(),
        sandbox_port=own.sandbox_port or free_port(),
    )


def refuse_used_ports(order: Order) -> None:
    """Refuse to start beside somebody who listens on a port we were told to use."""
    wanted = {
        "PORT": (order.gateway_port, order.gateway_host),
        "SANDBOX_PORT": (order.sandbox_port, "127.0.0.1"),
    }
    for variable, (port, host) in wanted.items():
        if not port_is_free(port, host):
            message = f"Port {port} is in use by another program: free it or set {variable}."
            raise StartupRefused(message)
