"""Reaching outside is seen while it is watched, and only in the thread that is."""

import socket
import subprocess
import threading

from cli.history.watching import outside_calls


def knock() -> None:
    with socket.socket() as caller:
        caller.settimeout(0.1)
        caller.connect_ex(("127.0.0.1", 9))


def test_a_connection_and_a_process_are_seen():
    with outside_calls() as seen:
        knock()
        subprocess.run(["true"], check=True)
    assert {"socket.connect", "subprocess.Popen"} <= set(seen)
    before = list(seen)
    knock()
    assert seen == before


def test_what_other_threads_do_is_their_business():
    with outside_calls() as seen:
        thread = threading.Thread(target=knock)
        thread.start()
        thread.join()
    assert seen == []
