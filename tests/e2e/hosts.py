# SPDX-License-Identifier: Apache-2.0
"""Hosts of a test: network namespaces whose only wire leads to one switch.

Everything lies in namespaces of its own, the switch too, so that nothing is changed where the test itself runs.
"""

import contextlib
import ctypes
import os
import secrets
import subprocess
from pathlib import Path

NAMESPACES = Path("/run/netns")
CLONE_NEWNET = 0x40000000
NEEDED = "hosts of a test are network namespaces: run it as root (CAP_SYS_ADMIN and CAP_NET_ADMIN) where iproute2 is installed"
libc = ctypes.CDLL(None, use_errno=True)


class Loopback:
    """Where services and clients are if nothing else is said: here."""

    address = "127.0.0.1"

    def inside(self):
        return contextlib.nullcontext()


LOOPBACK = Loopback()


class Host:
    """A namespace with its own loopback interface, and "eth0" to all other hosts."""

    def __init__(self, name, namespace, address):
        self.name, self.namespace, self.address = name, namespace, address

    @contextlib.contextmanager
    def inside(self):
        """This thread is on the host: the sockets that it makes and the processes that it starts belong there."""
        with open("/proc/thread-self/ns/net") as before, open(NAMESPACES / self.namespace) as there:
            enter(there)
            try:
                yield
            finally:
                enter(before)


def enter(namespace):
    if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{os.strerror(code)}: {namespace.name}; {NEEDED}")


class Hosts:
    """Hosts by name on one switch; remove() undoes all of it."""

    def __init__(self, *names):
        remove_orphans()
        # Others can tell by the process whether somebody still uses it.
        self.prefix = f"spud-{os.getpid()}-{secrets.token_hex(3)}"
        self.namespaces = []
        self.hosts = {}
        try:
            self.switch = self._namespace("switch")
            ip("-n", self.switch, "link", "add", "bridge", "type", "bridge")
            ip("-n", self.switch, "link", "set", "bridge", "up")
            for number, name in enumerate(names, 1):
                self.hosts[name] = self._host(name, number)
        except BaseException:
            self.remove()
            raise

    def __getitem__(self, name):
        return self.hosts[name]

    def __iter__(self):
        return iter(self.hosts.values())

    def remove(self):
        """Interfaces and bridge go with their namespaces."""
        while self.namespaces:
            ip("netns", "del", self.namespaces.pop())

    def _namespace(self, name):
        namespace = f"{self.prefix}-{name}"
        ip("netns", "add", namespace)
        self.namespaces.append(namespace)
        return namespace

    def _host(self, name, number):
        host = Host(name, self._namespace(name), f"10.77.0.{number}")
        port = f"port{number}"
        ip("-n", self.switch, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
        ip("-n", self.switch, "link", "set", port, "master", "bridge", "up")
        with host.inside(), contextlib.suppress(FileNotFoundError):
            # Neighbour discovery would talk although nobody uses it.
            Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("1")
        ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
        for interface in ("lo", "eth0"):
            ip("-n", host.namespace, "link", "set", interface, "up")
        return host


def ip(*arguments):
    try:
        done = subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=20)
    except FileNotFoundError:
        raise AssertionError(f"there is no command ip; {NEEDED}") from None
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr.strip()}; {NEEDED}"


def remove_orphans():
    """Namespaces of tests that were killed before they could remove them."""
    for file in NAMESPACES.glob("spud-*-*-*"):
        process = file.name.split("-")[1]
        if process.isdigit() and not Path(f"/proc/{process}").exists():
            ip("netns", "del", file.name)
