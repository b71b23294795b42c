# SPDX-License-Identifier: Apache-2.0
"""The guide's values for Kubernetes: helm takes them, they let through whoever has to come, and they name what its steps make."""

import ipaddress
import re

import jsonschema
import pytest

from blocks import blocks
from chart import merged, schema, standard_values
from guide_values import (
    GUIDE,
    OPERATE,
    PARTIES,
    comes_from,
    fullname,
    kubernetes_blocks,
    reached_at,
    rendered,
    services,
    table,
    watching,
)
from network_test import LISTS, connections

LIST_OF = {role: name for name, role in LISTS.items()}
RELEASES = ("alice-0", "bob-0", "scheduler", "dealer")
# What a client types that makes it connect to nodes.
TO_NODES = re.compile(r"^spud (?:push|fetch|data|program push) ", re.MULTILINE)
TO_SCHEDULER = re.compile(r"^spud (?:node|device|run|top|stock list|stock make) ?", re.MULTILINE)


def listed(values, name):
    return [ipaddress.ip_network(entry["ipBlock"]["cidr"]) for entry in values["networkPolicy"].get(name, []) if "ipBlock" in entry]


def admitted(values, name, network):
    return any(network.subnet_of(one) for one in listed(values, name))


def who_types(pattern):
    return {party for block in blocks(GUIDE, PARTIES) if block.typed and pattern.search(block.text) for party in block.hosts}


def test_there_are_four_services_of_three_parties():
    assert {name: (one["role"], one["party"]) for name, one in services().items()} == {
        "alice-0": ("node", "alice"),
        "bob-0": ("node", "bob"),
        "scheduler": ("scheduler", "carol"),
        "dealer": ("dealer", "carol"),
    }


@pytest.mark.parametrize("release", RELEASES)
def test_they_fit_the_chart_s_schema_also_with_what_watches(release):
    each, once = watching()
    for added in ({}, each, merged(each, once)):
        values = merged(merged(standard_values(), services()[release]), added)
        assert list(jsonschema.Draft7Validator(schema()).iter_errors(values)) == []


def test_what_is_typed_by_clients_of_all_parties_is_found():
    assert who_types(TO_NODES) == {"alice", "bob"}
    assert who_types(TO_SCHEDULER) == set(PARTIES)


@pytest.mark.parametrize("source, target", sorted(connections()))
def test_whoever_connects_is_let_in_and_let_out(source, target):
    """Both ends list each other: the target from where the source comes, the source where the target is reached."""
    clients = {"node": who_types(TO_NODES), "scheduler": who_types(TO_SCHEDULER)}
    tried = 0
    for release, values in services().items():
        if values["role"] != target:
            continue
        callers = {name: one for name, one in services().items() if one["role"] == source and name != release}
        parties = clients[target] if source == "client" else {one["party"] for one in callers.values()}
        for party in parties:
            assert admitted(values, LIST_OF[source], comes_from()[party]), f"{release} locks out each {source} of {party}"
            tried += 1
        for name, caller in callers.items():
            assert admitted(caller, LIST_OF[target], reached_at()[release]), f"{name} is not let out to {release}"
    assert tried > 0


def test_nobody_is_listed_whom_step_1_does_not_name():
    known = {*reached_at().values(), *comes_from().values()}
    for name, values in services().items():
        for one in LISTS:
            assert set(listed(values, one)) <= known, f"{one} of {name}"


def test_each_service_has_a_name_of_its_own_everywhere_the_same():
    advertised = {name: values["advertise"] for name, values in services().items()}
    hosts = [address.split(":")[0] for address in advertised.values()]
    assert len(set(hosts)) == len(hosts), "one name leads to one balancer"

    agreed = {identity.rsplit("/", 1)[1].strip("`"): address.strip("`") for _, address, identity in table("| service | address | identity |")}
    assert advertised == agreed

    bare_metal = {}
    for block in blocks(GUIDE, PARTIES):
        for party in block.hosts:
            text = block.text.replace("$party", party)
            bare_metal |= dict(re.findall(r"^name: (\S+)$.*?^advertise: (\S+)$", text, re.MULTILINE | re.DOTALL))
    assert bare_metal == agreed

    records = {record.strip("`"): service.strip("`") for record, service in table("| record | leads to")}
    assert records == {address.split(":")[0]: fullname(name) for name, address in advertised.items()}


def test_ports_in_lists_are_those_of_pods():
    ports = {name: merged(standard_values(), values)["port"] for name, values in services().items()}
    for name, values in services().items():
        policy = merged(standard_values(), values)["networkPolicy"]
        if values["role"] == "node":
            assert policy["dealerPorts"] == [ports["dealer"]], name
        assert policy["nodePorts"] == [ports["alice-0"]] == [ports["bob-0"]], name


def test_secrets_and_bundles_that_they_name_are_made_before():
    made = {party: set() for party in PARTIES}
    for party, text in kubernetes_blocks(GUIDE):
        made[party] |= set(re.findall(r"create (?:secret (?:tls|generic)|configmap) (\S+)", text))
    for values in services().values():
        named = {values["tls"]["existingSecret"], values["trust"]["existingConfigMap"]}
        named |= {values[key]["existingSecret"] for key in ("stock", "test") if key in values}
        assert named <= made[values["party"]], values["name"]


def test_each_release_is_installed_from_its_values_by_its_party():
    installed = {}
    for party, text in kubernetes_blocks(GUIDE):
        for release, file in re.findall(r"^helm install (\S+) helm/spud --namespace spud --values (\S+)$", text, re.MULTILINE):
            assert file == f"{release}.yaml"
            installed[release] = party
    assert installed == {name: values["party"] for name, values in services().items()}


def test_upgrades_take_the_values_file_and_nothing_else():
    """What --set says, the next upgrade forgets."""
    seen = 0
    for page in ("guide.md", "backup.md", "upgrade.md"):
        for _, text in kubernetes_blocks(OPERATE / page):
            for line in re.findall(r"^ *helm upgrade .*$", text, re.MULTILINE):
                assert re.fullmatch(r" *helm upgrade (\S+) helm/spud --namespace spud --values \1\.yaml", line), f"{page}: {line}"
                seen += 1
    assert seen > 3


@pytest.mark.long
@pytest.mark.parametrize("release", RELEASES)
def test_helm_makes_what_the_pages_name(release):
    each, once = watching()
    objects = rendered(release, each, once)
    names = {(one["kind"], one["metadata"]["name"]) for one in objects}
    full = fullname(release)
    assert {("StatefulSet", full), ("NetworkPolicy", full), ("Service", full), ("ServiceMonitor", full), ("ConfigMap", full)} <= names
    assert {f"{full}-spud"} <= {name for kind, name in names if kind in ("PrometheusRule", "ConfigMap")}
    (policy,) = [one for one in objects if one["kind"] == "NetworkPolicy" and one["metadata"]["name"] == full]
    prometheus = each["networkPolicy"]["prometheus"]
    assert {"from": prometheus, "ports": [{"port": 7101, "protocol": "TCP"}]} in policy["spec"]["ingress"]


def test_what_is_typed_names_pods_and_sets_of_these_releases():
    known = {fullname(name) for name in RELEASES}
    # Of the shell's variable, and the pod that a backup is brought back by.
    pods = {f"{name}-0" for name in known} | {"$party-0-spud-0", "alice-0-restore"}
    seen = 0
    for page in ("guide.md", "backup.md", "upgrade.md"):
        for _, text in kubernetes_blocks(OPERATE / page):
            assert set(re.findall(r"(?:statefulset[/ ]|get service )([a-z0-9-]+)", text)) <= known, page
            named = re.findall(r"(?:pod/|\blogs |\bexec )([$a-z0-9-]+)", text)
            assert set(named) <= pods, page
            seen += len(named)
    assert seen > 5
