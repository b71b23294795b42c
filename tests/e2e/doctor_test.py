# SPDX-License-Identifier: Apache-2.0
"""`spud doctor`: what is well is said to be well, and what is in the way is named with what to do."""

import json
import os
import subprocess

import pytest


def findings(done):
    return {finding["check"]: finding for finding in done["findings"]}


@pytest.fixture
def examine(binary, cluster):
    """Runs `spud doctor --WHAT FILE --json`; its exit code and findings by check."""

    def run(what, file):
        environment = {name: value for name, value in os.environ.items() if name != "SPUD_CONTEXT"}
        command = [binary, "doctor", f"--{what}", file, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
        return done.returncode, findings(json.loads(done.stdout))

    return run


def context_of(cluster, party):
    cluster.client(party)
    return cluster.folder / f"context-{party}.yaml"


def test_a_healthy_deployment_has_nothing_in_the_way(cluster, examine):
    code, client = examine("context", context_of(cluster, "hospital-a"))
    assert code == 0
    assert {client[name]["verdict"] for name in ("credentials", "scheduler", "device demo", "scheduler's clock")} == {"ok"}
    assert {client[f"compute {node}"]["verdict"] for node in cluster.nodes} == {"ok"}
    assert client["dealer carol"]["verdict"] == "ok"
    assert "hospital-a-client" in client["certificate"]["says"]

    for kind, name in (("scheduler", "scheduler"), ("node", "alice"), ("dealer", "carol")):
        code, service = examine(kind, cluster.folder / f"{name}.yaml")
        assert code == 0, service
        assert service["own address"]["verdict"] == "ok" and service["credentials"]["verdict"] == "ok"
        assert "synced write" in service["disk"]["says"]
        assert kind == "scheduler" or service["scheduler"]["verdict"] == "ok"
    # It left nothing behind.
    assert not list((cluster.folder / "data" / "alice").glob("doctor-*"))


def test_services_that_are_away_are_named(cluster, examine):
    cluster["bob"].kill()
    code, client = examine("context", context_of(cluster, "hospital-a"))
    assert code == 1
    assert client["compute bob"]["verdict"] == "failed" and "bob" in client["compute bob"]["says"]
    assert client["compute bob"]["hint"]
    assert client["compute alice"]["verdict"] == "ok"
    code, bob = examine("node", cluster.folder / "bob.yaml")
    assert code == 0, "a node may be looked at before it is started"
    assert bob["own address"]["verdict"] == "warning"
    cluster["scheduler"].kill()
    code, client = examine("context", context_of(cluster, "hospital-a"))
    assert code == 1 and client["scheduler"]["verdict"] == "failed"
    code, bob = examine("node", cluster.folder / "bob.yaml")
    assert code == 1 and bob["scheduler"]["verdict"] == "failed"


def test_credentials_that_do_not_fit_are_told_apart(cluster, examine):
    config = cluster.configuration("alice")
    keys = cluster.pki.folder

    def alice(**tls):
        file = cluster.folder / "other.yaml"
        file.write_text(json.dumps({**config, "tls": {**config["tls"], **tls}}))
        return examine("node", file)

    code, found = alice(key=str(keys / "bob" / "bob" / "key.pem"))
    assert code == 1 and found["credentials"]["verdict"] == "failed" and found["certificate"]["verdict"] == "ok"
    code, found = alice(certificate=str(keys / "nowhere.pem"))
    assert code == 1 and "nowhere.pem" in found["certificate"]["says"]
    client = keys / "alice" / "alice-client"
    code, found = alice(certificate=str(client / "certificate.pem"), key=str(client / "key.pem"))
    assert code == 1 and "role client" in found["credentials"]["says"]
    # One bundle that cannot be read does not hide the other.
    code, found = alice(bundles=[str(keys / "nowhere"), config["tls"]["bundles"][0]])
    assert code == 1 and found["bundles"]["verdict"] == "failed" and found["party alice"]["verdict"] == "ok"


def test_a_short_certificate_is_judged_by_its_own_time(cluster, examine):
    folder = cluster.folder / "short"
    cluster.pki.spud(
        *("issue", "--ca", cluster.pki.folder / "alice", "--role", "compute", "--name", "alice"),
        *("--out", folder, "--days", "20"),
    )
    config = cluster.configuration("alice")
    file = cluster.folder / "short.yaml"
    file.write_text(json.dumps({**config, "tls": cluster.pki.tls(folder)}))
    code, found = examine("node", file)
    assert code == 0 and found["certificate"]["verdict"] == "ok" and "for 20 d" in found["certificate"]["says"]


def test_a_folder_that_cannot_be_written_is_in_the_way(cluster, examine, tmp_path):
    file = cluster.folder / "other.yaml"
    (tmp_path / "taken").write_text("a file")
    file.write_text(json.dumps({**cluster.configuration("alice"), "data": str(tmp_path / "taken")}))
    code, found = examine("node", file)
    assert code == 1 and found["data"]["verdict"] == "failed" and "not a folder" in found["data"]["says"]
    # Whom the system lets write anywhere finds out by writing.
    file.write_text(json.dumps({**cluster.configuration("alice"), "data": "/proc/spud"}))
    code, found = examine("node", file)
    assert code == 1 and found["disk" if os.geteuid() == 0 else "data"]["verdict"] == "failed"
    # What the service will make itself is looked at, and not made.
    file.write_text(json.dumps({**cluster.configuration("alice"), "data": str(tmp_path / "new" / "data")}))
    code, found = examine("node", file)
    assert code == 0 and "will be made" in found["data"]["says"] and found["disk"]["verdict"] == "ok"
    assert not (tmp_path / "new").exists()


def test_what_a_start_would_refuse_is_found(cluster, examine, tmp_path):
    file = cluster.folder / "other.yaml"
    file.write_text(json.dumps({**cluster.configuration("alice"), "labels": ["no label"]}))
    code, found = examine("node", file)
    assert code == 1 and found["labels"]["verdict"] == "failed"
    file.write_text(json.dumps({**cluster.configuration("alice"), "stock": {"keys": [str(tmp_path / "none.key")]}}))
    code, found = examine("node", file)
    assert code == 1 and found["stock keys"]["verdict"] == "failed"


def test_a_configuration_that_is_none_is_bad_input(examine, tmp_path):
    code, found = examine("node", tmp_path / "none.yaml")
    assert code == 2 and "none.yaml" in found["configuration"]["says"]


def test_whoever_names_nothing_is_told_what_could_be_named(binary):
    environment = {name: value for name, value in os.environ.items() if name != "SPUD_CONTEXT"}
    done = subprocess.run([binary, "doctor"], capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0 and "--context" in done.stdout


def test_it_reads_as_lines_with_what_to_do(binary, cluster):
    done = subprocess.run(
        [binary, "doctor", "--context", context_of(cluster, "hospital-b")], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    *lines, last = done.stdout.splitlines()
    assert all(line.split()[0] in ("ok", "warning", "failed", "->") for line in lines)
    assert ", 0 failed, " in last and "\033" not in done.stdout
