# SPDX-License-Identifier: Apache-2.0
"""What stands in deploy/: libraries of the image, its bill of materials, hardening of units and containers, configuration."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SERVICES = ("scheduler", "alice", "bob", "carol")
ROLES = {"scheduler": "scheduler", "alice": "node", "bob": "node", "carol": "dealer"}
# Of systemd's scale from 0 to 10; what is left is the network, and that it may read the system's files.
MOST_EXPOSED = 1.6


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, **options)


# ---- version

VERSION = run(ROOT / "scripts/version.sh").stdout.strip()
# Where the version has to be repeated, because nothing there can ask for it.
REPEATED = {
    "deploy/Containerfile": (r"^ARG VERSION=(\S+)$", r"--tag spud:(\S+) "),
    "deploy/README.md": (r"localhost/spud:([0-9.]+)",),
    "deploy/compose.yaml": (r"localhost/spud:([0-9.]+)",),
    "helm/spud/Chart.yaml": (r'^appVersion: "(\S+)"$', r"^version: (\S+)$"),
    "helm/spud/ci/dealer-alone-values.yaml": (r'tag: "(\S+)"',),
}


def test_the_version_is_the_binarys_everywhere(binary):
    assert json.loads(run(binary, "version", "--json").stdout)["spud"] == VERSION
    for file, patterns in REPEATED.items():
        for pattern in patterns:
            assert set(re.findall(pattern, (ROOT / file).read_text(), re.MULTILINE)) == {VERSION}, (file, pattern)


def test_the_version_before_is_of_this_history_and_another(previous):
    assert previous["version"] != VERSION
    assert re.fullmatch("[0-9a-f]{40}", previous["commit"])
    history = run("git", "rev-parse", "--is-shallow-repository", cwd=ROOT).stdout.strip()
    # What has no history, or the end of it only, cannot tell. An upgrade needs it, and says so.
    if history == "false":
        assert run("git", "merge-base", "--is-ancestor", previous["commit"], "HEAD", cwd=ROOT).returncode == 0


# ---- image


def package_of(library):
    """The Debian package of a library that the dynamic linker would take."""
    (path,) = {line.split()[-1] for line in run("/sbin/ldconfig", "-p").stdout.splitlines() if line.split()[0] == library} & {
        f"/lib/{ARCHITECTURE}/{library}", f"/lib64/{library}", f"/lib/{library}"
    }  # fmt: skip
    for name in (path, os.path.realpath(path), f"/usr{path}"):
        found = run("dpkg-query", "--search", name)
        if found.returncode == 0:
            return found.stdout.split(":")[0]
    raise AssertionError(f"{path} is of no package")


ARCHITECTURE = run("gcc", "-print-multiarch").stdout.strip()


def test_the_image_has_the_libraries_that_the_binary_is_linked_with(binary):
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "--dynamic", binary).stdout)
    assert "libssl.so.3" in needed
    listed = run("bash", ROOT / "scripts/packages.sh", "--runtime").stdout.split()
    assert {package_of(library) for library in needed} == set(listed)


# The kernel's: facts of an interface, no code that goes into a binary.
NO_CODE = {"linux"}


def sources_of(packages):
    """Debian's source packages: a library and its headers have one in common."""
    return set(run("dpkg-query", "--show", "--showformat=${source:Package}\n", *packages).stdout.split())


def headers_of_the_binary():
    """The headers of other projects that its sources include, where they lie."""
    for folder in ("src", "actors"):
        for file in (ROOT / folder).rglob("*.[ch]pp"):
            if not file.stem.endswith(("_test", "_bench", "_for_tests")):
                for name in re.findall(r"^ *# *include <([^>]+)>", file.read_text(), re.MULTILINE):
                    yield from (path for path in (Path("/usr/include") / name, Path(f"/usr/include/{ARCHITECTURE}") / name) if path.is_file())


def test_what_the_binary_has_from_headers_is_its_libraries_or_named_as_compiled_in():
    headers = sorted(set(headers_of_the_binary()))
    assert len(headers) > 10
    owners = {line.split(":")[0] for line in run("dpkg-query", "--search", *headers).stdout.splitlines()}
    libraries = run("bash", ROOT / "scripts/packages.sh", "--runtime").stdout.split()
    compiled_in = run("bash", ROOT / "scripts/packages.sh", "--compiled-in").stdout.split()
    assert sources_of(owners) - sources_of(libraries) - NO_CODE == sources_of(compiled_in)
    assert set(compiled_in) <= owners


def test_the_image_is_of_one_user_and_one_binary():
    text = (DEPLOY / "Containerfile").read_text()
    last = text.rpartition("\nFROM ")[2]
    assert "USER 10001:10001" in last and 'ENTRYPOINT ["/usr/local/bin/spud"]' in last
    assert re.findall(r"^COPY --from=build (\S+)", last, re.MULTILINE) == ["/out/spud", "/out/spud.spdx.json"]
    for label in ("title", "description", "licenses", "version", "revision", "base.name"):
        assert f"org.opencontainers.image.{label}=" in last
    assert re.search(r"^ARG BASE=", text, re.MULTILINE)


def test_the_image_installs_packages_before_it_sees_sources():
    """So that a layer of packages is kept when sources change, and so that scripts/packages.sh alone says what they are."""
    stages = {}
    for one in re.split(r"^FROM ", (DEPLOY / "Containerfile").read_text(), flags=re.MULTILINE)[1:]:
        stages[one.splitlines()[0]] = one
    assert list(stages) == ["${BASE} AS runtime", "${BASE} AS tools", "tools AS build", "runtime"]
    for stage in ("${BASE} AS runtime", "${BASE} AS tools"):
        assert re.findall(r"^COPY .*$", stages[stage], re.MULTILINE) == ["COPY scripts/packages.sh /tmp/packages.sh"]
    for stage in ("tools AS build", "runtime"):
        assert "apt-get" not in stages[stage] and "--install" not in stages[stage]


def test_what_git_ignores_in_deploy_is_in_no_image():
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line.startswith("/deploy/")]
    assert ignored == ["deploy/compose/keys", "deploy/compose/data"]
    assert set(ignored) <= set((ROOT / ".containerignore").read_text().splitlines())


STATUS = """Package: libzip4
Status: install ok installed
Maintainer: Someone <someone@example.org>
Architecture: amd64
Version: 1.7.3-1+b1
Description: a library
 of several lines

Package: libstdc++6
Status: install ok installed
Architecture: amd64
Version: 2:12.2.0-14

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""


BUILD_STATUS = """Package: libspdlog-dev
Status: install ok installed
Architecture: amd64
Version: 1:1.10.0+ds-0.4

Package: g++
Status: install ok installed
Architecture: amd64
Version: 4:12.2.0-3
"""


def make_bill(tmp_path, status, binary=b"binary", compiled_in=""):
    (tmp_path / "status").write_text(status)
    (tmp_path / "build-status").write_text(BUILD_STATUS)
    (tmp_path / "spud").write_bytes(binary)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    arguments = ["--binary", tmp_path / "spud", "--dpkg-status", tmp_path / "status"]
    if compiled_in:
        arguments += ["--compiled-in", compiled_in, "--build-status", tmp_path / "build-status"]
    return run(sys.executable, ROOT / "scripts/sbom.py", *arguments, env=environment)


def test_the_bill_of_materials_lists_what_is_installed(tmp_path):
    made = make_bill(tmp_path, STATUS)
    assert made.returncode == 0, made.stderr
    bill = json.loads(made.stdout)
    assert bill["spdxVersion"] == "SPDX-2.3" and bill["creationInfo"]["created"] == "2023-11-14T22:13:20Z"
    packages = {one["name"]: one for one in bill["packages"]}
    assert set(packages) == {"spud", "libzip4", "libstdc++6"}
    assert packages["spud"]["checksums"] == [{"algorithm": "SHA256", "checksumValue": hashlib.sha256(b"binary").hexdigest()}]
    (reference,) = packages["libstdc++6"]["externalRefs"]
    assert reference["referenceLocator"] == "pkg:deb/debian/libstdc%2B%2B6@2%3A12.2.0-14?arch=amd64&distro=debian-12"
    ids = [one["SPDXID"] for one in bill["packages"]]
    assert len(set(ids)) == 3 and all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", one) for one in ids)
    related = {one["relatedSpdxElement"] for one in bill["relationships"]}
    assert related == set(ids)
    assert make_bill(tmp_path, STATUS).stdout == made.stdout
    assert json.loads(make_bill(tmp_path, STATUS, b"another").stdout)["documentNamespace"] != bill["documentNamespace"]


def test_the_bill_of_materials_lists_what_is_compiled_in(tmp_path):
    bill = json.loads(make_bill(tmp_path, STATUS, compiled_in="libspdlog-dev").stdout)
    packages = {one["name"]: one for one in bill["packages"]}
    assert set(packages) == {"spud", "libzip4", "libstdc++6", "libspdlog-dev"}
    assert packages["libspdlog-dev"]["versionInfo"] == "1:1.10.0+ds-0.4"
    kinds = {one["relatedSpdxElement"]: one["relationshipType"] for one in bill["relationships"]}
    assert kinds[packages["libspdlog-dev"]["SPDXID"]] == "STATIC_LINK" and kinds[packages["libzip4"]["SPDXID"]] == "DEPENDS_ON"
    unknown = make_bill(tmp_path, STATUS, compiled_in="libspdlog-dev\nlibnone-dev")
    assert unknown.returncode == 2 and "libnone-dev not installed" in unknown.stderr


def test_a_bill_of_nothing_is_refused(tmp_path):
    made = make_bill(tmp_path, "")
    assert made.returncode == 2 and "no installed package" in made.stderr


# ---- one machine


def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def test_containers_have_no_privilege():
    services = compose()["services"]
    assert set(services) == {*SERVICES, "client"}
    for name, service in services.items():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges"] and service["user"] == "10001:10001", name
        assert not {"privileged", "network_mode", "pid", "devices", "cap_add"} & set(service), name
        for volume in service["volumes"]:
            assert volume.endswith(":ro") or volume.split(":")[1] in ("/var/lib/spud", "/data"), (name, volume)
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:") and port.endswith(":7101"), (name, port)


def test_files_of_the_configuration_are_there():
    services = compose()["services"]
    for name in (*SERVICES, "client"):
        mounted = {volume.split(":")[1]: volume.split(":")[0] for volume in services[name]["volumes"]}
        config = yaml.safe_load((DEPLOY / f"compose/{name}.yaml").read_text())
        assert (DEPLOY / mounted[f"/etc/spud/{name}.yaml"]).samefile(DEPLOY / f"compose/{name}.yaml")
        paths = [*(config["tls"][key] for key in ("certificate", "key", "bundles")), config.get("stock", {}).get("keys", "/etc/spud/tls/x")]
        assert all(any(path.startswith(folder) for folder in mounted) for path in paths)
        if name == "client":
            continue
        assert services[name]["command"] == [ROLES[name], "--config", f"/etc/spud/{name}.yaml"]
        assert config["advertise"] == f"{name}:7100" and config["data"].startswith("/var/lib/spud/")


@pytest.fixture(scope="module")
def keys(binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("compose") / "keys"
    made = run("bash", DEPLOY / "compose/make_keys.sh", folder, env={**os.environ, "SPUD": str(binary)})
    assert made.returncode == 0, made.stderr
    return folder


def test_without_binary_and_image_nobody_can_make_keys(tmp_path):
    shutil.copytree(DEPLOY, tmp_path / "deploy", ignore=shutil.ignore_patterns("keys", "data"))
    environment = {name: value for name, value in os.environ.items() if name != "SPUD"} | {"SPUD_IMAGE": "localhost/there-is-none"}
    made = run("bash", tmp_path / "deploy/compose/make_keys.sh", env=environment)
    assert made.returncode == 1 and "nor the image localhost/there-is-none: run scripts/build.sh or scripts/image.sh" in made.stderr
    assert not (tmp_path / "deploy/compose/keys").exists()


@pytest.mark.parametrize("name", SERVICES)
def test_the_binary_takes_the_configuration_and_the_keys(binary, keys, name, tmp_path):
    """As far as a machine goes on which nobody is called `scheduler`: it serves, and ends by SIGTERM."""
    services = compose()["services"]
    config = yaml.safe_load((DEPLOY / f"compose/{name}.yaml").read_text())
    (tls,) = [volume.split(":")[0] for volume in services[name]["volumes"] if volume.split(":")[1] == "/etc/spud/tls"]
    here = {"/etc/spud/tls": str(keys / tls.removeprefix("./compose/keys/")), "/etc/spud/bundles": str(keys / "bundles")}
    prefix = f"SPUD_{ROLES[name].upper()}_"

    def moved(path):
        folder = next(folder for folder in here if path.startswith(folder))
        return here[folder] + path.removeprefix(folder)

    environment = {
        **os.environ,
        prefix + "DATA": str(tmp_path / "data"),
        prefix + "LISTEN": "127.0.0.1:0",
        prefix + "OPERATIONS_LISTEN": "127.0.0.1:0",
        **{prefix + f"TLS_{key.upper()}": moved(config["tls"][key]) for key in ("certificate", "key", "bundles")},
    }
    if "stock" in config:
        environment[prefix + "STOCK_KEYS"] = moved(config["stock"]["keys"])
    service = subprocess.Popen(
        [binary, ROLES[name], "--config", DEPLOY / f"compose/{name}.yaml"], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        lines = iter(service.stderr.readline, "")
        served = any(json.loads(line)["message"] == "serving" for line in lines)
    finally:
        service.terminate()
        service.communicate(timeout=30)
    assert served and service.returncode == 0


# ---- bare metal


@pytest.fixture
def machine(tmp_path):
    """A file system with the units, and what they name."""
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    for unit in UNITS:
        shutil.copy(unit, tmp_path / "etc/systemd/system")
    spud = tmp_path / "usr/local/bin/spud"
    spud.parent.mkdir(parents=True)
    shutil.copy("/bin/true", spud)
    (tmp_path / "usr/lib/systemd").mkdir(parents=True)
    shutil.copytree("/lib/systemd/system", tmp_path / "usr/lib/systemd/system", symlinks=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    return tmp_path


def test_units_are_there_for_each_role():
    assert [unit.name for unit in UNITS] == [f"spud-{role}@.service" for role in ("dealer", "node", "scheduler")]


def test_systemd_takes_the_units(machine):
    for unit in UNITS:
        instance = unit.name.replace("@", "@alice")
        done = run("systemd-analyze", "verify", "--recursive-errors=no", f"--root={machine}", "--man=no", instance)
        assert done.returncode == 0 and unit.stem.partition("@")[0] not in done.stderr, done.stderr


def test_units_expose_little(machine):
    for unit in UNITS:
        instance = unit.name.replace("@", "@alice")
        done = run(
            "systemd-analyze", "security", "--offline=true", f"--root={machine}", f"--threshold={int(MOST_EXPOSED * 10)}", "--no-pager", instance
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_unit_waits_for_draining_and_does_not_repeat_a_wrong_configuration():
    for unit in UNITS:
        text = unit.read_text()
        role = unit.name.removeprefix("spud-").partition("@")[0]
        # drain_timeout is 1h at most.
        assert int(re.search(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)[1]) > 3600
        assert "RestartPreventExitStatus=2" in text
        # All else is tried again and again, and never so often that it is work.
        assert "Restart=on-failure" in text and "StartLimitIntervalSec=0" in text and "StartLimitBurst" not in text
        assert int(re.search(r"^RestartSec=(\d+)$", text, re.MULTILINE)[1]) >= 5
        assert f"ExecStart=/usr/local/bin/spud {role} --config /etc/spud/%i.yaml" in text


def test_the_page_that_units_name_is_installed_with_them_and_with_the_image():
    installed = set(re.findall(r"^install -m 644 -D (\S+) (\S+)", (DEPLOY / "README.md").read_text(), re.MULTILINE))
    copied = set(re.findall(r"^COPY (docs/\S+) (\S+)$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE))
    assert copied == installed
    assert all((ROOT / source).is_file() for source, _ in installed)
    for unit in UNITS:
        named = re.findall(r"^Documentation=file:(\S+)$", unit.read_text(), re.MULTILINE)
        assert named and set(named) <= {place for _, place in installed}, unit.name


def test_a_reload_checks_first_and_finds_what_the_process_finds():
    """Credentials of systemd are handed out at a start only, and not to what a reload runs: files are read where they are renewed."""
    for unit in UNITS:
        text = unit.read_text()
        role = unit.name.removeprefix("spud-").partition("@")[0]
        assert re.findall("^ExecReload=(.*)$", text, re.MULTILINE) == [
            f"/usr/local/bin/spud {role} --config /etc/spud/%i.yaml --check-config",
            "/bin/sh -c 'kill -HUP $MAINPID'",
        ]
        assert f"Environment=SPUD_{role.upper()}_TLS_KEY=/etc/spud/%i/key.pem" in text
        assert "LoadCredential" not in text + (DEPLOY / "systemd/stock.conf").read_text()
