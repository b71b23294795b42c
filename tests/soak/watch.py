# SPDX-License-Identifier: Apache-2.0
"""Memory and descriptors of services over time, and whether they stay what they were."""

import os
import re
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 2
# A process that has just begun still fills its caches.
YOUNG_SECONDS = 20
# What may come and go with the work of the moment.
MEMORY_MARGIN_KIB = 24 << 10
DESCRIPTORS_MARGIN = 64
GROWTH = 1.3


@dataclass(frozen=True)
class Sample:
    at: float  # seconds from the beginning
    process: int
    age: float
    resident_kib: int
    descriptors: int
    threads: int


def read(process):
    """(resident KiB, descriptors, threads) of a process; None if it has ended."""
    folder = Path(f"/proc/{process}")
    try:
        status = (folder / "status").read_text()
        descriptors = len(os.listdir(folder / "fd"))
    except OSError:
        return None
    values = dict(re.findall(r"^(VmRSS|Threads):\s+(\d+)", status, re.MULTILINE))
    return (int(values["VmRSS"]), descriptors, int(values["Threads"])) if "VmRSS" in values else None


class Watch(threading.Thread):
    """Samples every service of a cluster until it is stopped."""

    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster = cluster
        self.began = time.monotonic()
        self.samples = {name: [] for name in cluster.services}
        self.first_seen = {}  # by process
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(SAMPLE_SECONDS):
            for name, service in self.cluster.services.items():
                process = service.process
                if process is None or (values := read(process.pid)) is None:
                    continue
                now = time.monotonic() - self.began
                age = now - self.first_seen.setdefault(process.pid, now)
                self.samples[name].append(Sample(now, process.pid, age, *values))

    def stop(self):
        self.over.set()
        self.join()


def slope(samples, value):
    """Least squares, a minute; 0 for fewer than three samples."""
    if len(samples) < 3:
        return 0.0
    return statistics.linear_regression([s.at / 60 for s in samples], [value(s) for s in samples]).slope


def summary(samples, minutes):
    """Medians early and late, slopes of the longest process, and what has grown, in words.

    Early is minute 5, or what lies at a quarter of a shorter soak; late is the end.
    """
    grown_up = [sample for sample in samples if sample.age >= YOUNG_SECONDS]
    early_at, width = min(5.0, minutes / 4) * 60, min(3.0, minutes / 4) * 60
    early = [sample for sample in grown_up if early_at <= sample.at < early_at + width]
    late = [sample for sample in grown_up if sample.at >= minutes * 60 - width]
    result = {"processes": len({sample.process for sample in samples}), "grown": []}
    for name, value, margin in (
        ("resident_kib", lambda s: s.resident_kib, MEMORY_MARGIN_KIB),
        ("descriptors", lambda s: s.descriptors, DESCRIPTORS_MARGIN),
        ("threads", lambda s: s.threads, DESCRIPTORS_MARGIN),
    ):
        before = statistics.median(map(value, early)) if early else None
        after = statistics.median(map(value, late)) if late else None
        most = max(map(value, samples), default=None)
        result[name] = {"early": before, "late": after, "most": most}
        if before is not None and after is not None and after > before * GROWTH + margin:
            result["grown"].append(f"{name} from {before:.0f} to {after:.0f}")
    result["each_minute"] = [(round(s.at), s.resident_kib, s.descriptors) for s in samples[:: 60 // SAMPLE_SECONDS]]
    oldest = max(samples, key=lambda s: s.age, default=None)
    if oldest is not None:
        of_oldest = [s for s in grown_up if s.process == oldest.process]
        result["longest"] = {
            "seconds": round(oldest.age),
            "resident_kib_a_minute": round(slope(of_oldest, lambda s: s.resident_kib), 1),
            "descriptors_a_minute": round(slope(of_oldest, lambda s: s.descriptors), 3),
        }
    return result
