# SPDX-License-Identifier: Apache-2.0
"""One program, every party on a host of its own: the same result on every layout, and nothing on a wire but TLS 1.3."""

import contextlib
import hashlib
import socket
import ssl
import threading

import numpy as np
import pytest

import layouts
from capture import Capture
from hosts import NAMESPACES, Hosts
from wire_check import Unseen, check_wires, who_talks

LARGE = np.random.default_rng(7).normal(size=(1024, 2048)).astype(np.float32)
MOST_STATEMENT_BYTES = 64 << 10
JOB = "training-of-weights"
TRIED = ("outsourcing to 3", "colocated of 2", "colocated of 3", "hybrid")


@pytest.fixture(scope="module")
def training():
    return layouts.training()


def allowed(layout):
    """Who may open a connection to whom, by host. A provider and the dealer may not, nor may two providers."""
    clients = {layout.host_of_client(owner) for owner in layout.owners}
    services = {*layout.nodes, "dealer"}
    pairs = {(one, other) for one in layout.nodes for other in layout.nodes if one != other}
    pairs |= {(client, node) for client in clients for node in layout.nodes if client != node}
    pairs |= {(node, "dealer") for node in layout.nodes}
    pairs |= {(host, "scheduler") for host in services | clients}
    pairs |= {("scheduler", node) for node in layout.nodes}
    return pairs


class Deployment:
    """A cluster laid out over hosts, and what leaves them from its start on."""

    def __init__(self, layout, hosts, cluster):
        self.layout, self.hosts, self.cluster = layout, hosts, cluster
        self.capture = Capture(hosts)
        cluster.start()
        first, *others = dict.fromkeys(layout.owners)
        cluster.make_device(*layout.device, "--dealer", "carol", owner=first, others=others)
        self.first = cluster.client(first)

    def train(self, training):
        """Answers the results that the first owner fetches."""
        program = self.cluster.folder / "program.hlo.pb"
        program.write_bytes(training.program)
        allows = self.cluster.policy("joint", recipients=[self.layout.owners[0]])
        for owner, (name, array) in zip(self.layout.owners, training.inputs.items()):
            self.cluster.client(owner).push(name, array, policy=allows)
        self.first.run(program, list(training.inputs), [self.layout.owners[0]], JOB)
        return self.first.fetch(JOB)

    def sent_at_push(self, owner):
        """Bytes that leave the owner's host while it pushes a large tensor."""
        capture = Capture(self.hosts)
        self.cluster.client(owner).push(f"large-of-{owner}", LARGE)
        return capture.stop().sent(self.hosts[self.layout.host_of_client(owner)])

    def end(self):
        """What was on the wires until everything had stopped."""
        self.cluster.stop()
        return self.capture.stop()


@pytest.fixture
def make_hosts():
    with contextlib.ExitStack() as made:

        def make(*names):
            hosts = Hosts(*names)
            made.callback(hosts.remove)
            return hosts

        yield make


# In this order: processes end before their hosts are removed.
@pytest.fixture
def deploy(make_hosts, make_cluster):
    def make(layout):
        where = {"scheduler": "scheduler", "carol": "dealer", **{node: node for node in layout.nodes}}
        where |= {f"{owner}-client": layout.host_of_client(owner) for owner in layout.owners}
        hosts = make_hosts(*dict.fromkeys(where.values()))
        placed = {name: hosts[host] for name, host in where.items()}
        return Deployment(layout, hosts, make_cluster(nodes=layout.nodes, hosts=placed))

    return make


def to_stay_unknown(training):
    """Data as anybody might write it, names of datasets, and the program."""
    unseen = Unseen()
    for name, array in training.inputs.items():
        unseen.add_values(f"values of {name}", array)
        unseen.add_text(f"the name {name}", name)
    unseen.add_values("values of large", LARGE[:8])
    unseen.add_values("the weights", training.expected[0])
    unseen.add_bytes("the program", training.program)
    digest = hashlib.sha256(training.program)
    unseen.add_bytes("the program's digest", digest.digest())
    unseen.add_text("the program's digest", digest.hexdigest())
    unseen.add_text("the job's name", JOB)
    return unseen


@pytest.mark.parametrize("name", TRIED)
def test_the_same_result_on_every_layout_and_only_tls_on_its_wires(deploy, training, name):
    layout = layouts.LAYOUTS[name]
    deployment = deploy(layout)
    training.check(deployment.train(training))
    pushed = {owner: deployment.sent_at_push(owner) for owner in (layout.owners[0], layout.owners[-1])}
    captured = deployment.end()

    assert check_wires(captured, to_stay_unknown(training)) == []
    talks = who_talks(captured, deployment.hosts)
    assert talks <= allowed(layout), talks - allowed(layout)
    # Everybody was heard, or nothing would have been found out.
    assert {one for pair in talks for one in pair} == set(deployment.hosts.hosts), talks
    for owner, sent in pushed.items():
        if owner in layout.private:
            assert sent < MOST_STATEMENT_BYTES, f"{owner} let {sent} bytes out of its host"
        else:
            assert sent > LARGE.nbytes, f"{owner} sent {sent} bytes, which is no share"


# ---- that the checks find what they look for


class Talk:
    """Two hosts, and what one sends the other while both are listened to."""

    def __init__(self, hosts):
        self.hosts = hosts
        self.capture = Capture(hosts)
        with hosts["there"].inside():
            self.listener = socket.create_server((hosts["there"].address, 7000))
        with hosts["here"].inside():
            self.near = socket.create_connection(self.listener.getsockname(), timeout=10)
        self.far, _ = self.listener.accept()
        self.far.settimeout(10)

    def send(self, data):
        """Waits until it is there."""
        self.near.sendall(data)
        left = len(data)
        while left > 0:
            left -= len(self.far.recv(left))

    def end(self):
        for end in (self.near, self.far, self.listener):
            end.close()
        return self.capture.stop()


@pytest.fixture
def talk(make_hosts):
    return Talk(make_hosts("here", "there"))


VALUES = np.random.default_rng(3).normal(size=(40, 5)).astype(np.float32)


@pytest.fixture
def unseen():
    made = Unseen()
    made.add_values("values", VALUES)
    made.add_text("a name", "measured-by-one")
    return made


def test_a_connection_in_plain_is_found(talk, unseen):
    talk.send(b"GET / HTTP/1.1\r\n\r\n")
    [found] = check_wires(talk.end(), unseen)
    assert "is not TLS 1.3" in found and "begins no record" in found


@pytest.mark.parametrize(
    "written",
    [
        VALUES.astype("<f8").tobytes(),
        VALUES.tobytes(),
        np.round(VALUES.astype(np.float64) * 2**18).astype("<i8").tobytes(),
        "\n".join(",".join(f"{value:.9g}" for value in row) for row in VALUES).encode(),
        b"the name measured-by-one",
    ],
    ids=["float64", "float32", "fixed point", "text", "name"],
)
def test_data_in_plain_is_found_wherever_it_begins(talk, unseen, written):
    # In what looks like a record of TLS 1.3, and cut into segments.
    for piece in (b"\x17\x03\x03" + len(b"odd" + written).to_bytes(2, "big") + b"odd", written):
        talk.send(piece)
    found = check_wires(talk.end(), unseen)
    assert any("shows" in line for line in found), found


def test_what_is_not_tcp_is_found(make_hosts, unseen):
    hosts = make_hosts("here", "there")
    capture = Capture(hosts)
    with hosts["here"].inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"a datagram", (hosts["there"].address, 7000))
    found = check_wires(capture.stop(), unseen)
    assert any("here sent protocol 17" in line for line in found), found


@pytest.mark.parametrize("version, right", [(ssl.TLSVersion.TLSv1_2, False), (ssl.TLSVersion.TLSv1_3, True)])
def test_tls_is_accepted_only_in_its_version_1_3(talk, unseen, pki, version, right):
    folder = pki.folder / "alice" / "alice"
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.minimum_version = client.maximum_version = version

    def serve():
        talk.far = server.wrap_socket(talk.far, server_side=True)

    serving = threading.Thread(target=serve)
    serving.start()
    talk.near = client.wrap_socket(talk.near)
    serving.join()
    talk.send(VALUES.tobytes())
    found = check_wires(talk.end(), unseen)
    assert (found == []) == right, found


def test_hosts_leave_nothing_behind(make_hosts):
    hosts = make_hosts("here", "there")
    mine = lambda: [file for file in NAMESPACES.iterdir() if file.name.startswith(hosts.prefix)]
    assert len(mine()) == 3
    hosts.remove()
    assert not mine()
