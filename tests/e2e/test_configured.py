"""Everything set: `up` speaks to exactly those addresses, and says whether it would answer."""

import ipaddress
import signal
import socket

import psutil
import pytest

from chassis.testing import poll
from tests.e2e.gemini import KEY
from tests.e2e.line import TOKEN
from tests.e2e.moments import START_SECONDS
from tests.e2e.system import refusal
from tests.e2e.webhooks import SECRET
from tests.e2e.world import World, new_tag, new_user, sentence

pytestmark = pytest.mark.e2e

NEEDED: tuple[str, ...] = ("conversation", "education", "translation", "notifier")


def addresses(processes: list[psutil.Process]) -> set[str]:
    """Return all addresses that processes are connected to."""
    connections = (each for process in processes for each in process.net_connections("inet"))
    return {str(each.raddr[0]) for each in connections if each.raddr}


async def test_everything_configured_is_real_and_nothing_else_is_spoken_to(calm: World):
    user, tag = await calm.translating(new_user()), new_tag()
    assert tag in (await calm.talk(user, sentence(tag))).text
    leaflet = await calm.talk(user, "新對話", "衛教", f"糖尿病 {tag}")
    assert "https://www.who.int/" in str(leaflet.messages)
    assert {call.model for call in calm.gemini.calls} == {"e2e-model"}
    assert [call.structured for call in calm.gemini.about(tag)] == [True, False]
    assert calm.sound()
    assert calm.system.screen.after("LINE") == f"real {calm.line.url}"
    assert calm.system.screen.after("Gemini") == f"real {calm.gemini.url}"
    assert "Chat here" not in calm.system.screen.text
    members = calm.system.members()
    assert not any("sandbox" in each.cmdline() for each in members)
    assert all(ipaddress.ip_address(each).is_loopback for each in addresses(members))


async def test_ready_means_that_each_needed_service_is_there(calm: World):
    await calm.system.until_ready()
    processes = {name: calm.system.service(name) for name in NEEDED}
    try:
        for process in processes.values():
            process.suspend()
        for number, name in enumerate(NEEDED):
            still_gone: set[str] = {*NEEDED[number:]}
            await poll(lambda gone=still_gone: _gone(calm, gone), START_SECONDS, what=name)
            processes[name].resume()
    finally:
        for process in processes.values():
            process.resume()
    await calm.system.until_ready()


@pytest.mark.parametrize("name", ["translation", "gateway"])
async def test_a_killed_service_is_started_again_and_answers(calm: World, name: str):
    user = await calm.translating(new_user(), "越南文")
    killed = calm.system.service(name)
    killed.send_signal(signal.SIGKILL)
    said = await calm.say(user, sentence(tag := new_tag()))
    (answer,) = await calm.answered(said)
    assert tag in answer.text
    assert "越南文" in answer.text
    await calm.system.until_ready()
    assert calm.system.service(name).pid != killed.pid
    assert f"{name} was killed by SIGKILL; starting it in" in calm.system.output
    await calm.at_rest()
    assert len(calm.line.ledger.answers(user)) == 3 + 1


async def test_all_that_is_wrong_is_said_at_once_and_no_secret_with_it(calm: World):
    wrong = {
        "PORT": "http",
        "GEMINI_TIMEOUT": "-1",
        "LINE_API_BASE_URL": "line",
        "LINE_CHANNEL_ACCESS_TOKEN": "",
        "SMTP_TLS": "perhaps",
        "R2_BUCKET_NAME": "",
        "SESSION_IDLE_TIMEOUT": "a day",
        "USER_MESSAGES_PER_MINUTE": "many",
        "DATABASE_URL": "mysql://root:hidden-canary@localhost/x",
    }
    code, said = await refusal(calm.environ | wrong)
    assert code == 2
    for name, got in wrong.items():
        (fault,) = [line for line in said.splitlines() if line.startswith(f"  {name}: ")]
        assert ", wants " in fault
        assert name == "DATABASE_URL" or (f"got '{got}'" if got else "got nothing") in fault
    for secret in (SECRET, TOKEN, KEY, "canary"):
        assert secret not in said


async def test_a_port_in_use_is_one_clear_sentence(calm: World):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        home = str(calm.system.home.with_name("other"))
        environ = calm.environ | {"PORT": port, "MEDEDBOT_HOME": home}
        code, said = await refusal(environ)
    assert (code, said) == (
        1,
        f"Port {port} is in use by another program: free it or set PORT.\n",
    )


async def test_a_second_up_on_the_same_folder_is_one_clear_sentence(calm: World):
    home = str(calm.system.home)
    code, said = await refusal(calm.environ | {"MEDEDBOT_HOME": home})
    assert code == 1
    assert said == f"Another `mededbot up` is running on {home}: stop it first.\n"
    assert (await calm.system.ready_parts() or {})["ready"]


async def _gone(calm: World, expected: set[str]) -> bool:
    """Tell whether just these services are missed, and the system is therefore not ready."""
    parts = await calm.system.ready_parts() or {}
    return {name for name in NEEDED if not parts[name]} == expected and not parts["ready"]
