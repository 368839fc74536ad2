"""What `up` shows once everything runs: one screen, plain text where nobody watches."""

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from chassis.settings import without_credentials
from cli.up.servers import Servers
from cli.up.table import Member
from cli.up.upstreams import LINE, MAIL, UPSTREAMS, Played, Upstream, played

BOLD, PLAIN = "\033[1m", "\033[0m"


def say(line: str) -> None:
    """Print one line at once; a reader who has gone away is no reason to stop."""
    with contextlib.suppress(OSError, ValueError):
        print(line, flush=True)


def heading(text: str) -> str:
    """Return a heading, bold on a terminal that wants colour."""
    bold = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return f"{BOLD}{text}{PLAIN}" if bold else text


def screen(
    environ: Mapping[str, str], servers: Servers, members: Sequence[Member], home: Path
) -> str:
    """Return the screen."""
    gateway = members[0]
    parts = [
        *_chat(environ, members),
        f"  Webhook        {gateway.url}/webhook",
        f"  Gateway        {gateway.url}",
        "",
        heading("Upstreams"),
        *(_upstream(upstream, environ) for upstream in UPSTREAMS),
        *_links(environ),
        "",
        heading("Processes"),
        *map(_member, members),
        "",
        heading("Data"),
        f"  Folder         {home}",
        f"  DATABASE_URL   {_database(servers)}",
        f"  NATS_URL       {without_credentials(servers.nats_url)}",
        "",
        "Ctrl-C to stop",
    ]
    return "\n".join(parts)


def _chat(environ: Mapping[str, str], members: Sequence[Member]) -> list[str]:
    page = members[-1].url
    chat = [f"  Chat here      {page}/"] if played(LINE, environ) is Played.SANDBOX else []
    mail = [f"  Read mails     {page}/#mail"] if played(MAIL, environ) is Played.SANDBOX else []
    return [*chat, *mail]


def _upstream(upstream: Upstream, environ: Mapping[str, str]) -> str:
    by = played(upstream, environ)
    address = environ.get(upstream.address, "").strip() if by is Played.REAL else ""
    return f"  {upstream.name:<14} {by} {without_credentials(address)}".rstrip()


def _links(environ: Mapping[str, str]) -> list[str]:
    if played(LINE, environ) is Played.SANDBOX or environ.get(
        "BASE_URL", ""
    ).strip().lower().startswith("https:"):
        return []
    return ["  Audio          LINE plays none: set BASE_URL to the gateway's public https address"]


def _member(member: Member) -> str:
    if not member.ready_url.endswith("/health/ready"):
        return f"  {member.name:<14} {member.url}/"
    return f"  {member.name:<14} {member.ready_url}   {member.url}/metrics"


def _database(servers: Servers) -> str:
    # The embedded one's password guards nothing but this machine's own folder.
    embedded = servers.embedded_database
    return servers.database_url if embedded else without_credentials(servers.database_url)
