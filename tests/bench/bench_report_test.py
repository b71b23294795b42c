# SPDX-License-Identifier: Apache-2.0
"""What scripts/bench_vs_spu.py makes of its figures: ratios, verdicts, the page and its plot, on canned rows."""

import json
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import bench_report  # noqa: E402
import bench_vs_spu  # noqa: E402


def spud_row(**more):
    return {
        "seconds": 0.1,
        "rounds": 2,
        "opened_bits": 129_000_000,
        "dealt_bits": 82_000_000,
        "cpu_seconds": {"party0": 0.03, "party1": 0.05, "dealer": 0.02},
        "bytes_sent": {"party0": 16_125_144, "party1": 16_125_140, "dealer": 10_250_616},
        "bytes_by_link": {"party0->party1": 16_125_144, "party1->party0": 16_125_140, "dealer->party1": 10_250_616},
        "peak_rss": {"party0": 250_000_000, "party1": 260_000_000, "dealer": 90_000_000},
        "tape_bytes": 10_250_000,
        "max_abs_err": 3.8e-6,
        "error_jax": 1.8e-5,
        **more,
    }


def compared(name, pairs, **spud):
    return {"name": name, "pairs": pairs, "spud": spud_row(**spud), "peer": {"error_jax": 3.05e-5}}


@pytest.fixture
def raw():
    return {
        "surroundings": {"date": "2026-01-31", "processor": "a processor", "cores": 2, "kernel": "6.1", "spud": "abc", "spu": "0.9.5", "jax": "0.4.34", "parties": 2, "load": 0.25},
        "programs": [
            compared("mul_1e6", [{"spud": 0.1, "peer": 0.5}, {"spud": 0.2, "peer": 0.4}, {"spud": 0.1, "peer": 0.8}]),
            compared("less_1e6", [{"spud": 0.2, "memory": 0.05, "peer": 0.9}]),
            {"name": "sort_1e4", "pairs": [{"peer": 1.0}], "spud": {"name": "sort_1e4", "error": "cannot run: sort"}, "peer": {"error_jax": 4e-6}},
            {"name": "exp_1e5", "pairs": [{"spud": 0.1}], "spud": spud_row(), "peer": {"error": "a party of the peer died"}},
        ],
        "wan": [
            {"name": "mul_1e6", "fast": spud_row(), "slow": spud_row(seconds=1.5)},
            {"name": "less_1e6", "fast": spud_row(), "slow": {"name": "less_1e6", "error": "timed out"}},
        ],
    }


def lines_of(text, name):
    return [line for line in text.splitlines() if line.startswith(f"| `{name}`")]


def test_a_ratio_is_of_a_pair_and_the_median_is_of_ratios(raw):
    assert bench_report.ratios(raw["programs"][0]) == pytest.approx([5, 2, 8])
    line = lines_of(bench_report.markdown(raw), "mul_1e6")[0]
    assert "**5.00**" in line and "2.00 … 8.00" in line


def test_goals_are_met_or_missed_by_the_median(raw):
    page = bench_report.markdown(raw)
    assert "4: met" in lines_of(page, "mul_1e6")[0]
    assert "8: missed" in lines_of(page, "less_1e6")[0]
    assert "15: met" in lines_of(page, "less_1e6")[1], "with the tape in memory"


def test_exact_costs_stand_beside_the_times(raw):
    line = lines_of(bench_report.markdown(raw), "mul_1e6")[0]
    assert "| 2 | 16.1 MB | 10.2 MB | 1.80e-05 | 3.05e-05 |" in line


def test_programs_that_do_not_run_are_marked_with_the_reason(raw):
    page = bench_report.markdown(raw)
    assert "spud does not run it yet" in lines_of(page, "sort_1e4")[0]
    assert "1.00" in lines_of(page, "sort_1e4")[0], "what the peer needs is shown all the same"
    assert "* `sort_1e4`: cannot run: sort" in page
    assert "* `exp_1e5`: peer: a party of the peer died" in page


def test_slow_links_are_compared_with_rounds_and_the_busiest_link(raw):
    bound = 0.1 + 2 * 0.020 + 16_125_144 * 8 / 100e6
    assert bench_report.wan_bound(spud_row()) == pytest.approx(bound)
    page = bench_report.markdown(raw)
    slow = page[page.index("## Over slow links") :]
    assert "1.2: met" in lines_of(slow, "mul_1e6")[0]
    assert "timed out" in lines_of(slow, "less_1e6")[0]


def test_the_page_says_machine_date_and_versions(raw):
    page = bench_report.markdown(raw)
    for part in ["2026-01-31", "a processor", "2 cores", "SPU 0.9.5", "jax 0.4.34", "3 pairs", "load 0.2"]:
        assert part in page


def test_the_plot_is_svg_with_a_bar_a_program_that_was_compared(raw):
    root = xml.etree.ElementTree.fromstring(bench_report.plot(raw))
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert "mul_1e6" in texts and "less_1e6" in texts
    assert "sort_1e4" not in texts
    bars = [element for element in root.iter() if element.tag.endswith("rect") and element.get("fill") == bench_report.COLOURS["bar"]]
    assert len(bars) == 2
    assert all(float(bar.get("width")) > 0 for bar in bars)


def test_nothing_compared_still_makes_a_page_and_a_plot(raw):
    raw["programs"], raw["wan"] = raw["programs"][2:3], []
    assert "sort_1e4" in bench_report.markdown(raw)
    xml.etree.ElementTree.fromstring(bench_report.plot(raw))


@pytest.mark.parametrize("value, text", [(None, "–"), (0, "0"), (0.12345, "0.123"), (1.0, "1.00"), (123.4, "123"), (3.05e-5, "3.05e-05"), (float("inf"), "not finite")])
def test_numbers_have_three_digits(value, text):
    assert bench_report.number(value) == text


@pytest.mark.parametrize("count, text", [(None, "–"), (512, "512 B"), (16_125_000, "16.1 MB"), (2_500_000_000, "2.50 GB")])
def test_sizes_have_units(count, text):
    assert bench_report.size(count) == text


def test_the_page_can_be_written_again_from_raw_figures(raw, tmp_path, monkeypatch, capsys):
    file = tmp_path / "raw.json"
    file.write_text(json.dumps(raw))
    monkeypatch.setattr(sys, "argv", ["bench-vs-spu.sh", "--report", str(file), "--docs", str(tmp_path / "docs")])
    assert bench_vs_spu.main() == 0
    assert (tmp_path / "docs/benchmarks.md").read_text() == bench_report.markdown(raw)
    assert (tmp_path / "docs/benchmarks.svg").exists()


class FakePeer:
    """Takes half a second each time; `fails_at` names the step that does not work."""

    fails_at = None

    def __init__(self, protocol, parties, name, inputs):
        if self.fails_at == "start":
            raise ValueError("no such protocol")

    def run(self):
        if self.fails_at == "run":
            raise RuntimeError("a party of the peer died")
        return 0.5

    def error(self):
        return 1e-5

    def close(self):
        pass


class Cases:
    @staticmethod
    def args(name):
        return ()

    @staticmethod
    def library(name):
        return "programs"

    @staticmethod
    def read_arrays(file, prefix):
        return []

    @staticmethod
    def largest_error(name, inputs, have):
        return 2e-5


@pytest.fixture
def fake_spud(monkeypatch):
    """`spud bench` that needs 0.1 s; returns the calls that were made."""
    calls = []

    def bench(name, parties, *more, runs=1, library=None):
        calls.append(more)
        return {"name": name, "error": "cannot"} if name == "sort_1e4" else spud_row()

    monkeypatch.setattr(bench_vs_spu, "spud_bench", bench)
    return calls


def test_runs_are_taken_in_pairs(fake_spud):
    result = bench_vs_spu.compare("mul_1e6", Cases, FakePeer, 5, 2)
    assert result["pairs"] == [{"spud": 0.1, "peer": 0.5}] * 5
    assert result["spud"]["error_jax"] == 2e-5 and result["peer"] == {"error_jax": 1e-5}


def test_comparisons_are_measured_with_the_tape_in_memory_too(fake_spud):
    result = bench_vs_spu.compare("less_1e6", Cases, FakePeer, 2, 2)
    assert [pair["memory"] for pair in result["pairs"]] == [0.1, 0.1]
    assert fake_spud.count(("--tape", "memory")) == 2


def test_a_program_that_spud_cannot_run_is_measured_on_the_peer(fake_spud):
    result = bench_vs_spu.compare("sort_1e4", Cases, FakePeer, 3, 2)
    assert result["pairs"] == [{"peer": 0.5}] * 3
    assert result["spud"]["error"] == "cannot" and result["peer"] == {"error_jax": 1e-5}


@pytest.mark.parametrize("step, reason", [("start", "no such protocol"), ("run", "a party of the peer died")])
def test_a_peer_that_fails_leaves_spud_s_figures(fake_spud, monkeypatch, step, reason):
    monkeypatch.setattr(FakePeer, "fails_at", step)
    result = bench_vs_spu.compare("mul_1e6", Cases, FakePeer, 2, 2)
    assert result["peer"] == {"error": reason}
    assert result["pairs"] == [{"spud": 0.1}] * 2 and result["spud"]["rounds"] == 2
