# SPDX-License-Identifier: Apache-2.0
"""`spud top`: once, as JSON, and on a terminal."""

import codecs
import fcntl
import os
import pty
import re
import select
import signal
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
        environment = {**os.environ, "SPUD_CONTEXT": str(client.context), "LC_ALL": "C.UTF-8", **environment}
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
