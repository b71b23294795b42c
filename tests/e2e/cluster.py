# SPDX-License-Identifier: Apache-2.0
"""A whole spud on the loopback interface: keys, configuration, services, clients."""

import json
import random
import shutil
import socket
import subprocess

from client import Client
from hosts import LOOPBACK
from proxy import Wire
from service import Service

SCHEDULER = "spiffe://operator.spud/spud/scheduler/scheduler"
COMPUTE_PARTIES = ("alice", "bob", "dave")
DEALERS = ("carol", "dora")
PROVIDERS = ("hospital-a", "hospital-b", "hospital-c")
PARTIES = ("operator", *COMPUTE_PARTIES, *DEALERS, *PROVIDERS, "eve")

HEARTBEAT_SECONDS = 0.5
# Far above the heartbeat, so that a busy machine is not taken for a dead peer.
SILENCE_LIMIT_SECONDS = 3


class Pki:
    """One certificate authority a party, and what they issued."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        for party in PARTIES:
            self.authority(party, folder / party)
        self.bundle = self.make_bundle(folder / "bundle", *(folder / party for party in PARTIES))
        self.issue("operator", "scheduler", "scheduler")
        for party in DEALERS:
            self.issue(party, "dealer", party)
        for party in (*COMPUTE_PARTIES, "eve"):
            self.issue(party, "compute", party)
        for party in (*COMPUTE_PARTIES, *PROVIDERS, "eve"):
            self.issue(party, "client", f"{party}-client")

    def spud(self, *arguments):
        command = [self.binary, "keys", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{command}: {done.stderr}"

    def authority(self, party, folder):
        self.spud("ca", "--party", party, "--out", folder)

    def issue(self, party, role, name, authority=None):
        """A certificate of `role`; by another folder's authority if one is named. Answers its folder."""
        authority = authority or self.folder / party
        self.spud("issue", "--ca", authority, "--role", role, "--name", name, "--out", authority / name)
        return authority / name

    def make_bundle(self, folder, *authorities):
        """What a process is to trust: the authorities whose folders are named."""
        self.spud("bundle", "--out", folder, *authorities)
        return folder

    def tls(self, folder, bundle=None):
        """The section of a configuration for a folder that issue() made."""
        return {
            "certificate": str(folder / "certificate.pem"),
            "key": str(folder / "key.pem"),
            "bundles": [str(bundle or self.bundle)],
        }


def free_port(taken, host=LOOPBACK):
    """A port nobody listens on, below those that outgoing connections take: it stays free for restarts."""
    while True:
        port = random.randrange(20000, 32000)
        if port in taken:
            continue
        with host.inside(), socket.socket() as probe:
            try:
                probe.bind((host.address, port))
            except OSError:
                continue
            return port


class Cluster:
    """Scheduler, a dealer (carol) or several, compute nodes (alice, bob, …) and clients, in one folder.

    `node_settings` are keys of all compute nodes. Services named in `wires` are reached by everybody
    through a wire (proxy.Wire) that a test can hold. `hosts` says where services, by name, and clients, by
    "NAME-client", are (hosts.Host); all others are on the loopback interface.
    """

    def __init__(
        self,
        binary,
        pki,
        folder,
        nodes=("alice", "bob"),
        node_settings=None,
        wires=(),
        dealers=("carol",),
        hosts=None,
    ):
        self.binary, self.pki, self.folder = binary, pki, folder
        self.node_settings = node_settings or {}
        self.hosts = hosts or {}
        self.nodes = nodes
        self.services, self.ports, self.wires, self.clients = {}, {}, {}, {}
        folder.mkdir(parents=True, exist_ok=True)
        for name in wires:
            self.wires[name] = Wire(self.port(f"{name}-wire"), self.port(name))
        self.add_scheduler()
        for dealer in dealers:
            self.add("dealer", dealer, dealer)
        for node in nodes:
            self.add("node", node, node)

    # ---- services

    def port(self, name):
        """The port of a service or wire: chosen once, kept over restarts."""
        if name not in self.ports:
            self.ports[name] = free_port(self.ports.values(), self.host(name))
        return self.ports[name]

    def host(self, name):
        return self.hosts.get(name, LOOPBACK)

    def address(self, name):
        return f"{self.host(name).address}:{self.port(name)}"

    def reached_at(self, name):
        """Where others connect to."""
        return self.address(f"{name}-wire" if name in self.wires else name)

    def config(self, name, party, more=None):
        """What every service's configuration has, as an object: JSON is YAML."""
        return {
            "name": name,
            "party": party,
            "listen": self.address(name),
            "data": str(self.folder / "data" / name),
            "tls": self.pki.tls(self.pki.folder / party / name),
            # On the loopback interface of its host.
            "operations": {"listen": self.address(f"{name}-operations")},
            "log": {"format": "json", "level": "debug", "file": str(self.folder / f"{name}.log")},
            "heartbeat_interval": f"{int(HEARTBEAT_SECONDS * 1000)}ms",
            "peer_silence_limit": f"{SILENCE_LIMIT_SECONDS}s",
            **(more or {}),
        }

    def add_scheduler(self):
        return self.add_service("scheduler", "scheduler", self.config("scheduler", "operator"))

    def add(self, kind, name, party, more=None):
        """A dealer or node that announces itself to the scheduler; not started."""
        node_settings = self.node_settings if kind == "node" else {}
        config = self.config(name, party, {**node_settings, **(more or {})})
        config.setdefault("scheduler", self.reached_at("scheduler"))
        config.setdefault("scheduler_identity", SCHEDULER)
        if name in self.wires:
            config["advertise"] = self.reached_at(name)
        return self.add_service(kind, name, config)

    def add_service(self, kind, name, config):
        file = self.folder / f"{name}.yaml"
        file.write_text(json.dumps(config, indent=2))
        operations = self.port(f"{name}-operations")
        self.services[name] = Service(self.binary, kind, name, file, self.folder, operations, self.host(name))
        return self.services[name]

    def configuration(self, name):
        return json.loads((self.folder / f"{name}.yaml").read_text())

    def configure(self, name, **keys):
        """Sets keys of one service, before it is started."""
        (self.folder / f"{name}.yaml").write_text(json.dumps({**self.configuration(name), **keys}, indent=2))

    def reconfigure(self, name, **changes):
        """For the next start of a service."""
        config = {**self.configuration(name), **changes}
        (self.folder / f"{name}.yaml").write_text(json.dumps(config, indent=2))

    def __getitem__(self, name):
        return self.services[name]

    def start(self):
        for service in self.services.values():
            if service.process is None:
                service.start(ready=False)
        self.wait_ready()
        return self

    def wait_ready(self):
        for service in self.services.values():
            service.wait_ready()

    def stop(self):
        """All together, as an operator would; each must end with exit code 0."""
        for service in self.services.values():
            service.terminate()
        for service in self.services.values():
            service.wait_stopped()

    def end(self):
        """At the end of a test: stops everything, whatever state it is in. Answers complaints."""
        for wire in self.wires.values():
            wire.close()
        running = [service for service in self.services.values() if service.process is not None]
        for service in running:
            service.thaw()
            service.terminate()
        complaints = [complaint for service in running if (complaint := service.collect())]
        # What passed is not looked at, and databases add up.
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        return complaints

    # ---- clients

    def client(self, party, name=None, tls=None, **context):
        """The client of a party; another `name` has pins of its own."""
        name = name or party
        if name not in self.clients:
            file = self.folder / f"context-{name}.yaml"
            file.write_text(
                json.dumps(
                    {
                        "scheduler": self.reached_at("scheduler"),
                        "scheduler_identity": SCHEDULER,
                        "pins": str(self.folder / f"{name}.pins"),
                        # Tests of nodes that are away need not wait for them as people do.
                        "retry_for": "2s",
                        "tls": tls or self.pki.tls(self.pki.folder / party / f"{party}-client"),
                        **context,
                    },
                    indent=2,
                )
            )
            folder = self.folder / f"client-{name}"
            folder.mkdir()
            self.clients[name] = Client(self.binary, file, folder, self.host(f"{name}-client"))
        return self.clients[name]

    def make_device(self, *arguments, name="demo", parties=None, owner="hospital-a", others=("hospital-b",)):
        """A device of all nodes, pinned by its owner and others."""
        parties = ",".join(parties or self.nodes)
        made = self.client(owner).spud("device", "create", name, "--parties", parties, *arguments, "--json")
        for party in (owner, *others):
            self.client(party).spud("device", "pin", name, "--digest", made.json["digest"])
        return made.json

    def push_case(self, case, prefix, owners, policies=None, device="demo"):
        """Pushes the inputs of a corpus case, in0 by the first owner and so on; the last owns the rest.

        Answers the datasets' names.
        """
        names = []
        for i, array in enumerate(case.inputs):
            owner = owners[min(i, len(owners) - 1)]
            names.append(f"{prefix}-in{i}")
            policy = policies[owner] if policies else None
            self.client(owner).push(names[-1], array, device, policy)
        return names

    def policy(self, name, **keys):
        """A policy file."""
        file = self.folder / f"policy-{name}.yaml"
        file.write_text(json.dumps(keys))
        return file

    # ---- what the services saw

    def tapes_of(self, job, dealer="carol"):
        """Names of the tapes that a dealer dealt to a job, in order."""
        lines = self[dealer].log_lines()
        return [line["tape"] for line in lines if line["message"] == "dealing" and line["job"] == job]

    def logs(self, lines=40):
        """The ends of all logs, for people."""
        parts = []
        for service in self.services.values():
            log = service.log_file.read_text().splitlines() if service.log_file.exists() else []
            parts += [f"==> {service.name} (log)", *log[-lines:]]
            if service.stderr():
                parts += [f"==> {service.name} (standard error)", service.stderr()]
        return "\n".join(parts)
