"""`mededbot up`: what it decides and refuses before it starts anything."""

import socket
from collections.abc import Generator
from pathlib import Path

import pytest

from chassis.errors import StartupRefused
from cli import network
from cli.home import locked, open_home
from cli.main import run
from cli.up.order import checked, ordered
from cli.up.screen import screen
from cli.up.servers import Servers
from cli.up.surface import Follower, notable
from cli.up.table import LOOPBACK, SandboxPorts, sandbox_member, service_members
from cli.up.upstreams import (
    EXAMPLE,
    GEMINI,
    LINE,
    MAIL,
    OBJECTS,
    TAIGI,
    Played,
    needs_sandbox,
    played,
    supplied,
)

CANDIDATES = iter(range(32_100, 32_700, 3))
REAL = {
    "LINE_CHANNEL_SECRET": "a",
    "LINE_CHANNEL_ACCESS_TOKEN": "b",
    "GEMINI_API_KEY": "c",
    "GEMINI_BASE_URL": "http://gemini.example",
    "TAIGI_BASE_URL": "http://taigi.example",
    "SMTP_HOST": "smtp.example",
}


@pytest.fixture
def used_port() -> Generator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield int(server.getsockname()[1])


@pytest.fixture
def neighbours() -> int:
    """Give a test a port with two more behind it, all free, and never given before."""
    return next(
        first
        for first in CANDIDATES
        if all(network.port_is_free(port) for port in range(first, first + 3))
    )


def test_nothing_configured_means_the_sandbox_plays() -> None:
    assert {played(each, {}) for each in (LINE, GEMINI, TAIGI, MAIL)} == {Played.SANDBOX}
    assert played(OBJECTS, {}) is Played.BUILT_IN
    assert needs_sandbox({"GEMINI_API_KEY": " "})


def test_what_is_configured_is_real_and_left_as_it_is() -> None:
    assert played(GEMINI, REAL) is Played.REAL
    assert not needs_sandbox(REAL)
    filled = supplied(REAL | {"NATS_URL": "nats://own"}, EXAMPLE)
    assert filled == REAL | {"NATS_URL": "nats://own", "DATABASE_URL": EXAMPLE.database_url}


def test_a_real_gemini_goes_with_a_sandboxed_line() -> None:
    filled = supplied({"GEMINI_API_KEY": "c"}, EXAMPLE)
    assert "GEMINI_BASE_URL" not in filled
    assert filled["LINE_API_BASE_URL"] == filled["LINE_DATA_API_BASE_URL"] == EXAMPLE.sandbox_url


def test_a_sandboxed_line_plays_audio_from_the_gateway_itself() -> None:
    assert supplied({}, EXAMPLE)["BASE_URL"] == EXAMPLE.gateway_url
    own = {"BASE_URL": "https://bot.example.org"}
    assert supplied(own, EXAMPLE)["BASE_URL"] == own["BASE_URL"]
    assert "BASE_URL" not in supplied(REAL, EXAMPLE)


def test_a_real_line_without_a_public_address_is_told(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    members = service_members(home, {}, gateway_port=8080, replicas=1)
    servers = Servers("postgresql://u:pw@db/x", "postgresql://u:pw@db/x", "nats://n", False)
    assert "LINE plays none" in screen(REAL, servers, members, home.root)
    public = REAL | {"BASE_URL": "https://bot.example.org"}
    assert "LINE plays none" not in screen(public, servers, members, home.root)


def test_the_sandbox_takes_mails_and_speaks_taigi() -> None:
    filled = supplied({"EMAIL_CHECK_MX": "true"}, EXAMPLE)
    assert filled["TAIGI_BASE_URL"] == f"{EXAMPLE.sandbox_url}/taigi"
    assert (filled["SMTP_HOST"], filled["SMTP_TLS"]) == ("127.0.0.1", "none")
    assert filled["EMAIL_CHECK_MX"] == "true"
    assert supplied({}, EXAMPLE)["EMAIL_CHECK_MX"] == "false"


@pytest.mark.parametrize("variable", ["SMTP_HOST", "GMAIL_ADDRESS", "GMAIL_APP_PASSWORD"])
def test_any_variable_of_mail_means_the_real_one(variable: str) -> None:
    filled = supplied({variable: "x@example.org"}, EXAMPLE)
    assert "SMTP_TLS" not in filled
    assert "EMAIL_CHECK_MX" not in filled


def test_without_any_setting_nothing_is_wrong() -> None:
    own = checked({})
    assert (own.port, own.home) == (8080, Path(".mededbot"))


def test_all_wrong_settings_are_listed_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"PORT": "x", "LINE_CHANNEL_SECRET": "s e c r e t", "GEMINI_TIMEOUT": "never"}
    assert run(["up"], environ) == 2
    said = capsys.readouterr().err
    for name in ("PORT", "LINE_CHANNEL_SECRET", "LINE_CHANNEL_ACCESS_TOKEN", "GEMINI_TIMEOUT"):
        assert said.count(f"  {name}: ") == 1
    assert "s e c r e t" not in said


def test_a_service_with_wrong_settings_ends_with_code_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["run", "notifier"], {"DATABASE_URL": "sqlite://"}) == 2
    said = capsys.readouterr().err
    assert "DATABASE_URL: got 'sqlite://', wants an address like postgresql://" in said
    assert "LINE_CHANNEL_ACCESS_TOKEN: got nothing" in said


def test_a_used_port_is_one_sentence(
    tmp_path: Path, used_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"PORT": str(used_port), "MEDEDBOT_HOME": str(tmp_path)}
    assert run(["up"], environ) == 1
    sentence = f"Port {used_port} is in use by another program: free it or set PORT.\n"
    assert capsys.readouterr().err == sentence
    assert not (tmp_path / "postgres").exists()


def test_a_sandbox_port_that_is_named_and_used_is_refused(used_port: int) -> None:
    environ = {"PORT": "0", "SANDBOX_PORT": str(used_port)}
    with pytest.raises(StartupRefused, match=f"Port {used_port} .* set SANDBOX_PORT"):
        ordered(environ, checked(environ), 1)


def test_the_sandbox_stands_beside_the_gateway(neighbours: int) -> None:
    environ = {"PORT": str(neighbours)}
    assert ordered(environ, checked(environ), 1).sandbox_port == neighbours + 1


@pytest.mark.parametrize("named", [{}, {"SANDBOX_PORT": "0"}])
def test_the_sandbox_stands_elsewhere_when_it_must_or_may(
    neighbours: int, named: dict[str, str]
) -> None:
    environ = {"PORT": str(neighbours)} | named
    with socket.create_server(("127.0.0.1", neighbours + 1)):
        assert ordered(environ, checked(environ), 1).sandbox_port not in {neighbours + 1, 0}


def test_the_last_port_has_none_after_it() -> None:
    environ = {"PORT": "65535"}
    assert 0 < ordered(environ, checked(environ), 1).sandbox_port < 65535


@pytest.mark.parametrize("variable", ["PORT", "SANDBOX_PORT", "HEALTH_PORT"])
def test_a_port_the_operator_named_is_given_to_nobody_else(
    variable: str, neighbours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "PORTS", (neighbours, neighbours))
    environ = {"PORT": str(neighbours + 1), "SANDBOX_PORT": "0"} | {variable: str(neighbours)}
    if variable != "SANDBOX_PORT":
        environ["SANDBOX_PORT"] = str(neighbours + 2)
    ordered(environ, checked(environ), 1)
    with pytest.raises(StartupRefused, match="No free port"):
        network.free_port()


def test_no_port_is_given_twice(neighbours: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "PORTS", (neighbours, neighbours + 1))
    assert {network.free_port(), network.free_port()} == {neighbours, neighbours + 1}
    with pytest.raises(StartupRefused, match="No free port"):
        network.free_port()


def test_a_folder_in_use_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with locked(open_home(tmp_path)):
        assert run(["up"], {"PORT": "0", "MEDEDBOT_HOME": str(tmp_path)}) == 1
    sentence = f"Another `mededbot up` is running on {tmp_path}: stop it first.\n"
    assert capsys.readouterr().err == sentence


def test_a_folder_of_another_version_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("15")
    assert run(["up"], {"PORT": "0", "MEDEDBOT_HOME": str(tmp_path)}) == 1
    assert "is of Postgres 15" in capsys.readouterr().err


def test_replicas_share_nothing_but_their_settings(tmp_path: Path) -> None:
    members = service_members(open_home(tmp_path), {}, gateway_port=8080, replicas=2)
    assert len(members) == 12
    assert members[0].url == f"http://{LOOPBACK}:8080"
    assert len({member.url for member in members}) == 12
    assert len({member.program.log for member in members}) == 12


def test_the_screen_says_what_is_real_and_shows_no_foreign_password(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    members = service_members(home, {}, gateway_port=8080, replicas=1)
    members.append(sandbox_member(home, {}, SandboxPorts(9999, 9998), "http://127.0.0.1:8080"))
    servers = Servers("postgresql://u:pw@db/x", "postgresql://u:pw@db/x", "nats://n", False)
    shown = screen({"GEMINI_API_KEY": "secret"}, servers, members, home.root)
    assert "Chat here      http://127.0.0.1:9999/" in shown
    assert "http://127.0.0.1:8080/webhook" in shown
    assert "LINE           sandbox" in shown
    assert "Gemini         real" in shown
    assert "Taigi          sandbox" in shown
    assert "Read mails     http://127.0.0.1:9999/#mail" in shown
    assert "pw" not in shown
    assert "secret" not in shown


def test_warnings_of_the_children_are_shown_a_few_at_a_time(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text('{"level":"warning","event":"bus_error","error":"Gone"}\n' * 5 + '{"half')
    follower = Follower("gateway", log)
    said = follower.news()
    assert said == ["gateway: bus_error Gone"] * 3 + [f"gateway: 2 more in {log}"]
    assert follower.news() == []


@pytest.mark.parametrize(
    "line", [b'{"level":"info","event":"error"}', b'"error" not json', b'["error"]', b"plain"]
)
def test_other_lines_are_not_shown(line: bytes) -> None:
    assert notable(line) is None
