"""What `mededbot dlq` takes; each command imports what it needs when it is called."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chassis.errors import StartupRefused


@dataclass(frozen=True, slots=True)
class Choice:
    """Which letters are meant: those of these numbers, or all, of one consumer or of any."""

    numbers: Sequence[int]
    consumer: str | None = None

    def takes(self, number: int, consumer: str) -> bool:
        """Tell whether a letter is meant."""
        named = not self.numbers or number in self.numbers
        return named and self.consumer in {None, consumer}


def add_dlq(dlq: argparse.ArgumentParser) -> None:
    """Add the actions of `mededbot dlq`."""
    actions = dlq.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="all that wait, the oldest first")
    listing.add_argument("--consumer", metavar="NAME", help="those of one consumer only")
    listing.set_defaults(command=_list)
    show = actions.add_parser("show", help="one letter: why, where, about which turn")
    show.add_argument("number", type=int, metavar="NUMBER")
    show.add_argument("--open", action="store_true", help="also what the user said; on record")
    _add_by(show)
    show.set_defaults(command=_show)
    retry = actions.add_parser("retry", help="send messages again, after a fix")
    retry.add_argument("--lost", action="store_true", help="those whose letters the bus has lost")
    _add_choice(retry)
    retry.set_defaults(command=_retry)
    drop = actions.add_parser("drop", help="remove letters for good")
    _add_choice(drop)
    drop.set_defaults(command=_drop)


def _add_choice(action: argparse.ArgumentParser) -> None:
    action.add_argument("numbers", nargs="*", type=int, metavar="NUMBER")
    action.add_argument("--all", action="store_true", help="all that wait")
    action.add_argument("--consumer", metavar="NAME", help="all of one consumer")
    _add_by(action)


def _add_by(action: argparse.ArgumentParser) -> None:
    action.add_argument("--by", metavar="WHO", help="goes on record; your log-in name if left out")


def _list(arguments: argparse.Namespace, environ: Mapping[str, str]) -> None:
    from cli.dlq.commands import list_letters

    list_letters(environ, arguments.consumer)


def _show(arguments: argparse.Namespace, environ: Mapping[str, str]) -> None:
    from cli.dlq.commands import show_letter

    show_letter(environ, arguments.number, by=_who(arguments, environ), opened=arguments.open)


def _retry(arguments: argparse.Namespace, environ: Mapping[str, str]) -> None:
    from cli.dlq.commands import retry_letters, retry_lost

    if arguments.lost:
        retry_lost(environ, by=_who(arguments, environ))
    else:
        retry_letters(environ, _choice(arguments), by=_who(arguments, environ))


def _drop(arguments: argparse.Namespace, environ: Mapping[str, str]) -> None:
    from cli.dlq.commands import drop_letters

    drop_letters(environ, _choice(arguments), by=_who(arguments, environ))


def _choice(arguments: argparse.Namespace) -> Choice:
    if not (arguments.numbers or arguments.all or arguments.consumer):
        raise StartupRefused("Which letters? Give their numbers, --consumer NAME or --all.")
    return Choice(arguments.numbers, arguments.consumer)


def _who(arguments: argparse.Namespace, environ: Mapping[str, str]) -> str:
    who: str = arguments.by or environ.get("USER", "") or environ.get("LOGNAME", "")
    return who or "somebody"
