# SPDX-License-Identifier: Apache-2.0
"""What a soak does to its services: a list that follows from the seed, and how each is done."""

import random
import subprocess
from dataclasses import asdict, dataclass

KINDS = ("kill", "restart", "freeze", "partition")
# Shorter and longer than the silence limit of 3 s.
LEAST_SECONDS, MOST_SECONDS = 1.0, 8.0


@dataclass(frozen=True)
class Fault:
    at: float  # seconds from the beginning
    kind: str
    victim: str
    seconds: float  # how long it is away

    def __str__(self):
        return f"{self.kind} {self.victim} for {self.seconds:.1f} s"


def faults_of(seed, minutes, every_seconds, victims, never_restarted=()):
    """Faults at even distances; the last one leaves its service a distance's time to come back."""
    draw = random.Random(f"faults {seed}")
    faults = []
    for number in range(1, int(minutes * 60 / every_seconds)):
        victim = draw.choice(victims)
        kinds = KINDS if victim not in never_restarted else ("freeze", "partition")
        faults.append(Fault(number * every_seconds, draw.choice(kinds), victim, draw.uniform(LEAST_SECONDS, MOST_SECONDS)))
    return faults


def do(fault, cluster, wait):
    """Does it and undoes it; `wait` lets so many seconds pass. Answers a complaint or None."""
    service = cluster[fault.victim]
    try:
        if fault.kind == "kill":
            service.kill()
            wait(fault.seconds)
            service.start()
        elif fault.kind == "restart":
            service.stop()
            service.start()
        elif fault.kind == "freeze":
            service.freeze()
            wait(fault.seconds)
            service.thaw()
        elif fault.kind == "partition":
            wire = cluster.wires[fault.victim]
            wire.hold_after(0, towards="target")
            wire.hold_after(0, towards="client")
            wait(fault.seconds)
            # Half of them lose what was under way, the others only time.
            wire.cut() if int(fault.seconds * 10) % 2 else wire.release()
    except (AssertionError, subprocess.TimeoutExpired) as error:
        return f"{fault}: {error}"
    return None


def as_json(fault):
    return asdict(fault)
