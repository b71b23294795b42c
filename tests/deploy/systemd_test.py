# SPDX-License-Identifier: Apache-2.0
"""The units under a real systemd, which is process 1 of a container: started, reloaded, told to end, killed, and with a wrong configuration."""

import json
import subprocess

import pytest
import yaml

from containers_test import ROOT, VERSION, image, limits, run, wait_until  # noqa: F401: fixtures

pytestmark = pytest.mark.long

MACHINE = "spud-systemd-test"
MACHINE_IMAGE = f"localhost/spud-systemd:{VERSION}"
RECIPE = """FROM {image}
USER 0:0
RUN apt-get update -q && apt-get install -q -y --no-install-recommends systemd curl && apt-get clean
STOPSIGNAL SIGRTMIN+3
ENTRYPOINT ["/lib/systemd/systemd"]
CMD []
"""
NODE, SCHEDULER, DEALER = "spud-node@alice-0", "spud-scheduler@scheduler", "spud-dealer@carol"
PORTS = {SCHEDULER: 7001, NODE: 7101, DEALER: 7201}
KNOWS_SCHEDULER = {"scheduler": "127.0.0.1:7000", "scheduler_identity": "spiffe://operator.spud/spud/scheduler/scheduler"}
CONFIGURATIONS = {
    "scheduler": {"name": "scheduler", "party": "operator", "listen": "127.0.0.1:7000", "operations": {"listen": "127.0.0.1:7001"}},
    "alice-0": {"name": "alice-0", "party": "alice", "listen": "127.0.0.1:7100", "operations": {"listen": "127.0.0.1:7101"}, **KNOWS_SCHEDULER},
    "carol": {"name": "carol", "party": "carol", "listen": "127.0.0.1:7200", "operations": {"listen": "127.0.0.1:7201"}, **KNOWS_SCHEDULER},
}
ROLES = {"scheduler": ("operator", "scheduler"), "alice-0": ("alice", "compute"), "carol": ("carol", "dealer")}


class Machine:
    """A Debian whose first process is systemd, with the files of an operator of three services."""

    def run(self, *command, expect=0):
        return run("podman", "exec", MACHINE, *command, expect=expect)

    def start(self, folder):
        # What a unit takes away from its service it needs the right to; a machine has it.
        run("podman", "run", "--detach", "--rm", "--name", MACHINE, "--privileged", "--systemd=always", "--network=none", MACHINE_IMAGE)
        wait_until(lambda: self.run("systemctl", "is-system-running", expect=None).stdout.strip() in ("running", "degraded"), "it is up", 60)
        self.copy(ROOT / "deploy/systemd/spud.sysusers.conf", "/usr/lib/sysusers.d/spud.conf")
        self.run("systemd-sysusers")
        for unit in (ROOT / "deploy/systemd").glob("*.service"):
            self.copy(unit, f"/etc/systemd/system/{unit.name}")
        self.run("mkdir", "-p", f"/etc/systemd/system/{NODE}.service.d", "/etc/spud")
        self.copy(ROOT / "deploy/systemd/stock.conf", f"/etc/systemd/system/{NODE}.service.d/stock.conf")
        for party, _ in ROLES.values():
            self.run("spud", "keys", "ca", "--party", party, "--out", f"/srv/{party}")
        self.run("spud", "keys", "bundle", "--out", "/etc/spud/bundles", *(f"/srv/{party}" for party, _ in ROLES.values()))
        for name in CONFIGURATIONS:
            self.issue(name)
            self.configure(name, folder)
        self.run("spud", "keys", "stock", "--out", "/etc/spud/alice-0/stock.key")
        for key in (*(f"{name}/key.pem" for name in CONFIGURATIONS), "alice-0/stock.key"):
            self.run("chown", "root:spud", f"/etc/spud/{key}")
            self.run("chmod", "640", f"/etc/spud/{key}")
        self.run("systemctl", "daemon-reload")

    def copy(self, file, to):
        run("podman", "cp", file, f"{MACHINE}:{to}")

    def issue(self, name):
        party, role = ROLES[name]
        self.run("spud", "keys", "issue", "--ca", f"/srv/{party}", "--role", role, "--name", name, "--out", f"/etc/spud/{name}", "--replace")

    def configure(self, name, folder, **more):
        tls = {"certificate": f"{name}/certificate.pem", "key": "none", "bundles": "bundles"}
        file = folder / f"{name}.yaml"
        file.write_text(yaml.safe_dump({**CONFIGURATIONS[name], "data": "/none", "tls": tls, "log": {"format": "json"}, **more}))
        self.copy(file, f"/etc/spud/{name}.yaml")

    def reload(self, unit):
        done = self.run("systemctl", "reload", unit, expect=None)
        assert done.returncode == 0, self.journal(unit)

    def property(self, unit, name):
        return self.run("systemctl", "show", "--value", "--property", name, unit).stdout.strip()

    def journal(self, unit):
        return self.run("journalctl", "--unit", unit, "--no-pager", "--output=cat").stdout

    def said(self, unit, message):
        lines = [json.loads(line) for line in self.journal(unit).splitlines() if line.startswith("{")]
        return [line for line in lines if line["message"] == message]

    def wait_ready(self, unit):
        wait_until(
            lambda: self.run("curl", "--silent", "--fail", f"http://127.0.0.1:{PORTS[unit]}/readyz", expect=None).returncode == 0,
            lambda: self.journal("spud-*"),
            60,
        )


@pytest.fixture(scope="module")
def machine_image(image, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("machine")
    (folder / "Containerfile").write_text(RECIPE.format(image=image))
    build = ("buildah", "build", "--isolation", "chroot", "--network", "host", "--layers", "--pull-never")
    run(*build, "--volume", "/etc/apt/apt.conf.d:/etc/apt/apt.conf.d:ro", "--tag", MACHINE_IMAGE, folder, seconds=1200)


@pytest.fixture
def machine(machine_image, tmp_path):
    made = Machine()
    try:
        made.start(tmp_path)
        yield made
    finally:
        subprocess.run(["podman", "rm", "--force", "--time", "5", MACHINE], capture_output=True, timeout=60)


def test_services_live_as_their_units_say(machine, tmp_path):
    machine.run("systemctl", "start", *PORTS)
    for unit, name in zip(PORTS, CONFIGURATIONS, strict=True):
        machine.wait_ready(unit)
        assert machine.run("stat", "--format=%U", f"/proc/{machine.property(unit, 'MainPID')}").stdout.strip() == "spud"
        assert machine.run("find", f"/var/lib/spud/{name}", "-maxdepth", "0", "-printf", "%U %m").stdout.endswith(" 700")
    pid = machine.property(NODE, "MainPID")

    # A renewed key and certificate.
    for unit, name in ((NODE, "alice-0"), (DEALER, "carol")):
        machine.issue(name)
        machine.reload(unit)
        wait_until(lambda: machine.said(unit, "certificates are renewed"), lambda: machine.journal(unit))

    # A reload that would be refused fails before the process hears of it.
    machine.configure("alice-0", tmp_path, slotz=1)
    failed = machine.run("systemctl", "reload", NODE, expect=None)
    assert failed.returncode != 0
    assert "unknown key slotz" in machine.journal(NODE)
    assert len(machine.said(NODE, "reloading")) == 1
    machine.configure("alice-0", tmp_path, log={"format": "json", "level": "debug"})
    machine.reload(NODE)
    wait_until(lambda: machine.said(NODE, "the log's level changes"), lambda: machine.journal(NODE))
    assert machine.property(NODE, "MainPID") == pid

    # A crash, and an end that was asked for.
    machine.run("sh", "-c", f"kill -KILL {pid}")
    wait_until(lambda: machine.property(NODE, "MainPID") not in ("0", pid), "it is started again", 60)
    machine.wait_ready(NODE)
    machine.run("systemctl", "stop", *PORTS)
    for unit in PORTS:
        assert machine.property(unit, "Result") == "success" and machine.property(unit, "ExecMainStatus") == "0", machine.journal(unit)


def test_a_wrong_configuration_is_not_tried_again(machine, tmp_path):
    machine.configure("alice-0", tmp_path, slotz=1)
    machine.run("systemctl", "start", NODE, expect=None)
    wait_until(lambda: machine.property(NODE, "ActiveState") == "failed", lambda: machine.journal(NODE))
    assert machine.property(NODE, "ExecMainStatus") == "2"
    assert machine.property(NODE, "NRestarts") == "0"


@pytest.mark.parametrize("held", [CONFIGURATIONS["alice-0"]["listen"], CONFIGURATIONS["alice-0"]["operations"]["listen"]])
def test_what_passes_by_itself_is_tried_until_it_has_passed(machine, tmp_path, held):
    """A port that another process holds, for longer than systemd's own limit of starts would bear, and than the ten that ours had."""
    machine.run("systemctl", "stop", NODE, DEALER)
    drop_in = tmp_path / "soon.conf"
    drop_in.write_text("[Service]\nRestartSec=50ms\n")
    machine.copy(drop_in, f"/etc/systemd/system/{NODE}.service.d/soon.conf")
    machine.run("systemctl", "daemon-reload")
    machine.configure("alice-0", tmp_path)
    machine.configure("carol", tmp_path, listen=held)
    machine.run("systemctl", "start", SCHEDULER, DEALER)
    machine.wait_ready(DEALER)
    machine.run("systemctl", "start", NODE)
    wait_until(lambda: int(machine.property(NODE, "NRestarts")) > 12, lambda: machine.journal(NODE), 120)
    machine.run("systemctl", "stop", DEALER)
    machine.wait_ready(NODE)
