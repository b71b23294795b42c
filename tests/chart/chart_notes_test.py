# SPDX-License-Identifier: Apache-2.0
"""What helm says after an installation."""

import json
import shutil

import pytest
import yaml

from chart import CHART, NAMESPACE, RELEASE, helm, merged, values_of

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


@pytest.fixture(scope="module")
def notes_of(chart_with_notes):
    def said(values):
        done = helm("template", RELEASE, chart_with_notes, "--namespace", NAMESPACE, "--values", "-", stdin=json.dumps(values))
        assert done.returncode == 0, done.stderr
        (notes,) = [one["text"] for one in yaml.safe_load_all(done.stdout) if one and one["kind"] == "Notes"]
        assert "<no value>" not in notes and "%!" not in notes
        return notes

    return said


NODE = values_of(CHART / "ci/node-values.yaml")
CONFIG = "/etc/spud/config"


def test_notes_say_what_to_do_next(release, notes_of):
    notes = notes_of(release.values)
    for text in ("Next:", f"rollout status statefulset/{release.name}", "spud device nodes", "helm"):
        assert text in notes
    assert release.configuration["advertise"] in notes


def test_a_parked_service_has_no_log_yet(release, notes_of):
    parked = "there is no pod. Set replicas to 1; then wait"
    assert (parked in notes_of(release.values)) == (release.values["replicas"] == 0)
    assert parked in notes_of({**release.values, "replicas": 0})


def test_the_name_that_others_use_has_to_lead_to_the_service(release, notes_of):
    notes, external = notes_of(release.values), release.values["externalService"]
    host = release.configuration["advertise"].rpartition(":")[0]
    assert (f"Point {host} at its address:\n     kubectl -n {NAMESPACE} get service {release.name}\n" in notes) == external["enabled"]


@pytest.mark.parametrize(
    "kind, policy, warned",
    [("NodePort", "Local", True), ("NodePort", "Cluster", False), ("LoadBalancer", "Local", False), ("ClusterIP", "Local", False)],
)
def test_node_ports_answer_at_one_machine_only(notes_of, kind, policy, warned):
    notes = notes_of(merged(NODE, {"externalService": {"type": kind, "externalTrafficPolicy": policy}}))
    assert ("only the machine on which the pod runs answers" in notes) == warned


@pytest.mark.parametrize("role", ["scheduler", "node", "dealer"])
@pytest.mark.parametrize("deleted, scaled", [("Retain", "Retain"), ("Delete", "Retain"), ("Retain", "Delete")])
def test_what_becomes_of_the_volume_is_said(notes_of, role, deleted, scaled):
    values = merged(values_of(CHART / f"ci/{role}-values.yaml"), {"persistence": {"whenDeleted": deleted, "whenScaled": scaled}})
    notes = notes_of(values)
    verb = {"Retain": "keeps", "Delete": "DELETES"}
    assert f"The volume claim data-{RELEASE}-spud-0 holds " in notes
    assert f"Uninstalling {verb[deleted]} it, scaling to 0 {verb[scaled]} it." in notes


def test_a_restored_volume_is_said_not_to_be_noticed(release, notes_of):
    notes = notes_of(release.values)
    command = f"spud stock restore --{release.role} {CONFIG}/{release.role}.yaml"
    assert (command in notes) == (release.role != "scheduler")
    assert ("is not noticed" in notes) == (release.role != "scheduler")
    # The service's own configuration is where the command looks for it.
    assert release.container["args"][-1] == f"{CONFIG}/{release.role}.yaml"


def test_who_is_shut_out_is_named(notes_of):
    closed = {"nodes": [], "dealers": [], "clients": [], "prometheus": []}
    values = merged(NODE, {"serviceMonitor": {"enabled": False}, "networkPolicy": closed})
    assert "lists nobody: clients, nodes, dealers, prometheus.\n" in notes_of(values)
    assert "lists nobody" not in notes_of(NODE)
