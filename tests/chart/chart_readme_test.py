# SPDX-License-Identifier: Apache-2.0
"""The table of values in the chart's README is made from values.yaml, in which every key has a comment."""

import re
import subprocess
import sys

import pytest

from chart import CHART, ROOT, leaves, standard_values

SCRIPT = ROOT / "scripts/chart_readme.py"
MARKS = "<!-- values: made by scripts/chart_readme.py -->\n<!-- end of values -->\n"


def run(*arguments):
    return subprocess.run([sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True, timeout=60)


def test_it_is_fresh():
    checked = run("--check")
    assert checked.returncode == 0, checked.stderr


def test_it_has_every_value():
    text = (CHART / "README.md").read_text()
    free = ("resources.", "dashboard.labels.")
    missing = [
        path
        for path, _ in leaves(standard_values())
        if f"| `{path}` |" not in text and not path.startswith(free)
    ]
    assert missing == []


def test_what_pods_mount_is_made_in_the_namespace_of_the_release():
    text = (CHART / "README.md").read_text()
    created = re.findall(r"kubectl (?:-n (\w+) )?create (secret|configmap)", text)
    assert len(created) == 3 and {namespace for namespace, _ in created} == {"spud"}
    assert text.index("kubectl create namespace spud") < text.index("kubectl -n spud create")
    assert "helm install alice-0 helm/spud --namespace spud " in text


@pytest.fixture
def small_chart(tmp_path):
    (tmp_path / "README.md").write_text(f"# A chart\n{MARKS}")
    return tmp_path


def test_a_change_is_noticed(small_chart):
    (small_chart / "values.yaml").write_text("## All\n# How many.\ncount: 1\n")
    assert run(small_chart).returncode == 0
    assert "| `count` | `1` | How many. |" in (small_chart / "README.md").read_text()
    assert run("--check", small_chart).returncode == 0
    (small_chart / "values.yaml").write_text("## All\n# How many.\ncount: 2\n")
    checked = run("--check", small_chart)
    assert checked.returncode == 1
    assert "run scripts/chart_readme.py" in checked.stderr


def test_a_key_without_a_comment_is_refused(small_chart):
    (small_chart / "values.yaml").write_text("## All\n# A section.\nimage:\n  # Where.\n  repository: x\n  tag: y\n")
    done = run(small_chart)
    assert done.returncode == 2
    assert "line 6: image.tag has no comment above it" in done.stderr
