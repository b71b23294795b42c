# SPDX-License-Identifier: Apache-2.0
"""Pictures for docs/images: made small, and refused if they are not."""

import base64
import json
import struct
import zlib

MOST_BYTES = 150_000

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
    """Writes the picture again with a palette: a third of its size. The browser is elsewhere afterwards."""
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
    size = file.stat().st_size
    print(f"{file}  {width}x{height}  {size} bytes")
    assert size < MOST_BYTES, f"{file} has {size} bytes, at most {MOST_BYTES}"
