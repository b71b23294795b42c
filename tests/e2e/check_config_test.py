# SPDX-License-Identifier: Apache-2.0
"""--check-config: says whether a service would start, and does nothing of it."""

import json
import os
import shutil
import socket
import subprocess

import pytest

OK, WRONG = 0, 2
ROLES = {"scheduler": "scheduler", "alice": "node", "carol": "dealer"}


@pytest.fixture
def written(make_cluster):
    """Configurations of services that nobody starts."""
    cluster = make_cluster(nodes=("alice",))
    key = cluster.folder / "stock.key"
    cluster.pki.spud("stock", "--out", key)
    cluster.configure("alice", stock={"keys": [str(key)]}, labels=["zone=eu"])
    return cluster


def check(cluster, name, environment=None):
    command = [cluster.binary, ROLES[name], "--config", cluster.folder / f"{name}.yaml", "--check-config"]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, env=environment)


def refused(cluster, name, *words):
    done = check(cluster, name)
    assert done.returncode == WRONG and done.stdout == "", done
    assert done.stderr.startswith("spud: ") and len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def accepted(cluster, name):
    done = check(cluster, name)
    assert (done.returncode, done.stdout, done.stderr) == (OK, "ok\n", ""), done


@pytest.mark.parametrize("name", ROLES)
def test_a_good_one_is_ok_and_leaves_no_trace(written, name):
    before = sorted(written.folder.rglob("*"))
    accepted(written, name)
    assert sorted(written.folder.rglob("*")) == before


@pytest.mark.parametrize("name", ROLES)
def test_it_opens_no_port(written, name):
    """Both are taken by somebody else, and that is no matter of the configuration."""
    config = written.configuration(name)
    with socket.socket() as one, socket.socket() as other:
        for taken, address in ((one, config["listen"]), (other, config["operations"]["listen"])):
            host, port = address.split(":")
            taken.bind((host, int(port)))
            taken.listen()
        accepted(written, name)


def test_it_does_not_mind_the_service_that_runs(written):
    written.start()
    for name in ROLES:
        accepted(written, name)
        assert written[name].readiness() == {}


def test_a_start_says_the_same(written):
    """What is refused is refused at a start too, in the same words."""
    written.configure("alice", tls={**written.configuration("alice")["tls"], "key": str(written.pki.folder / "bob/bob/key.pem")})
    refused(written, "alice", "the certificate and the private key do not belong together")
    command = [written.binary, "node", "--config", written.folder / "alice.yaml"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)
    assert done.returncode == WRONG and done.stderr == check(written, "alice").stderr


@pytest.mark.parametrize("name", ROLES)
def test_tls_files_are_read(written, name, tmp_path):
    tls = written.configuration(name)["tls"]
    written.configure(name, tls={**tls, "certificate": str(tmp_path / "none.pem")})
    refused(written, name, "none.pem")
    written.configure(name, tls={**tls, "key": str(tmp_path / "none.key")})
    refused(written, name, "none.key")
    bundle = tmp_path / "bundle"
    shutil.copytree(written.pki.bundle, bundle)
    (bundle / "bob.pem").write_text("party: bob\ndomain: bob.spud\n")
    written.configure(name, tls={**tls, "bundles": [str(bundle)]})
    refused(written, name, "bob.pem", "holds no certificate")
    open_key = tmp_path / "open.pem"
    shutil.copy(tls["key"], open_key)
    open_key.chmod(0o644)
    written.configure(name, tls={**tls, "key": str(open_key)})
    refused(written, name, "open to everyone")
    client = written.pki.folder / "alice/alice-client"
    written.configure(name, tls=written.pki.tls(client))
    refused(written, name, "a certificate of role client")


def test_ports_labels_stock_keys_and_keys_of_the_file_are_read(written):
    good = written.configuration("alice")
    for wrong, words in (
        ({"listen": "127.0.0.1:99999"}, ("listen", "an address host:port")),
        ({"advertise": "alice"}, ("advertise", "an address host:port")),
        ({"labels": ["zone"]}, ("labels",)),
        ({"stock": {"keys": ["none.key"]}}, ("none.key",)),
        ({"slotz": 3}, ("unknown key slotz", "did you mean slots?")),
        ({"peer_silence_limit": "600ms"}, ("twice heartbeat_interval",)),
        ({"scheduler_identity": "spiffe://nowhere.spud/spud/scheduler/s"}, ("no bundle lists domain nowhere.spud",)),
    ):
        (written.folder / "alice.yaml").write_text(json.dumps({**good, **wrong}))
        refused(written, "alice", *words)
    (written.folder / "alice.yaml").write_text(json.dumps(good))
    done = check(written, "alice", {**os.environ, "SPUD_NODE_LISTEN": "nowhere"})
    assert done.returncode == WRONG and "SPUD_NODE_LISTEN" in done.stderr


@pytest.mark.parametrize("name", ROLES)
def test_folders_are_looked_at(written, name):
    file = written.folder / "file"
    file.write_text("")
    written.configure(name, data=str(file))
    refused(written, name, "is not a folder")
    other = written.folder / "other"
    other.mkdir()
    (other / "FORMAT").write_text("spud store format 999\n")
    written.configure(name, data=str(other))
    refused(written, name, "the store has format 999")
    written.configure(name, data=str(written.folder / "fine"), log={"file": str(written.folder / "none/spud.log"), "format": "json"})
    accepted(written, name)
    written.configure(name, log={"file": str(written.folder), "format": "json"})
    refused(written, name, "log.file")
