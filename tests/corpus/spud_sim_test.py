# SPDX-License-Identifier: Apache-2.0
"""`spud sim` and `spud plan` as users call them: files in, files out, exit codes, one line for an error."""

import json
import os
import subprocess
from pathlib import Path

import numpy
import pytest

ROOT = Path(__file__).resolve().parents[2]
SPUD = Path(os.environ.get("SPUD", ROOT / "build/release/bin/spud"))
CORPUS = ROOT / "tests/corpus"
MALFORMED = sorted(path.parent.name for path in CORPUS.glob("bad_*/meta.json"))


def spud(*arguments, **environment):
    return subprocess.run(
        [SPUD, *map(str, arguments)], capture_output=True, text=True, timeout=120, env=os.environ | environment
    )


def sim(case, out, *more, **environment):
    """Runs one case; later options win over the case's own files."""
    options = {"--inputs": CORPUS / case / "inputs.npz", "--meta": CORPUS / case / "meta.json", "--out": out}
    options.update(zip(more[::2], more[1::2]))
    flat = [part for option in options.items() for part in option]
    return spud("sim", CORPUS / case / "program.hlo.pb", *flat, **environment)


def assert_refused(result, *mentioned):
    """Exit code 2, nothing on standard output, exactly one line on standard error."""
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    assert result.stderr.endswith("\n") and result.stderr.count("\n") == 1, result.stderr
    for part in mentioned:
        assert part in result.stderr


@pytest.mark.parametrize("parties", [2, 3])
def test_a_good_case_writes_outputs_and_report(tmp_path, parties):
    out, report = tmp_path / "out.npz", tmp_path / "report.json"
    result = sim("ctl_while_public", out, "--report", report, "--parties", parties, "--protocol", "semi2k")
    assert result.returncode == 0, result.stderr
    expected = numpy.load(CORPUS / "ctl_while_public/expected.npz")
    with numpy.load(out) as got:
        assert sorted(got.files) == ["out0", "out1"]
        assert got["out0"].dtype == numpy.int32 and got["out0"] == expected["out0"]
        numpy.testing.assert_allclose(got["out1"], expected["out1"], atol=0.01, rtol=0.01)
    figures = json.loads(report.read_text())
    assert figures["seconds"] > 0
    assert figures["rounds"] > 0
    assert figures["bytes_sent"] > 0
    assert figures["tape_bytes"] > 0


def test_one_seed_gives_the_same_bytes(tmp_path):
    outs = [tmp_path / "a.npz", tmp_path / "b.npz"]
    for out in outs:
        assert sim("dot_matmul", out, "--seed", 5).returncode == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_every_instruction_set_gives_the_same_bytes(tmp_path):
    best, portable = tmp_path / "best.npz", tmp_path / "portable.npz"
    assert sim("prog_mlp_sgd_step", best, "--seed", 5).returncode == 0
    assert sim("prog_mlp_sgd_step", portable, "--seed", 5, SPUD_SIMD="portable").returncode == 0
    assert best.read_bytes() == portable.read_bytes()


def test_an_instruction_set_that_is_not_there_is_named(tmp_path):
    assert_refused(sim("dot_matmul", tmp_path / "out.npz", SPUD_SIMD="sse9"), "SPUD_SIMD", "sse9", "portable")


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_program_is_refused_in_one_line(tmp_path, case):
    out = tmp_path / "out.npz"
    assert_refused(sim(case, out), f"{case}/program.hlo.pb")
    assert not out.exists()


def test_missing_files_are_named(tmp_path):
    out = tmp_path / "out.npz"
    assert_refused(sim("dot_matmul", out, "--inputs", tmp_path / "no.npz"), "no.npz")
    assert_refused(sim("dot_matmul", out, "--meta", tmp_path / "no.json"), "no.json")
    assert_refused(spud("sim", tmp_path / "no.pb", "--inputs", "x", "--meta", "y", "--out", out), "no.pb")


def test_wrong_options_are_named(tmp_path):
    out = tmp_path / "out.npz"
    assert_refused(sim("dot_matmul", out, "--ring", 48), "ring")
    assert_refused(sim("dot_matmul", out, "--fraction-bits", 40), "fraction-bits")
    assert_refused(sim("dot_matmul", out, "--protocol", "magic"), "magic")
    assert_refused(sim("dot_matmul", out, "--parties", 1), "parties")
    assert_refused(sim("dot_matmul", out, "--parties", "some"), "--parties")
    assert_refused(spud("sim"), "PROGRAM")
    assert_refused(spud("dance"), "dance")


def test_inputs_that_do_not_fit_are_named(tmp_path):
    out, inputs = tmp_path / "out.npz", tmp_path / "in.npz"
    good = dict(numpy.load(CORPUS / "dot_matmul/inputs.npz"))
    numpy.savez(inputs, **{**good, "in1": good["in1"][:3]})
    assert_refused(sim("dot_matmul", out, "--inputs", inputs), "in1")
    numpy.savez(inputs, in0=good["in0"])
    assert_refused(sim("dot_matmul", out, "--inputs", inputs))
    numpy.savez(inputs, **{**good, "in1": numpy.full_like(good["in1"], numpy.nan)})
    assert_refused(sim("dot_matmul", out, "--inputs", inputs), "in1")


def test_plan_reads_well_and_costs_what_sim_reports(tmp_path):
    folder = CORPUS / "ctl_while_public"
    call = ["plan", folder / "program.hlo.pb", "--meta", folder / "meta.json", "--inputs", folder / "inputs.npz"]
    text = spud(*call)
    assert text.returncode == 0, text.stderr
    for word in ["in0", "in1", "while", "rounds", "sent", "tape", "demand"]:
        assert word in text.stdout
    figures = json.loads(spud(*call, "--json").stdout)
    assert sim("ctl_while_public", tmp_path / "out.npz", "--report", tmp_path / "report.json").returncode == 0
    report = json.loads((tmp_path / "report.json").read_text())
    for key in ["rounds", "bytes_sent", "opened_bits", "tape_bytes"]:
        assert figures[key] == report[key], key


def test_plan_asks_for_public_inputs_only():
    folder = CORPUS / "ctl_while_public"
    assert_refused(spud("plan", folder / "program.hlo.pb", "--meta", folder / "meta.json"), "in0")
    secret_only = CORPUS / "dot_matmul"
    assert spud("plan", secret_only / "program.hlo.pb", "--meta", secret_only / "meta.json").returncode == 0
