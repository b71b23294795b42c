# SPDX-License-Identifier: Apache-2.0
"""The life of a release on a real API server: validation, Pod Security, install, upgrade, scale, rollback, uninstall."""

import json
import subprocess

import pytest
import yaml

from chart import CHART, CUSTOM, ROOT, VALUES_FILES, helm, values_of, with_value
from kubernetes import ROLLOUT_SECONDS, Kubernetes
from waiting import wait_until

pytestmark = pytest.mark.long

PREFIX = "privacy"
VOLUME = """
apiVersion: v1
kind: PersistentVolume
metadata: {{name: {name}}}
spec:
  storageClassName: trial
  capacity: {{storage: 1Ti}}
  accessModes: [ReadWriteOncePod]
  persistentVolumeReclaimPolicy: Retain
  hostPath: {{path: /var/lib/{name}}}
"""
CLASS = """
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: trial
  annotations: {storageclass.kubernetes.io/is-default-class: "true"}
provisioner: kubernetes.io/no-provisioner
"""


@pytest.fixture(scope="module")
def kubernetes(tmp_path_factory):
    cluster = Kubernetes(tmp_path_factory.mktemp("kubernetes"))
    try:
        cluster.start()
        cluster.apply(CLASS)
        for number in range(16):
            cluster.apply(VOLUME.format(name=f"volume-{number}"))
        cluster.kubectl("create", "priorityclass", "important", "--value=1000")
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def namespace(kubernetes, request):
    """One that refuses pods which are not restricted."""
    name = f"{PREFIX}-{abs(hash(request.node.name)) % 10**8}"
    kubernetes.apply(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": name, "labels": {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}},
            }
        )
    )
    return name


def dry_run(kubernetes, one, expect=0):
    """The server judges an object, all of it, and keeps nothing."""
    return kubernetes.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", stdin=json.dumps(one), expect=expect)


@pytest.mark.parametrize("file", VALUES_FILES, ids=lambda file: file.stem)
def test_the_server_takes_every_object_strictly(kubernetes, namespace, file):
    """Unknown and doubled fields are errors, and Pod Security finds nothing to warn of."""
    rendered = helm("template", "trial", CHART, "--namespace", namespace, "--values", file)
    assert rendered.returncode == 0, rendered.stderr
    for one in yaml.safe_load_all(rendered.stdout):
        if one:
            assert "arning" not in dry_run(kubernetes, one).stderr


def test_an_unknown_field_would_be_noticed(kubernetes, namespace):
    wrong = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "x", "namespace": namespace}, "automount": False}
    assert "automount" in dry_run(kubernetes, wrong, expect=1).stderr


def objects_of_custom_kinds(namespace):
    """One of each, of whichever values file has it."""
    found = {}
    for file in VALUES_FILES:
        rendered = helm("template", "trial", CHART, "--namespace", namespace, "--values", file)
        found |= {one["kind"]: one for one in yaml.safe_load_all(rendered.stdout) if one and one["kind"] in CUSTOM}
    return found


def test_wrong_fields_of_custom_kinds_would_be_noticed(kubernetes, namespace):
    found = objects_of_custom_kinds(namespace)
    assert set(found) == CUSTOM
    for kind, one in found.items():
        assert "misspelt" in dry_run(kubernetes, with_value(one, "spec.misspelt", 1), expect=1).stderr, kind


class Trial:
    """A release of the node's values file, as an operator handles it."""

    NAME = "alice-0"

    def __init__(self, kubernetes, namespace):
        self.kubernetes, self.namespace = kubernetes, namespace
        self.take(values_of(CHART / "ci/node-values.yaml"))

    def take(self, values):
        self.values = values
        # There is no cloud, which would give a load balancer its address.
        self.values["externalService"]["type"] = "NodePort"
        self.set_name = f"{self.NAME}-spud"

    def helm(self, verb, chart=CHART, values=None, more=(), expect=0):
        arguments = [verb, self.NAME, chart, "--namespace", self.namespace, "--values", "-", "--wait", f"--timeout={ROLLOUT_SECONDS}s", *more]
        return self.kubernetes.helm(*arguments, stdin=json.dumps(values or self.values), expect=expect)

    def pod(self):
        pods = self.kubernetes.get(self.namespace, "pods")["items"]
        (pod,) = [one for one in pods if "deletionTimestamp" not in one["metadata"]]
        return pod

    def claim(self):
        (claim,) = self.kubernetes.get(self.namespace, "persistentvolumeclaims")["items"]
        return claim

    def configuration(self):
        return self.kubernetes.get(self.namespace, "configmap", self.set_name)["data"]["node.yaml"]

    def wait_pods(self, count):
        def there():
            return len(self.kubernetes.get(self.namespace, "pods")["items"]) == count

        wait_until(there, f"{count} pods", ROLLOUT_SECONDS)

    def wait_rollout(self):
        self.kubernetes.kubectl("--namespace", self.namespace, "rollout", "status", f"statefulset/{self.set_name}", f"--timeout={ROLLOUT_SECONDS}s")


@pytest.fixture
def trial(kubernetes, namespace):
    return Trial(kubernetes, namespace)


def test_install_brings_a_pod_up_on_its_volume(trial):
    trial.helm("install")
    pod = trial.pod()
    assert pod["metadata"]["name"] == f"{trial.set_name}-0" and pod["status"]["phase"] == "Running"
    assert trial.claim()["status"]["phase"] == "Bound"
    kubernetes, namespace = trial.kubernetes, trial.namespace
    assert kubernetes.names(namespace, "services") == [trial.set_name, f"{trial.set_name}-headless"]
    assert kubernetes.names(namespace, "networkpolicies") == [trial.set_name]
    # The Service leads to the pod.
    slices = kubernetes.get(namespace, "endpointslices")["items"]
    assert {tuple(sorted(port["name"] for port in one["ports"])) for one in slices} == {("spud",), ("operations", "spud")}


@pytest.fixture(scope="session")
def chart_before(previous, tmp_path_factory):
    """The chart of the version that deployments are upgraded from, as it was."""
    archive = subprocess.run(["git", "archive", previous["commit"], "helm/spud"], cwd=ROOT, capture_output=True)
    assert archive.returncode == 0, f"{previous['commit']} is not in this clone, run: git fetch --unshallow: {archive.stderr}"
    folder = tmp_path_factory.mktemp("before")
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    return folder / "helm/spud", previous["version"]


# What docs/operate/upgrade.md has operators write into their values before the upgrade: the chart of before takes it too.
MENDED_FIRST = {"dealer": {"networkPolicy.prometheus": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}}


@pytest.mark.parametrize("role", ["scheduler", "node", "dealer"])
def test_upgrade_from_the_version_before_keeps_the_volume(trial, chart_before, role):
    """With the values that the operator has had: what they say must go on being said."""
    before, version = chart_before
    values = yaml.safe_load((before / f"ci/{role}-values.yaml").read_text())
    for key, value in MENDED_FIRST.get(role, {}).items():
        values = with_value(values, key, value)
    trial.take(values)
    trial.helm("install", before)
    old_pod, old_claim = trial.pod(), trial.claim()
    assert old_pod["spec"]["containers"][0]["image"].endswith(f":{version}")
    trial.helm("upgrade")
    trial.wait_rollout()
    pod, claim = trial.pod(), trial.claim()
    now = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    assert now != version and pod["spec"]["containers"][0]["image"].endswith(f":{now}")
    assert pod["metadata"]["name"] == old_pod["metadata"]["name"] and pod["metadata"]["uid"] != old_pod["metadata"]["uid"]
    assert claim["metadata"]["uid"] == old_claim["metadata"]["uid"]
    assert claim["spec"]["volumeName"] == old_claim["spec"]["volumeName"]


def test_an_upgrade_that_changes_nothing_leaves_the_pod(trial):
    trial.helm("install")
    before = trial.pod()["metadata"]["uid"]
    trial.helm("upgrade")
    assert trial.pod()["metadata"]["uid"] == before


def test_a_changed_configuration_replaces_the_pod_and_rollback_brings_the_old_one_back(trial):
    trial.helm("install")
    before, uid = trial.configuration(), trial.pod()["metadata"]["uid"]
    trial.helm("upgrade", values=with_value(trial.values, "config.slots", 9))
    trial.wait_rollout()
    assert "slots: 9" in trial.configuration() and trial.pod()["metadata"]["uid"] != uid
    trial.kubernetes.helm("rollback", trial.NAME, "1", "--namespace", trial.namespace, "--wait", f"--timeout={ROLLOUT_SECONDS}s")
    trial.wait_rollout()
    assert trial.configuration() == before


def test_what_cannot_be_scheduled_is_replaced_by_the_next_upgrade(trial):
    """Parallel: an upgrade that never becomes ready does not stand in the way of the one that mends it."""
    trial.helm("install", values=with_value(trial.values, "nodeSelector", {"there": "is none"}), more=["--timeout=3s"], expect=1)
    trial.helm("upgrade")
    trial.wait_rollout()
    assert trial.pod()["status"]["phase"] == "Running"


def test_scaling_to_none_and_back_keeps_the_volume(trial):
    trial.helm("install")
    before = trial.claim()["metadata"]["uid"]
    trial.helm("upgrade", values=with_value(trial.values, "replicas", 0))
    trial.wait_pods(0)
    assert trial.claim()["metadata"]["uid"] == before
    trial.helm("upgrade")
    trial.wait_rollout()
    assert trial.pod()["status"]["phase"] == "Running" and trial.claim()["metadata"]["uid"] == before


def test_uninstalling_leaves_the_volume_and_nothing_else(trial):
    trial.helm("install")
    before = trial.claim()["metadata"]["uid"]
    trial.kubernetes.helm("uninstall", trial.NAME, "--namespace", trial.namespace, "--wait")
    trial.wait_pods(0)
    for kind in ("statefulsets", "services", "networkpolicies", "poddisruptionbudgets", "secrets"):
        assert trial.kubernetes.names(trial.namespace, kind) == [], kind
    assert trial.kubernetes.names(trial.namespace, "configmaps") == ["kube-root-ca.crt"]
    assert trial.claim()["metadata"]["uid"] == before
    # Installed again, it is at home.
    trial.helm("install")
    assert trial.claim()["metadata"]["uid"] == before


def test_the_volume_goes_when_the_values_say_so(trial):
    trial.helm("install", values=with_value(trial.values, "persistence.whenDeleted", "Delete"))
    trial.kubernetes.helm("uninstall", trial.NAME, "--namespace", trial.namespace, "--wait")
    wait_until(lambda: trial.kubernetes.names(trial.namespace, "persistentvolumeclaims") == [], "the claim goes", ROLLOUT_SECONDS)


@pytest.mark.parametrize("most, evicted", [(1, True), (0, False)])
def test_the_disruption_budget_decides_about_evictions(trial, most, evicted):
    trial.helm("install", values=with_value(trial.values, "podDisruptionBudget.maxUnavailable", most))
    pod = trial.pod()["metadata"]["name"]

    def counted():
        budget = trial.kubernetes.get(trial.namespace, "poddisruptionbudget", trial.set_name)
        return budget.get("status", {}).get("currentHealthy") == 1

    wait_until(counted, "the budget has counted the pod", ROLLOUT_SECONDS)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": trial.namespace}}
    path = f"/api/v1/namespaces/{trial.namespace}/pods/{pod}/eviction"
    done = trial.kubernetes.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction), expect=None)
    assert (done.returncode == 0) == evicted, done.stderr


def test_the_pod_of_helm_test_is_admitted(trial):
    values = with_value(trial.values, "test.existingSecret", "alice-client")
    rendered = helm("template", trial.NAME, CHART, "--namespace", trial.namespace, "--values", "-", stdin=json.dumps(values))
    pods = [one for one in yaml.safe_load_all(rendered.stdout) if one and one["kind"] == "Pod"]
    for pod in pods:
        assert "arning" not in dry_run(trial.kubernetes, pod).stderr
    assert len(pods) == 1
