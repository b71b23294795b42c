# SPDX-License-Identifier: Apache-2.0
"""The command line of a data provider."""

import json
import os
import subprocess
from dataclasses import dataclass

import numpy as np

from hosts import LOOPBACK

# More than any step of a test takes on a busy machine; a client that hangs fails its test.
CLIENT_SECONDS = 60


@dataclass(frozen=True)
class Done:
    """A client's process that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def problem(self):
        """The one line that says what is wrong."""
        lines = [line for line in self.err.splitlines() if line.startswith("spud: ")]
        assert len(lines) == 1, f"expected one line of error: {self.err!r}"
        assert self.err.splitlines()[-1] == lines[0], f"the error is not the last line: {self.err!r}"
        return lines[0]


class Running:
    """A client's process under way."""

    def __init__(self, command, environment, host=LOOPBACK):
        self.command = command
        with host.inside():
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment,
            )

    def wait(self, expect=0):
        """Waits for the end; `expect` is the exit code to demand, None for any."""
        try:
            out, err = self.process.communicate(timeout=CLIENT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
            took = f"took longer than {CLIENT_SECONDS} s"
            raise AssertionError(f"{self.command} {took}\n{out}\n{err}") from None
        done = Done(self.process.returncode, out, err)
        assert expect is None or done.code == expect, f"{self.command}: expected {expect}, {done}"
        return done

    def kill(self):
        assert self.process.poll() is None, f"{self.command} has ended already"
        self.process.kill()
        self.process.communicate()


class Client:
    def __init__(self, binary, context, folder, host=LOOPBACK):
        self.binary, self.context, self.folder, self.host = binary, context, folder, host

    def start(self, *arguments):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SPUD")}
        environment["SPUD_CONTEXT"] = str(self.context)
        return Running([str(part) for part in (self.binary, *arguments)], environment, self.host)

    def spud(self, *arguments, expect=0):
        return self.start(*arguments).wait(expect)

    # ---- steps that many tests take

    def save(self, name, array):
        """An array as a file, for push and for public inputs."""
        file = self.folder / f"{name}.npy"
        np.save(file, array)
        return file

    def push(self, name, array, device="demo", policy=None, expect=0):
        file = self.save(name, np.asarray(array))
        more = ["--policy", policy] if policy else []
        return self.spud("push", name, file, "--device", device, *more, expect=expect)

    def job(self, program, inputs, outputs, job, device="demo"):
        """Arguments of `spud run`: inputs in order, "@file" for public ones, and recipients in order."""
        arguments = ["run", program, "--device", device, "--id", job]
        for i, source in enumerate(inputs):
            arguments += ["--in", f"in{i}={source}"]
        for i, recipient in enumerate(outputs):
            arguments += ["--out", f"out{i}={recipient}"]
        return arguments

    def run(self, program, inputs, outputs, job, device="demo", expect=0):
        return self.spud(*self.job(program, inputs, outputs, job, device), "--wait", expect=expect)

    def submit(self, program, inputs, outputs, job, device="demo", expect=0, more=()):
        return self.spud(*self.job(program, inputs, outputs, job, device), *more, expect=expect)

    def show(self, job):
        return self.spud("job", "show", job, "--json").json

    def uses(self, dataset, device="demo"):
        return self.spud("data", "show", dataset, "--device", device, "--json").json["uses"]

    def datasets(self):
        return sorted(row["name"] for row in self.spud("data", "list", "--json").json)

    def fetch(self, job):
        """Results by name."""
        folder = self.folder / f"results-{job}"
        self.spud("fetch", job, "--out", folder)
        return {file.stem: np.load(file) for file in folder.iterdir()}
