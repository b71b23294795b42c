#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws docs/images/job-report.png anew: a job on a cluster of this machine, its report, Chromium.

    .venv/bin/python scripts/report_picture.py [--case NAME] [--out FILE] [--page FILE] [--width N] [--dark]

The second of its attempts is the one that is drawn: during the first a node was away.
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
from waiting import wait_until  # noqa: E402

MOST_BYTES = 200_000


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
    parser.add_argument("--case", default="prog_bert_tiny_block")
    parser.add_argument("--binary", type=Path, default=ROOT / "build/release/bin/spud")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/images/job-report.png")
    parser.add_argument("--page", type=Path, help="keep the page as well")
    parser.add_argument("--width", type=int, default=1000)
    parser.add_argument("--height", type=int, default=1500, help="of the picture; 0: the whole page")
    parser.add_argument("--dark", action="store_true")
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
            browser.look_as(options.width, options.height or 900, options.dark, phone=options.width < 600)
            browser.open(page.resolve().as_uri())
            browser.picture(options.out, whole=options.height == 0)
        finally:
            browser.end()
            cluster.end()
    size = options.out.stat().st_size
    print(f"{options.out}: {size} bytes")
    return 0 if size < MOST_BYTES else f"more than {MOST_BYTES} bytes"


if __name__ == "__main__":
    sys.exit(main())
