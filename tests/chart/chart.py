# SPDX-License-Identifier: Apache-2.0
"""The chart: its values files, and what helm makes of them."""

import copy
import json
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm/spud"
HELM = ROOT / "build/tools/bin/helm"
VALUES_FILES = sorted((CHART / "ci").glob("*-values.yaml"))
RELEASE, NAMESPACE = "trial", "privacy"
# Kinds that an API server knows only with the operators' definitions, which scripts/chart_tools.sh fetches for tests.
CUSTOM = {"Certificate", "ServiceMonitor", "PodMonitor", "PrometheusRule"}


def merged(base, over):
    """As helm merges values: maps by key, all else replaced, null removes."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return copy.deepcopy(over)
    both = {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}
    return {key: value for key, value in both.items() if not (value is None and key in over)}


def standard_values():
    return yaml.safe_load((CHART / "values.yaml").read_text())


def values_of(file):
    """The values that a release made with `file` has."""
    return merged(standard_values(), yaml.safe_load(file.read_text()))


def leaves(values, prefix=""):
    """Values by their paths; a map that is empty, and any list, is a value."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def with_value(values, path, value):
    """A copy with one value replaced; `path` has dots."""
    changed = copy.deepcopy(values)
    *sections, key = path.split(".")
    place = changed
    for section in sections:
        place = place.setdefault(section, {})
    place[key] = value
    return changed


def schema():
    return json.loads((CHART / "values.schema.json").read_text())


def helm(*arguments, stdin=None):
    """helm's process, ended. It must have been built: a test that needs it fails without, it is not left out."""
    assert HELM.exists(), f"{HELM.relative_to(ROOT)} is missing: run scripts/chart_tools.sh"
    command = [str(part) for part in (HELM, *arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120)


def render(values, *more):
    """The objects of a release. `values`: a file, or values as an object, over those of values.yaml."""
    if isinstance(values, Path):
        done = helm("template", RELEASE, CHART, "--namespace", NAMESPACE, "--values", values, *more)
    else:
        # JSON is YAML, and keeps null, with which helm removes a default.
        arguments = ["template", RELEASE, CHART, "--namespace", NAMESPACE, "--values", "-", *more]
        done = helm(*arguments, stdin=json.dumps(values))
    assert done.returncode == 0, done.stderr
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def refusal(values):
    """What helm says of values that it must refuse."""
    done = helm("template", RELEASE, CHART, "--values", "-", stdin=json.dumps(values))
    assert done.returncode != 0, "helm took them"
    return done.stderr


class Release:
    """The objects of one values file, found by what they are."""

    def __init__(self, file):
        self.file = file
        self.values = values_of(file)
        self.objects = render(file)

    def all(self, kind):
        return [one for one in self.objects if one["kind"] == kind]

    def one(self, kind, suffix=None):
        found = [one for one in self.all(kind) if suffix is None or one["metadata"]["name"].endswith(suffix)]
        assert len(found) == 1, f"{len(found)} of kind {kind} in {self.file.name}"
        return found[0]

    @property
    def role(self):
        return self.values["role"]

    @property
    def stateful_set(self):
        return self.one("StatefulSet")

    @property
    def name(self):
        return self.stateful_set["metadata"]["name"]

    @property
    def policy(self):
        """Of the service; that of helm test is another."""
        (policy,) = [one for one in self.all("NetworkPolicy") if one["metadata"]["name"] == self.name]
        return policy

    @property
    def pod(self):
        return self.stateful_set["spec"]["template"]

    @property
    def container(self):
        (container,) = self.pod["spec"]["containers"]
        return container

    @property
    def configuration_text(self):
        (config,) = [one for one in self.all("ConfigMap") if one["metadata"]["name"] == self.name]
        return config["data"][f"{self.role}.yaml"]

    @property
    def configuration(self):
        return yaml.safe_load(self.configuration_text)

    def container_ports(self):
        return {port["name"]: port["containerPort"] for port in self.container["ports"]}
