# SPDX-License-Identifier: Apache-2.0
"""The network plan's tables say what the chart lets through, and what the binary does without being told otherwise."""

import re
import subprocess

import pytest
import yaml

from blocks import cells
from chart import CHART, ROOT, VALUES_FILES, Release, standard_values

PAGE = ROOT / "docs/operate/network.md"
ROLES = ("scheduler", "node", "dealer")
# The lists of networkPolicy by what they list.
LISTS = {"scheduler": "scheduler", "nodes": "node", "dealers": "dealer", "clients": "client"}


def rows():
    text = PAGE.read_text()
    table = re.search(r"<!-- connections: .*?-->\n(.*?)<!-- end of connections -->", text, re.DOTALL)[1]
    head, _, *found = [cells(line) for line in table.strip().splitlines()]
    assert head[:3] == ["from", "to", "port"]
    return found


def connections():
    return {(source, target) for source, target, _, _ in rows()}


def test_its_ports_are_the_chart_s():
    values = standard_values()
    assert {port for _, _, port, _ in rows()} == {str(values["port"])}
    assert f"| each service | {values['operationsPort']} |" in PAGE.read_text()


def test_who_connects_to_whom_is_what_the_chart_s_template_says():
    template = (CHART / "templates/networkpolicy.yaml").read_text()
    callers = re.search(r"\$callers := dict (.*?) -?}}", template)[1]
    allowed = set()
    for role, lists in re.findall(r'"(\w+)" (\(concat [^)]*\)|\$p\.\w+)', callers):
        allowed |= {(LISTS[name], role) for name in re.findall(r"\$p\.(\w+)", lists)}
    assert {role for _, role in allowed} == set(ROLES)
    assert connections() == allowed


def test_without_a_word_the_operations_port_is_loopback_s(binary):
    for role in ROLES:
        explained = subprocess.run([binary, role, "--explain-config"], capture_output=True, text=True, check=True, timeout=60)
        assert yaml.safe_load(explained.stdout)["operations"] == {"listen": "127.0.0.1:0"}
        assert yaml.safe_load(explained.stdout)["listen"].endswith(":7100")


def test_what_its_prose_names_are_keys_with_these_defaults(binary):
    node = yaml.safe_load(subprocess.run([binary, "node", "--explain-config"], capture_output=True, text=True, check=True, timeout=60).stdout)
    assert (node["heartbeat_interval"], node["peer_silence_limit"]) == ("1s", "5s")
    text = PAGE.read_text()
    assert "`heartbeat_interval` (1 s)" in text and "`peer_silence_limit` (5 s)" in text


@pytest.mark.long
@pytest.mark.parametrize("file", VALUES_FILES, ids=lambda file: file.stem)
def test_rendered_policies_let_through_what_the_table_says_and_no_more(file):
    release = Release(file)
    policy = release.values["networkPolicy"]
    if not policy["enabled"]:
        assert release.all("NetworkPolicy") == []
        return
    spec = release.policy["spec"]
    listed = [entry for name in LISTS for entry in policy.get(name) or []]
    for name, other in LISTS.items():
        for entry in policy.get(name) or []:
            if listed.count(entry) > 1:  # several are at one address: the policy cannot tell them apart
                continue
            incoming = any(entry in rule.get("from", []) for rule in spec["ingress"])
            outgoing = any(entry in rule.get("to", []) for rule in spec["egress"])
            assert incoming == ((other, release.role) in connections()), f"{other} to {release.role}"
            assert outgoing == ((release.role, other) in connections()), f"{release.role} to {other}"
