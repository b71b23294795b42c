# SPDX-License-Identifier: Apache-2.0
"""The rules: they ask for metrics that exist, each is tested by promtool, and each alert says what to do."""

import copy
import re
from functools import cache

import pytest
import yaml

from chart import ROOT
from expressions import RULES, Published, alerts, all_rules, promtool, recorded, used

UNIT_TESTS = ROOT / "tests/chart/rules.test.yaml"


@cache
def unit_tests():
    return yaml.safe_load(UNIT_TESTS.read_text())["tests"]


def seconds(duration):
    """Of promtool: 90s, 14h30m."""
    factors = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    return sum(int(number) * factors[unit] for number, unit in re.findall(r"(\d+)([smhd])", str(duration)))


@pytest.fixture(scope="module")
def published():
    return Published()


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_it_asks_for_metrics_that_exist_of_the_job_spud(rule, published):
    assert list(published.complaints(rule["expr"])) == []
    for name in used(rule["expr"]):
        # What is recorded was asked of the job already.
        assert ":" in name or re.search(rf'\b{name}\{{job="spud"', rule["expr"]), f"{name}: every job's"


def test_a_wrong_name_label_or_value_is_noticed(published):
    for expression, complaint in [
        ("rate(spud_job_total[5m])", "there is no spud_job_total"),
        ('spud_nodes{stat="absent"}', "spud_nodes has no label stat"),
        ('spud_nodes{state="lost"}', "state of spud_nodes is never 'lost'"),
        ("sum by (outcom) (spud_jobs_total)", "no metric here has a label outcom"),
        ("rate(spud_job_wait_seconds[5m])", "there is no spud_job_wait_seconds"),
        ('spud_job_wait_seconds_bucket{le="512"}', "spud_job_wait_seconds_bucket has no bucket 512"),
        ('spud_job_wait_seconds_bucket{le="655.36"} / spud_job_wait_seconds_bucket{le="+Inf"}', None),
        ("instance:spud_jobs:rate5m", "there is no instance:spud_jobs:rate5m"),
        ('up{job="spud_nothing"} == 0', None),
    ]:
        assert list(published.complaints(expression)) == ([complaint] if complaint else [])


def test_every_rule_is_needed_once():
    names = [rule.get("alert") or rule["record"] for rule in all_rules()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name, expression", recorded().items())
def test_recorded_names_say_labels_metric_and_operation(name, expression):
    level, metric, operation = name.split(":")
    assert set(level.split("_")) <= {"instance", "outcome", "phase", "peer", "kind", "operation", "side", "certificate"}
    assert re.fullmatch(r"[a-z]+[0-9a-z_]*", operation)
    # Without the end of a counter, or of what is recorded of it: spud_jobs_total, of which the failed.
    assert any(of.startswith(metric.removesuffix("_failed").removesuffix("_refused")) for of in used(expression)), metric


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_each_alert_says_what_it_means_and_where_to_read_on(alert):
    assert re.fullmatch(r"Spud[A-Z][A-Za-z]+", alert["alert"])
    assert alert["labels"]["severity"] in ("warning", "critical")
    notes = alert["annotations"]
    assert set(notes) == {"summary", "description", "runbook_url"}
    assert notes["runbook_url"] == f"docs/runbook.md#{alert['alert'].lower()}"
    # Plain text, of which rules.test.yaml has no copy.
    assert notes["description"].endswith((".", "`.")) and "{{" not in notes["description"]
    assert len(notes["summary"]) < 120 and not notes["summary"].endswith(".")


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_each_alert_is_tested_to_fire_not_early_and_to_be_over(alert):
    """One test shows all of it, in this order, and the last look before it fires is not before the series begin to be bad."""
    shown = []
    for test in unit_tests():
        looks = [look for look in test.get("alert_rule_test", []) if look["alertname"] == alert["alert"]]
        order = sorted(looks, key=lambda look: seconds(look["eval_time"]))
        shown.append([bool(look["exp_alerts"]) for look in order])
        for look in looks:
            for expected in look["exp_alerts"]:
                assert expected["exp_labels"]["severity"] == alert["labels"]["severity"]
    assert [False, True, False] in shown


@pytest.mark.parametrize("name", recorded())
def test_each_recorded_series_is_tested(name):
    asked = [look["expr"] for test in unit_tests() for look in test.get("promql_expr_test", [])]
    assert any(name in used(expression) for expression in asked)


def test_each_tested_series_is_one_that_a_service_publishes(published):
    """Names, all labels, values of those that are listed, and bounds of buckets."""
    for series in (series["series"] for test in unit_tests() for series in test["input_series"]):
        assert list(published.complaints(series)) == [], series
        assert published.lacks(series) == set(), series


def test_promtool_agrees(tmp_path):
    checked = promtool("check", "rules", RULES)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    descriptions = {alert["alert"]: alert["annotations"] for alert in alerts()}
    completed = copy.deepcopy(unit_tests())
    # 0x60 without quotes is a number to YAML, and to promtool sixty samples.
    assert all(isinstance(series["values"], str) for test in completed for series in test["input_series"])
    for look in (look for test in completed for look in test.get("alert_rule_test", [])):
        for expected in look["exp_alerts"]:
            expected["exp_annotations"] = descriptions[look["alertname"]] | expected["exp_annotations"]
    file = tmp_path / "rules.test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": completed}, sort_keys=False))
    tested = promtool("test", "rules", file)
    assert tested.returncode == 0, tested.stdout + tested.stderr
