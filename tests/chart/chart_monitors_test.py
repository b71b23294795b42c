# SPDX-License-Identifier: Apache-2.0
"""What the chart installs for Prometheus and Grafana: monitors, rules, dashboards."""

import json

import pytest
import yaml

from chart import CHART, merged, render, values_of

pytestmark = pytest.mark.long

NODE = values_of(CHART / "ci/node-values.yaml")


def test_monitors_find_the_operations_port_once(release):
    values = release.values
    monitors = release.all("ServiceMonitor") + release.all("PodMonitor")
    assert len(monitors) == values["serviceMonitor"]["enabled"] + values["podMonitor"]["enabled"]
    for monitor in monitors:
        by_service = monitor["kind"] == "ServiceMonitor"
        (endpoint,) = monitor["spec"]["endpoints" if by_service else "podMetricsEndpoints"]
        assert endpoint["port"] == "operations" and endpoint["path"] == "/metrics"
        chosen = monitor["spec"]["selector"]["matchLabels"].items()
        found = [*release.all("Service")] if by_service else [release.pod]
        labels = [one["metadata"]["labels"] for one in found if set(chosen) <= set(one["metadata"]["labels"].items())]
        assert len(labels) == 1
        # The pod's name stays; its address, which a scrape has otherwise, is another after each restart.
        assert endpoint["relabelings"] == [{"sourceLabels": ["__meta_kubernetes_pod_name"], "targetLabel": "instance"}]
        # The rules ask for job="spud".
        assert labels[0][monitor["spec"]["jobLabel"]] == "spud"


def test_prometheus_is_let_in_where_there_is_a_monitor(release):
    values = release.values
    if not (values["serviceMonitor"]["enabled"] or values["podMonitor"]["enabled"]):
        return
    open_ports = {port["port"] for policy in release.all("NetworkPolicy") for rule in policy["spec"]["ingress"] for port in rule["ports"]}
    assert not values["networkPolicy"]["enabled"] or release.container_ports()["operations"] in open_ports


def test_rules_are_installed_as_they_are(everything):
    rule = everything.one("PrometheusRule")
    text = (CHART / "rules/spud.yaml").read_text()
    published = everything.values["prometheusRule"]["runbookUrl"]
    assert published and rule["spec"] == yaml.safe_load(text.replace("docs/runbook.md#", f"{published}#"))
    assert rule["metadata"]["labels"]["release"] == "prometheus"


def test_alerts_point_into_the_sources_unless_the_runbook_is_published():
    values = merged(NODE, {"prometheusRule": {"enabled": True}})
    (rule,) = [one for one in render(values) if one["kind"] == "PrometheusRule"]
    assert rule["spec"] == yaml.safe_load((CHART / "rules/spud.yaml").read_text())


def test_dashboards_are_installed_as_they_are(release):
    files = sorted((CHART / "dashboards").glob("*.json")) if release.values["dashboard"]["enabled"] else []
    found = [one for one in release.all("ConfigMap") if any(key.endswith(".json") for key in one["data"])]
    assert sorted(key for one in found for key in one["data"]) == [file.name for file in files]
    for file in files:
        config = release.one("ConfigMap", f"-{file.stem}")
        assert json.loads(config["data"][file.name]) == json.loads(file.read_text())
        assert set(release.values["dashboard"]["labels"].items()) <= set(config["metadata"]["labels"].items())
        assert config["metadata"].get("annotations", {}) == release.values["dashboard"]["annotations"]


def test_monitors_have_their_labels_and_intervals(release):
    for kind, key in (("ServiceMonitor", "serviceMonitor"), ("PodMonitor", "podMonitor")):
        for monitor in release.all(kind):
            (endpoint,) = monitor["spec"].get("endpoints") or monitor["spec"]["podMetricsEndpoints"]
            assert endpoint["interval"] == release.values[key]["interval"]
            assert set(release.values[key]["labels"].items()) <= set(monitor["metadata"]["labels"].items())
