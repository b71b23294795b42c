# SPDX-License-Identifier: Apache-2.0
"""What users get wrong: one line that says what, the exit code that fits, and nothing lost."""

import numpy as np
import pytest

from corpus_case import CORPUS, in_order, load_case

CASE = load_case("dot_matmul")


@pytest.fixture(scope="module")
def names(shared_cluster):
    return shared_cluster.push_case(CASE, "good", ["hospital-a"])


@pytest.fixture
def owner(shared_cluster, names, request):
    """After whatever a test did wrong, the good job still runs."""
    client = shared_cluster.client("hospital-a")
    yield client
    job = "good-" + request.node.name.partition("[")[0].removeprefix("test_").replace("_", "-")[:50]
    client.run(CASE.program, names, ["hospital-a"], job)
    CASE.check(client.fetch(job))


# ---- jobs


def test_an_unknown_dataset_fails_the_job(owner, names):
    refused = owner.run(CASE.program, [names[0], "nothing"], ["hospital-a"], "no-data", expect=1)
    assert "no dataset 'nothing'" in refused.problem and "in1" in refused.problem


def test_a_dataset_of_another_shape_fails_the_job(owner, names):
    owner.push("narrow", np.zeros((6, 3), np.float32))
    refused = owner.run(CASE.program, [names[0], "narrow"], ["hospital-a"], "shape", expect=1)
    assert "f32[6,3]" in refused.problem and "f32[7,3]" in refused.problem


def test_too_few_inputs_fail_the_job(owner, names):
    refused = owner.run(CASE.program, names[:1], ["hospital-a"], "few", expect=1)
    assert "1 inputs are given; expected 2" in refused.problem


def test_too_many_results_fail_the_job(owner, names):
    refused = owner.run(CASE.program, names, ["hospital-a"] * 2, "results", expect=1)
    assert "the program has 1 results" in refused.problem and "not 2" in refused.problem


@pytest.mark.parametrize(
    "name, words",
    [
        ("bad_truncated", "HLO"),
        ("bad_custom_call_lapack", "custom-call"),
        ("bad_secret_while_condition", "secret"),
    ],
)
def test_a_bad_program_fails_the_job(owner, name, words):
    job = name.replace("_", "-")
    names = []
    for i, array in enumerate(in_order(CORPUS / name / "inputs.npz", "in")):
        names.append(f"{job}-{i}")
        owner.push(names[-1], array)
    refused = owner.run(CORPUS / name / "program.hlo.pb", names, ["hospital-a"], job, expect=1)
    assert words in refused.problem


def test_tables_whose_rows_differ_are_not_joined(owner, shared_cluster):
    """The same ids in another order: the numbers would be joined to the wrong rows."""
    left, right = owner.folder / "left.csv", owner.folder / "right.csv"
    left.write_text("id,a,b\n" + "".join(f"r{i},{i},1\n" for i in range(7)))
    right.write_text("id,c,d\n" + "".join(f"r{6 - i},{i},1\n" for i in range(7)))
    case = load_case("ew_binary_arith")
    names = []
    for name, file in (("left", left), ("right", right)):
        owner.spud("push", name, file, "--device", "demo", "--id-column", "id")
        names.append(name)
    refused = owner.run(case.program, names, ["hospital-a"] * len(case.expected), "rows", expect=1)
    assert "rows of left and right differ" in refused.problem


def test_a_program_that_one_node_lacks_fails_the_job(make_cluster):
    cluster = make_cluster().start()
    cluster.make_device()
    names = cluster.push_case(CASE, "half", ["hospital-a"])
    owner = cluster.client("hospital-a")
    cluster["bob"].kill()
    owner.spud("program", "push", CASE.program, "--device", "demo", expect=1)
    cluster["bob"].start()
    refused = owner.run(CASE.digest, names, ["hospital-a"], "half", expect=1)
    assert "bob" in refused.problem and CASE.digest in refused.problem
    owner.run(CASE.program, names, ["hospital-a"], "whole")
    CASE.check(owner.fetch("whole"))


# ---- arguments and files


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["push", "x", "data.npy", "--device", "nowhere"], ["nowhere"]),
        (["push", "No Name", "data.npy", "--device", "demo"], ["No Name", "NAME"]),
        (["push", "x", "data.txt", "--device", "demo"], ["data.txt", ".csv or .npy"]),
        (["push", "x", "missing.npy", "--device", "demo"], ["missing.npy"]),
        (["push", "x", "nan.csv", "--device", "demo"], ["nan.csv", "3"]),
        (
            ["push", "x", "data.npy", "--device", "demo", "--policy", "policy.yaml"],
            ["policy.yaml", "recipient"],
        ),
        (["push", "x", "huge.npy", "--device", "demo"], ["x"]),
        (["run", "missing.pb", "--device", "demo", "--in", "in0=a", "--out", "out0=alice"], ["missing.pb"]),
        (["run", "PROGRAM", "--device", "demo", "--in", "in1=a", "--out", "out0=alice"], ["in1", "in0"]),
        (["run", "PROGRAM", "--device", "demo", "--in", "in0", "--out", "out0=alice"], ["in0", "--in"]),
        (["run", "PROGRAM", "--device", "nowhere", "--in", "in0=a", "--out", "out0=alice"], ["nowhere"]),
        (["data", "show", "nothing", "--device", "demo"], ["nothing"]),
        (["device", "show", "nowhere"], ["nowhere"]),
        (["device", "create", "x", "--parties", "alice,bob", "--protocol", "magic"], ["magic"]),
        (["device", "create", "x", "--parties", "alice,bob", "--ring", "48"], ["48"]),
        (["program", "show", "no-digest", "--device", "demo"], ["no-digest"]),
        (["push", "x"], ["FILE"]),
        (["frobnicate"], ["frobnicate"]),
        (["job", "shwo", "j"], ["job shwo", "one of list, show"]),
    ],
    ids=lambda value: "-".join(value[:2]) if isinstance(value, list) else None,
)
def test_bad_arguments_end_with_2_and_one_line(owner, arguments, words):
    (owner.folder / "data.txt").write_text("1,2\n")
    (owner.folder / "nan.csv").write_text("a,b\n1,2\n3,nan\n")
    (owner.folder / "policy.yaml").write_text("recipient: [alice]\n")
    owner.save("data", np.zeros((2, 2), np.float32))
    owner.save("huge", np.full((2, 2), 1e30, np.float32))
    files = (".npy", ".txt", ".csv", ".yaml", ".pb")
    arguments = [CASE.program if part == "PROGRAM" else part for part in arguments]
    arguments = [owner.folder / part if str(part).endswith(files) else part for part in arguments]
    refused = owner.spud(*arguments, expect=2)
    assert len(refused.err.splitlines()) == 1
    for word in words:
        assert word in refused.problem


def test_errors_about_data_do_not_show_it(owner):
    file = owner.folder / "secret.csv"
    file.write_text("a,b\n1,2\n31337,squeamish\n")
    refused = owner.spud("push", "x", file, "--device", "demo", expect=2)
    assert "31337" not in refused.err and "squeamish" not in refused.err


def test_a_missing_context_is_named(shared_cluster):
    client = shared_cluster.client("hospital-a")
    refused = client.spud("device", "list", "--context", shared_cluster.folder / "missing.yaml", expect=2)
    assert "missing.yaml" in refused.problem


# ---- services


def start_refused(service):
    """Starts a service that must not come up: its exit code and its only line."""
    service.start(ready=False)
    code = service.process.wait(20)
    service.process = None
    [line] = service.stderr().splitlines()
    assert line.startswith("spud: ")
    return code, line


def test_a_port_in_use_is_named(make_cluster):
    cluster = make_cluster().start()
    cluster.add("node", "eve", "eve", {"listen": cluster.address("alice")})
    code, line = start_refused(cluster["eve"])
    assert code == 1 and cluster.address("alice") in line and "in use" in line
    cluster.add("node", "eve", "eve", {"operations": {"listen": cluster.address("alice-operations")}})
    (cluster.folder / "eve.stderr").unlink()
    code, line = start_refused(cluster["eve"])
    assert code in (1, 2) and cluster.address("alice-operations") in line and "operations.listen" in line


def test_a_data_folder_is_used_by_one_process(make_cluster):
    cluster = make_cluster().start()
    cluster.add("node", "eve", "eve", {"data": cluster.configuration("alice")["data"]})
    code, line = start_refused(cluster["eve"])
    assert code == 1 and "another process" in line and cluster.configuration("alice")["data"] in line
    # The first is none the worse for it.
    cluster.make_device()
    names = cluster.push_case(CASE, "good", ["hospital-a"])
    cluster.client("hospital-a").run(CASE.program, names, ["hospital-a"], "good")


@pytest.mark.parametrize(
    "text, words",
    [
        ("name: alice\nparty: alice\nlisten: nonsense\n", [":3", "listen", "nonsense"]),
        ("name: alice\npartei: alice\n", [":2", "partei", "party"]),
        ("name: alice\nname: alice\n", [":2", "twice"]),
        ("name: [alice\n", [":"]),
        ("name: alice\n", ["party is not set"]),
    ],
    ids=["value", "unknown key", "repeated", "no YAML", "missing"],
)
def test_a_malformed_configuration_is_named_with_its_line(make_cluster, text, words):
    cluster = make_cluster()
    cluster["alice"].config.write_text(text)
    code, line = start_refused(cluster["alice"])
    assert code == 2 and "alice.yaml" in line
    for word in words:
        assert word in line


def test_a_key_that_is_not_the_certificates_is_refused(make_cluster):
    cluster = make_cluster()
    tls = cluster.configuration("alice")["tls"]
    cluster.reconfigure("alice", tls={**tls, "key": cluster.configuration("bob")["tls"]["key"]})
    code, line = start_refused(cluster["alice"])
    assert code == 2 and "do not belong together" in line
