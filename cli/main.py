"""The commands of `mededbot`; each imports what it needs when it is called."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from uuid import UUID

from chassis.errors import StartupRefused
from cli.catalogue import READ_MODELS, SERVICES
from cli.dlq.words import add_dlq

EXIT_REFUSED = 1
EXIT_SETTINGS = 2
EXIT_INTERRUPTED = 130
LAST_ROWS = 20

Command = Callable[[argparse.Namespace, Mapping[str, str]], None]


def main() -> None:
    """Run the command the words after `mededbot` name, and end the process with its code."""
    sys.exit(run(sys.argv[1:], os.environ))


def run(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command; return its exit code."""
    arguments = _parser().parse_args(words)
    command: Command = arguments.command
    try:
        _refusing_settings(command, arguments, environ)
    except StartupRefused as refused:
        print(refused, file=sys.stderr)
        return EXIT_REFUSED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def _refusing_settings(
    command: Command, arguments: argparse.Namespace, environ: Mapping[str, str]
) -> None:
    from chassis.settings import SettingsRefused

    try:
        command(arguments, environ)
    except SettingsRefused as refused:
        print("These settings cannot be used:", file=sys.stderr)
        for fault in refused.faults:
            print(f"  {fault}", file=sys.stderr)
        raise SystemExit(EXIT_SETTINGS) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mededbot", description="MedEdBot on the command line.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="run the whole system on this machine")
    up.add_argument(
        "--replicas", type=_positive, default=1, metavar="N", help="processes of each service"
    )
    up.add_argument(
        "--nats-nodes", choices=("1", "3"), help="nodes of the embedded NATS, as NATS_NODES"
    )
    up.set_defaults(command=_up)
    service = commands.add_parser("run", help="run one service")
    service.add_argument("service", choices=tuple(SERVICES), metavar="SERVICE", help=_names())
    service.set_defaults(command=_run)
    _add_projections(commands.add_parser("projections", help="list read models, or rebuild them"))
    _add_logs(commands.add_parser("logs", help="show the newest rows of a read model"))
    _add_check(commands.add_parser("check-history", help="judge what a run left behind"))
    add_dlq(commands.add_parser("dlq", help="list, show, retry or drop dead letters"))
    for name, (text, command) in PLAIN_COMMANDS.items():
        commands.add_parser(name, help=text).set_defaults(command=command)
    return parser


def _add_projections(projections: argparse.ArgumentParser) -> None:
    actions = projections.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="rows, and seconds behind the log").set_defaults(
        command=_list_projections
    )
    rebuild = actions.add_parser("rebuild", help="make them anew from the whole log")
    rebuild.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{', '.join(READ_MODELS)}; none: all"
    )
    rebuild.set_defaults(command=_rebuild_projections)


def _add_logs(logs: argparse.ArgumentParser) -> None:
    logs.add_argument("name", choices=READ_MODELS, metavar="NAME", help=", ".join(READ_MODELS))
    logs.add_argument("--stream", type=UUID, metavar="ID", help="one conversation only")
    logs.add_argument("--last", type=_positive, default=LAST_ROWS, metavar="N", help="rows at most")
    logs.set_defaults(command=_logs)


def _add_check(check: argparse.ArgumentParser) -> None:
    check.add_argument("files", nargs="*", type=Path, metavar="FILE", help="records of a run")
    check.add_argument("--sandbox", default="", metavar="URL", help="ask a running sandbox")
    check.add_argument(
        "--logs", action="append", type=Path, metavar="PATH", help="what services wrote: no secrets"
    )
    check.add_argument("--nonce", default="", metavar="PATTERN", help="words said only once")
    check.add_argument(
        "--export", type=Path, metavar="FILE", help="write all records, in the clear"
    )
    check.add_argument("--open", action="store_true", help="show what users said and saw")
    check.set_defaults(command=_check_history)


def _positive(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _names() -> str:
    return ", ".join(SERVICES)


def _up(arguments: argparse.Namespace, environ: Mapping[str, str]) -> None:
    from cli.up.command import up

    nodes = {"NATS_NODES": arguments.nats_nodes} if arguments.nats_nodes else {}
    up({**environ, **nodes}, arguments.replicas)


def _run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> None:
    from cli.services import run_service

    run_service(arguments.service, environ)


def _sandbox(_: argparse.Namespace, environ: Mapping[str, str]) -> None:
    from cli.sandbox import run_sandbox

    run_sandbox(environ)


def _migrate(_: argparse.Namespace, environ: Mapping[str, str]) -> None:
    from cli.migrate import migrate

    migrate(environ)


def _list_projections(_: argparse.Namespace, environ: Mapping[str, str]) -> None:
    from cli.projections.commands import show_projections

    show_projections(environ)


def _rebuild_projections(arguments: argparse.Namespace, environ: Mapping[str, str]) -> None:
    from cli.projections.commands import rebuild_projections

    unknown = set(arguments.names) - set(READ_MODELS)
    if unknown:
        raise StartupRefused(f"No read model is named {', '.join(sorted(unknown))}.")
    rebuild_projections(environ, arguments.names)


def _logs(arguments: argparse.Namespace, environ: Mapping[str, str]) -> None:
    from cli.projections.commands import show_logs

    stream = str(arguments.stream) if arguments.stream else None
    show_logs(environ, arguments.name, stream, arguments.last)


def _check_history(arguments: argparse.Namespace, environ: Mapping[str, str]) -> None:
    from cli.history.command import check_history
    from cli.history.sources import Sources

    sources = Sources(files=arguments.files, sandbox=arguments.sandbox, logs=arguments.logs or ())
    check_history(
        environ,
        sources,
        nonce=arguments.nonce,
        export=arguments.export,
        opened=arguments.open,
    )


def _version(_: argparse.Namespace, __: Mapping[str, str]) -> None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        print(version("mededbot"))
    except PackageNotFoundError:
        print("not installed, run from its folder")


PLAIN_COMMANDS: Mapping[str, tuple[str, Command]] = {
    "sandbox": ("run the stand-ins of LINE and Gemini", _sandbox),
    "migrate": ("bring the database and the streams up to date", _migrate),
    "version": ("print the version", _version),
}
