# SPDX-License-Identifier: Apache-2.0
"""What sizing.md says of programs is what `spud plan` says, and what it reckons with comes out as it says."""

import json
import re
import subprocess

import pytest

from blocks import cells
from chart import ROOT

PAGE = ROOT / "docs/operate/sizing.md"
FIELDS = ("rounds", "bytes_sent", "tape_bytes", "peak_bytes")


def rows(text):
    """(folder, parties, [R, S, T, M]) of each row of the table of plans; "the same" is the folder above it."""
    table = re.search(r"<!-- plans: .*?-->\n(.*?)<!-- end of plans -->", text, re.DOTALL)[1]
    folder, found = None, []
    for line in table.strip().splitlines()[2:]:
        program, parties, *figures = cells(line)
        if named := re.match(r"`(.+?)`", program):
            folder = named[1]
        else:
            assert program == "the same", program
        found.append((folder, int(parties), figures))
    return found



def agree(figures, plan):
    """Whether a row's figures are a plan's, rounded to three digits."""
    rounds, *sizes = (plan[field] for field in FIELDS)
    return int(figures[0]) == rounds and all(float(text) == float(f"{size / 1e6:.3g}") for text, size in zip(figures[1:], sizes, strict=True))


@pytest.mark.parametrize("folder, parties, figures", rows(PAGE.read_text()), ids=lambda value: str(value).rpartition("/")[2])
def test_plans_are_as_the_table_says(binary, folder, parties, figures):
    files = [ROOT / folder / "program.hlo.pb", "--meta", ROOT / folder / "meta.json"]
    done = subprocess.run([binary, "plan", *files, "--parties", str(parties), "--json"], capture_output=True, text=True, timeout=120, check=True)
    plan = json.loads(done.stdout)
    assert agree(figures, plan), {field: plan[field] for field in FIELDS}


def test_other_figures_are_noticed():
    plan = {"rounds": 7, "bytes_sent": 37040, "tape_bytes": 28656, "peak_bytes": 292632}
    assert agree(["7", "0.0370", "0.0287", "0.293"], plan)
    assert not agree(["8", "0.0370", "0.0287", "0.293"], plan)
    assert not agree(["7", "0.0371", "0.0287", "0.293"], plan)


def test_sums_of_the_formula_are_right():
    sums = re.findall(r"\| ([\d.]+ \+ [\d.]+ \+ [\d.]+) = ([\d.]+) \|", PAGE.read_text())
    assert len(sums) >= 2
    for terms, total in sums:
        digits = len(total.partition(".")[2])
        assert abs(sum(map(float, terms.split(" + "))) - float(total)) <= 1.01 * 10**-digits, terms
