# SPDX-License-Identifier: Apache-2.0
"""The demo with --observe: a Prometheus watches it, and what it saw is printed and drawn."""

import os
import re
import subprocess
import xml.etree.ElementTree

import pytest

from chart import ROOT
from dashboard_page_test import SVG

pytestmark = pytest.mark.long


def test_prometheus_watches_the_demo(binary, prometheus_binary, tmp_path):
    folder = tmp_path / "demo"
    command = [ROOT / "scripts/demo.sh", "--observe", "--no-build", "--dir", folder]
    done = subprocess.run(command, env={**os.environ, "SPUD": str(binary)}, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    saw = dict(re.findall(r"^(\S.*?)\s{2,}(\d\S*)$", done.stdout.partition("What Prometheus saw")[2], re.MULTILINE))
    assert float(saw["services that answer"]) == 4 and float(saw["jobs that are done"]) == 1
    for what in ("rounds at both nodes", "bytes that alice and bob sent", "bytes that carol dealt"):
        assert float(saw[what]) > 1
    page = xml.etree.ElementTree.parse(folder / "result/dashboard.svg").getroot()
    assert list(page.iter(f"{SVG}polyline"))
