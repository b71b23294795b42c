# SPDX-License-Identifier: Apache-2.0
"""Who is refused, by whom, and with which words. Nothing here may be switched off."""

import shutil
import socket
import ssl
import struct

import pytest

from corpus_case import load_case
from waiting import wait_until

CASE = load_case("dot_matmul")
# Of a frame, with its version.
MAGIC = b"SPU\x01"


@pytest.fixture(scope="module")
def impostors(pki, tmp_path_factory):
    """A second authority that calls itself alice, and one of eve's that issues in bob's name."""
    folder = tmp_path_factory.mktemp("impostors")
    false_alice = folder / "false-alice"
    pki.authority("alice", false_alice)
    eve = folder / "eve-as-bob"
    eve.mkdir()
    shutil.copy(pki.folder / "eve" / "ca.key", eve)
    # Issuing reads the domain out of the authority's certificate: eve has changed hers. Who checks a
    # certificate has bob's own authority in the bundle, not eve's.
    (eve / "ca.pem").write_bytes(renamed_domain(pki.folder / "eve" / "ca.pem", b"eve.spud", b"bob.spud"))
    # An impostor believes in itself: its own bundle has its authority in the true one's place.
    others = [pki.folder / party for party in ("operator", "carol", "hospital-a")]
    bundle_alice = pki.make_bundle(folder / "bundle-alice", false_alice, *others, pki.folder / "bob")
    bundle_bob = pki.make_bundle(folder / "bundle-bob", eve, *others, pki.folder / "alice")
    return {
        "false alice": pki.tls(pki.issue("alice", "compute", "alice", false_alice), bundle_alice),
        "false alice's client": pki.tls(
            pki.issue("alice", "client", "alice-client", false_alice), bundle_alice
        ),
        "eve as bob": pki.tls(pki.issue("eve", "compute", "bob", eve), bundle_bob),
        "eve as bob's client": pki.tls(pki.issue("eve", "client", "bob-client", eve), bundle_bob),
    }


def renamed_domain(file, old, new):
    """A PEM certificate with other bytes in its name; its own signature is broken by that."""


    der = ssl.PEM_cert_to_DER_cert(file.read_text())
    assert len(old) == len(new) and der.count(b"spiffe://" + old) == 1
    return ssl.DER_cert_to_PEM_cert(der.replace(b"spiffe://" + old, b"spiffe://" + new)).encode()


@pytest.mark.parametrize(
    "who, party",
    [("false alice's client", "alice"), ("eve as bob's client", "bob")],
    ids=["other CA", "eve as bob"],
)
def test_a_client_with_a_certificate_of_another_authority_is_refused(shared_cluster, impostors, who, party):
    client = shared_cluster.client(party, name=f"impostor-{party}", tls=impostors[who])
    refused = client.spud("device", "list", expect=1)
    assert "refused our certificate" in refused.problem
    assert f"[party at fault: {party}]" in refused.problem
    assert refused.out == ""


@pytest.mark.parametrize(
    "who, party", [("false alice", "alice"), ("eve as bob", "bob")], ids=["other CA", "eve as bob"]
)
def test_a_node_with_a_certificate_of_another_authority_cannot_register(make_cluster, impostors, who, party):
    cluster = make_cluster()
    cluster.reconfigure(party, tls=impostors[who])
    for service in cluster.services.values():
        service.start(ready=False)
    others = [service for name, service in cluster.services.items() if name != party]
    for service in others:
        service.wait_ready()
    refusals = wait_until(
        lambda: [
            line for line in cluster["scheduler"].log_lines() if line["message"] == "refused a connection"
        ],
        "the scheduler refuses it",
    )
    assert "certificate" in refusals[0]["error"] or "authority" in refusals[0]["error"], refusals
    assert "scheduler" in cluster[party].readiness()
    listed = cluster.client("hospital-a").spud("device", "nodes", "--json").json
    assert party not in [node["party"] for node in listed]
    owner = cluster.client("hospital-a")
    refused = owner.spud("device", "create", "demo", "--parties", "alice,bob", expect=1)
    assert f"party {party}" in refused.problem and "no compute node has registered" in refused.problem


def test_a_service_with_a_certificate_of_another_role_does_not_start(make_cluster):
    cluster = make_cluster()
    cluster.reconfigure("alice", tls=cluster.pki.tls(cluster.pki.folder / "alice" / "alice-client"))
    alice = cluster["alice"].start(ready=False)
    code = alice.process.wait(20)
    alice.process = None
    assert code == 2
    [line] = alice.stderr().splitlines()
    assert "certificate of role client" in line and "role compute" in line


def test_a_client_with_a_nodes_certificate_is_refused(shared_cluster):
    tls = shared_cluster.pki.tls(shared_cluster.pki.folder / "alice" / "alice")
    refused = shared_cluster.client("alice", name="node-as-client", tls=tls).spud("device", "list", expect=2)
    assert "role client" in refused.problem


def test_a_client_refuses_another_process_in_the_schedulers_place(shared_cluster):
    client = shared_cluster.client("hospital-a", name="misled", scheduler=shared_cluster.address("alice"))
    refused = client.spud("device", "list", expect=1)
    assert "alice/compute/alice" in refused.problem and "operator/scheduler/scheduler" in refused.problem


def test_a_client_that_does_not_know_a_party_refuses_its_device(shared_cluster):
    pki = shared_cluster.pki
    known = [pki.folder / party for party in ("operator", "alice", "carol", "hospital-a")]
    bundle = pki.make_bundle(shared_cluster.folder / "without-bob", *known)
    tls = pki.tls(pki.folder / "hospital-a" / "hospital-a-client", bundle)
    client = shared_cluster.client("hospital-a", name="without-bob", tls=tls)
    refused = client.spud("device", "pin", "demo", expect=2)
    assert "bob.spud" in refused.problem


def test_shares_do_not_follow_an_address_to_another_node(make_cluster):
    """Whoever answers at the address that the scheduler gives must be the node whose identity was pinned."""
    cluster = make_cluster()
    cluster.add("node", "eve", "eve")
    cluster.start()
    cluster.make_device()
    cluster["bob"].stop()
    cluster.reconfigure("bob", advertise=cluster.address("eve"))
    cluster["bob"].start()
    owner = cluster.client("hospital-a")
    moved = owner.spud("device", "show", "demo", "--json").json
    assert [member["address"] for member in moved["compute"]][1] == cluster.address("eve")

    refused = owner.push("redirected", CASE.inputs[0], expect=1)
    assert "bob" in refused.problem and "eve" in refused.problem
    for node in ("alice", "bob", "eve"):
        assert cluster[node].metric("spud_datasets") == 0
    assert cluster["eve"].metric("spud_upload_bytes_total") == 0


def test_nothing_is_sent_to_a_device_that_is_not_pinned(shared_cluster):
    stranger = shared_cluster.client("hospital-a", name="stranger")
    refused = stranger.push("unpinned", CASE.inputs[0], expect=1)
    assert "not pinned" in refused.problem and "spud device pin demo" in refused.problem
    refused = stranger.submit(CASE.program, ["a", "b"], ["hospital-a"], "unpinned", expect=1)
    assert "not pinned" in refused.problem
    assert "unpinned" not in shared_cluster.client("hospital-a").datasets()


def test_a_pin_asks_for_the_digest_one_expects(shared_cluster):
    stranger = shared_cluster.client("hospital-a", name="careful")
    refused = stranger.spud("device", "pin", "demo", "--digest", "0" * 64, expect=1)
    assert "nothing was pinned" in refused.problem
    assert "not pinned" in stranger.push("unpinned", CASE.inputs[0], expect=1).problem


def test_a_device_that_changed_under_its_name_is_refused(make_cluster):
    cluster = make_cluster().start()
    before = cluster.make_device()
    # Another client of the owner drops it and makes another one.
    other = cluster.client("hospital-a", name="other-client")
    other.spud("device", "drop", "demo")
    wish = ["--parties", "alice,bob", "--fraction-bits", "12"]
    after = other.spud("device", "create", "demo", *wish, "--json").json
    assert after["digest"] != before["digest"]
    refused = cluster.client("hospital-b").push("changed", CASE.inputs[0], expect=1)
    assert before["digest"] in refused.problem and after["digest"] in refused.problem
    assert cluster["alice"].metric("spud_datasets") == 0


def test_no_two_shares_of_a_device_lie_with_one_party(shared_cluster):
    owner = shared_cluster.client("hospital-a")
    refused = owner.spud("device", "create", "twice", "--parties", "alice,alice", expect=1)
    assert "twice" in refused.problem
    refused = owner.spud("device", "create", "dealt", "--parties", "alice,bob", "--dealer", "alice", expect=1)
    assert "dealer" in refused.problem and "alice" in refused.problem


def test_only_the_recipient_fetches(shared_cluster):
    owner = shared_cluster.client("hospital-a")
    names = shared_cluster.push_case(CASE, "fetched", ["hospital-a"])
    owner.run(CASE.program, names, ["hospital-a"], "fetched")
    folder = shared_cluster.folder / "stolen"
    refused = shared_cluster.client("hospital-b").spud("fetch", "fetched", "--out", folder, expect=1)
    assert "fetched" in refused.problem and "hospital-b" in refused.problem
    assert not folder.exists()
    CASE.check(owner.fetch("fetched"))


def test_the_submitter_fetches_nothing_that_goes_to_others(shared_cluster):
    owner = shared_cluster.client("hospital-a")
    for_b = shared_cluster.policy("for-b", recipients=["hospital-b"])
    names = shared_cluster.push_case(CASE, "for-b", ["hospital-a"], policies={"hospital-a": for_b})
    owner.run(CASE.program, names, ["hospital-b"], "for-b")
    folder = shared_cluster.folder / "not-mine"
    refused = owner.spud("fetch", "for-b", "--out", folder, expect=1)
    assert "none of its results goes to hospital-a" in refused.problem
    CASE.check(shared_cluster.client("hospital-b").fetch("for-b"))


def test_data_is_shown_to_and_dropped_by_its_owner_only(shared_cluster):
    shared_cluster.client("hospital-a").push("mine", CASE.inputs[0])
    other = shared_cluster.client("hospital-b")
    assert "mine" not in other.datasets()
    assert "mine" in other.spud("data", "show", "mine", "--device", "demo", expect=2).problem
    assert "mine" in other.spud("data", "drop", "mine", "--device", "demo", expect=2).problem
    assert "mine" in shared_cluster.client("hospital-a").datasets()


@pytest.mark.parametrize("magic", [MAGIC, b"SPU\x02"], ids=["message", "version"])
@pytest.mark.parametrize("name", ["scheduler", "alice", "carol"])
def test_a_frame_that_is_none_of_the_protocol_is_refused_in_the_log_by_its_senders_name(shared_cluster, name, magic):
    service = shared_cluster[name]
    earlier = len(refused_frames(service))
    before = service.metric("spud_refused_frames_total", reason="malformed")
    tls = shared_cluster.pki.tls(shared_cluster.pki.folder / "bob" / "bob")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it is the service that has to believe us
    context.load_cert_chain(tls["certificate"], tls["key"])
    header = b"no message of ours"
    address = ("127.0.0.1", shared_cluster.port(name))
    with socket.create_connection(address, 20) as plain, context.wrap_socket(plain) as link:
        link.sendall(magic + struct.pack(">IQ", len(header), 0) + header)
        wait_until(lambda: refused_frames(service)[earlier:], f"{name} says so")
    (said,) = refused_frames(service)[earlier:]
    assert said["level"] == "warning" and said["peer"] == "bob/compute/bob" and said["error"], said
    assert service.metric("spud_refused_frames_total", reason="malformed") == before + 1


def refused_frames(service):
    return [line for line in service.log_lines() if line["message"] == "refused a frame"]
