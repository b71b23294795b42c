# SPDX-License-Identifier: Apache-2.0
"""What the guide says of Kubernetes, as data: the values of four releases, who is reached where, and what is added to watch them."""

import ipaddress
import re
import shlex
import subprocess
from functools import cache

import yaml

from blocks import blocks, cells
from chart import CHART, ROOT, helm, merged, standard_values

OPERATE = ROOT / "docs/operate"
GUIDE = OPERATE / "guide.md"
PARTIES = ("alice", "bob", "carol")
NAMESPACE = "spud"


def yaml_texts(page):
    return [block.text for block in blocks(page, PARTIES) if block.language == "yaml"]


def yaml_in(page):
    return [yaml.safe_load(text) for text in yaml_texts(page)]


@cache
def services():
    """Values by release. Bob's are made from Alice's by the command that the guide has for it."""
    texts = [text for text in yaml_texts(GUIDE) if "role" in yaml.safe_load(text)]
    by_name = {yaml.safe_load(text)["name"]: text for text in texts}
    (command,) = re.findall(r"^(sed .*) alice-0\.yaml >bob-0\.yaml$", GUIDE.read_text(), re.MULTILINE)
    made = subprocess.run(shlex.split(command), input=by_name["alice-0"], capture_output=True, text=True, check=True, timeout=20)
    by_name["bob-0"] = made.stdout
    return {name: yaml.safe_load(text) for name, text in by_name.items()}


def watching():
    """What step 12 adds to the values: for each release, and for one release a cluster."""
    each, once = (one for one in yaml_in(GUIDE) if not {"role", "scrape_configs"} & set(one))
    return each, once


def fullname(release):
    """As spud.fullname makes it; a long test compares it with helm's."""
    return f"{release}-spud"


def rendered(release, *added):
    """The objects of a release of the guide, by helm."""
    values = merged(standard_values(), services()[release])
    for one in added:
        values = merged(values, one)
    done = helm("template", release, CHART, "--namespace", NAMESPACE, "--values", "-", stdin=yaml.safe_dump(values))
    assert done.returncode == 0, done.stderr
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def table(heading):
    """The rows of the guide's table whose first line begins so, without that line."""
    lines = GUIDE.read_text().splitlines()
    (start,) = [number for number, line in enumerate(lines) if line.startswith(heading)]
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return rows
        rows.append(cells(line))
    return rows


@cache
def reached_at():
    """Releases and the address of each one's balancer."""
    found = {party: re.findall(r"10\.[\d.]*\d", cell) for party, cell, _ in table("| party | reached at |")}
    assert set(found) == set(PARTIES)
    (alice,), (bob,), (scheduler, dealer) = found["alice"], found["bob"], found["carol"]
    addresses = {"alice-0": alice, "bob-0": bob, "scheduler": scheduler, "dealer": dealer}
    return {release: ipaddress.ip_network(address) for release, address in addresses.items()}


@cache
def comes_from():
    """Parties and the range from which what they have in a cluster, and their clients, come."""
    return {party: ipaddress.ip_network(cell) for party, _, cell in table("| party | reached at |")}


def kubernetes_blocks(page):
    """(party, text) of what is typed for a cluster, with the variables of loops and of step 3 filled in."""
    for block in blocks(page, PARTIES):
        if block.condition != "Kubernetes":
            continue
        for party in block.hosts:
            text = block.text.replace("$party", party)
            names = ("scheduler", "dealer") if "$name" in text else ("",)
            for name in names:
                yield party, text.replace("$name", name)
