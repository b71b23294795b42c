# SPDX-License-Identifier: Apache-2.0
"""What SIGHUP and replaced files change in a service that runs: certificates, bundles, the log's level. Nothing else, and no job ends."""

import itertools
import os
import shutil
import signal

import pytest

from cluster import COMPUTE_PARTIES, Pki
from clusters import Clusters
from corpus_case import load_case
from fault_test import LongJob
from waiting import wait_until

CASE = load_case("dot_matmul")
RENEWED = "certificates are renewed"
STRANGER = "no authority in its bundles vouches for it"
REFUSED = "certificates are refused, and stay as they were"
# Of the services of the fixture `cluster`: party and role.
SERVICES = {
    "scheduler": ("operator", "scheduler"),
    "carol": ("carol", "dealer"),
    "alice": ("alice", "compute"),
    "bob": ("bob", "compute"),
    "dave": ("dave", "compute"),
}


class RenewablePki(Pki):
    """Keys of one test alone, which may replace them."""

    def renew(self, service, authority=None, *more):
        """A new key and certificate in the place of a service's."""
        party, role = SERVICES[service]
        folder = self.folder / party / service
        authority = authority or self.folder / party
        self.spud("issue", "--ca", authority, "--role", role, "--name", service, "--out", folder, "--replace", *more)
        return folder


@pytest.fixture
def make_own(binary, tmp_path):
    """make_cluster with keys of its own."""
    clusters = Clusters(binary, RenewablePki(binary, tmp_path / "keys"), tmp_path)
    yield clusters
    clusters.end()


def configured(cluster, look="0s"):
    for name in cluster.services:
        tls = {**cluster.configuration(name)["tls"], "look_interval": look}
        cluster.configure(name, tls=tls)
    return cluster


@pytest.fixture
def own(make_own):
    """Two nodes and the rest, running, that look at files at SIGHUP only."""
    made = configured(make_own()).start()
    made.make_device()
    return made


def lines(service, message):
    return [line for line in service.log_lines() if line["message"] == message]


def hang_up(service, message=RENEWED):
    """SIGHUP, and the line that must come of it."""
    before = len(lines(service, message))
    service.process.send_signal(signal.SIGHUP)
    return wait_until(lambda: lines(service, message)[before:], f"{service.name} says '{message}'")[0]


def runs_a_job(cluster, job, owner="hospital-a"):
    client = cluster.client(owner)
    names = cluster.push_case(CASE, job, [owner])
    client.run(CASE.program, names, [owner], job)
    CASE.check(client.fetch(job))


# ---- certificates


def test_all_certificates_are_renewed_during_jobs_and_none_is_lost(make_own):
    cluster = configured(make_own(nodes=COMPUTE_PARTIES)).start()
    cluster.make_device()
    long = LongJob(cluster)
    names = cluster.push_case(CASE, "small", ["hospital-a"])
    owner = cluster.client("hospital-a")
    long.begin(1)
    jobs = []
    for name in SERVICES:
        jobs.append((f"during-{name}", owner.start(*owner.job(CASE.program, names, ["hospital-a"], f"during-{name}"), "--wait")))
        before = cluster.pki.folder / SERVICES[name][0] / name / "certificate.pem"
        old = before.read_text()
        cluster.pki.renew(name)
        assert before.read_text() != old
        assert hang_up(cluster[name])["certificate"] is True
    for job, running in jobs:
        running.wait(0)
        CASE.check(owner.fetch(job))
    long.wait_done()
    for name in SERVICES:
        assert cluster[name].metric("spud_reloads_total", outcome="done") == 1
        assert cluster[name].metric("spud_reloads_total", outcome="refused") == 0
        assert lines(cluster[name], RENEWED)[0]["connections_ended"] == 0
    # With the new ones alone: connections of before are gone.
    for name in SERVICES:
        cluster[name].stop()
    cluster.start()
    runs_a_job(cluster, "after")


def test_an_authority_is_replaced_during_jobs(own):
    """In the order that the guide tells: both in the bundle, then certificates of the new one, then the old one goes."""
    pki = own.pki
    old, new = pki.folder / "bob", pki.folder / "bob-next"
    pki.authority("bob", new)
    authorities = [pki.folder / party for party in ("operator", "alice", "carol", "hospital-a", "hospital-b", "dave")]

    def trust(*bobs):
        pki.make_bundle(pki.bundle, *authorities, *bobs)
        return {name: hang_up(own[name]) for name in own.services}

    runs_a_job(own, "before")
    shutil.copytree(pki.bundle, own.folder / "before")
    said = trust(old, new)
    # eve, dora and hospital-c are not in this one any more, and bob's authorities are two.
    assert all(line["bundles"].startswith("bob") for line in said.values()), said
    runs_a_job(own, "between")
    pki.renew("bob", new)
    assert hang_up(own["bob"])["certificate"] is True
    runs_a_job(own, "renewed")
    said = trust(new)
    # What bob's node opened before it had the new certificate ends, and it comes back with the new one.
    assert said["scheduler"]["connections_ended"] >= 1
    wait_until(lambda: "bob" in own.client("hospital-a").spud("node", "list").out, "the scheduler lists nodes")
    own.wait_ready()
    runs_a_job(own, "after")
    # Who has a certificate of the old one only is refused.
    client = own.client("bob", tls=pki.tls(old / "bob-client", own.folder / "before"))
    refused = client.spud("node", "list", expect=None)
    assert refused.code != 0 and STRANGER in refused.problem, refused.problem


def test_a_party_that_is_taken_from_the_bundles_is_refused_from_then_on(own):
    shutil.copytree(own.pki.bundle, own.folder / "of-eve")
    stranger = own.client("eve", tls=own.pki.tls(own.pki.folder / "eve/eve-client", own.folder / "of-eve"))
    stranger.spud("node", "list")
    (own.pki.bundle / "eve.pem").unlink()
    assert hang_up(own["scheduler"])["bundles"] == "eve"
    refused = stranger.spud("node", "list", expect=None)
    assert refused.code != 0 and STRANGER in refused.problem, refused.problem
    assert own["alice"].readiness() == {}


def test_a_certificate_that_runs_out_is_renewed_in_time(make_own):
    cluster = make_own()
    pki = cluster.pki
    configured(cluster).start()
    cluster.make_device()
    job = cluster.push_case(CASE, "x", ["hospital-a"])
    owner = cluster.client("hospital-a")
    pki.renew("alice", None, "--for", "15s")
    hang_up(cluster["alice"])
    pki.renew("alice")
    assert hang_up(cluster["alice"])["certificate"] is True

    # The twin, whose certificate ends no sooner, is not renewed: when it is refused, alice would be.
    twin = pki.folder / "hospital-b/twin"
    pki.spud("issue", "--ca", pki.folder / "hospital-b", "--role", "client", "--name", "twin", "--out", twin, "--for", "15s")
    late = cluster.client("hospital-b", name="late", tls=pki.tls(twin))

    def refused():
        done = late.spud("node", "list", expect=None)
        return done.code != 0 and done.problem

    problem = wait_until(refused, "the twin's certificate runs out", 60)
    assert "time" in problem
    owner.run(CASE.program, job, ["hospital-a"], "after")
    CASE.check(owner.fetch("after"))


def test_one_that_ran_out_is_replaced_without_a_restart(make_own):
    cluster = configured(make_own()).start()
    cluster.make_device()
    names = cluster.push_case(CASE, "x", ["hospital-a"])
    cluster.pki.renew("alice", None, "--for", "10s")
    hang_up(cluster["alice"])
    owner = cluster.client("hospital-a")
    file, tries = owner.save("late", CASE.inputs[0]), itertools.count()

    def refused():
        # Another name each time: one that is taken is refused for that.
        done = owner.spud("push", f"late-{next(tries)}", file, "--device", "demo", expect=None)
        return done.code != 0 and done.problem

    problem = wait_until(refused, "alice's certificate runs out", 60)
    assert "alice" in problem and "valid from" in problem
    cluster.pki.renew("alice")
    hang_up(cluster["alice"])
    owner.run(CASE.program, names, ["hospital-a"], "after")
    CASE.check(owner.fetch("after"))


def test_files_are_looked_at_without_a_signal(make_own):
    """As kubelet replaces a mounted Secret: a link to a folder is swapped."""
    cluster = make_own()
    folder = cluster.pki.folder / "alice/alice"
    os.rename(folder, folder.with_name("first"))
    os.symlink("first", folder)
    configured(cluster, look="100ms").start()
    cluster.make_device()
    second = cluster.pki.folder / "alice/second"
    cluster.pki.spud("issue", "--ca", cluster.pki.folder / "alice", "--role", "compute", "--name", "alice", "--out", second)
    os.symlink("second", folder.with_name("swap"))
    os.replace(folder.with_name("swap"), folder)
    wait_until(lambda: lines(cluster["alice"], RENEWED), "alice looks at her files")
    runs_a_job(cluster, "after")
    assert len(lines(cluster["alice"], RENEWED)) == 1


@pytest.mark.parametrize("broken", ["key", "certificate", "bundle", "identity"])
def test_a_set_that_does_not_fit_is_refused_and_the_service_goes_on(own, broken):
    folder, pki = own.pki.folder / "alice/alice", own.pki
    good = (pki.bundle / "bob.pem").read_text()
    if broken == "key":
        shutil.copy(pki.folder / "bob/bob/key.pem", folder / "key.pem")
    elif broken == "certificate":
        (folder / "certificate.pem").write_text("-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n")
    elif broken == "bundle":
        (pki.bundle / "bob.pem").write_text("party: bob\n")
    else:
        other = pki.issue("alice", "compute", "alice-1")
        for file in ("key.pem", "certificate.pem"):
            shutil.copy(other / file, folder / file)
    said = hang_up(own["alice"], REFUSED)
    assert said["level"] == "error" and said["error"], said
    assert own["alice"].readiness() == {}
    assert own["alice"].metric("spud_reloads_total", outcome="refused") == 1
    assert own["alice"].metric("spud_reload_refused") == 1
    assert "PRIVATE" not in own["alice"].log_file.read_text()
    # Clients start anew, and would not with this one.
    (pki.bundle / "bob.pem").write_text(good)
    runs_a_job(own, "after")


# ---- configuration


def test_the_level_of_the_log_follows_the_configuration(own):
    alice = own["alice"]
    log = own.configuration("alice")["log"]
    own.configure("alice", log={**log, "level": "warning"})
    assert hang_up(alice, "the log's level changes")["now"] == "warning"
    quiet = len(alice.log_lines())
    runs_a_job(own, "quiet")
    assert len(alice.log_lines()) == quiet
    own.configure("alice", log={**log, "level": "info"})
    hang_up(alice, "the log's level changes")
    runs_a_job(own, "said")
    informed = alice.log_lines()[quiet:]
    assert informed and not [line for line in informed if line["level"] == "debug"]
    own.configure("alice", log={**log, "level": "debug"})
    hang_up(alice, "the log's level changes")
    runs_a_job(own, "loud")
    loud = [line for line in alice.log_lines()[quiet + len(informed) :] if line["level"] == "debug"]
    of_the_job = [line for line in loud if line.get("job") == "loud"]
    assert {"request", "compiled", "phase begins", "phase ends", "link opened", "tape taken"} <= {
        line["message"] for line in of_the_job
    }
    assert {line["attempt"] for line in of_the_job if line["message"] != "request"} == {1}
    assert {"linking", "tape", "loading", "running", "storing"} == {
        line["phase"] for line in of_the_job if line["message"] == "phase ends"
    }
    assert {"PrepareAttempt", "StartAttempt", "FetchResult"} <= {
        line["kind"] for line in of_the_job if line["message"] == "request"
    }
    wait_until(lambda: lines(alice, "announced"), "she goes on announcing herself")
    alice.process.send_signal(signal.SIGHUP)
    wait_until(lambda: lines(alice, "looked at certificates"), "she says that she looked")


def test_a_broken_configuration_is_refused_and_one_that_needs_a_restart_is_named(own):
    alice = own["alice"]
    good = alice.config.read_text()
    alice.config.write_text("log: [\n")
    said = hang_up(alice, "the configuration is refused, and stays as it was")
    assert said["level"] == "error" and "alice.yaml" in said["where"]
    assert alice.readiness() == {}
    alice.config.write_text(good)
    own.configure("alice", slots=9)
    assert hang_up(alice, "what changed in the configuration waits for a restart")["keys"] == "slots"
    runs_a_job(own, "after")


def test_other_signals_of_operators_end_nothing(own):
    for name, service in own.services.items():
        for one in (signal.SIGUSR1, signal.SIGUSR2):
            service.process.send_signal(one)
        wait_until(lambda service=service: len(lines(service, "a signal that means nothing here")) == 2, f"{name} has met both")
        assert service.readiness() == {}


def test_a_hangup_while_it_drains_is_no_reason_to_stay(own):
    own["bob"].process.send_signal(signal.SIGTERM)
    own["bob"].process.send_signal(signal.SIGHUP)
    own["bob"].wait_stopped()
