#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the pictures of status pages that docs/images holds, of a cluster that runs while they are taken.

    .venv/bin/python scripts/screenshots.py [FOLDER]

FOLDER is docs/images if not given. SPUD in the environment names another binary than build/release/bin/spud.
"""

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from browser import Browser  # noqa: E402
from cluster import Pki  # noqa: E402
from clusters import Clusters  # noqa: E402
from small_png import make_small  # noqa: E402
from status_scene import StatusScene  # noqa: E402
from waiting import wait_until  # noqa: E402

# Pictures that stand two in a row are of narrow windows, so that they can be read at half their width.
HALF = (720, 675, 1.4)
PICTURES = [
    # name, service, (width, height, scale), dark
    ("status-overview", "scheduler", HALF, False),
    ("status-scheduler-light", "scheduler", (1280, 1100, 1), False),
    ("status-scheduler-dark", "scheduler", HALF, True),
    ("status-scheduler-phone", "scheduler", (390, 844, 1), False),
    ("status-node", "alice", (720, 515, 1.4), False),
    ("status-dealer", "carol", HALF, False),
]
# Of stock: not made before the last picture is taken.
MANY_TAPES = 500
# So many samples make a curve.
SAMPLES = 20


def take(scene, browser, folder):
    def sampled():
        browser.open(scene.url("alice", "/status.json"))
        return browser.value("JSON.parse(document.body.innerText).series[0].values.length") >= SAMPLES

    wait_until(sampled, "there are curves", 60)
    scene.want_more_stock(MANY_TAPES)
    for name, service, (width, height, scale), dark in PICTURES:
        browser.look_as(width, height, dark, scale, phone=width < 600)
        browser.open(scene.url(service))
        make_small(browser, browser.picture(folder / f"{name}.png", whole=False))


def main():
    folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "docs/images"
    binary = Path(os.environ.get("SPUD", ROOT / "build/release/bin/spud")).resolve()
    with tempfile.TemporaryDirectory() as work:
        (keys := Path(work) / "keys").mkdir()
        clusters = Clusters(binary, Pki(binary, keys), Path(work))
        browser = Browser()
        try:
            scene = StatusScene(clusters)
            take(scene, browser, folder)
            scene.end_long_job()
        finally:
            browser.end()
            clusters.end()


if __name__ == "__main__":
    main()
