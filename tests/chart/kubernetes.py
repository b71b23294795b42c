# SPDX-License-Identifier: Apache-2.0
"""A Kubernetes without machines: etcd, a real API server, real controllers and scheduler, and kwok in place of kubelets."""

import json
import os
import socket
import subprocess

from chart import HELM, ROOT
from waiting import wait_until

BIN = ROOT / "build/tools/bin"
# Definitions of the kinds that cert-manager and Prometheus' operator bring into a cluster.
CRDS = ROOT / "build/tools/crds"
# An API server that starts on a busy machine.
START_SECONDS = 90
# What a rollout takes of objects that only pretend to run.
ROLLOUT_SECONDS = 60

NODE = """
apiVersion: v1
kind: Node
metadata:
  name: pretended
  annotations: {kwok.x-k8s.io/node: fake}
  labels: {kubernetes.io/hostname: pretended, kubernetes.io/arch: amd64, kubernetes.io/os: linux}
status:
  allocatable: {cpu: "64", memory: 256Gi, pods: "110"}
  capacity: {cpu: "64", memory: 256Gi, pods: "110"}
"""


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Kubernetes:
    """Starts all parts in `folder`; `stop` ends them."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = {}
        for name in ("kube", "kwok", "etcd"):
            assert (BIN / name).exists(), f"{BIN / name} is missing: run scripts/chart_tools.sh cluster"
        self.definitions = sorted(CRDS.glob("*.yaml"))
        assert self.definitions, f"{CRDS} is empty: run scripts/chart_tools.sh cluster"
        self.kubeconfig = folder / "kubeconfig"

    def start(self):
        etcd, peer, self.port, controllers, scheduler = free_ports(5)
        self.run("etcd", BIN / "etcd", "--data-dir", self.folder / "etcd", "--unsafe-no-fsync",
                 "--listen-client-urls", f"http://127.0.0.1:{etcd}", "--advertise-client-urls", f"http://127.0.0.1:{etcd}",
                 "--listen-peer-urls", f"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
                 "--initial-cluster", f"default=http://127.0.0.1:{peer}")  # fmt: skip
        key = self.folder / "accounts.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        tokens = self.folder / "tokens.csv"
        tokens.write_text("admin,admin,1,system:masters\n")
        certificates = self.folder / "certificates"
        # Debian's etcd is too old for watches that begin with a list; clients do without them when the server says so.
        self.run("apiserver", BIN / "kube", "apiserver", f"--etcd-servers=http://127.0.0.1:{etcd}", f"--secure-port={self.port}",
                 "--bind-address=127.0.0.1", f"--cert-dir={certificates}", f"--token-auth-file={tokens}", "--authorization-mode=RBAC", "--feature-gates=WatchList=false",
                 f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}",
                 "--service-account-issuer=https://kubernetes.default.svc", "--service-cluster-ip-range=10.96.0.0/16")  # fmt: skip
        cluster = {"server": f"https://127.0.0.1:{self.port}", "certificate-authority": str(certificates / "apiserver.crt")}
        self.kubeconfig.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "here", "cluster": cluster}],
                    "users": [{"name": "admin", "user": {"token": "admin"}}],
                    "contexts": [{"name": "here", "context": {"cluster": "here", "user": "admin"}}],
                    "current-context": "here",
                }
            )
        )
        wait_until(lambda: self.kubectl("get", "--raw", "/readyz", expect=None).returncode == 0, self.tail("apiserver"), START_SECONDS)
        self.run("controllers", BIN / "kube", "controller-manager", f"--kubeconfig={self.kubeconfig}", f"--secure-port={controllers}",
                 f"--service-account-private-key-file={key}", f"--root-ca-file={certificates / 'apiserver.crt'}",
                 "--leader-elect=false", f"--cert-dir={certificates}")  # fmt: skip
        self.run("scheduler", BIN / "kube", "scheduler", f"--kubeconfig={self.kubeconfig}", f"--secure-port={scheduler}",
                 "--leader-elect=false", f"--cert-dir={certificates}")  # fmt: skip
        self.run("kwok", BIN / "kwok", f"--kubeconfig={self.kubeconfig}", "--manage-all-nodes=true", "--node-lease-duration-seconds=40")
        for definition in self.definitions:
            self.apply(definition.read_text())
        self.kubectl("wait", "--for=condition=Established", f"--timeout={START_SECONDS}s", "customresourcedefinitions", "--all")
        self.apply(NODE)
        ready = '{.items[*].status.conditions[?(@.type=="Ready")].status}'
        wait_until(lambda: "True" in self.kubectl("get", "nodes", "-o", f"jsonpath={ready}").stdout, self.tail("kwok"), START_SECONDS)
        return self

    def run(self, name, *command):
        log = (self.folder / f"{name}.log").open("w")
        # Nothing of this machine's own cluster, if it has one.
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("KUBE", "HELM"))}
        self.processes[name] = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log, env=environment, cwd=self.folder)

    def tail(self, name):
        def last():
            return f"{name}: " + "\n".join((self.folder / f"{name}.log").read_text().splitlines()[-15:])

        return last

    def stop(self):
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in reversed(self.processes.values()):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def command(self, command, stdin, expect):
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("KUBE", "HELM"))}
        environment |= {"KUBECONFIG": str(self.kubeconfig), "HOME": str(self.folder)}
        done = subprocess.run([str(part) for part in command], input=stdin, capture_output=True, text=True, timeout=180, env=environment)
        assert expect is None or done.returncode == expect, f"{command}: {done.stdout}{done.stderr}"
        return done

    def kubectl(self, *arguments, stdin=None, expect=0):
        return self.command((BIN / "kube", "kubectl", *arguments), stdin, expect)

    def helm(self, *arguments, stdin=None, expect=0):
        return self.command((HELM, *arguments), stdin, expect)

    def apply(self, text):
        return self.kubectl("apply", "-f", "-", stdin=text)

    def get(self, namespace, kind, name=None):
        arguments = [kind, *([name] if name else [])]
        return json.loads(self.kubectl("--namespace", namespace, "get", *arguments, "-o", "json").stdout)

    def names(self, namespace, kind):
        return sorted(one["metadata"]["name"] for one in self.get(namespace, kind)["items"])
