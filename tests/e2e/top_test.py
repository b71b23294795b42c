# SPDX-License-Identifier: Apache-2.0
"""`spud top`: once, as JSON, and on a terminal."""

import codecs
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time

import pytest

from corpus_case import load_case
from waiting import wait_until

CASE = load_case("dot_matmul")
ESCAPE = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")
ENDS_SECONDS = 10
# limits::kJobsPerMessage
JOBS_PER_ANSWER = 200
SCREEN_BEGINS, SCREEN_ENDS = "\x1b[H", "\x1b[J"


@pytest.fixture(scope="module")
def worked(make_shared_cluster):
    """A cluster that has done one job."""
    cluster = make_shared_cluster().start()
    cluster.make_device()
    names = cluster.push_case(CASE, "x", ["hospital-a"])
    cluster.client("hospital-a").run(CASE.program, names, ["hospital-a"], "ended-1")
    return cluster


class OnTerminal:
    """`spud top` with a terminal of its own."""

    def __init__(self, client, *arguments, columns=120, lines=30, **environment):
        self.ours, theirs = pty.openpty()
        self.resize(columns, lines)
        self.before = termios.tcgetattr(theirs)
        self.theirs = theirs
        environment = {
            **os.environ,
            "TERM": "xterm",
            "SPUD_CONTEXT": str(client.context),
            "LC_ALL": "C.UTF-8",
            **environment,
        }
        self.process = subprocess.Popen(
            [client.binary, "top", "--every", "200ms", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        self.text = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")()

    def resize(self, columns, lines):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self):
        while select.select([self.ours], [], [], 0)[0]:
            self.text += self.decoder.decode(os.read(self.ours, 1 << 16))
        return self.text

    def shown(self):
        """The lines of the last screen that is there as a whole."""
        whole = self.read().split(SCREEN_ENDS)[:-1]
        return re.split(r"\r+\n", ESCAPE.sub("", whole[-1].split(SCREEN_BEGINS)[-1])) if whole else []

    def wait_for(self, text, seconds=20):
        wait_until(lambda: any(text in line for line in self.shown()), lambda: f"{text} in {self.shown()}", seconds)

    def wait_ended(self):
        """Reads on, or the process would wait for us."""
        deadline = time.monotonic() + ENDS_SECONDS
        wait_until(lambda: self.read() and self.process.poll() is not None, "it ends", ENDS_SECONDS)
        assert time.monotonic() < deadline
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture
def on_terminal():
    made = []

    def start(*arguments, **more):
        made.append(OnTerminal(*arguments, **more))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_once_is_text_that_ends(worked):
    shown = worked.client("hospital-a").spud("top", "--once").out
    assert "\x1b" not in shown
    for text in ("ended-1", "done", "alice", "present", "demo", "nodes 3 of 3 present, devices 1 of 1 ready"):
        assert text in shown, shown


def test_where_the_output_is_no_terminal_it_is_shown_once(worked):
    assert "ended-1" in worked.client("hospital-a").spud("top").out


def test_json_has_what_the_status_page_has(worked):
    said = worked.client("hospital-a").spud("top", "--json").json
    assert said["version"] == 1
    assert [job["id"] for job in said["scheduler"]["ended"]["rows"]] == ["ended-1"]
    assert {node["name"] for node in said["scheduler"]["nodes"]["rows"]} == {"alice", "bob", "carol"}


def test_a_party_sees_its_own_jobs_only(worked):
    said = worked.client("hospital-c").spud("top", "--json").json
    assert said["scheduler"]["ended"]["rows"] == [] and said["scheduler"]["nodes"]["total"] == 3


def test_once_without_a_scheduler_is_an_error(make_cluster):
    cluster = make_cluster()
    assert "scheduler" in cluster.client("hospital-a").spud("top", "--once", expect=1).problem


def test_a_time_that_is_none_is_refused(worked):
    assert "--every" in worked.client("hospital-a").spud("top", "--every", "often", expect=2).problem


@pytest.mark.parametrize("end", ["q", "\x03", signal.SIGTERM, signal.SIGINT])
def test_q_control_c_and_signals_end_it_and_the_terminal_is_as_before(worked, on_terminal, end):
    top = on_terminal(worked.client("hospital-a"))
    top.wait_for("ended-1")
    assert "\x1b[?1049h" in top.text and "\x1b[?25l" in top.text
    assert termios.tcgetattr(top.theirs)[3] & termios.ECHO == 0
    if isinstance(end, str):
        os.write(top.ours, end.encode())
    else:
        top.process.send_signal(end)
    assert top.wait_ended() == 0
    assert top.text.endswith("\x1b[?25h\x1b[?1049l")
    assert termios.tcgetattr(top.theirs) == top.before


def test_a_terminal_of_another_size_gets_another_screen(worked, on_terminal):
    top = on_terminal(worked.client("hospital-a"))
    top.wait_for("ADDRESS")
    top.resize(60, 12)
    top.process.send_signal(signal.SIGWINCH)
    wait_until(lambda: 0 < len(top.shown()) <= 12 and max(map(len, top.shown())) <= 60, lambda: str(top.shown()))


def test_no_colour_where_none_is_wanted(worked, on_terminal):
    coloured = on_terminal(worked.client("hospital-a"))
    coloured.wait_for("ended-1")
    assert "\x1b[32m" in coloured.text
    grey = on_terminal(worked.client("hospital-a"), NO_COLOR="1")
    grey.wait_for("ended-1")
    assert "\x1b[32m" not in grey.text


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_obeys_no_control_sequences_gets_text_once(worked, on_terminal, term):
    top = on_terminal(worked.client("hospital-a"), TERM=term)
    assert top.wait_ended() == 0
    assert "ended-1" in top.read() and "\x1b" not in top.text


def test_more_jobs_than_an_answer_holds_are_counted_as_so_many_or_more(make_cluster):
    cluster = make_cluster().start()
    cluster.make_device()
    names = cluster.push_case(CASE, "x", ["hospital-a"])
    client = cluster.client("hospital-a")
    client.spud("program", "push", CASE.program, "--device", "demo")
    cluster["alice"].stop()
    for batch in [range(n, n + 8) for n in range(0, JOBS_PER_ANSWER + 1, 8)]:
        started = [client.start(*client.job(CASE.digest, names, ["hospital-a"], f"waits-{n}", "demo")) for n in batch]
        for one in started:
            one.wait(0)
    said = client.spud("top", "--json").json
    assert said["at_least"] == ["waiting"] and said["scheduler"]["waiting"]["total"] >= JOBS_PER_ANSWER
    assert f"WAITING {said['scheduler']['waiting']['total']}+" in client.spud("top", "--once").out


# ---- of an operations port


def operations_of(service, *arguments, expect=0):
    """What `spud top` says of a service's operations port, for which it has no context."""
    done = subprocess.run(
        [service.binary, "top", "--operations", f"http://127.0.0.1:{service.operations_port}", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={name: value for name, value in os.environ.items() if name != "SPUD_CONTEXT"},
    )
    assert done.returncode == expect, done.stderr
    return done


@pytest.mark.parametrize(
    "name, shown",
    [
        ("scheduler", ["scheduler scheduler of operator", "nodes 3 of 3 present", "ended-1"]),
        ("alice", ["node alice of alice", "datasets 2"]),
        ("carol", ["dealer carol of carol", "dealt"]),
    ],
)
def test_every_service_is_shown_by_its_operations_port(worked, name, shown):
    text = operations_of(worked[name], "--once").stdout
    for word in (*shown, ", ready", "READINESS", "holds", "CERTIFICATE", "ca operator", "STORE", "PEER"):
        assert word in text, text
    said = json.loads(operations_of(worked[name], "--json").stdout)
    page = json.loads(worked[name].get("/status.json")[1])
    assert set(said) == set(page)
    assert said["service"] == page["service"] and said["certificates"] == page["certificates"]


def test_a_service_is_shown_live_and_waited_for(make_cluster, on_terminal):
    cluster = make_cluster()
    alice = cluster["alice"].start(ready=False)
    url = f"http://127.0.0.1:{alice.operations_port}/"
    top = on_terminal(cluster.client("hospital-a"), "--operations", url)
    top.wait_for("it was not reached yet")
    cluster["scheduler"].start()
    top.wait_for(", ready")
    alice.kill()
    top.wait_for("no answer, this is as it was")
    os.write(top.ours, b"q")
    assert top.wait_ended() == 0


def test_where_nobody_answers_or_speaks_no_status_it_says_so(worked, make_cluster):
    gone = make_cluster()["alice"]
    assert "Connection refused" in operations_of(gone, "--once", expect=1).stderr
    service = worked["alice"]
    # The port of nodes speaks TLS.
    done = subprocess.run(
        [service.binary, "top", "--operations", worked.address("alice"), "--once"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0 and done.stdout == "", done
    assert "it speaks no HTTP" in done.stderr or "reset" in done.stderr, done.stderr


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\n\r\n{}", b"HTTP/1.1 404 Not Found\r\n\r\n"])
def test_a_server_of_something_else_is_refused(binary, answer):
    with socket.create_server(("127.0.0.1", 0)) as server:
        top = subprocess.Popen(
            [binary, "top", "--operations", f"127.0.0.1:{server.getsockname()[1]}", "--once"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        server.settimeout(60)
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(answer)
        out, said = top.communicate(timeout=60)
    assert top.returncode != 0 and out == ""
    assert "status.json" in said and ("not as a service writes it" in said or "it answers 404" in said), said


@pytest.mark.parametrize("url", ["https://127.0.0.1:1", "nowhere", "http://127.0.0.1:0", "http://"])
def test_an_address_that_is_none_is_refused(binary, url):
    done = subprocess.run([binary, "top", "--operations", url], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "--operations" in done.stderr


def test_a_scheduler_that_goes_and_comes_back_is_waited_for(make_cluster, on_terminal):
    cluster = make_cluster()
    cluster["scheduler"].start()
    top = on_terminal(cluster.client("hospital-a"))
    top.wait_for("nodes 0 of 0 present")
    cluster["scheduler"].kill()
    top.wait_for("no answer, this is as it was")
    top.wait_for("nodes 0 of 0 present")
    cluster["scheduler"].start()
    wait_until(lambda: top.shown() and not any("no answer" in line for line in top.shown()), lambda: str(top.shown()))
    os.write(top.ours, b"q")
    assert top.wait_ended() == 0
