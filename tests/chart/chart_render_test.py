# SPDX-License-Identifier: Apache-2.0
"""What helm makes of the chart, for every values file: each promise of the chart's README is an assertion here."""

import json
import re

import pytest
import yaml

from chart import CHART, CUSTOM, NAMESPACE, RELEASE, VALUES_FILES, Release, helm, merged, refusal, render, standard_values, values_of, with_value

pytestmark = pytest.mark.long

NODE = values_of(CHART / "ci/node-values.yaml")
APP_VERSION = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
KINDS = {"ConfigMap", "Service", "ServiceAccount", "StatefulSet", "NetworkPolicy", "PodDisruptionBudget", "Pod"}


@pytest.mark.parametrize("file", VALUES_FILES, ids=lambda file: file.stem)
def test_helm_lint_finds_nothing(file):
    done = helm("lint", CHART, "--strict", "--values", file)
    assert done.returncode == 0, done.stdout + done.stderr


# ---- what is refused


def test_refusals_of_the_schema_reach_whoever_installs():
    for path, value, message in [
        ("role", "client", "role"),
        ("drainTimeout", "soon", "drainTimeout"),
        # Octal to helm: the grace period would be 8 minutes.
        ("drainTimeout", "010m", "drainTimeout"),
        ("networkPolicy.scheduler", [], "networkPolicy"),
        ("rolle", "node", "rolle"),
        ("config.listen", "0.0.0.0:1", "listen"),
        ("advertise", "", "advertise"),
    ]:
        assert message in refusal(with_value(NODE, path, value))


REFUSED = [
    ({"tls": {"existingSecret": ""}}, "tls: there is no certificate; set tls.existingSecret to a Secret with the certificate and key of spiffe://alice.spud/spud/compute/alice-0"),
    ({"tls": {"certManager": {"enabled": True, "issuerRef": {"name": "x"}}}}, "tls: both existingSecret and certManager.enabled are set"),
    ({"trust": {"existingSecret": ""}}, "trust: 0 of bundles, existingConfigMap and existingSecret are set"),
    ({"trust": {"existingConfigMap": "b"}}, "trust: 2 of bundles, existingConfigMap and existingSecret are set"),
    ({"drainTimeout": "61m"}, "drainTimeout: 61m is more than 1h"),
    ({"podMonitor": {"enabled": True}}, "serviceMonitor and podMonitor are both enabled"),
    ({"networkPolicy": {"prometheus": []}}, "networkPolicy.prometheus: it is empty and a monitor is enabled"),
    ({"operationsPort": 7100}, "port and operationsPort are both 7100"),
]


@pytest.mark.parametrize("change, message", REFUSED, ids=[message[:40] for _, message in REFUSED])
def test_what_does_not_go_together_is_refused(change, message):
    assert message in refusal(merged(NODE, change))


@pytest.mark.parametrize(
    "duration, before, message",
    [
        ("59m", "10m", "tls.certManager.duration: 59m is less than 1h"),
        ("0h3599s", "10m", "tls.certManager.duration: 0h3599s is less than 1h"),
        ("2h", "2h", "tls.certManager.renewBefore: 2h is not less than duration, 2h"),
        ("2h30m", "151m", "tls.certManager.renewBefore: 151m is not less than duration, 2h30m"),
        ("2h", "299s", "tls.certManager.renewBefore: 299s is less than 5m"),
    ],
)
def test_what_cert_manager_refuses_is_refused(everything, duration, before, message):
    asked = {"certManager": {"duration": duration, "renewBefore": before}}
    assert message in refusal(merged(everything.values, {"tls": asked}))


def test_durations_of_several_units_are_taken(everything):
    asked = {"certManager": {"duration": "1h", "renewBefore": "59m59s"}}
    (certificate,) = [one for one in render(merged(everything.values, {"tls": asked})) if one["kind"] == "Certificate"]
    assert (certificate["spec"]["duration"], certificate["spec"]["renewBefore"]) == ("1h", "59m59s")


@pytest.mark.parametrize("value, key", [("certificateKey", "tls.crt"), ("privateKeyKey", "tls.key")])
def test_keys_that_cert_manager_does_not_write_are_refused(everything, value, key):
    assert f"tls.{value}: it is mine.pem; cert-manager writes {key}" in refusal(with_value(everything.values, f"tls.{value}", "mine.pem"))


def test_a_test_without_a_scheduler_is_refused():
    alone = values_of(CHART / "ci/dealer-alone-values.yaml")
    assert "there is no scheduler to ask" in refusal(merged(alone, {"test": {"existingSecret": "c"}}))


# ---- objects


def test_no_secret_is_made(release):
    assert release.all("Secret") == []
    assert {one["kind"] for one in release.objects} <= KINDS | CUSTOM


def test_objects_have_names_labels_and_the_namespace(release):
    for one in release.objects:
        assert one["metadata"]["namespace"] == NAMESPACE
        assert len(one["metadata"]["name"]) <= 63
        assert one["metadata"]["labels"]["app.kubernetes.io/instance"] == RELEASE
    names = [(one["kind"], one["metadata"]["name"]) for one in release.objects]
    assert len(names) == len(set(names))


def test_long_names_fit(release):
    long_name = "a" * 53
    done = helm("template", long_name, CHART, "--values", release.file)
    assert done.returncode == 0, done.stderr
    for one in yaml.safe_load_all(done.stdout):
        assert len(one["metadata"]["name"]) <= 63


def test_names_that_look_like_numbers_stay_names():
    """YAML would take them for numbers, and the API server would refuse those."""
    everything = values_of(CHART / "ci/node-everything-values.yaml")
    odd = {"name": "007", "party": "1e3", "priorityClassName": "1", "persistence": {"storageClass": "2"}, "stock": {"existingSecret": "3"},
           "test": {"existingSecret": "4"}, "image": {"pullSecrets": ["5"]}, "tls": {"certManager": {"issuerRef": {"name": "6"}}},
           "nameOverride": "7"}  # fmt: skip
    done = helm("template", "1234", CHART, "--values", "-", stdin=json.dumps(merged(everything, odd)))
    assert done.returncode == 0, done.stderr

    def check(place, path):
        for key, value in place.items() if isinstance(place, dict) else enumerate(place) if isinstance(place, list) else ():
            if isinstance(key, str) and ("name" in key.lower() or path.endswith(("labels", "matchLabels"))):
                assert not isinstance(value, (int, float)), f"{path}.{key}: {value}"
            check(value, f"{path}.{key}")

    objects = [one for one in yaml.safe_load_all(done.stdout) if one]
    check(objects, "")
    (config,) = [one for one in objects if one["kind"] == "ConfigMap" and "node.yaml" in one["data"]]
    read = yaml.safe_load(config["data"]["node.yaml"])
    assert (read["name"], read["party"]) == ("007", "1e3")


def test_what_a_stateful_set_cannot_change_follows_no_version(release):
    spec = release.stateful_set["spec"]
    (claim,) = spec["volumeClaimTemplates"]
    for labels in (spec["selector"]["matchLabels"], claim["metadata"]["labels"]):
        assert set(labels) == {"app.kubernetes.io/name", "app.kubernetes.io/instance"}
    assert set(spec["selector"]["matchLabels"].items()) <= set(release.pod["metadata"]["labels"].items())


def test_one_pod_at_most(release):
    spec = release.stateful_set["spec"]
    assert spec["replicas"] == release.values["replicas"] <= 1
    assert spec["podManagementPolicy"] == "Parallel"
    assert spec["updateStrategy"] == {"type": release.values["updateStrategy"]}
    assert spec["serviceName"] == release.one("Service", "-headless")["metadata"]["name"]


def test_volumes_stay_unless_told_otherwise(release):
    spec, persistence = release.stateful_set["spec"], release.values["persistence"]
    assert spec["persistentVolumeClaimRetentionPolicy"] == {key: persistence[key] for key in ("whenDeleted", "whenScaled")}
    claim = spec["volumeClaimTemplates"][0]["spec"]
    assert claim["resources"]["requests"]["storage"] == persistence["size"]
    assert claim["accessModes"] == persistence["accessModes"]
    assert claim.get("storageClassName", "") == persistence["storageClass"]


def test_the_standard_keeps_volumes():
    spec = Release(CHART / "ci/node-values.yaml").stateful_set["spec"]
    assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}


# ---- the pod


def test_the_pod_meets_pod_security_restricted(release):
    for pod in [release.pod, *release.all("Pod")]:
        spec = pod["spec"]
        assert not any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC"))
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"].get("runAsUser", 1) > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        assert "initContainers" not in spec
        for volume in spec["volumes"]:
            assert set(volume) - {"name"} <= {"configMap", "secret", "emptyDir"}
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert not any("hostPort" in port for port in container.get("ports", []))
            assert container["resources"]["limits"]["memory"]
            assert container["resources"]["requests"]


def test_users_are_the_clusters_where_null_says_so():
    alone = Release(CHART / "ci/dealer-alone-values.yaml")
    assert set(alone.pod["spec"]["securityContext"]) == {"runAsNonRoot", "seccompProfile"}
    node = Release(CHART / "ci/node-values.yaml").pod["spec"]["securityContext"]
    assert node["runAsUser"] == node["runAsGroup"] == node["fsGroup"] == 10001


def test_users_are_those_of_the_values(release):
    for pod in [release.pod, *release.all("Pod")]:
        context, user = pod["spec"]["securityContext"], release.values.get("runAsUser")
        assert (context.get("runAsUser"), context.get("runAsGroup")) == (user, user)
        assert context.get("fsGroup") == release.values.get("fsGroup")


def test_the_account_has_no_token(release):
    create = release.values["serviceAccount"]["create"]
    accounts = release.all("ServiceAccount")
    assert len(accounts) == int(create)
    for account in accounts:
        assert account["automountServiceAccountToken"] is False
    name = release.values["serviceAccount"]["name"] or (release.name if create else "default")
    assert release.pod["spec"]["serviceAccountName"] == name
    for account in accounts:
        assert account["metadata"]["name"] == name
        assert account["metadata"].get("annotations", {}) == release.values["serviceAccount"]["annotations"]


def test_only_the_volume_and_nothing_else_can_be_written(release):
    writable = [mount["mountPath"] for mount in release.container["volumeMounts"] if not mount.get("readOnly")]
    assert writable == ["/var/lib/spud"]
    assert release.configuration["data"].startswith("/var/lib/spud/")


def test_probes_stand_apart(release):
    container, probes = release.container, release.values["probes"]
    get = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}
    assert get["readiness"] == {"path": "/readyz", "port": "operations"}
    # Liveness depends on nothing but the process: /healthz looks at nothing.
    assert get["startup"] == get["liveness"] == {"path": "/healthz", "port": "operations"}
    for kind in get:
        has = {key: container[f"{kind}Probe"][key] for key in ("periodSeconds", "failureThreshold")}
        assert has == probes[kind]


def test_probes_are_not_taken_for_each_other(everything):
    """Numbers that differ from each other and from every default."""
    standard = standard_values()["probes"]
    numbers = [number for kind in everything.values["probes"].values() for number in kind.values()]
    assert len(numbers) == len(set(numbers)) == 6
    assert not set(numbers) & {number for kind in standard.values() for number in kind.values()}


def seconds(duration):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m|h)", duration).groups()
    return int(number) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[unit]


def test_the_grace_period_is_longer_than_draining(release):
    drain = release.configuration["drain_timeout"]
    assert drain == release.values["drainTimeout"]
    grace = release.pod["spec"]["terminationGracePeriodSeconds"]
    assert seconds(drain) + 15 <= grace <= seconds(drain) + 16
    # SIGTERM drains by itself; a hook would only delay it.
    assert "lifecycle" not in release.container


def test_a_changed_configuration_rolls_the_pod(release):
    before = release.pod["metadata"]["annotations"]
    changed = render(release.file, "--set", "config.heartbeat_interval=2s", "--set", "config.peer_silence_limit=20s")
    (after,) = [one["spec"]["template"]["metadata"]["annotations"] for one in changed if one["kind"] == "StatefulSet"]
    assert before["checksum/config"] != after["checksum/config"]
    again = Release(release.file).pod["metadata"]["annotations"]
    assert again == before


def test_changed_bundles_do_not_roll_the_pod(everything):
    """The process takes them while it runs."""
    new = with_value(everything.values, "trust.bundles", {"bob.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"})
    (after,) = [one["spec"]["template"] for one in render(new) if one["kind"] == "StatefulSet"]
    assert after == everything.pod
    # What is mounted by subPath kubelet never replaces.
    assert all("subPath" not in mount for mount in everything.container["volumeMounts"])


def test_services_are_spread(release):
    constraints = release.pod["spec"].get("topologySpreadConstraints", [])
    assert len(constraints) == len(release.values["topologySpreadConstraints"])
    for constraint in constraints:
        assert set(constraint["labelSelector"]["matchLabels"].items()) <= set(release.pod["metadata"]["labels"].items())


def test_the_image_is_named_by_digest_or_tag(release):
    image = release.values["image"]
    name = release.container["image"]
    assert name.startswith("registry.example.org/spud")
    assert name.endswith(f"@{image['digest']}" if image["digest"] else f":{image['tag'] or APP_VERSION}")


def test_everything_that_can_be_set_reaches_the_pod(everything):
    spec, values = everything.pod["spec"], everything.values
    for key in ("nodeSelector", "tolerations", "affinity", "priorityClassName"):
        assert spec[key] == values[key]
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert everything.container["env"] == values["extraEnv"]
    assert everything.container["resources"] == values["resources"]
    assert everything.pod["metadata"]["labels"]["team"] == "privacy"
    assert everything.pod["metadata"]["annotations"]["example.org/note"] == "hello"
    assert everything.one("PodDisruptionBudget")["spec"]["maxUnavailable"] == 0


def test_a_budget_of_none_holds_while_the_pod_is_not_ready(release):
    for budget in release.all("PodDisruptionBudget"):
        most = release.values["podDisruptionBudget"]["maxUnavailable"]
        assert (budget["spec"]["maxUnavailable"], budget["spec"]["unhealthyPodEvictionPolicy"]) == (most, "AlwaysAllow" if most else "IfHealthyBudget")


def test_environment_of_other_services_stays_outside(release):
    assert release.pod["spec"]["enableServiceLinks"] is False


# ---- keys


def test_keys_come_from_secrets_and_are_not_open_to_everyone(release):
    volumes = {volume["name"]: volume for volume in release.pod["spec"]["volumes"]}
    secret = volumes["tls"]["secret"]
    tls = release.values["tls"]
    assert secret["secretName"] == tls["existingSecret"] or tls["certManager"]["enabled"]
    assert [item["key"] for item in secret["items"]] == [tls["certificateKey"], tls["privateKeyKey"]]
    for name in ("tls", "stock"):
        if name in volumes:
            assert volumes[name]["secret"]["defaultMode"] == 0o440
    assert ("stock" in volumes) == bool(release.values["stock"]["existingSecret"])


def test_every_file_of_the_configuration_is_mounted(release):
    """Each path of the configuration lies in a volume that has it."""
    mounts = {mount["mountPath"]: mount["name"] for mount in release.container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in release.pod["spec"]["volumes"]}
    config = release.configuration
    for path in [config["tls"]["certificate"], config["tls"]["key"], *config.get("stock", {}).get("keys", [])]:
        folder, _, file = path.rpartition("/")
        assert file in [item["path"] for item in volumes[mounts[folder]]["secret"]["items"]]
    assert config["tls"]["bundles"] in mounts
    config_file = release.container["args"][-1]
    assert release.container["args"] == [release.role, "--config", config_file]
    assert config_file == f"/etc/spud/config/{release.role}.yaml" and "/etc/spud/config" in mounts


def test_a_certificate_asks_for_what_peers_demand(everything):
    certificate = everything.one("Certificate")["spec"]
    assert certificate["uris"] == ["spiffe://spud.bob.example.org/spud/compute/bob-1"]
    assert set(certificate["usages"]) == {"digital signature", "server auth", "client auth"}
    assert certificate["isCA"] is False and "dnsNames" not in certificate
    assert certificate["issuerRef"] == {"name": "bob-authority", "kind": "StepClusterIssuer", "group": "certmanager.step.sm"}
    assert (certificate["duration"], certificate["renewBefore"]) == ("720h", "240h")
    (tls,) = [volume for volume in everything.pod["spec"]["volumes"] if volume["name"] == "tls"]
    assert certificate["secretName"] == tls["secret"]["secretName"] == "bob-1-tls"


def test_bundles_reach_the_process(release):
    (trust,) = [volume for volume in release.pod["spec"]["volumes"] if volume["name"] == "trust"]
    wanted = release.values["trust"]
    if wanted["bundles"]:
        made = release.one("ConfigMap", "-trust")
        assert trust["configMap"]["name"] == made["metadata"]["name"]
        assert {file: text.strip() for file, text in made["data"].items()} == {file: text.strip() for file, text in wanted["bundles"].items()}
    elif wanted["existingConfigMap"]:
        assert trust["configMap"]["name"] == wanted["existingConfigMap"]
    else:
        assert trust["secret"]["secretName"] == wanted["existingSecret"]


# ---- configuration


def test_configuration_has_what_config_says(release):
    config = release.configuration

    def check(wanted, has):
        for key, value in wanted.items():
            if isinstance(value, dict):
                check(value, has[key])
            else:
                assert has[key] == value

    check(release.values["config"], config)


@pytest.mark.parametrize("cpu, threads", [("2500m", 2), ("500m", 1), ("4", 4), (3, 3), (1.5, 1)])
def test_threads_follow_the_cpu_limit(cpu, threads):
    values = with_value(NODE, "resources.limits.cpu", cpu)
    (config,) = [one for one in render(values) if one["kind"] == "ConfigMap" and "node.yaml" in one["data"]]
    assert yaml.safe_load(config["data"]["node.yaml"])["threads"] == threads


def test_threads_can_be_set(everything):
    assert everything.configuration["threads"] == 2
    values = with_value(everything.values, "config.threads", 7)
    (config,) = [one for one in render(values) if one["kind"] == "ConfigMap" and "node.yaml" in one["data"]]
    assert yaml.safe_load(config["data"]["node.yaml"])["threads"] == 7
    assert "threads" not in Release(CHART / "ci/node-values.yaml").configuration


# ---- services and policies


def test_services_lead_to_the_ports_of_the_configuration(release):
    config, ports = release.configuration, release.container_ports()
    assert ports == {"spud": int(config["listen"].split(":")[1]), "operations": int(config["operations"]["listen"].split(":")[1])}
    for service in release.all("Service"):
        spec = service["spec"]
        # Readiness is for people: peers go on reaching a node whose scheduler is away.
        assert spec["publishNotReadyAddresses"] is True
        assert set(spec["selector"].items()) <= set(release.pod["metadata"]["labels"].items())
        for port in spec["ports"]:
            assert port["targetPort"] == port["name"] and port["name"] in ports
    headless = release.one("Service", "-headless")["spec"]
    assert headless["clusterIP"] == "None"
    assert {port["name"]: port["port"] for port in headless["ports"]} == ports


def test_metrics_do_not_leave_the_cluster(release):
    external = release.values["externalService"]
    outside = [one for one in release.all("Service") if one["spec"].get("clusterIP") != "None"]
    assert len(outside) == int(external["enabled"])
    for service in outside:
        assert service["spec"]["type"] == external["type"]
        (port,) = service["spec"]["ports"]
        assert (port["name"], port["port"], port.get("nodePort", 0)) == ("spud", external["port"], external["nodePort"])
        assert service["metadata"].get("annotations", {}) == external["annotations"]
        assert service["spec"]["externalTrafficPolicy"] == external["externalTrafficPolicy"]
        assert service["spec"].get("loadBalancerClass", "") == external["loadBalancerClass"]
        assert service["spec"].get("loadBalancerSourceRanges", []) == external["loadBalancerSourceRanges"]


def test_others_are_told_a_name_that_leads_here(release):
    advertised = release.configuration["advertise"]
    if release.values["advertise"]:
        assert advertised == release.values["advertise"]
    else:
        headless = release.one("Service", "-headless")["metadata"]["name"]
        assert advertised == f"{headless}.{NAMESPACE}.svc.{release.values['clusterDomain']}:{release.container_ports()['spud']}"


def flows(rules, side):
    """Pairs of a peer, as text, and a port."""
    return {
        (yaml.safe_dump(peer), port["port"], port["protocol"]) for rule in rules for peer in rule[side] for port in rule["ports"]
    }


def wanted(peers, *ports, protocols=("TCP",)):
    return {(yaml.safe_dump(peer), port, protocol) for peer in peers for port in ports for protocol in protocols}


def test_the_network_policy_lets_through_what_the_role_needs_and_nothing_else(release):
    policy = release.values["networkPolicy"]
    if not policy["enabled"]:
        assert release.all("NetworkPolicy") == []
        return
    spec = release.policy["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert set(spec["podSelector"]["matchLabels"].items()) <= set(release.pod["metadata"]["labels"].items())
    # A rule without peers or ports would be open to all.
    for side, rules in (("from", spec["ingress"]), ("to", spec["egress"])):
        for rule in rules:
            assert set(rule) == {side, "ports"} and rule[side] and rule["ports"]

    port, operations = release.container_ports()["spud"], release.container_ports()["operations"]
    callers = {
        "scheduler": ("nodes", "dealers", "clients"),
        "node": ("scheduler", "nodes", "clients"),
        "dealer": ("nodes",),
    }[release.role]
    came = wanted([peer for kind in callers for peer in policy[kind]], port) | wanted(policy["prometheus"], operations)
    if release.values["test"]["existingSecret"]:
        (pod,) = release.all("Pod")
        came |= wanted([{"podSelector": {"matchLabels": pod["metadata"]["labels"]}}], port)
    assert flows(spec["ingress"], "from") == came

    goes = wanted(policy["dns"], *policy["dnsPorts"], protocols=("UDP", "TCP"))
    if release.role != "scheduler" and policy["scheduler"]:
        ports = policy["schedulerPorts"] or [int(release.configuration["scheduler"].rpartition(":")[2])]
        goes |= wanted(policy["scheduler"], *ports)
    if release.role != "dealer":
        goes |= wanted(policy["nodes"], *policy["nodePorts"])
    if release.role == "node":
        goes |= wanted(policy["dealers"], *policy["dealerPorts"])
    assert flows(spec["egress"], "to") == goes


def test_the_client_of_helm_test_reaches_the_scheduler_and_the_nodes_of_its_device(release):
    values, policy = release.values, release.values["networkPolicy"]
    found = [one for one in release.all("NetworkPolicy") if one["metadata"]["name"] == f"{release.name}-test"]
    if not (policy["enabled"] and values["test"]["existingSecret"]):
        assert found == []
        return
    (made,) = found
    (pod,) = release.all("Pod")
    spec = made["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"] and spec["ingress"] == []
    assert spec["podSelector"]["matchLabels"] == pod["metadata"]["labels"]
    assert all(set(rule) == {"to", "ports"} and rule["to"] and rule["ports"] for rule in spec["egress"])
    own = [{"podSelector": release.policy["spec"]["podSelector"]}]
    goes = wanted(policy["dns"], *policy["dnsPorts"], protocols=("UDP", "TCP"))
    if release.role == "scheduler":
        goes |= wanted(own, release.container_ports()["spud"])
    else:
        goes |= wanted(policy["scheduler"], *(policy["schedulerPorts"] or [int(values["scheduler"]["address"].rpartition(":")[2])]))
    if values["test"]["device"]:
        goes |= wanted(policy["nodes"], *policy["nodePorts"])
        if release.role == "node":
            goes |= wanted(own, release.container_ports()["spud"])
    assert flows(spec["egress"], "to") == goes


def test_dns_is_asked_where_the_cluster_has_it():
    """OpenShift's pods listen on a port that is not its Service's, and policies see ports of pods."""
    (to_dns,) = Release(CHART / "ci/dealer-alone-values.yaml").policy["spec"]["egress"]
    assert to_dns["ports"] == [{"port": 5353, "protocol": "UDP"}, {"port": 5353, "protocol": "TCP"}]
    # As after `helm upgrade --reuse-values` of a release that knew no such list.
    older = merged(values_of(CHART / "ci/dealer-alone-values.yaml"), {"networkPolicy": {"dnsPorts": None}})
    (policy,) = [one for one in render(older) if one["kind"] == "NetworkPolicy"]
    assert policy["spec"]["egress"][0]["ports"] == [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]


def test_there_is_a_policy_unless_somebody_takes_it_away():
    standard = yaml.safe_load((CHART / "values.yaml").read_text())
    assert standard["networkPolicy"]["enabled"] is True
    closed = merged(NODE, {"serviceMonitor": {"enabled": False}, "networkPolicy": {"nodes": [], "dealers": [], "clients": [], "prometheus": [], "dns": []}})
    (policy,) = [one for one in render(closed) if one["kind"] == "NetworkPolicy"]
    assert len(policy["spec"]["ingress"]) == 1 and len(policy["spec"]["egress"]) == 1


# ---- helm test


def test_helm_test_runs_the_script_as_a_client(release):
    pods = release.all("Pod")
    assert len(pods) == bool(release.values["test"]["existingSecret"])
    for pod in pods:
        files = release.one("ConfigMap", "-test")
        for hook in (pod, files):
            annotations = hook["metadata"]["annotations"]
            assert annotations["helm.sh/hook"] == "test"
            # hook-succeeded would take the pod away before `helm test --logs` has read what it wrote.
            assert annotations["helm.sh/hook-delete-policy"] == "before-hook-creation"
            # helm asks for the log of a pod for every hook, the ConfigMap too: by its name it finds the pod's.
            assert hook["metadata"]["name"] == f"{release.name}-test"
        # It must not be taken for the service.
        assert pod["metadata"]["labels"]["app.kubernetes.io/name"] != release.pod["metadata"]["labels"]["app.kubernetes.io/name"]
        assert files["data"]["run.sh"].strip() == (CHART / "files/test/run.sh").read_text().strip()
        assert set(files["binaryData"]) == {file.name for file in (CHART / "files/test").iterdir()} - {"run.sh"}
        context = yaml.safe_load(files["data"]["context.yaml"])
        config = release.configuration
        assert context["scheduler"] == config.get("scheduler", config["advertise"])
        assert context["scheduler_identity"] == config.get("scheduler_identity", "spiffe://operator.spud/spud/scheduler/scheduler")
