# SPDX-License-Identifier: Apache-2.0
"""The configuration that the chart writes, in the real binary: it is taken, and the ports it opens are those of services and policies.

Each service has a network of its own, so that it can take the very ports of its configuration.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chart import CHART, Release
from cluster import Pki

pytestmark = pytest.mark.long

CERTIFICATE_ROLES = {"scheduler": "scheduler", "node": "compute", "dealer": "dealer"}


@pytest.fixture(scope="module")
def pki(binary, tmp_path_factory):
    return Pki(binary, tmp_path_factory.mktemp("keys"))


def prepared(release, tls, bundle, stock, folder):
    """The configuration as a file, and the environment that says where this machine has what pods mount."""
    file = folder / f"{release.role}.yaml"
    file.write_text(release.configuration_text)
    prefix = f"SPUD_{release.role.upper()}_"
    environment = {
        prefix + "DATA": str(folder / "data"),
        prefix + "TLS_CERTIFICATE": str(tls / "certificate.pem"),
        prefix + "TLS_KEY": str(tls / "key.pem"),
        prefix + "TLS_BUNDLES": str(bundle),
    }
    if "keys" in release.configuration.get("stock", {}):
        environment[prefix + "STOCK_KEYS"] = ",".join(map(str, stock))
    return file, {**os.environ, **environment}


def check(binary, release, file, environment):
    done = subprocess.run([binary, release.role, "--config", file, "--check-config"], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr


def serve(binary, release, file, environment):
    """Starts the service in a network of its own; answers its exit code, what it answered, and its listening ports."""
    command = [sys.executable, Path(__file__).parent / "in_own_network.py", binary, release.role, file, release.container_ports()["operations"]]
    unshared = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    done = subprocess.run([*unshared, *map(str, command)], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def stock_keys(pki, folder):
    keys = [folder / "new.key", folder / "old.key"]
    for key in keys:
        pki.spud("stock", "--out", key)
    return keys


@pytest.fixture
def files(pki, release, tmp_path):
    authority, tls = pki.folder / release.values["party"], tmp_path / "tls"
    pki.spud("issue", "--ca", authority, "--role", CERTIFICATE_ROLES[release.role], "--name", release.values["name"], "--out", tls)
    return prepared(release, tls, pki.bundle, stock_keys(pki, tmp_path), tmp_path)


def test_the_binary_takes_the_configuration(binary, release, files):
    check(binary, release, *files)


def test_the_ports_it_opens_are_those_of_services_and_policies(binary, release, files):
    served = serve(binary, release, *files)
    ports = release.container_ports()
    assert served["healthz"] == 200
    assert set(served["listening"]) == set(ports.values())
    assert served["code"] == 0, served["stderr"]
    if release.values["networkPolicy"]["enabled"]:
        let_in = {port["port"] for rule in release.policy["spec"]["ingress"] for port in rule["ports"]}
        assert let_in <= set(served["listening"])


def openssl(*arguments, stdin=None):
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("with_chain", [False, True])
def test_a_certificate_as_cert_manager_makes_it_is_taken(binary, pki, tmp_path, with_chain):
    """The very names, usages and key of the Certificate object, signed by a CA that was not made by `spud keys`. Some issuers (step-ca)
    write their own certificate behind it."""
    release = Release(CHART / "ci/node-everything-values.yaml")
    asked = release.one("Certificate")["spec"]
    authority = tmp_path / "authority"
    authority.mkdir()
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *curve, "-subj", "/CN=bob", "-days", "10", "-keyout", authority / "ca.key", "-out", authority / "ca.crt",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
    tls = tmp_path / "tls"
    (tls / "bundle").mkdir(parents=True)
    openssl("req", *curve, "-subj", f"/CN={asked['commonName']}", "-keyout", tls / "key.pem", "-out", tmp_path / "request.pem")
    (tls / "key.pem").chmod(0o440)
    usages = {"digital signature": "digitalSignature", "server auth": "serverAuth", "client auth": "clientAuth"}
    names = [usages[usage] for usage in asked["usages"]]
    (tmp_path / "extensions").write_text(
        "basicConstraints=critical,CA:FALSE\nauthorityKeyIdentifier=keyid\n"
        f"keyUsage=critical,{names[0]}\nextendedKeyUsage={','.join(names[1:])}\nsubjectAltName=URI:{asked['uris'][0]}\n"
    )
    openssl("x509", "-req", "-in", tmp_path / "request.pem", "-CA", authority / "ca.crt", "-CAkey", authority / "ca.key", "-days", "5",
            "-extfile", tmp_path / "extensions", "-out", tls / "certificate.pem")  # fmt: skip
    if with_chain:
        with (tls / "certificate.pem").open("a") as file:
            file.write((authority / "ca.crt").read_text())
    domain = asked["uris"][0].split("/")[2]
    (tls / "bundle/bob.pem").write_text(f"party: bob\ndomain: {domain}\n{(authority / 'ca.crt').read_text()}")
    (tls / "bundle/operator.pem").write_text((pki.bundle / "operator.pem").read_text())
    check(binary, release, *prepared(release, tls, tls / "bundle", stock_keys(pki, tmp_path), tmp_path))
