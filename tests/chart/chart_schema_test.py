# SPDX-License-Identifier: Apache-2.0
"""The schema of the values, without helm: what it takes, and what it refuses, saying which value and what was expected."""

import re
import subprocess

import jsonschema
import pytest
import yaml

from chart import CHART, ROOT, VALUES_FILES, leaves, merged, schema, standard_values, values_of, with_value

NODE = values_of(CHART / "ci/node-values.yaml")
SCHEDULER = values_of(CHART / "ci/scheduler-values.yaml")
DEALER = values_of(CHART / "ci/dealer-values.yaml")


def problems(values):
    """Where and what, for each thing that is wrong."""
    errors = jsonschema.Draft7Validator(schema()).iter_errors(values)
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in errors]


def test_it_is_a_schema():
    jsonschema.Draft7Validator.check_schema(schema())


@pytest.mark.parametrize("file", VALUES_FILES, ids=lambda file: file.stem)
def test_it_takes_the_values_files(file):
    assert problems(values_of(file)) == []


def test_there_is_a_values_file_for_each_role():
    roles = {values_of(file)["role"] for file in VALUES_FILES}
    assert roles == {"scheduler", "node", "dealer"}
    for role in roles:
        assert (CHART / f"ci/{role}-values.yaml").exists()


def test_every_value_is_away_from_its_default_in_some_values_file():
    """What no file sets is rendered by no test."""
    away = {
        path
        for file in VALUES_FILES
        for path, standard in leaves(standard_values())
        if dict(leaves(values_of(file))).get(path) != standard
    }
    assert [path for path, _ in leaves(standard_values()) if path not in away] == []


def test_nothing_set_is_refused_by_name():
    said = "\n".join(problems(standard_values()))
    for value in ("role: ", "name: ", "party: ", "image.repository: "):
        assert re.search(f"^{re.escape(value)}", said, re.MULTILINE), f"{value} in {said}"


REFUSED = [
    # (values, path, value, what the message has to name)
    (NODE, "role", "client", "role: 'client' is not one of ['scheduler', 'node', 'dealer']"),
    (NODE, "rolle", "node", "'rolle' was unexpected"),
    (NODE, "image.repo", "x", "image: Additional properties"),
    (NODE, "networkPolicy.client", [], "'client' was unexpected"),
    (NODE, "name", "Alice 0", "name: 'Alice 0' does not match"),
    (NODE, "party", "-alice", "party: '-alice' does not match"),
    (NODE, "port", 0, "port: 0 is less than the minimum of 1"),
    (NODE, "port", 65536, "port: 65536 is greater than the maximum of 65535"),
    (NODE, "operationsPort", "7101", "operationsPort: '7101' is not of type 'integer'"),
    (NODE, "externalService.type", "Ingress", "externalService.type: 'Ingress' is not one of"),
    (NODE, "externalService.port", 70000, "externalService.port: 70000 is greater"),
    (NODE, "advertise", "", "advertise: '' "),
    (NODE, "advertise", "spud.example.org", "advertise: "),
    (NODE, "drainTimeout", "5 minutes", "drainTimeout: '5 minutes' does not match"),
    (NODE, "drainTimeout", 300, "drainTimeout: 300 is not of type 'string'"),
    (NODE, "config.round_limit", "soon", "config.round_limit: 'soon' does not match"),
    (NODE, "config.memory", "6GB", "config.memory: '6GB' does not match"),
    (NODE, "config.slot", 3, "'slot' was unexpected"),
    (NODE, "config.listen", "0.0.0.0:1", "'listen' was unexpected"),
    (NODE, "config.tls", {"key": "x"}, "'key' was unexpected"),
    (NODE, "config.jobs", {"keep": "1h"}, "'jobs' was unexpected"),
    (NODE, "config.log.level", "loud", "config.log.level: 'loud' is not one of"),
    (NODE, "scheduler.address", "", "scheduler.address: "),
    (NODE, "scheduler.address", "scheduler.example.org", "scheduler.address: "),
    (NODE, "scheduler.identity", "", "scheduler.identity: "),
    (NODE, "scheduler.identity", "spiffe://operator.spud/spud/dealer/d", "scheduler.identity: "),
    (NODE, "networkPolicy.scheduler", [], "networkPolicy.scheduler: [] "),
    (NODE, "networkPolicy.nodes", [{}], "networkPolicy.nodes.0: {} "),
    (NODE, "networkPolicy.nodes", [{"ipBlock": {"cidr": "everywhere"}}], "ipBlock.cidr: 'everywhere' does not match"),
    (NODE, "networkPolicy.nodePorts", [], "networkPolicy.nodePorts: [] "),
    (NODE, "networkPolicy.dnsPorts", [], "networkPolicy.dnsPorts: [] "),
    (NODE, "networkPolicy.dnsPorts", [0], "networkPolicy.dnsPorts.0: 0 is less"),
    (NODE, "trust.bundles", {"alice.crt": "-----BEGIN CERTIFICATE-----"}, "trust.bundles: 'alice.crt' does not match"),
    (NODE, "trust.bundles", {"alice.pem": "not a certificate"}, "trust.bundles.alice.pem: 'not a certificate' does not match"),
    (NODE, "prometheusRule.runbookUrl", "docs/runbook.md", "prometheusRule.runbookUrl: 'docs/runbook.md' does not match"),
    (NODE, "prometheusRule.runbookUrl", "https://spud.example.org/#a", "prometheusRule.runbookUrl: "),
    (NODE, "tls.certManager.enabled", True, "tls.certManager.issuerRef.name: '' "),
    (NODE, "tls.certManager.duration", "30d", "tls.certManager.duration: '30d' does not match"),
    (NODE, "persistence.accessModes", ["ReadWriteMany"], "persistence.accessModes.0: 'ReadWriteMany' is not one of"),
    (NODE, "persistence.size", "100 GB", "persistence.size: '100 GB' does not match"),
    (NODE, "persistence.whenDeleted", "Recycle", "persistence.whenDeleted: 'Recycle' is not one of"),
    (NODE, "replicas", 2, "replicas: 2 is greater than the maximum of 1"),
    (NODE, "updateStrategy", "Recreate", "updateStrategy: 'Recreate' is not one of"),
    (NODE, "runAsUser", 0, "runAsUser: 0 is less than the minimum of 1"),
    (NODE, "podDisruptionBudget.maxUnavailable", 2, "podDisruptionBudget.maxUnavailable: 2 is not one of"),
    (NODE, "image.digest", "sha256:abc", "image.digest: 'sha256:abc' does not match"),
    (NODE, "image.pullPolicy", "Sometimes", "image.pullPolicy: 'Sometimes' is not one of"),
    (NODE, "serviceMonitor.interval", "often", "serviceMonitor.interval: 'often' does not match"),
    (NODE, "test.device", "demo", "test.deviceDigest: '' "),
    (SCHEDULER, "scheduler.address", "elsewhere:7100", "scheduler.address: '' was expected"),
    (SCHEDULER, "stock.existingSecret", "stock", "stock.existingSecret: '' was expected"),
    (SCHEDULER, "config.slots", 3, "'slots' was unexpected"),
    (DEALER, "scheduler.identity", "", "scheduler.identity: '' "),
    (DEALER, "scheduler.address", "", "scheduler.address: '' "),
    (DEALER, "networkPolicy.scheduler", [], "networkPolicy.scheduler: [] "),
    (DEALER, "stock.existingSecret", "stock", "stock.existingSecret: '' was expected"),
    (DEALER, "config.threads", 3, "'threads' was unexpected"),
    # What ends well or begins well is not enough.
    (NODE, "domain", "Nonsense domain !!a", "domain: 'Nonsense domain !!a' does not match"),
    (NODE, "nameOverride", "a b", "nameOverride: 'a b' does not match"),
    (NODE, "fullnameOverride", "UPPER case", "fullnameOverride: 'UPPER case' does not match"),
    (NODE, "image.digest", f"@@sha256:{'0' * 64}", "image.digest: '@@sha256:"),
    (NODE, "image.tag", "a tag", "image.tag: 'a tag' does not match"),
    (NODE, "image.repository", "my image", "image.repository: 'my image' does not match"),
    (NODE, "image.pullSecrets", [""], "image.pullSecrets.0: ''"),
    (NODE, "test.deviceDigest", f"zz{'0' * 64}", "test.deviceDigest: 'zz000"),
    (NODE, "advertise", "x:99999", "advertise: 'x:99999' is not valid"),
    (NODE, "advertise", "x:07100", "advertise: 'x:07100' is not valid"),
    (NODE, "scheduler.address", "x:0", "scheduler.address: 'x:0' is not valid"),
    (NODE, "scheduler.address", "x:65536", "scheduler.address: 'x:65536' is not valid"),
    (NODE, "clusterDomain", "http://x", "clusterDomain: 'http://x' does not match"),
    (NODE, "networkPolicy.nodes", [{"ipBlock": {"cidr": "999.0.0.1/99"}}], "ipBlock.cidr: '999.0.0.1/99' does not match"),
    (NODE, "networkPolicy.nodes", [{"ipBlock": {"cidr": "10.0.0.0/33"}}], "ipBlock.cidr: '10.0.0.0/33' does not match"),
    (NODE, "networkPolicy.nodes", [{"ipBlock": {"cidr": "2001:db8::/129"}}], "ipBlock.cidr: '2001:db8::/129' does not match"),
    (NODE, "networkPolicy.nodes", [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["some"]}}], "ipBlock.except.0: 'some' does not match"),
    (NODE, "networkPolicy.nodes", [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}], "networkPolicy.nodes.0: {'ipBlock'"),
    (NODE, "networkPolicy.nodes", [{"podSelector": {"matchLabel": {"a": "b"}}}], "'matchLabel' was unexpected"),
    (NODE, "networkPolicy.nodes", [{"podSelector": {"matchLabels": {"a": 1}}}], "podSelector.matchLabels.a: 1 is not of type 'string'"),
    (NODE, "networkPolicy.dns", [{"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "in"}]}}], "operator: 'in' is not one of"),
    (NODE, "externalService.loadBalancerSourceRanges", ["everywhere"], "loadBalancerSourceRanges.0: 'everywhere' does not match"),
    (NODE, "externalService.nodePort", 80, "externalService.nodePort: 80 is not valid"),
    (NODE, "externalService.nodePort", 65536, "externalService.nodePort: 65536 is not valid"),
    (NODE, "resources.limits", {"memroy": "4Gi"}, "resources.limits: 'memroy' does not match"),
    (NODE, "resources.requests.memory", "4GB", "resources.requests.memory: '4GB' does not match"),
    (NODE, "resources.limits.cpu", "two", "resources.limits.cpu: 'two' does not match"),
    (NODE, "persistence.size", "0", "persistence.size: '0' does not match"),
    (NODE, "persistence.size", "0.0Gi", "persistence.size: '0.0Gi' does not match"),
    (NODE, "tls.existingSecret", "My Secret", "tls.existingSecret: 'My Secret' does not match"),
    (NODE, "tls.certificateKey", "..", "tls.certificateKey: '..' does not match"),
    (NODE, "serviceAccount.name", "a b", "serviceAccount.name: 'a b' does not match"),
    (NODE, "extraEnv", [{"name": "A", "value": 1}], "extraEnv.0.value: 1 is not of type 'string'"),
    (NODE, "extraEnv", [{"name": "A", "vale": "1"}], "'vale' was unexpected"),
    # A number that begins with 0 is octal to helm, and decimal to the service.
    (NODE, "drainTimeout", "010m", "drainTimeout: '010m' does not match"),
    (NODE, "drainTimeout", "9" * 16 + "m", "drainTimeout: '9999999999999999m' does not match"),
    (NODE, "config.round_limit", "01h", "config.round_limit: '01h' does not match"),
    (NODE, "serviceMonitor.interval", "030s", "serviceMonitor.interval: '030s' does not match"),
    (NODE, "tls.certManager.duration", "0720h", "tls.certManager.duration: '0720h' does not match"),
    (NODE, "resources.limits.cpu", "0100m", "resources.limits.cpu: '0100m' does not match"),
]


@pytest.mark.parametrize("values, path, value, message", REFUSED, ids=[f"{v['role']}-{p}-{str(x)[:20]}" for v, p, x, _ in REFUSED])
def test_nonsense_is_refused(values, path, value, message):
    assert problems(values) == []
    said = problems(with_value(values, path, value))
    assert any(message in line for line in said), said


TAKEN = [
    ("domain", ""),
    ("domain", "spud.example.org"),
    ("advertise", "x:65535"),
    ("advertise", "[2001:db8::1]:1"),
    ("clusterDomain", "cluster-1.example.org"),
    ("drainTimeout", "0s"),
    ("drainTimeout", "3600000ms"),
    ("tls.certManager.duration", "1h0m0s"),
    ("tls.certificateKey", ".dockerconfigjson"),
    ("persistence.size", "0.5Ti"),
    ("persistence.size", "20"),
    ("resources.limits", {"cpu": 1.5, "memory": 4294967296, "hugepages-2Mi": "64Mi", "example.org/device": "1"}),
    ("resources.limits", {"cpu": "0.5", "memory": "1.5Gi", "ephemeral-storage": "1e9"}),
    ("externalService.loadBalancerSourceRanges", ["0.0.0.0/0", "255.255.255.255/32", "::/0", "2001:db8::/32", "fd00:1:2:3:4:5:6:7/128"]),
    ("networkPolicy.nodes", [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]),
    ("networkPolicy.nodes", [{"podSelector": {}, "namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}}]),
    ("networkPolicy.nodes", [{"podSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}]),
    ("image.repository", "registry.example.org:5000/Mixed/spud"),
    ("extraEnv", [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}]),
]


@pytest.mark.parametrize("path, value", TAKEN, ids=[f"{path}-{str(value)[:20]}" for path, value in TAKEN])
def test_what_the_cluster_takes_is_taken(path, value):
    assert problems(with_value(NODE, path, value)) == []


def patterns(part):
    if isinstance(part, dict):
        yield from ([part["pattern"]] if isinstance(part.get("pattern"), str) else [])
        part = part.values()
    for one in part if not isinstance(part, (str, bool, int)) else ():
        yield from patterns(one)


def test_patterns_hold_at_both_ends():
    """`^$|x$` holds at one end only: its second half takes whatever ends in x."""
    for pattern in patterns(schema()):
        if pattern == "-----BEGIN CERTIFICATE-----":
            continue
        assert pattern.startswith("^") and pattern.endswith("$"), pattern
        # What is left of it when everything in parentheses is taken away, from the inside.
        outer = re.sub(r"\\.|\[[^\]]*\]", "", pattern)
        while outer != (outer := re.sub(r"\([^()]*\)", "", outer)):
            pass
        assert "|" not in outer, pattern


def test_without_a_network_policy_nobody_need_be_listed():
    open_node = merged(NODE, {"networkPolicy": {"enabled": False, "scheduler": []}})
    assert problems(open_node) == []


def test_a_dealer_may_be_without_a_scheduler():
    alone = merged(DEALER, {"scheduler": {"address": "", "identity": ""}, "networkPolicy": {"scheduler": []}})
    assert problems(alone) == []


def keys_of(section, prefix=""):
    """Keys of a configuration with dots, from its schema."""
    keys = set()
    for key, one in section["properties"].items():
        keys |= keys_of(one, f"{prefix}{key}.") if "properties" in one else {prefix + key}
    return keys


def keys_that_the_binary_has(binary, role):
    explained = subprocess.run([binary, role, "--explain-config"], capture_output=True, text=True, timeout=60, check=True).stdout
    # What has no default stands there as a comment.
    live = re.sub(r"^( *)# ([a-z_]+:( |$))", r"\1\2", explained, flags=re.MULTILINE)

    def names(section, prefix=""):
        for key, value in section.items():
            yield from names(value, f"{prefix}{key}.") if isinstance(value, dict) else [prefix + key]

    return set(names(yaml.safe_load(live)))


SET_BY_THE_CHART = {
    *("name", "party", "listen", "advertise", "data", "drain_timeout", "operations.listen"),
    *("tls.certificate", "tls.key", "tls.bundles", "scheduler", "scheduler_identity", "stock.keys"),
}


@pytest.mark.parametrize("role", ["scheduler", "node", "dealer"])
def test_config_takes_every_key_of_the_binary_and_no_other(binary, role):
    has = keys_that_the_binary_has(binary, role)
    assert "listen" in has and "log.level" in has
    assert keys_of(schema()["definitions"][f"{role}Config"]) == has - SET_BY_THE_CHART
