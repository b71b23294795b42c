# SPDX-License-Identifier: Apache-2.0
"""A volume that comes back in Kubernetes: the manifests of backup.md fit what the chart makes of the guide's values."""

import re
import subprocess

import pytest
import yaml

from blocks import blocks, differs
from chart import CHART, merged, standard_values
from guide_values import OPERATE, PARTIES, fullname, kubernetes_blocks, rendered, services, yaml_in

PAGE = OPERATE / "backup.md"
RELEASE = "alice-0"
CLAIM = f"data-{fullname(RELEASE)}-0"
TEMPLATE = (CHART / "templates/statefulset.yaml").read_text()


@pytest.fixture(scope="module")
def manifests():
    found = {one["kind"]: one for one in yaml_in(PAGE)}
    assert set(found) == {"VolumeSnapshot", "PersistentVolumeClaim", "Pod"}
    return found


@pytest.fixture(scope="module")
def values():
    return merged(standard_values(), services()[RELEASE])


def volumes_of(pod):
    return {volume["name"]: volume for volume in pod["spec"]["volumes"]}


def mounts_of(pod):
    (container,) = pod["spec"]["containers"]
    return {mount["name"]: mount for mount in container["volumeMounts"]}


def test_snapshot_claim_and_pod_are_of_one_volume(manifests):
    snapshot, claim, pod = (manifests[kind] for kind in ("VolumeSnapshot", "PersistentVolumeClaim", "Pod"))
    assert {one["metadata"]["namespace"] for one in manifests.values()} == {"spud"}
    assert snapshot["spec"]["source"] == {"persistentVolumeClaimName": CLAIM}
    assert claim["metadata"]["name"] == CLAIM
    api_group = snapshot["apiVersion"].split("/")[0]
    assert claim["spec"]["dataSource"] == {"apiGroup": api_group, "kind": "VolumeSnapshot", "name": snapshot["metadata"]["name"]}
    assert volumes_of(pod)["data"]["persistentVolumeClaim"] == {"claimName": CLAIM}
    assert volumes_of(pod)["config"]["configMap"] == {"name": fullname(RELEASE)}


def test_the_claim_is_as_the_values_have_it(manifests, values):
    claim = manifests["PersistentVolumeClaim"]["spec"]
    assert claim["accessModes"] == values["persistence"]["accessModes"]
    assert claim["resources"]["requests"]["storage"] == values["persistence"]["size"]
    assert claim.get("storageClassName", "") == values["persistence"]["storageClass"]


def test_the_pod_mounts_what_the_template_mounts_there(manifests, values):
    pod = manifests["Pod"]
    there = dict(re.findall(r"- name: (\w+)\n +mountPath: (\S+)", TEMPLATE))
    assert set(there) == {"data", "config", "tls", "trust", "stock"}
    for name, mount in mounts_of(pod).items():
        assert mount["mountPath"] == there[name]
    user = pod["spec"]["securityContext"]
    assert (user["runAsUser"], user["runAsGroup"], user["fsGroup"]) == (values["runAsUser"], values["runAsUser"], values["fsGroup"])
    (container,) = pod["spec"]["containers"]
    assert container["args"][-1] == f"{there['config']}/{values['role']}.yaml"


def test_what_is_typed_names_the_manifests(manifests):
    typed = "".join(text for _, text in kubernetes_blocks(PAGE))
    pod, claim, snapshot = (manifests[kind]["metadata"]["name"] for kind in ("Pod", "PersistentVolumeClaim", "VolumeSnapshot"))
    assert f"pod/{pod}" in typed and f"delete pvc {claim}\n" in typed and f"volumesnapshot/{snapshot}" in typed
    for file in ("snapshot.yaml", "claim.yaml", "restore.yaml"):
        assert re.search(rf"apply -f {file}|sed .* {file} \| kubectl apply -f -", typed), file
        assert f"`{file}`" in PAGE.read_text(), file
    # The one thing that is filled in.
    assert f's|{manifests["Pod"]["spec"]["containers"][0]["image"]}|$image|' in typed
    # The old pod has ended before its volume goes.
    assert typed.index(f"wait --for=delete pod/{fullname(RELEASE)}-0") < typed.index(f"delete pvc {claim}")


def arguments_for(role, manifests):
    if role == "node":
        return manifests["Pod"]["spec"]["containers"][0]["args"]
    (said,) = re.findall(r"`args: (\[stock, restore, --dealer, \S+\])`", PAGE.read_text())
    return yaml.safe_load(said)


@pytest.mark.parametrize("role", ("node", "dealer"))
def test_it_needs_no_keys(role, binary, manifests, tmp_path):
    """The pod has none: only the claim and the configuration, as the chart writes it."""
    configuration = {
        "name": "somebody",
        "party": "alice",
        "listen": "0.0.0.0:7100",
        "advertise": "spud.alice.example.org:7100",
        "scheduler": "spud.carol.example.org:7100",
        "scheduler_identity": "spiffe://carol.spud/spud/scheduler/scheduler",
        "data": str(tmp_path / "data"),
        "drain_timeout": "5m",
        "tls": {"certificate": "/etc/spud/tls/tls.crt", "key": "/etc/spud/tls/tls.key", "bundles": "/etc/spud/trust"},
        "operations": {"listen": "0.0.0.0:7101"},
    }
    if role == "node":
        configuration["stock"] = {"keys": ["/etc/spud/stock/stock.key"]}
        (tmp_path / "data/stock").mkdir(parents=True)
    file = tmp_path / f"{role}.yaml"
    file.write_text(yaml.safe_dump(configuration))
    *arguments, said = arguments_for(role, manifests)
    assert said == f"/etc/spud/config/{role}.yaml"
    done = subprocess.run([binary, *arguments, file], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr

    printed = done.stdout.replace(str(tmp_path), "/var/lib/spud")
    if role == "node":
        (shown,) = [block.prints for block in blocks(PAGE, PARTIES) if block.condition and block.prints]
        assert differs([re.sub(r"\b\d+ tapes", "0 tapes", line) for line in shown], printed.splitlines()) is None
    else:
        assert f'"{printed.strip().split(": ", 1)[1]}"' in PAGE.read_text()


@pytest.mark.long
def test_it_fits_what_helm_makes(manifests):
    objects = rendered(RELEASE)
    (workload,) = [one for one in objects if one["kind"] == "StatefulSet"]
    template, pod = workload["spec"]["template"], manifests["Pod"]
    (template_of_claim,) = workload["spec"]["volumeClaimTemplates"]
    claim = manifests["PersistentVolumeClaim"]
    assert claim["metadata"]["name"] == f"{template_of_claim['metadata']['name']}-{workload['metadata']['name']}-0"
    assert claim["metadata"]["labels"] == template_of_claim["metadata"]["labels"]
    assert {key: value for key, value in claim["spec"].items() if key != "dataSource"} == template_of_claim["spec"]

    (container,), (of_node,) = pod["spec"]["containers"], template["spec"]["containers"]
    assert pod["spec"]["securityContext"] == template["spec"]["securityContext"]
    assert container["securityContext"] == of_node["securityContext"]
    for name, mount in mounts_of(pod).items():
        assert mount == mounts_of(template)[name]
    for name in set(volumes_of(pod)) - {"data"}:
        assert volumes_of(pod)[name] == volumes_of(template)[name]
    assert container["args"][-1] == of_node["args"][-1]
    # No policy and no Service takes it for the node.
    assert "labels" not in pod["metadata"]
