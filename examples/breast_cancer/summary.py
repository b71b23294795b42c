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


def phases(reports):
    """Names of all measures that end in _seconds, in the order in which they were first reported."""
    names = [name for report in reports for name in report["measures"] if name.endswith("_seconds")]
    return list(dict.fromkeys(names))


def rows(job, check, seconds):
    """Yields (label, value, note)."""
    yield "accuracy, secure", f"{check['accuracy_secure']:.4f}", f"{check['correct_secure']} of {check['test_patients']}"
    yield "accuracy, plain JAX", f"{check['accuracy_plain']:.4f}", f"{check['correct_plain']} of {check['test_patients']}"
    yield "largest weight difference", f"{check['largest_weight_difference']:.2e}", ""
    for name, value in seconds:
        yield f"client: {name}", f"{value:.3f} s", ""
    reports = job["attempts"][-1]["reports"]
    for name in phases(reports):
        yield f"nodes: {name.removesuffix('_seconds')}", f"{largest(reports, name):.3f} s", "the slowest"
    rounds = largest(reports, "rounds")
    if rounds is not None:
        yield "rounds", f"{rounds:.0f}", ""
    for measure, label in (("sent_bytes", "sent"), ("tape_bytes", "tape")):
        for report in reports:
            if measure in report["measures"]:
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
