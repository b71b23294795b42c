# SPDX-License-Identifier: Apache-2.0
"""The image as it is built and run: one binary, no root, a bill of materials that is true, and the demo in containers."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))

from waiting import wait_until  # noqa: E402

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
VERSION = subprocess.run([ROOT / "scripts/version.sh"], capture_output=True, text=True, check=True).stdout.strip()
IMAGE = f"localhost/spud:{VERSION}"
BASE = "localhost/debian:bookworm"
RESTRICTED = ("--rm", "--network=none", "--read-only", "--cap-drop=all", "--security-opt=no-new-privileges")


@pytest.fixture(scope="session", autouse=True)
def limits(tmp_path_factory):
    """podman asks for more files and processes than a machine in a sandbox may have, and then fails."""
    file = tmp_path_factory.mktemp("podman") / "containers.conf"
    file.write_text('[containers]\ndefault_ulimits = ["nofile=16384:16384", "nproc=4096:4096"]\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_CONF", str(file))
        yield


@pytest.fixture(scope="session", autouse=True)
def origin():
    """A clone of somewhere, whose owner has written a password into the address."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("COUNT", "1"), ("KEY_0", "remote.origin.url"), ("VALUE_0", "https://me:secret@example.org/spud.git")):
            patch.setenv(f"GIT_CONFIG_{name}", value)
        yield


def run(*command, seconds=120, expect=0, cwd=ROOT):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=seconds, cwd=cwd)
    assert expect is None or done.returncode == expect, f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done


@pytest.fixture(scope="module")
def image():
    """Of the binary that the other tests use. Building one in the image takes as long as any build: no test does, see the stage `tools`."""
    binary = Path(os.environ.get("SPUD", ROOT / "build/release/bin/spud")).resolve()
    assert binary.exists(), f"{binary} is missing: run scripts/build.sh, or set SPUD to a binary"
    assert binary.is_relative_to(ROOT), f"{binary} is outside of {ROOT}: an image is built from what lies there"
    run("scripts/image.sh", "--binary", binary.relative_to(ROOT), "--tag", IMAGE, seconds=1200)
    return IMAGE


def test_it_says_what_it_is_and_runs_as_nobody_of_note(image):
    config = json.loads(run("podman", "image", "inspect", image).stdout)[0]
    assert config["User"] == "10001:10001"
    assert config["Config"]["Entrypoint"] == ["/usr/local/bin/spud"]
    assert set(config["Config"]["ExposedPorts"]) == {"7100/tcp", "7101/tcp"}
    assert config["Config"]["StopSignal"] in ("SIGTERM", "15")
    labels = config["Labels"]
    assert labels["org.opencontainers.image.version"] == VERSION
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert labels["org.opencontainers.image.revision"] == run("git", "rev-parse", "HEAD").stdout.strip()
    assert labels["org.opencontainers.image.source"] == "https://example.org/spud.git"
    base = json.loads(run("podman", "image", "inspect", BASE).stdout)[0]
    assert labels["org.opencontainers.image.base.name"] == BASE and labels["org.opencontainers.image.base.digest"] == base["Digest"]


def test_it_runs_without_any_right(image):
    assert run("podman", "run", *RESTRICTED, image, "version").stdout.startswith(f"spud {VERSION}\n")


def test_its_root_cannot_be_written(image):
    done = run("podman", "run", *RESTRICTED, image, "keys", "ca", "--party", "alice", "--out", "/etc/alice", expect=None)
    assert done.returncode != 0 and "cannot be made" in done.stderr


def test_its_user_is_not_root(image):
    assert run("podman", "run", *RESTRICTED, "--entrypoint", "/usr/bin/id", image, "-u").stdout.strip() == "10001"


def test_nothing_in_it_gives_rights_to_whoever_runs_it_but_what_debian_has(image):
    """No file outside the volume belongs to the user, so nothing that runs can be replaced by it."""
    found = run("podman", "run", *RESTRICTED, "--entrypoint", "/usr/bin/find", image, "/usr", "/etc", "/opt", "-user", "10001").stdout
    assert found == ""


def shown_by(lines):
    return {(name, version) for name, version, state in (line.split() for line in lines.splitlines()) if state == "installed"}


def test_its_bill_of_materials_is_what_dpkg_says(image):
    bill = json.loads(run("podman", "run", *RESTRICTED, "--entrypoint", "/bin/cat", image, "/usr/share/doc/spud/spud.spdx.json").stdout)
    packages = {one["SPDXID"]: (one["name"], one["versionInfo"]) for one in bill["packages"]}

    def related(kind):
        return {packages[one["relatedSpdxElement"]] for one in bill["relationships"] if one["relationshipType"] == kind}

    show = ("--show", "--showformat=${Package} ${Version} ${db:Status-Status}\n")
    assert related("DEPENDS_ON") == shown_by(run("podman", "run", *RESTRICTED, "--entrypoint", "/usr/bin/dpkg-query", image, *show).stdout)
    # The binary was compiled on this machine.
    compiled_in = run("scripts/packages.sh", "--compiled-in").stdout.split()
    assert related("STATIC_LINK") == shown_by(run("dpkg-query", *show, *compiled_in).stdout)
    (spud,) = [one for one in bill["packages"] if one["name"] == "spud"]
    digest = run("podman", "run", *RESTRICTED, "--entrypoint", "/usr/bin/sha256sum", image, "/usr/local/bin/spud").stdout.split()[0]
    assert spud["checksums"] == [{"algorithm": "SHA256", "checksumValue": digest}]


def test_the_page_that_units_name_is_in_it(image):
    page = run("podman", "run", *RESTRICTED, "--entrypoint", "/bin/cat", image, "/usr/share/doc/spud/reliability.md").stdout
    assert page == (ROOT / "docs/reliability.md").read_text()


def test_keys_of_a_trial_are_not_what_an_image_is_built_from(image, tmp_path):
    folder = tmp_path / "checkout"
    for name in ("deploy/compose/keys/alice/key.pem", "deploy/compose/data/table.csv", "deploy/compose/alice.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    shutil.copy(ROOT / ".containerignore", folder)
    (folder / "Containerfile").write_text(f"FROM {BASE}\nCOPY . /context\nRUN find /context/deploy -type f\n")
    tag = "localhost/spud-context"
    seen = run("buildah", "build", "--isolation", "chroot", "--no-cache", "--pull-never", "--file", folder / "Containerfile", "--tag", tag, folder).stdout
    run("podman", "image", "rm", tag)
    assert "/context/deploy/compose/alice.yaml" in seen
    assert "key.pem" not in seen and "table.csv" not in seen


def test_the_stage_that_compiles_has_what_compiling_needs(image):
    """The build without a prebuilt binary, up to its compiler: packages are installed, all is found, sources are made and compile."""
    tools = f"localhost/spud-tools:{VERSION}"
    run("scripts/image.sh", "--binary", "none", "--target", "tools", "--tag", tools, seconds=1800)
    steps = "cmake --preset release -B /tmp/build && ninja -C /tmp/build spud_base spud_schemas && ninja -C /tmp/build -t commands bin/spud"
    folders = ("--volume", f"{ROOT}:/spud:ro", "--workdir", "/spud", "--tmpfs", "/tmp:rw,exec")
    done = run("podman", "run", "--rm", "--network=none", *folders, tools, "bash", "-c", steps, seconds=1200)
    assert "-o bin/spud " in done.stdout


def test_what_helm_test_calls_is_in_it(image):
    for tool in ("sh", "grep", "tee", "cmp", "date", "dirname"):
        run("podman", "run", *RESTRICTED, "--entrypoint", "/bin/sh", image, "-c", f"command -v {tool}")


READY_SECONDS = 60


def commands_of_the_head(compose):
    """The commands that the head of the compose file tells a reader to type, as they are written."""
    head = compose.read_text().split("\n#\n")[1]
    return [re.split(r"   +", line.removeprefix("#   "))[0] for line in head.splitlines()]


@pytest.fixture
def trial(image, tmp_path):
    """The services of deploy/compose.yaml, by the commands of its head, from a copy of the folder that has an image and no binary.

    The copy has another name, which podman-compose calls its containers by: nothing of another trial is touched.
    """
    folder = tmp_path / "spud-trial"
    shutil.copytree(ROOT / "deploy", folder, ignore=shutil.ignore_patterns("keys", "data"))
    (tmp_path / "deploy").symlink_to(folder)
    make_image, make_keys, up, run_client, down = commands_of_the_head(folder / "compose.yaml")
    client, verb = re.fullmatch(r"(.* run --rm) (client device nodes)", run_client).groups()
    ports = [port.split(":")[1] for one in yaml.safe_load((folder / "compose.yaml").read_text())["services"].values() for port in one.get("ports", [])]

    def ready(port):
        return run("curl", "--silent", "--noproxy", "*", "--max-time", "2", "--fail", f"http://127.0.0.1:{port}/readyz", expect=None).returncode == 0

    try:
        run(*make_image.split(), seconds=1200)
        run(*make_keys.split(), cwd=tmp_path)
        run(*up.split(), cwd=tmp_path)
        wait_until(lambda: all(ready(port) for port in ports), lambda: run("podman", "logs", "spud-trial_alice_1").stderr, READY_SECONDS)
        nodes = run(*client.split(), *verb.split(), cwd=tmp_path).stdout
        assert "alice" in nodes and "bob" in nodes
        yield folder, lambda *arguments: run(*client.split(), *arguments, cwd=tmp_path).stdout
    finally:
        run(*down.split(), cwd=tmp_path, expect=None)


def test_a_job_runs_on_the_services_of_the_compose_file(trial):
    folder, client = trial
    shutil.copytree(ROOT / "helm/spud/files/test", folder / "compose/data", dirs_exist_ok=True)
    made = client("client", "device", "create", "demo", "--parties", "alice,bob", "--dealer", "carol", "--json")
    digest = re.search(r'"digest": "([0-9a-f]{64})"', made)[1]
    settings = ("-e", "DEVICE=demo", "-e", f"DIGEST={digest}", "-e", "PARTY=hospital", "-e", "SCRATCH=/var/lib/spud")
    assert "the results are right" in client("--entrypoint", "sh", *settings, "client", "run.sh")


def test_the_demo_runs_in_containers(image, tmp_path):
    done = run("scripts/demo.sh", "--containers", "--no-build", "--dir", tmp_path / "demo", seconds=600)
    assert "refused, as it should be" in done.stdout
    left = run("podman", "ps", "--all", "--format", "{{.Names}}").stdout.split()
    assert not [name for name in left if name.startswith("spud-demo-")]
