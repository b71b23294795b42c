# SPDX-License-Identifier: Apache-2.0
"""`spud bench` as users call it: figures by the names that scripts read, exit codes, and nothing left behind."""

import json
import os
import re
import shutil
import signal
import subprocess

import numpy as np
import pytest

from corpus_case import CORPUS
from waiting import wait_until

SECONDS = 120


class Bench:
    """Calls of `spud bench` with their own folder for temporary files; each in a session of its own."""

    def __init__(self, binary, folder):
        self.binary, self.temporary = binary, folder / "temporary"
        self.temporary.mkdir()

    def start(self, *arguments):
        command = [str(part) for part in (self.binary, "bench", *arguments)]
        environment = {**os.environ, "TMPDIR": str(self.temporary)}
        return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def __call__(self, *arguments):
        process = self.start(*arguments)
        return self.end(process)

    def end(self, process):
        """Its outcome; fails if a process or a file of it is left."""
        out, err = process.communicate(timeout=SECONDS)
        assert not members(process.pid), "a process is left"
        assert list(self.temporary.iterdir()) == [], "a temporary folder is left"
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def members(session):
    """Processes of a session, by their command's main thread; those that are dead but not collected do not count."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(entry))
    return found


@pytest.fixture
def bench(binary, tmp_path):
    return Bench(binary, tmp_path)


@pytest.fixture
def library(tmp_path):
    """A folder of programs: a small one that runs, and one that does not compile."""
    folder = tmp_path / "programs"
    for name, case, types in [("small", "dot_matmul", None), ("cyclic", "bad_cycle", None)]:
        (folder / name).mkdir(parents=True)
        shutil.copy(CORPUS / case / "program.hlo.pb", folder / name)
        meta = json.loads((CORPUS / case / "meta.json").read_text())
        for position, given in enumerate(meta["inputs"]):
            given["range"] = [-2, 2]
            with np.load(CORPUS / case / "inputs.npz") as arrays:
                array = arrays[f"in{position}"]
            given.update(dtype=str(array.dtype), shape=list(array.shape))
        (folder / name / "meta.json").write_text(json.dumps(meta))
    return folder


def rows_of(result):
    return json.loads(result.stdout)["rows"]


def assert_refused(result, *mentioned):
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    assert result.stderr.endswith("\n") and result.stderr.count("\n") == 1, result.stderr
    for part in mentioned:
        assert part in result.stderr


@pytest.mark.parametrize("parties", [2, 3])
def test_figures_have_the_names_that_scripts_read(bench, library, parties):
    result = bench("small", "--library", library, "--runs", 2, "--parties", parties, "--json")
    assert result.returncode == 0, result.stderr
    (row,) = rows_of(result)
    names = [f"party{i}" for i in range(parties)]
    assert row["name"] == "small"
    assert len(row["runs"]) == 2 and row["min"] <= row["seconds"] <= row["max"]
    assert set(row["cpu_seconds"]) == set(row["peak_rss"]) == set(row["bytes_sent"]) == {*names, "dealer"}
    assert all(value > 0 for value in row["peak_rss"].values())
    assert row["rounds"] > 0 and row["tape_bytes"] > 0
    assert len(row["bytes_by_link"]) == parties * (parties - 1) + 1
    assert row["bytes_by_link"][f"dealer->party{parties - 1}"] >= row["tape_bytes"]
    # Whole frames: the payload and a little more.
    assert row["bytes_by_link"]["party0->party1"] >= row["opened_bits"] / 8
    assert row["max_abs_err"] < 1e-3
    assert (row["parties"], row["threads"], row["link"], row["tape"]) == (parties, 1, "none", "live")


def test_threads_change_time_only(bench, library):
    options = ["small", "--library", library, "--runs", 1, "--json"]
    (one,) = rows_of(bench(*options))
    (two,) = rows_of(bench(*options, "--threads", 2))
    assert (one["threads"], two["threads"]) == (1, 2)
    for same in ["rounds", "opened_bits", "dealt_bits", "tape_bytes", "bytes_by_link"]:
        assert one[same] == two[same], same


def test_a_tape_in_memory_and_slow_links_change_time_only(bench, library):
    options = ["small", "--library", library, "--runs", 1, "--json"]
    (live,) = rows_of(bench(*options))
    (slow,) = rows_of(bench(*options, "--tape", "memory", "--link", "50ms"))
    assert slow["seconds"] >= slow["rounds"] * 0.05
    assert (slow["tape"], slow["link"]) == ("memory", "50ms")
    for same in ["rounds", "opened_bits", "dealt_bits", "tape_bytes", "bytes_by_link"]:
        assert slow[same] == live[same], same


def test_inputs_and_outputs_can_be_kept(bench, library, tmp_path):
    out = tmp_path / "out"
    first = bench("small", "--library", library, "--runs", 1, "--out", out, "--json")
    assert first.returncode == 0, first.stderr
    with np.load(out / "small/inputs.npz") as inputs, np.load(out / "small/outputs.npz") as outputs:
        assert np.abs(inputs["in0"]).max() <= 2
        np.testing.assert_allclose(outputs["out0"], inputs["in0"] @ inputs["in1"], atol=1e-3)
        before = inputs["in0"].copy()
    assert bench("small", "--library", library, "--runs", 1, "--out", out).returncode == 0
    with np.load(out / "small/inputs.npz") as inputs:
        np.testing.assert_array_equal(inputs["in0"], before)


def test_inputs_beside_a_program_are_taken_in_place_of_drawn_ones(bench, library, tmp_path):
    out = tmp_path / "out"
    shapes = [given["shape"] for given in json.loads((library / "small/meta.json").read_text())["inputs"]]
    mine = {f"in{i}": np.full(shape, i + 0.5, np.float32) for i, shape in enumerate(shapes)}
    np.savez(library / "small/inputs.npz", **mine)
    assert bench("small", "--library", library, "--runs", 1, "--out", out).returncode == 0
    with np.load(out / "small/inputs.npz") as inputs:
        np.testing.assert_array_equal(inputs["in1"], mine["in1"])
    np.savez(library / "small/inputs.npz", in0=mine["in0"])
    assert bench("small", "--library", library, "--runs", 1).returncode == 1


def test_a_program_that_does_not_compile_is_a_row_with_its_error(bench, library):
    everything = bench("--all", "--library", library, "--runs", 1, "--json")
    assert everything.returncode == 0, everything.stderr
    cyclic, small = rows_of(everything)
    assert set(cyclic) == {"name", "error"} and cyclic["name"] == "cyclic"
    assert "seconds" in small
    named = bench("small", "cyclic", "--library", library, "--runs", 1)
    assert named.returncode == 1
    assert "cyclic" in named.stdout and "small" in named.stdout
    assert bench(library / "cyclic" / "program.hlo.pb", "--runs", 1).returncode == 1


@pytest.mark.parametrize(
    "arguments, mentioned",
    [
        (["nothing"], "nothing"),
        ([], "PROGRAM"),
        (["small", "--all"], "PROGRAM"),
        (["small", "--link", "fast"], "fast"),
        (["small", "--link", "20ms,20ms"], "20ms,20ms"),
        (["small", "--parties", "1"], "parties"),
        (["small", "--parties", "many"], "--parties"),
        (["small", "--runs", "0"], "--runs"),
        (["small", "--threads", "0"], "--threads"),
        (["small", "--tape", "paper"], "paper"),
        (["small", "--protocol", "magic"], "magic"),
        (["small", "--ring", "48"], "ring"),
    ],
)
def test_what_is_wrong_is_named_before_anything_runs(bench, library, arguments, mentioned):
    assert_refused(bench("--library", library, *arguments), mentioned)


def test_a_meta_file_that_is_missing_is_named(bench, library):
    (library / "small/meta.json").unlink()
    assert_refused(bench(library / "small"), "meta.json")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_command(bench, library, how):
    process = bench.start("small", "--library", library, "--link", "20s", "--runs", 1)
    wait_until(lambda: len(members(process.pid)) == 4, "two parties and a dealer beside the command")
    process.send_signal(how)
    process.wait(timeout=SECONDS)
    wait_until(lambda: not members(process.pid), "the end of all processes")
    if how == signal.SIGTERM:
        assert bench.end(process).returncode == 1
    else:
        process.communicate()  # killed outright, it cannot remove its folder


def test_a_party_that_dies_is_named(bench, library):
    process = bench.start("small", "--library", library, "--link", "20s", "--runs", 1, "--json")
    children = wait_until(lambda: [pid for pid in members(process.pid) if pid != process.pid] if len(members(process.pid)) == 4 else None, "all processes")
    os.kill(children[-1], signal.SIGKILL)
    result = bench.end(process)
    assert result.returncode == 1
    assert re.match(r"(party[01]|dealer): was ended by signal 9", rows_of(result)[0]["error"])


def test_a_step_that_takes_too_long_is_ended(bench, library):
    result = bench("small", "--library", library, "--link", "20s", "--runs", 1, "--patience", 1, "--json")
    assert result.returncode == 1
    assert "1000 ms" in rows_of(result)[0]["error"]
