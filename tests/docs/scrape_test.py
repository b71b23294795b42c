# SPDX-License-Identifier: Apache-2.0
"""What the guide gives a Prometheus without a cluster: promtool takes it, and it reads the services that the guide starts."""

import re
import shutil

import pytest
import yaml

from blocks import blocks
from expressions import RULES, promtool, used
from guide_values import GUIDE, PARTIES, yaml_in

CONFIGURATIONS = [one for one in yaml_in(GUIDE) if "scrape_configs" in one]
OWNERS = ("alice", "carol")


def started_by(party):
    """Services and their operations ports, of the configuration that the party writes."""
    found = {}
    for block in blocks(GUIDE, PARTIES):
        if party in block.hosts:
            text = block.text.replace("$party", party)
            found |= dict(re.findall(r"^name: (\S+)$.*?^operations:\n  listen: (\S+)$", text, re.MULTILINE | re.DOTALL))
    return found


def test_there_is_one_for_a_node_and_one_for_carol():
    assert len(CONFIGURATIONS) == len(OWNERS)


@pytest.mark.parametrize("party, configuration", zip(OWNERS, CONFIGURATIONS), ids=OWNERS)
def test_promtool_takes_it_with_the_rules(party, configuration, tmp_path):
    (rules,) = configuration["rule_files"]
    assert f"install -m 644 -D {RULES.relative_to(RULES.parents[3])} /etc/prometheus/{rules}\n" in GUIDE.read_text()
    shutil.copy(RULES, tmp_path / rules)
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(configuration))
    checked = promtool("check", "config", file)
    assert checked.returncode == 0 and "rules found" in checked.stdout, checked.stdout + checked.stderr


@pytest.mark.parametrize("party, configuration", zip(OWNERS, CONFIGURATIONS), ids=OWNERS)
def test_it_reads_every_service_of_the_party_under_its_name(party, configuration):
    (job,) = configuration["scrape_configs"]
    targets = {one["labels"]["instance"]: target for one in job["static_configs"] for target in one["targets"]}
    assert targets == started_by(party)


def test_its_job_is_what_the_rules_ask_for():
    asked = set(re.findall(r'job="([^"]+)"', RULES.read_text()))
    assert "up" in used('up{job="spud"} == 0') and asked == {"spud"}
    for configuration in CONFIGURATIONS:
        assert {one["job_name"] for one in configuration["scrape_configs"]} == asked


def test_somebody_is_told():
    for configuration in CONFIGURATIONS:
        assert configuration["alerting"]["alertmanagers"]
