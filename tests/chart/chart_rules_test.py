# SPDX-License-Identifier: Apache-2.0
"""The alerts: they ask for metrics that exist, and fire when they should."""

import re
import subprocess

import pytest
import yaml

from chart import CHART, ROOT

RULES = sorted((CHART / "rules").glob("*.yaml"))
PROMTOOL = ROOT / "build/tools/bin/promtool"


def alerts():
    return [rule for file in RULES for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"] if "alert" in rule]


def test_they_ask_for_metrics_that_exist():
    catalogue = (ROOT / "src/system/metrics/catalogue.hpp").read_text()
    there = set(re.findall(r'"(spud_[a-z_]+)"', catalogue)) | {"spud_build_info"}
    asked = {name for rule in alerts() for name in re.findall(r"\bspud_[a-z_]+", rule["expr"])}
    assert asked and asked <= there


def test_each_says_what_it_means():
    assert alerts()
    for rule in alerts():
        assert rule["labels"]["severity"] in ("warning", "critical"), rule["alert"]
        assert rule["annotations"]["summary"] and rule["annotations"]["description"], rule["alert"]


@pytest.mark.long
def test_promtool_agrees():
    assert PROMTOOL.exists(), f"{PROMTOOL} is missing: run scripts/chart_tools.sh"
    for arguments in (["check", "rules", *RULES], ["test", "rules", ROOT / "tests/chart/rules.test.yaml"]):
        done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
