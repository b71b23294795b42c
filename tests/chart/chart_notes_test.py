# SPDX-License-Identifier: Apache-2.0
"""What helm says after an installation."""

import shutil

import pytest
import yaml

from chart import CHART, NAMESPACE, RELEASE, helm

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def chart_with_notes(tmp_path_factory):
    """A copy of the chart that has its notes as an object: helm shows them after an installation only."""
    chart = tmp_path_factory.mktemp("notes") / "spud"
    shutil.copytree(CHART, chart)
    shutil.move(chart / "templates/NOTES.txt", chart / "notes.txt")
    shown = '{{ tpl (.Files.Get "notes.txt") . | toJson }}'
    (chart / "templates/notes.yaml").write_text(f"kind: Notes\napiVersion: v1\nmetadata: {{name: notes}}\ntext: {shown}\n")
    return chart


def test_notes_say_what_to_do_next(release, chart_with_notes):
    done = helm("template", RELEASE, chart_with_notes, "--namespace", NAMESPACE, "--values", release.file)
    assert done.returncode == 0, done.stderr
    (notes,) = [one["text"] for one in yaml.safe_load_all(done.stdout) if one and one["kind"] == "Notes"]
    for text in ("Next:", f"rollout status statefulset/{release.name}", "spud device nodes", "helm"):
        assert text in notes
    assert release.configuration["advertise"] in notes
    assert "<no value>" not in notes and "%!" not in notes
