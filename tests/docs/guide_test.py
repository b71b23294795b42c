# SPDX-License-Identifier: Apache-2.0
"""The operator's guide, typed from top to bottom on three machines: it works, and prints what the pages show."""

import socket
from pathlib import Path

import pytest

from blocks import blocks, differs
from chart import ROOT
from hosts import Hosts
from machines import Machine

OPERATE = ROOT / "docs/operate"
PAGES = [OPERATE / name for name in ("guide.md", "backup.md", "upgrade.md")]
STAND_IN = Path(__file__).with_name("systemd_stand_in.py")
NAMES = ("alice", "bob", "carol")
STRANGER = "stranger"
UNITS = {
    "alice": ["spud-node@alice-0"],
    "bob": ["spud-node@bob-0"],
    "carol": ["spud-dealer@dealer", "spud-scheduler@scheduler"],
}
# Where a block says that it needs one of these, a machine of the tests has none.
CONDITIONS = {"Kubernetes", "with packages of Debian", "with Prometheus"}


def hosts_file(hosts):
    lines = ["127.0.0.1 localhost", *(f"{host.address} spud.{host.name}.example.org" for host in hosts)]
    lines.append(f"{hosts['carol'].address} dealer.carol.example.org")
    return "\n".join(lines) + "\n"


class Reader:
    """Three operators who do what a page says."""

    def __init__(self, binary, folder):
        self.hosts = Hosts(*NAMES, STRANGER)
        self.machines = {}
        known = folder / "hosts"
        known.write_text(hosts_file(self.hosts))
        letters = folder / "letters"
        letters.mkdir()
        files = [
            (known, "/etc/hosts"),
            (binary, ROOT / "build/release/bin/spud"),
            (STAND_IN, "/usr/local/bin/systemctl"),
            (STAND_IN, "/usr/local/bin/journalctl"),
        ]
        for host in self.hosts:
            self.machines[host.name] = Machine(host, folder / host.name, letters, files)
            code, printed = self.machines[host.name].type(f"cd {ROOT}")
            assert code == 0, printed

    def follow(self, page):
        for block in blocks(page, NAMES):
            if block.typed:
                self.do(page, block)

    def do(self, page, block):
        where = f"{page.name}:{block.line}"
        prints = {}
        for name in block.hosts:
            code, prints[name] = self.machines[name].type(block.text)
            said = "\n  ".join(prints[name])
            assert (code != 0) == block.refused, f"{where}: on {name}, exit code {code}:\n{block.text}\n  {said}"
            if block.prints:
                difference = differs(block.prints, prints[name])
                assert difference is None, f"{where}: on {name}\n{block.text}\n{difference}"
        if block.alike:
            assert prints[block.hosts[0]] and len({tuple(lines) for lines in prints.values()}) == 1, f"{where}: {prints}"

    def reaches(self, source, target, port):
        """Whether a connection from one machine to another is taken."""
        with self.hosts[source].inside(), socket.socket() as connection:
            connection.settimeout(1)
            return connection.connect_ex((self.hosts[target].address, port)) == 0

    def end(self):
        for machine in self.machines.values():
            machine.end()
        self.hosts.remove()


@pytest.fixture(scope="module")
def reader(binary, tmp_path_factory):
    made = Reader(binary, tmp_path_factory.mktemp("reader"))
    yield made
    made.end()


def test_the_pages_work_from_top_to_bottom(reader):
    for page in PAGES:
        reader.follow(page)

    # A stranger reaches none of their ports, and nobody the operators' from elsewhere.
    for name, ports in (("alice", (7100, 7101)), ("bob", (7100, 7101)), ("carol", (7100, 7101, 7110, 7111))):
        for port in ports:
            assert not reader.reaches("stranger", name, port), f"a stranger reaches port {port} of {name}"
    assert reader.reaches("alice", "bob", 7100)
    assert not reader.reaches("alice", "bob", 7101)

    # What the units started ends as it should.
    for name, units in UNITS.items():
        for unit in units:
            code, printed = reader.machines[name].type(f"systemctl is-active {unit} && systemctl stop {unit}")
            assert code == 0, f"{unit}: {printed}"


def test_what_is_left_out_says_why():
    left_out = [(page.name, block.condition) for page in PAGES for block in blocks(page, NAMES) if block.condition]
    assert {condition for _, condition in left_out} == CONDITIONS
    # Most of each page is typed.
    for page in PAGES:
        typed = [block for block in blocks(page, NAMES) if block.typed]
        assert len(typed) > 2 * sum(name == page.name for name, _ in left_out), page.name
