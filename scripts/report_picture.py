#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the pictures of a job's report that docs/images holds: a job on a cluster of this machine, Chromium.

    .venv/bin/python scripts/report_picture.py [FOLDER] [--case NAME] [--page FILE]

FOLDER is docs/images if not given. The second of the job's attempts is drawn: during the first a node was away.
"""

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from browser import Browser  # noqa: E402
from cluster import Cluster, Pki  # noqa: E402
from corpus_case import load_case  # noqa: E402
from small_png import make_small  # noqa: E402
from waiting import wait_until  # noqa: E402

PICTURES = [
    # name, (width, height, scale), what is at its top
    ("job-report", (1000, 1300, 1), "body"),
    # That can be read at half its width.
    ("job-report-lanes", (720, 675, 1.4), ".legend"),
]


def run(cluster, name):
    """A job that is tried twice. Answers its id."""
    case = load_case(name)
    cluster.start()
    cluster.make_device()
    owner = cluster.client("hospital-a")
    names = cluster.push_case(case, "data", ["hospital-a", "hospital-b"], policies(cluster))
    outputs = ["hospital-a"] * len(case.expected)
    owner.spud("program", "push", case.program, "--device", "demo")
    cluster["bob"].kill()
    owner.submit(case.digest, names, outputs, "training-7")
    wait_until(lambda: any(a["error"] for a in owner.show("training-7")["attempts"]), "an attempt that fails")
    cluster["bob"].start()
    owner.spud("job", "watch", "training-7")
    return owner


def policies(cluster):
    both = cluster.policy("both", recipients=["hospital-a"])
    return {"hospital-a": both, "hospital-b": both}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "docs/images")
    parser.add_argument("--case", default="prog_bert_tiny_block")
    parser.add_argument("--binary", type=Path, default=ROOT / "build/release/bin/spud")
    parser.add_argument("--page", type=Path, help="keep the page as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "keys").mkdir()
        pki = Pki(options.binary, folder / "keys")
        cluster = Cluster(options.binary, pki, folder / "cluster")
        browser = Browser()
        try:
            page = options.page or folder / "report.html"
            run(cluster, options.case).spud("job", "report", "training-7", "--out", page)
            for name, (width, height, scale), top in PICTURES:
                browser.look_as(width, height, scale=scale)
                browser.open(page.resolve().as_uri())
                browser.value(f"document.querySelector('{top}').scrollIntoView(); scrollBy(0, -8)")
                make_small(browser, browser.picture(options.folder / f"{name}.png", whole=False))
        finally:
            browser.end()
            cluster.end()


if __name__ == "__main__":
    main()
