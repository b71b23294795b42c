# SPDX-License-Identifier: Apache-2.0
"""One table of what the demo did: accuracy, time a phase, rounds and bytes.

    summary.py --job JOB.json --check REPORT.json --seconds SECONDS.txt

JOB.json is what `spud job show JOB --json` prints; SECONDS.txt has lines "name seconds", as the client saw them.
"""

import argparse
import json
from pathlib import Path


def largest(reports, measure):
    """The largest value any process reported, or None if none did."""
    values = [report["measures"][measure] for report in reports if measure in report["measures"]]
    return max(values) if values else None


# Phases of a job: name, measure of the nodes, what it covers.
NODE_PHASES = {
    "connect": ("links_seconds", "links between the nodes"),
    "compile": ("compile_seconds", "each node for itself, and the run on shapes"),
    "deal": ("tape_seconds", "until the tape is open and burnt; the rest is dealt while it runs"),
    "run": ("run_seconds", "all rounds"),
}


def phases(reports, seconds):
    """Yields (phase, seconds, note): the slowest node's measures, and what the clients saw."""
    pushes = [value for name, value in seconds if name.startswith("push")]
    fetches = [value for name, value in seconds if name == "fetch"]
    for name in ("connect", "infeed", "compile", "deal", "run", "fetch"):
        if name == "infeed" and pushes:
            yield name, sum(pushes), f"{len(pushes)} datasets pushed, as the hospitals saw it"
        elif name == "fetch" and fetches:
            yield name, sum(fetches), "as hospital-a saw it"
        elif name in NODE_PHASES:
            measure, note = NODE_PHASES[name]
            slowest = largest(reports, measure)
            if slowest is not None:
                yield name, slowest, note


def rows(job, check, seconds):
    """Yields (label, value, note)."""
    yield "accuracy, secure", f"{check['accuracy_secure']:.4f}", f"{check['correct_secure']} of {check['test_patients']}"
    yield "accuracy, plain JAX", f"{check['accuracy_plain']:.4f}", f"{check['correct_plain']} of {check['test_patients']}"
    yield "largest weight difference", f"{check['largest_weight_difference']:.2e}", ""
    reports = job["attempts"][-1]["reports"]
    for name, value, note in phases(reports, seconds):
        yield name, f"{value:.3f} s", note
    rounds = largest(reports, "rounds")
    if rounds is not None:
        yield "rounds", f"{rounds:.0f}", ""
    for measure, label in (("sent_bytes", "sent"), ("tape_bytes", "tape")):
        for report in reports:
            if report["measures"].get(measure):
                yield f"{label}, {report['node']}", f"{report['measures'][measure] / 1e6:.3f} MB", ""


def table(lines):
    return "\n".join(f"{label:28}{value:>14}  {note}".rstrip() for label, value, note in lines)


def read_seconds(text):
    return [(name, float(value)) for name, value in (line.split() for line in text.splitlines())]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("job", "check", "seconds"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    print(
        table(
            rows(
                json.loads(options.job.read_text(encoding="utf-8")),
                json.loads(options.check.read_text(encoding="utf-8")),
                read_seconds(options.seconds.read_text(encoding="utf-8")),
            )
        )
    )
