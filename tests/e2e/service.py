# SPDX-License-Identifier: Apache-2.0
"""A service as a process of its own: started, asked, frozen, killed, stopped."""

import http.client
import json
import os
import re
import signal
import subprocess

from hosts import LOOPBACK
from waiting import wait_until

READY_SECONDS = 20
# What a service may take to end after SIGTERM, its drain_timeout of 10 s included.
STOP_SECONDS = 15


class Service:
    def __init__(self, binary, kind, name, config, folder, operations_port, host=LOOPBACK):
        self.binary, self.kind, self.name, self.config = binary, kind, name, config
        self.folder, self.host = folder, host
        self.log_file = folder / f"{name}.log"
        self.stderr_file = folder / f"{name}.stderr"
        self.operations_port = operations_port
        self.process = None

    def start(self, ready=True, crash_at=None):
        """`crash_at`: a crash point of the code, with :N its Nth passing, at which the process ends itself as by kill -9."""
        assert self.process is None, f"{self.name} runs already"
        with open(self.stderr_file, "ab") as stderr, self.host.inside():
            self.process = subprocess.Popen(
                [self.binary, self.kind, "--config", self.config],
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                env={**os.environ, "SPUD_CRASH_AT": crash_at} if crash_at else None,
            )
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self):
        def ready():
            self.check_alive()
            return self.get("/readyz")[0] == 200

        wait_until(ready, lambda: f"{self.name} is ready; {self.get('/readyz')}", READY_SECONDS)

    def check_alive(self):
        code = self.process.poll()
        assert code is None, f"{self.name} ended with {code}: {self.stderr()}"

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait_stopped(self):
        """Waits for the end and demands exit code 0."""
        code = self.process.wait(STOP_SECONDS)
        self.process = None
        assert code == 0, f"{self.name} ended with {code}: {self.stderr()}"

    def stop(self):
        self.terminate()
        self.wait_stopped()

    def kill(self):
        """As a crash would: nothing is said to anybody."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)
        self.process = None

    def wait_crashed(self, seconds=60):
        """Waits until it has reached its crash point."""
        code = self.process.wait(seconds)
        self.process = None
        assert code == -signal.SIGKILL, f"{self.name} ended with {code}: {self.stderr()}"

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def collect(self):
        """Waits for the end at the end of a test. Answers a complaint or None."""
        try:
            self.wait_stopped()
        except subprocess.TimeoutExpired:
            self.kill()
            return f"{self.name} did not end within {STOP_SECONDS} s"
        except AssertionError as error:
            return str(error)
        return None

    # ---- what it says

    def get(self, path):
        """Status and body of a page of the operators' port; (0, reason) if nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.operations_port, timeout=5)
        try:
            with self.host.inside():
                connection.connect()
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)
        finally:
            connection.close()

    def readiness(self):
        """Reasons why it is not ready, by check."""
        status, body = self.get("/readyz")
        if status == 0:
            return None
        return {check["name"]: check.get("reason") for check in json.loads(body)["checks"] if not check["ok"]}

    def metric(self, name, **labels):
        """One sample of /metrics; 0 if there is none with these labels yet."""
        status, body = self.get("/metrics")
        assert status == 200, f"{self.name}: {body}"
        return parse_metrics(body).get((name, frozenset(labels.items())), 0.0)

    def log_lines(self):
        """Lines of the log, each an object. A line that is being written is left out."""
        if not self.log_file.exists():
            return []
        lines = self.log_file.read_text().split("\n")
        return [json.loads(line) for line in lines[:-1]]

    def stderr(self):
        return self.stderr_file.read_text() if self.stderr_file.exists() else ""


SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)')


def parse_metrics(text):
    """Prometheus text to values by name and labels; refuses a line that is not of the format."""
    samples = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        match = SAMPLE.match(line)
        assert match, f"not a sample: {line!r}"
        name, labels, value = match.groups()
        samples[(name, frozenset(LABEL.findall(labels or "")))] = float(value)
    return samples
