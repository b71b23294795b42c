#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for systemctl and journalctl on machines without systemd: does what the units of deploy/systemd say of starting and stopping.

Of a unit it reads ExecStart, ExecReload, User, Environment, StateDirectory and UMask, of itself and of its drop-ins; the sandbox
is not made. What else is asked of it is refused.
"""

import os
import pwd
import select
import shlex
import signal
import subprocess
import sys
from pathlib import Path

UNITS, RUN, JOURNAL = Path("/etc/systemd/system"), Path("/run/units"), Path("/var/log/units")
STATE = Path("/var/lib")


class Unit:
    def __init__(self, name):
        self.name = name.removesuffix(".service")
        template, _, self.instance = self.name.partition("@")
        file = UNITS / f"{template}@.service"
        drop_ins = sorted((UNITS / f"{self.name}.service.d").glob("*.conf"))
        self.settings = {}
        for one in (file, *drop_ins):
            for line in one.read_text().splitlines():
                key, given, value = line.partition("=")
                if given and not line.startswith("#"):
                    self.settings.setdefault(key, []).append(value)
        self.process_file = RUN / f"{self.name}.pid"

    def filled_in(self, text):
        for specifier, value in (("%i", self.instance), ("%S", str(STATE))):
            text = text.replace(specifier, value)
        return text

    def last(self, key):
        return self.filled_in(self.settings[key][-1])

    def process(self):
        """A descriptor of its process, or None if it does not run."""
        try:
            return os.pidfd_open(int(self.process_file.read_text()))
        except (FileNotFoundError, ProcessLookupError):
            return None

    def environment(self):
        return {"PATH": os.environ["PATH"], **dict(self.filled_in(one).split("=", 1) for one in self.settings.get("Environment", []))}

    def user(self):
        user = pwd.getpwnam(self.last("User"))
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def start(self):
        if self.process() is not None:
            return 0
        user = pwd.getpwnam(self.last("User"))
        state = STATE / self.last("StateDirectory")
        state.mkdir(parents=True, exist_ok=True)
        # As systemd does where the folder's owner is another: all that is in it, too.
        for path in (state, *state.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)
        for folder in (JOURNAL, RUN):
            folder.mkdir(parents=True, exist_ok=True)
        with open(JOURNAL / self.name, "ab") as journal:
            started = subprocess.Popen(
                self.last("ExecStart").split(),
                env=self.environment(),
                **self.user(),
                umask=int(self.last("UMask"), 8),
                stdin=subprocess.DEVNULL,
                stdout=journal,
                stderr=journal,
                cwd="/",
                start_new_session=True,
            )
        self.process_file.write_text(str(started.pid))
        return 0

    def reload(self):
        if self.process() is None:
            print(f"{self.name} is not active, cannot reload", file=sys.stderr)
            return 1
        for command in self.settings["ExecReload"]:
            words = [word.replace("$MAINPID", self.process_file.read_text()) for word in shlex.split(self.filled_in(command))]
            if code := subprocess.run(words, env=self.environment(), **self.user(), stdout=subprocess.DEVNULL).returncode:
                return code
        return 0

    def stop(self):
        descriptor = self.process()
        if descriptor is None:
            return 0
        signal.pidfd_send_signal(descriptor, signal.SIGTERM)
        if not select.select([descriptor], [], [], 60)[0]:
            print(f"{self.name} did not end within 60 s", file=sys.stderr)
            return 1
        self.process_file.unlink()
        return 0

    def is_active(self):
        # Whose parent has gone may have ended without having been waited for.
        active = (descriptor := self.process()) is not None and not select.select([descriptor], [], [], 0)[0]
        print("active" if active else "inactive")
        return 0 if active else 3


def systemctl(arguments):
    arguments = [one for one in arguments if one != "--now"]
    match arguments:
        case ["daemon-reload"]:
            return 0
        case ["enable" | "start", *names]:
            return max(Unit(name).start() for name in names)
        case ["stop" | "disable", *names]:
            return max(Unit(name).stop() for name in names)
        case ["reload", *names]:
            return max(Unit(name).reload() for name in names)
        case ["restart", *names]:
            return max(Unit(name).stop() or Unit(name).start() for name in names)
        case ["is-active", name]:
            return Unit(name).is_active()
    print(f"systemctl {' '.join(arguments)}: the stand-in does not know it", file=sys.stderr)
    return 2


def journalctl(arguments):
    match arguments:
        case ["-u", name, "-n", lines]:
            print("\n".join((JOURNAL / name.removesuffix(".service")).read_text().splitlines()[-int(lines) :]))
            return 0
        case ["-u", name]:
            print((JOURNAL / name.removesuffix(".service")).read_text(), end="")
            return 0
    print(f"journalctl {' '.join(arguments)}: the stand-in does not know it", file=sys.stderr)
    return 2


if __name__ == "__main__":
    tool = systemctl if Path(sys.argv[0]).name == "systemctl" else journalctl
    sys.exit(tool(sys.argv[1:]))
