#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the pictures of status pages that docs/images holds, of a cluster that runs while they are taken.

    .venv/bin/python scripts/screenshots.py [FOLDER]

FOLDER is docs/images if not given. SPUD in the environment names another binary than build/release/bin/spud.
"""

import base64
import json
import os
import struct
import sys
import tempfile
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from browser import Browser  # noqa: E402
from cluster import Pki  # noqa: E402
from clusters import Clusters  # noqa: E402
from status_scene import StatusScene  # noqa: E402
from waiting import wait_until  # noqa: E402

MOST_BYTES = 150_000
PICTURES = [
    # name, service, width, dark, phone
    ("status-scheduler-light", "scheduler", 1280, False, False),
    ("status-scheduler-dark", "scheduler", 1280, True, False),
    ("status-scheduler-phone", "scheduler", 390, False, True),
    ("status-node", "alice", 1280, False, False),
    ("status-dealer", "carol", 1280, False, False),
]
PHONE_HEIGHT = 1900
# Of stock: not made before the last picture is taken.
MANY_TAPES = 500
# So many samples make a curve.
SAMPLES = 20

# The picture's pixels as places in a palette of its 256 most frequent colours, all others as the nearest of them.
PALETTE = """
(async data => {
  const image = new Image();
  image.src = "data:image/png;base64," + data;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height), context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, image.width, image.height).data, counts = new Map();
  const colour = i => pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2];
  for (let i = 0; i < pixels.length; i += 4) counts.set(colour(i), (counts.get(colour(i)) ?? 0) + 1);
  const palette = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(one => one[0]);
  const far = (a, b) => ((a >> 16) - (b >> 16)) ** 2 + ((a >> 8 & 255) - (b >> 8 & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2;
  const places = new Map();
  for (const one of counts.keys())
    places.set(one, palette.reduce((best, other, i) => far(one, other) < far(one, palette[best]) ? i : best, 0));
  let text = "";
  for (let i = 0; i < pixels.length; i += 4) text += String.fromCharCode(places.get(colour(i)));
  return {width: image.width, height: image.height, palette, places: btoa(text)};
})
"""


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def make_small(browser, file):
    """Writes the picture again with a palette: a third of its size."""
    browser.open("about:blank")
    data = base64.b64encode(file.read_bytes()).decode()
    seen = browser.value(f"{PALETTE}({json.dumps(data)})")
    width, height = seen["width"], seen["height"]
    places = base64.b64decode(seen["places"])
    rows = b"".join(b"\0" + places[y * width : (y + 1) * width] for y in range(height))
    colours = b"".join(colour.to_bytes(3, "big") for colour in seen["palette"])
    file.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + chunk(b"PLTE", colours)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


def take(scene, browser, folder):
    def sampled():
        browser.open(scene.url("alice", "/status.json"))
        return browser.value("JSON.parse(document.body.innerText).series[0].values.length") >= SAMPLES

    wait_until(sampled, "there are curves", 60)
    scene.want_more_stock(MANY_TAPES)
    for name, service, width, dark, phone in PICTURES:
        browser.look_as(width, height=PHONE_HEIGHT if phone else 800, dark=dark, phone=phone)
        browser.open(scene.url(service))
        file = browser.picture(folder / f"{name}.png", whole=not phone)
        make_small(browser, file)
        size = file.stat().st_size
        print(f"{file}  {size} bytes")
        assert size < MOST_BYTES, f"{file} has {size} bytes, at most {MOST_BYTES}"


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
